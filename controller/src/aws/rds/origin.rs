//! What a database that is not there can be had from: what was kept of it, or what the file names. Of both engines
//! alike.

use std::{collections::BTreeSet, future::Future};

use aws_sdk_rds::types::Tag;
use aws_smithy_types::DateTime;

use crate::engine::{CallError, Found, Owner, Phase, PhysicalId, Resource};

use super::{
    super::{clients::Aws, identity::TAG_LAST_IMAGE, tags::owner_of},
    arn,
    backup::Backup,
    beginning::{Beginning, BeginsWith, barred, is_ours, no_backup},
};

/// A snapshot of a database, that stays until somebody deletes it.
pub(super) trait Saved: Send + Sync {
    /// Its name.
    fn name(&self) -> Result<&str, CallError>;
    /// The name of the database that it is of.
    fn database(&self) -> Option<&str>;
    /// When it was made.
    fn made(&self) -> Option<&DateTime>;
    /// Whether something can be made of it.
    fn is_usable(&self) -> bool;
    /// Its tags.
    fn pairs(&self) -> Vec<(String, String)>;
}

/// A kind of database: what can be restored, and how that is looked up.
pub(super) trait Database: Resource<Cloud = Aws> {
    /// Its snapshots.
    type Saved: Saved;

    /// The type of its snapshots, in an ARN.
    const SNAPSHOT: &'static str;

    /// Its snapshots, of all or of the one of this name.
    fn saved(
        aws: &Aws,
        of: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Self::Saved>, CallError>> + Send;

    /// The automated backups of those that had this name.
    fn backups(
        aws: &Aws,
        name: &str,
    ) -> impl Future<Output = Result<Vec<Backup>, CallError>> + Send;

    /// One of which nothing is told but its name.
    fn blank(aws: &Aws, name: &str, owner: Owner) -> Found<Self>;

    /// What can be made of a snapshot: of most of what it was, that tells nothing.
    fn of_saved(
        aws: &Aws,
        name: &str,
        owner: Owner,
        from: &Self::Saved,
    ) -> Result<Found<Self>, CallError>;

    /// What can be made of the snapshot that the file names; why nothing can, in words.
    fn of_named(
        aws: &Aws,
        name: &str,
        owner: Owner,
        which: &str,
    ) -> impl Future<Output = Result<Result<Found<Self>, String>, CallError>> + Send;

    /// What can be made of automated backups.
    fn of_backup(aws: &Aws, name: &str, owner: Owner, from: &Backup) -> Found<Self>;
}

/// What to restore.
pub(super) enum Source {
    /// A snapshot, by its name or ARN, and which node what is in it was made ready for last, if that is remembered.
    Snapshot { name: String, last_image: Option<String> },
    /// The automated backups of the database of that id.
    Backup { resource: String, at: DateTime },
}

/// A snapshot that was kept of a database of ours.
pub(super) struct Left {
    pub(super) arn: String,
    pub(super) at: i64,
}

fn is_own<D: Database>(aws: &Aws, saved: &D::Saved) -> bool {
    is_ours(aws, D::ABOUT.name, &saved.pairs())
}

/// The last of these that something can be made of.
fn last<'a, S: Saved>(all: impl Iterator<Item = &'a S>) -> Option<&'a S> {
    all.filter(|it| it.is_usable())
        .max_by_key(|it| it.made().map(|at| (at.secs(), at.subsec_nanos())))
}

fn of_saved<D: Database>(aws: &Aws, from: &D::Saved) -> Result<Found<D>, CallError> {
    let owner = owner_of(aws, D::ABOUT.name, &from.pairs());
    D::of_saved(aws, from.database().unwrap_or_default(), owner, from)
}

/// What can be taken back of ours that are gone: of each the last snapshot.
fn newest<D: Database>(aws: &Aws, kept: &[D::Saved]) -> Result<Vec<Found<D>>, CallError> {
    let ours = || kept.iter().filter(|it| is_own::<D>(aws, it));
    let names: BTreeSet<&str> = ours().filter_map(Saved::database).collect();
    let of = |name: &str| last(ours().filter(|it| it.database() == Some(name)));
    names.into_iter().filter_map(of).map(|it| of_saved(aws, it)).collect()
}

/// What was kept of the declared one and it does not begin with: it lasts all the same.
fn aside<D: Database>(aws: &Aws, kept: &[D::Saved]) -> Result<Vec<Found<D>>, CallError> {
    let mut all = newest::<D>(aws, kept)?;
    for found in &mut all {
        let Some(last) = last(kept.iter()) else { continue };
        let snapshot = last.name()?;
        found.id = PhysicalId(arn(aws, D::SNAPSHOT, snapshot));
        found.owner = Owner::Us { name: snapshot.to_owned(), ordinal: 1, alias: None };
    }
    Ok(all)
}

/// What can be had of ours beside those that are there, by their names.
pub(super) async fn others<D: Database>(
    aws: &Aws,
    there: &[Found<D>],
    name_of: impl Fn(&Found<D>) -> &str + Send,
) -> Result<Vec<Found<D>>, CallError> {
    let names: Vec<String> = there.iter().map(|found| name_of(found).to_owned()).collect();
    let mut kept = D::saved(aws, None).await?;
    kept.retain(|it| !names.iter().any(|name| it.database() == Some(name)));
    let mut found = Vec::new();
    let begins = aws.begins(D::ABOUT.name).filter(|(name, _)| !names.contains(name));
    if let Some((name, beginning)) = begins {
        found.extend(out(aws, &name, beginning, &kept).await?);
        let of_it = |it: &D::Saved| it.database() == Some(&name);
        let (of_it, rest) = kept.into_iter().partition(of_it);
        kept = rest;
        if beginning.with != BeginsWith::Kept {
            found.extend(aside(aws, &of_it)?);
        }
    }
    found.extend(newest(aws, &kept)?);
    Ok(found)
}

