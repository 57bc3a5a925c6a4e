//! `clctl failover`: a drill. The active node is restarted, and how long the oracle is silent is measured.

use std::time::Duration;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    aws::{
        Mode,
        fleet::{Member, Members, Role},
    },
    engine::Cloud,
    render::EnvironmentView,
    store::PastEvent,
};

use super::{
    args::{ExplainForm, Failover},
    carry_out::{self, Question},
    exit::Exit,
    files::Reading,
    nodes::{nodes, told},
    printer::Printer,
    session::{Command, Ends, Session},
    stopping::{Stopping, Why},
};

/// How often it is looked.
const LOOKS: Duration = Duration::from_secs(5);
/// How late a node may say what it is: it looks every fifteen seconds, and takes up to five to look.
const ACCURACY: u64 = 20;
/// What it is recorded under.
const STEP: &str = "instances/nodes";

/// What `failover -o json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Drill {
    format_version: &'static str,
    environment: EnvironmentView,
    sandbox: bool,
    /// The instance that was restarted.
    restarted: String,
    /// When that was asked for.
    restarted_at: Timestamp,
    /// The instance that serves now.
    active: String,
    /// Since when, by its own account.
    active_since: Timestamp,
    silence: Silence,
    /// How long it took until another node waited again.
    standby_after_seconds: u64,
}

/// How long nobody served, as well as it can be known.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    /// From the request until the other node was seen to serve, by its own clock.
    at_most_seconds: u64,
    /// It may have been shorter by as much: nodes look that often at what they are. The time until the node that was
    /// restarted stopped to serve is not known, and is a part of it.
    accuracy_seconds: u64,
}

/// Who is restarted, and who takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    active: String,
    standby: String,
}

pub(super) async fn run(command: &Command, args: Failover, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let named = read.single("failover")?;
    let stopping = Stopping::listen(printer)?;
    stopping.within(args.timeout);
    let session = command.open(named, Mode::ReadWrite).await?;
    let environment = &session.aws.environment;
    let _lock = session.store.take(environment)?;
    let before = pair(&session).await?;
    let does = format!(
        "restarts {}, the active node, and leaves the oracle silent until {} has taken over, about half a minute: a drill",
        before.active, before.standby
    );
    let question = Question { does, environment: &environment.name };
    carry_out::approve(question, args.yes, printer, &stopping).await?;
    // Somebody may have thought about it for long.
    let pair = pair(&session).await?;
    if pair != before {
        refuse(&format!("{} is active by now, and {} waits", pair.active, pair.standby))?;
    }
    let _pace = carry_out::Pace::begin(printer);
    let asked = session.aws.now();
    session.aws.reboot(&pair.active).await?;
    record(&session, asked, format!("{} restarted, as a drill", pair.active));
    printer.note(&format!("{}{} is restarting", printer.place(), pair.active));
    let watch = Watch { session: &session, printer, stopping: &stopping, pair: &pair, asked };
    let active_since = match watch.taken_over().await? {
        Ok(since) => since,
        Err(exit) => return Ok(exit),
    };
    let silence =
        Silence { at_most_seconds: since(asked, active_since), accuracy_seconds: ACCURACY };
    let text = format!(
        "{} is active: the oracle was silent for {} s at most, and up to {ACCURACY} s less: nodes look at what they are every 15 s",
        pair.standby, silence.at_most_seconds
    );
    record(&session, session.aws.now(), text.clone());
    printer.note(&format!("{}{text}", printer.place()));
    let waits = match watch.waits_again().await? {
        Ok(waits) => waits,
        Err(exit) => return Ok(exit),
    };
    let drill = Drill {
        format_version: "1",
        environment: EnvironmentView::of(environment),
        sandbox: printer.is_sandbox(),
        restarted: pair.active.clone(),
        restarted_at: asked,
        active: pair.standby.clone(),
        active_since,
        silence,
        standby_after_seconds: since(asked, waits),
    };
    match args.output {
        ExplainForm::Json => printer.json(&drill)?,
        ExplainForm::Yaml => printer.yaml(&drill)?,
        ExplainForm::Text => printer.data(&format!(
            "{}chainlinknode/{}: failover from {} to {}\n  silent    {} s at most, and up to {ACCURACY} s less\n  standby   again after {} s",
            printer.place(),
            environment.name,
            drill.restarted,
            drill.active,
            silence.at_most_seconds,
            drill.standby_after_seconds
        )),
    }
    Ok(Exit::Done)
}

