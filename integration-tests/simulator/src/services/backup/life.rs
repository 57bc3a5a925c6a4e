//! What happens by itself: rules run, jobs start and end, and the time of recovery points is up.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html>: a job starts within its
//! window, is tried again every ten minutes while what keeps it may pass, and expires with the window;
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html>: what is to go goes
//! within eight hours.

use std::time::Duration;

use super::{
    Backup, PRINCIPAL,
    agenda::Due,
    arn,
    job::{Job, State},
    metrics,
    recovery_point::{self, Creator, RecoveryPoint},
};
use crate::{
    Settings, Time,
    random::Rng,
    services::{Around, CloudWatch, Iam, Rds, Site, agenda::Entry, iam::assume, rds::Source},
    shelf::{Record, Stamp, Tags},
};

/// How long jobs are remembered.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// Within how long what is to go goes.
const GOES: Duration = Duration::from_hours(8);
/// How soon a job is tried again.
const AGAIN: Duration = Duration::from_mins(10);

/// What keeps a job from starting.
enum Hindrance {
    /// It fails.
    Fatal(String),
    /// It may pass.
    Passing(String),
}

/// Whether AWS Backup may do this in a role: service, operation, resource.
pub(super) fn may(
    settings: &Settings,
    iam: &Iam,
    role: &str,
    plan: &str,
    wanted: &[(&str, &str, &str)],
) -> bool {
    let source = format!("arn:aws:backup:*:{}:backup-plan:{plan}", settings.account);
    let Some(role) = iam.assumable(settings, role, PRINCIPAL, &source, None) else { return false };
    let mut wanted = wanted.iter();
    wanted.all(|(service, operation, resource)| {
        assume::may(settings, role, &format!("{service}:{operation}"), resource)
    })
}

impl Backup {
    /// When something happens next.
    pub(crate) fn due(&self) -> Option<Time> {
        self.agenda.first()
    }

    /// Lets everything happen that is due.
    pub(crate) fn settle(
        &mut self,
        around: Around<'_>,
        (rds, cloudwatch): (&mut Rds, &mut CloudWatch),
        rng: &mut Rng,
        now: Time,
    ) {
        while let Some(Entry { at, due }) = self.agenda.next(now) {
            match due {
                Due::Run { plan, rule } => {
                    self.run(around, (rds, cloudwatch), rng, (&plan, &rule), at);
                }
                Due::Start(job) => self.start(around, (rds, cloudwatch), rng, &job, at),
                Due::Finish(job) => self.finish(around, cloudwatch, rng, &job, at),
                Due::Expire(point) => self.expire(around, cloudwatch, rng, &point, at),
            }
            self.jobs.retain(|it| at.since(it.created) <= REMEMBERED);
        }
    }

    /// Makes a job of everything that is selected.
    fn run(
        &mut self,
        around: Around<'_>,
        (rds, cloudwatch): (&Rds, &mut CloudWatch),
        rng: &mut Rng,
        (plan, id): (&str, &str),
        at: Time,
    ) {
        let Some(of) = self.plans.get(plan).cloned() else { return };
        let Some(rule) = of.rule(id).cloned() else { return };
        if let Some(next) = rule.schedule().and_then(|it| it.after(at)) {
            let due = Due::Run { plan: plan.to_owned(), rule: id.to_owned() };
            self.agenda.plan(next, due);
        }
        let stamp = Stamp::draw(&around.settings.lag, rng, at);
        self.plans.change(stamp, plan, |it| it.last = Some(at));
        let theirs: Vec<_> = self.selections.all().filter(|it| it.plan == plan).cloned().collect();
        let mut chosen: Vec<(Source, String)> = Vec::new();
        for source in rds.sources(around.settings, around.region) {
            // What two of them select is copied once.
            let by = theirs.iter().find(|it| it.document.selects(&source));
            chosen.extend(by.map(|it| (source, it.document.iam_role_arn.clone())));
        }
        for (source, role) in chosen {
            let id = rng.uuid();
            let begins = around.settings.lasting(rng, around.settings.durations.backup_start);
            self.agenda.plan(at + begins, Due::Start(id.clone()));
            let job = Job {
                id,
                state: State::Created,
                message: None,
                vault: rule.target_backup_vault_name.clone(),
                creator: Creator {
                    plan: plan.to_owned(),
                    plan_name: of.document.backup_plan_name.clone(),
                    version: of.version.clone(),
                    rule: of.rules.get(&rule.rule_name).cloned().unwrap_or_default(),
                    rule_name: rule.rule_name.clone(),
                    cron: rule.expression().to_owned(),
                },
                lifecycle: rule.lifecycle.clone(),
                role,
                resource: source.arn,
                name: source.name,
                kind: source.kind.to_owned(),
                key: source.key,
                bytes: source.bytes,
                created: at,
                begins_by: at + rule.start_window(),
                begun: None,
                done: None,
                point: None,
            };
            metrics::of_job(cloudwatch, around.settings, &job, at);
            self.jobs.push(job);
        }
    }