/// What the one of this name that is not there can be made of, if it can.
pub(super) async fn instead<D: Database>(
    aws: &Aws,
    name: &str,
) -> Result<Option<Found<D>>, CallError> {
    let kept = D::saved(aws, Some(name)).await?;
    let begins = aws.begins(D::ABOUT.name).filter(|(declared, _)| declared == name);
    match begins {
        Some((_, beginning)) => out(aws, name, beginning, &kept).await,
        None => Ok(newest(aws, &kept)?.into_iter().next()),
    }
}

/// What the declared one begins with, which is not there; nothing if it begins with nothing.
async fn out<D: Database>(
    aws: &Aws,
    name: &str,
    beginning: &Beginning,
    kept: &[D::Saved],
) -> Result<Option<Found<D>>, CallError> {
    let no = |why: String| {
        Some(Found { phase: Phase::Barred(why), ..D::blank(aws, name, beginning.owner()) })
    };
    let own = kept.iter().filter(|it| it.database() == Some(name) && is_own::<D>(aws, it));
    let own = last(own);
    if let Some(why) = barred(aws, beginning, own.map(made_at)).await? {
        return Ok(no(why));
    }
    let (mut found, how) = match &beginning.with {
        BeginsWith::Nothing => return Ok(None),
        BeginsWith::Kept => return own.map(|it| of_saved(aws, it)).transpose(),
        BeginsWith::Snapshot(which) => {
            match D::of_named(aws, name, beginning.owner(), which).await? {
                Ok(found) => (found, format!("from the snapshot {which}")),
                Err(why) => return Ok(no(why)),
            }
        }
        BeginsWith::Time(when) => {
            let backups = D::backups(aws, name).await?;
            let Some(backup) = backups.iter().find(|it| it.at(when).is_some()) else {
                let reach: Vec<String> = backups.iter().map(|it| it.window.to_string()).collect();
                return Ok(no(no_backup(aws, D::ABOUT.name, when, &reach)));
            };
            let found = D::of_backup(aws, name, beginning.owner(), backup);
            (found, format!("as it was at {when}, from its automated backups"))
        }
    };
    found.phase =
        Phase::Recoverable { how: format!("{how}, as database.restoreFrom says"), lasts: true };
    Ok(Some(found))
}

/// Which node a database, or what is in a snapshot of it, was made ready for last, as its tags say.
pub(super) fn remembered(tags: Vec<(String, String)>) -> Option<String> {
    tags.into_iter().find(|(key, _)| key == TAG_LAST_IMAGE).map(|(_, image)| image)
}

impl Source {
    /// What the database that is made of it goes on remembering.
    pub(super) fn remembers(&self) -> Option<Tag> {
        match self {
            Self::Snapshot { last_image: Some(image), .. } => {
                Some(Tag::builder().key(TAG_LAST_IMAGE).value(image).build())
            }
            Self::Snapshot { .. } | Self::Backup { .. } => None,
        }
    }
}

/// Where the one of this name that is not there is to be had from.
pub(super) async fn source<D: Database>(
    aws: &Aws,
    name: &str,
) -> Result<Option<Source>, CallError> {
    let begins = aws.begins(D::ABOUT.name).filter(|(declared, _)| declared == name);
    match begins.map(|(_, beginning)| &beginning.with) {
        Some(BeginsWith::Nothing) => Ok(None),
        Some(BeginsWith::Snapshot(which)) => {
            Ok(Some(Source::Snapshot { name: which.clone(), last_image: None }))
        }
        Some(BeginsWith::Time(when)) => {
            let backups = D::backups(aws, name).await?;
            Ok(backups.into_iter().find_map(|backup| {
                let at = backup.at(when)?;
                Some(Source::Backup { resource: backup.resource, at })
            }))
        }
        Some(BeginsWith::Kept) | None => {
            let kept = D::saved(aws, Some(name)).await?;
            let Some(last) = last(kept.iter().filter(|it| is_own::<D>(aws, it))) else {
                return Ok(None);
            };
            let (name, last_image) = (last.name()?.to_owned(), remembered(last.pairs()));
            Ok(Some(Source::Snapshot { name, last_image }))
        }
    }
}

/// The newest snapshot that was kept of one of ours.
pub(super) async fn left<D: Database>(aws: &Aws) -> Result<Option<Left>, CallError> {
    let kept = D::saved(aws, None).await?;
    let last = last(kept.iter().filter(|it| is_own::<D>(aws, it)));
    let left = |it: &D::Saved| Ok(Left { arn: arn(aws, D::SNAPSHOT, it.name()?), at: made_at(it) });
    last.map(left).transpose()
}

fn made_at(saved: &impl Saved) -> i64 {
    saved.made().map_or(0, DateTime::secs)
}

/// What the snapshot is called that a database leaves behind, if it is to leave one. A name is taken for as long as the
/// snapshot is kept: the time makes it another one each time.
pub(super) fn last_snapshot(aws: &Aws, name: &str) -> Option<String> {
    let is_kept = aws.environment.deletions.final_snapshot;
    is_kept.then(|| format!("{name}-final-{}", aws.clock.now().strftime("%Y%m%d%H%M%S")))
}