/// Seconds from one time to another by another clock, which may be behind.
fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default()
}

fn refuse<T>(why: &str) -> anyhow::Result<T> {
    bail!(Ends { exit: Exit::Refused, text: format!("{why}: nothing was restarted") })
}

/// A history is no reason to fail.
fn record(session: &Session, at: Timestamp, text: String) {
    let event = PastEvent { at, step: STEP.into(), reason: "Failover".into(), text };
    if let Err(error) = session.store.record(&session.aws.environment.uid(), &event) {
        tracing::warn!(%error, "an event was not recorded");
    }
}

/// Who is active, and who waits; refuses unless that is certain.
async fn pair(session: &Session) -> anyhow::Result<Pair> {
    let name = &session.aws.environment.name;
    let Some(members) = nodes(&session.aws).await? else {
        return refuse(&format!("{name} has no nodes; `clctl apply` makes them"));
    };
    match certain(&members) {
        Ok(pair) => Ok(pair),
        Err(why) => refuse(&format!("no drill now: {why} ({})", told(&members))),
    }
}

/// Who certainly is active, and who certainly waits.
fn certain(members: &Members) -> Result<Pair, String> {
    if let Some(why) = members.unfinished() {
        return Err(why);
    }
    let with = |role: Role| {
        let of = members.all.iter();
        of.filter(move |member| member.word.certain(members.now) == Some(role))
    };
    let waits = with(Role::Standby).next();
    match (with(Role::Active).collect::<Vec<_>>().as_slice(), waits) {
        ([active], Some(standby)) => {
            Ok(Pair { active: active.id.clone(), standby: standby.id.clone() })
        }
        ([_], None) => Err("nobody waits to take over".to_owned()),
        ([], _) => Err("no node is active".to_owned()),
        (_, _) => Err("more than one node is active".to_owned()),
    }
}

/// A drill under way.
struct Watch<'a> {
    session: &'a Session,
    printer: &'a Printer,
    stopping: &'a Stopping,
    pair: &'a Pair,
    asked: Timestamp,
}

impl Watch<'_> {
    /// Waits until the other node is active: since when it is.
    async fn taken_over(&self) -> anyhow::Result<Result<Timestamp, Exit>> {
        loop {
            let members = match self.look().await {
                Ok(members) => members,
                Err(exit) => return Ok(Err(exit)),
            };
            let of = |id: &str| {
                let member = members.all.iter().find(|member| member.id == id)?;
                self.word(&members, member, Role::Active)
            };
            if let Some(since) = of(&self.pair.standby) {
                return Ok(Ok(since));
            }
            if of(&self.pair.active).is_some() {
                self.printer.error(&anyhow::anyhow!(
                    "{} is active again, and {} has not taken over: see why with `clctl describe`, and in the log of the nodes",
                    self.pair.active,
                    self.pair.standby
                ));
                return Ok(Err(Exit::Incomplete));
            }
        }
    }

    /// Waits until a node waits again, be it another one: since when it does.
    async fn waits_again(&self) -> anyhow::Result<Result<Timestamp, Exit>> {
        loop {
            let members = match self.look().await {
                Ok(members) => members,
                Err(exit) => return Ok(Err(exit)),
            };
            let mut waits = members.all.iter().filter(|member| member.id != self.pair.standby);
            let since = waits.find_map(|member| self.word(&members, member, Role::Standby));
            if let Some(since) = since {
                return Ok(Ok(since));
            }
        }
    }

    /// Since when a node certainly has this role, if it has come by it after the restart.
    fn word(&self, members: &Members, member: &Member, role: Role) -> Option<Timestamp> {
        member.word.certain(members.now).filter(|has| *has == role)?;
        member.word.since.filter(|since| *since > self.asked)
    }

    /// Looks after a while. What cannot be read now is read the next time.
    async fn look(&self) -> Result<Members, Exit> {
        loop {
            tokio::select! {
                () = self.stopping.asked() => {
                    let again = "`clctl get` says who is active";
                    let restarted = &self.pair.active;
                    self.printer.note(&format!(
                        "left: {restarted} was restarted, and what came of it is not waited for; {again}"
                    ));
                    return Err(match self.stopping.why() {
                        Some(Why::Timeout) => Exit::TimedOut,
                        Some(Why::Signal) | None => Exit::Interrupted,
                    });
                }
                () = sleep(LOOKS) => {}
            }
            match nodes(&self.session.aws).await {
                Ok(Some(members)) => return Ok(members),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the nodes cannot be seen"),
            }
        }
    }
}