    fn start(
        &mut self,
        around: Around<'_>,
        (rds, cloudwatch): (&mut Rds, &mut CloudWatch),
        rng: &mut Rng,
        id: &str,
        at: Time,
    ) {
        let Some(job) = self.jobs.iter().find(|it| it.id == id) else { return };
        let point = point_of(job);
        let hindered = self.hindrance(around, rds, job, &point, at);
        let lasts = around.settings.lasting(rng, around.settings.durations.backup_job);
        if hindered.is_none() {
            rds.backed_up((around.settings, around.region), rng.fork(), at, &job.resource);
            self.agenda.plan(at + lasts, Due::Finish(id.to_owned()));
        }
        let Some(job) = self.jobs.iter_mut().find(|it| it.id == id) else { return };
        match hindered {
            Some(Hindrance::Passing(why)) => {
                job.message = Some(why);
                if at < job.begins_by {
                    let again = (at + AGAIN).min(job.begins_by);
                    return self.agenda.plan(again, Due::Start(id.to_owned()));
                }
                job.state = State::Expired;
                job.done = Some(at);
            }
            Some(Hindrance::Fatal(why)) => {
                job.state = State::Failed;
                job.message = Some(why);
                job.done = Some(at);
            }
            None => {
                job.state = State::Running;
                job.message = None;
                job.begun = Some(at);
                job.point = Some(point);
            }
        }
        metrics::of_job(cloudwatch, around.settings, job, at);
    }

    /// What keeps a job from starting, if something does.
    fn hindrance(
        &self,
        around: Around<'_>,
        rds: &Rds,
        job: &Job,
        point: &str,
        at: Time,
    ) -> Option<Hindrance> {
        let fatal = |why: String| Some(Hindrance::Fatal(why));
        let Around { settings, region, iam, kms } = around;
        if self.vaults.get(&job.vault).is_none() {
            let vault = arn(settings, region, &format!("backup-vault:{}", job.vault));
            return fatal(format!("Backup vault {vault} does not exist."));
        }
        let all = rds.sources(settings, region);
        let Some(source) = all.into_iter().find(|it| it.arn == job.resource) else {
            return fatal(format!("Resource {} does not exist.", job.resource));
        };
        let wanted = match job.kind.as_str() {
            "Aurora" => {
                ["DescribeDBClusters", "CreateDBClusterSnapshot", "DescribeDBClusterSnapshots"]
            }
            _ => ["DescribeDBInstances", "CreateDBSnapshot", "DescribeDBSnapshots"],
        };
        let [finds, makes, looks] = wanted;
        let wanted = [
            ("rds", finds, source.arn.as_str()),
            ("rds", "ListTagsForResource", &source.arn),
            ("rds", makes, &source.arn),
            ("rds", makes, point),
            ("rds", "AddTagsToResource", point),
            ("rds", looks, point),
        ];
        if !may(settings, iam, &job.role, &job.creator.plan, &wanted) {
            let role = &job.role;
            return fatal(format!(
                "IAM role {role} does not have sufficient permissions to execute the backup"
            ));
        }
        if !source.up {
            let why = format!("{} is not in the state available.", source.name);
            return Some(Hindrance::Passing(why));
        }
        let site = Site { settings, iam, region, now: at };
        if source.key.as_ref().is_some_and(|key| !kms.is_enabled(site, key)) {
            return fatal(format!("The key of {} cannot be used.", source.name));
        }
        None
    }

    fn finish(
        &mut self,
        around: Around<'_>,
        cloudwatch: &mut CloudWatch,
        rng: &mut Rng,
        id: &str,
        at: Time,
    ) {
        let Some(job) = self.jobs.iter_mut().find(|it| it.id == id) else { return };
        job.done = Some(at);
        // Whoever took the vault away in between has nothing in it.
        if self.vaults.get(&job.vault).is_none() {
            job.state = State::Failed;
            job.message = Some(format!("Backup vault {} does not exist.", job.vault));
            return metrics::of_job(cloudwatch, around.settings, job, at);
        }
        job.state = State::Completed;
        metrics::of_job(cloudwatch, around.settings, job, at);
        let Some(point) = job.point.clone() else { return };
        let begun = job.begun.unwrap_or(job.created);
        let days = job.lifecycle.as_ref().and_then(|it| it.delete_after_days);
        let kept = days.and_then(|days| u64::try_from(days).ok());
        let until = kept.map(|days| begun + Duration::from_hours(24 * days));
        if let Some(until) = until {
            let goes = until + rng.between(Duration::ZERO, GOES);
            self.agenda.plan(goes, Due::Expire(point.clone()));
        }
        let body = RecoveryPoint {
            vault: job.vault.clone(),
            resource: job.resource.clone(),
            name: job.name.clone(),
            kind: job.kind.clone(),
            role: job.role.clone(),
            creator: job.creator.clone(),
            key: job.key.clone(),
            bytes: job.bytes,
            begun,
            done: at,
            lifecycle: job.lifecycle.clone(),
            until,
            expired: None,
        };
        let stamp = Stamp::draw(&around.settings.lag, rng, at);
        self.points.add(stamp, Some(at), Record { id: point, tags: Tags::new(), body });
    }

    fn expire(
        &mut self,
        around: Around<'_>,
        cloudwatch: &mut CloudWatch,
        rng: &mut Rng,
        id: &str,
        at: Time,
    ) {
        let Some(point) = self.points.get(id) else { return };
        let stamp = Stamp::draw(&around.settings.lag, rng, at);
        match recovery_point::stays(around.settings, around.iam, point) {
            None => self.points.remove(stamp, id),
            Some(why) => {
                let of = (point.vault.as_str(), point.kind.as_str());
                metrics::of_undeleted(cloudwatch, around.settings, of, at);
                self.points.change(stamp, id, |it| it.expired = Some(why));
            }
        }
    }
}

/// The ARN of the snapshot that a job makes.
fn point_of(job: &Job) -> String {
    let beginning = job.resource.rsplitn(3, ':').nth(2).unwrap_or_default();
    let kind = if job.kind == "Aurora" { "cluster-snapshot" } else { "snapshot" };
    format!("{beginning}:{kind}:awsbackup:job-{}", job.id)
}
