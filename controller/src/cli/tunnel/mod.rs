//! `clctl tunnel`: the way to the node that is active, for as long as somebody wants it.

mod child;
mod tools;
mod way;

use std::{process::ExitStatus, time::Duration};

use anyhow::{Context, bail};
use clctl_spec::{Engine, NodeSpec};
use tokio::time::{Instant, sleep};

use crate::{
    aws::{Mode, ec2::Eip, rds},
    engine::{CallError, Found, Owner, Resource, Scope},
};

use self::{
    child::{Running, Stands},
    way::{Account, GUI, Way},
};
use super::{
    args::{Tunnel, TunnelTo, Via},
    exit::Exit,
    files::Reading,
    nodes::{active, nodes, told},
    printer::Printer,
    session::{Command, Ends, Session},
    stopping::Stopping,
};

/// How often it is looked whether another node is active: two calls.
const LOOKS: Duration = Duration::from_secs(10);
/// How long is waited at most between two looks.
const RARELY: Duration = Duration::from_mins(1);
/// What ends sooner than this never was a way.
const QUICK: Duration = Duration::from_secs(15);
/// How often in a row a way may end at once before it is given up.
const TRIES: u32 = 5;
/// What the addresses of bastions are called.
const BASTION: &str = "bastion-";
/// How ssh ends when it was not the other side that ended it (<https://man.openbsd.org/ssh#EXIT_STATUS>).
const BROKEN: i32 = 255;

pub(super) async fn run(command: &Command, args: Tunnel, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let named = read.single("tunnel")?;
    let spec = &named.document.node.spec;
    let via = way_in(spec, &args)?;
    if args.to == TunnelTo::Ssh && args.local_port.is_some() {
        bail!(Ends {
            exit: Exit::Usage,
            text: "a shell needs no port of this machine: --local-port is for gui and db".into(),
        });
    }
    if !args.print {
        if printer.is_sandbox() {
            refuse(
                "there is nothing to connect to in the sandbox: its instances are played; --print shows what would be run",
            )?;
        }
        tools::check(via, args.to == TunnelTo::Ssh)?;
    }
    let usual = if args.to == TunnelTo::Db { spec.database.port.port() } else { GUI };
    let local = local_port(&args, usual, printer)?;
    let session = command.open(named, Mode::ReadOnly).await?;
    let of = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let account = Account {
        region: session.aws.environment.region.clone(),
        profile: of(&command.global.profile),
        endpoint_url: of(&command.global.endpoint_url),
    };
    let opening = Opening { session: &session, printer, to: args.to, via, account, local };
    let first = opening.way(0).await?;
    if args.print {
        printer.note(&format!("{}{}", printer.place(), opening.told(&first)));
        printer.data(&first.invocation().in_shell());
        return Ok(Exit::Done);
    }
    opening.keep(first).await
}

fn refuse(text: &str) -> anyhow::Result<()> {
    bail!(Ends { exit: Exit::Refused, text: format!("{text}: nothing was opened") })
}

/// Which way is taken.
fn way_in(spec: &NodeSpec, args: &Tunnel) -> anyhow::Result<Via> {
    let access = &spec.access;
    let sessions = access.session_manager.enabled;
    let via = match args.via {
        Some(via) => via,
        None if sessions => Via::SessionManager,
        None => Via::Bastion,
    };
    match (via, &access.bastion) {
        (Via::SessionManager, _) if !sessions => {
            refuse("the file switches Session Manager off (spec.access.sessionManager.enabled)")?;
        }
        (Via::Bastion, None) if args.via.is_none() => {
            refuse("there is no way in: the file has neither Session Manager nor a bastion")?;
        }
        (Via::Bastion, None) => refuse("the file has no bastion (spec.access.bastion)")?,
        (Via::Bastion, Some(bastion)) if !bastion.tcp_forwarding => refuse(
            "the file forbids the bastion to pass on connections (spec.access.bastion.tcpForwarding)",
        )?,
        (Via::SessionManager, _) if args.to == TunnelTo::Ssh && access.key_pair.is_none() => {
            refuse(
                "the file has no key pair (spec.access.keyPair), and without one nobody logs in by ssh; `aws ssm start-session --target INSTANCE` needs none, and `clctl get` names the instances",
            )?;
        }
        (Via::SessionManager | Via::Bastion, _) => {}
    }
    Ok(via)
}

/// The port on this machine.
fn local_port(args: &Tunnel, usual: u16, printer: &Printer) -> anyhow::Result<u16> {
    if args.to == TunnelTo::Ssh {
        return Ok(0);
    }
    match args.local_port {
        // What is printed is run some other time.
        Some(port) if args.print || tools::is_free(port) => Ok(port),
        Some(port) => bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "somebody listens on port {port} of this machine already: choose another with --local-port, or leave that to clctl"
            ),
        }),
        None if tools::is_free(usual) => Ok(usual),
        None => {
            let port = tools::any_free().context("this machine has no free port")?;
            printer.note(&format!(
                "somebody listens on port {usual} of this machine already: it is {port} instead"
            ));
            Ok(port)
        }
    }
}

/// Why no way is opened now.
enum NoWay {
    /// Nobody is active: what each of the nodes says.
    NobodyActive(String),
    /// There is nothing it could lead to, and that does not pass by itself.
    Nothing(Ends),
}

/// What is opened, and how.
struct Opening<'a> {
    session: &'a Session,
    printer: &'a Printer,
    to: TunnelTo,
    via: Via,
    account: Account,
    local: u16,
}

/// Why a way has ended.
enum End {
    /// Somebody wants it to.
    Asked,
    /// What kept it open has ended.
    Gone(ExitStatus),
    /// Another node is active.
    Moved(String),
}

impl Opening<'_> {
    /// The way to whoever is active now; over another bastion with each attempt.
    async fn way(&self, attempt: usize) -> anyhow::Result<Way> {
        match self.find(attempt).await? {
            Ok(way) => Ok(way),
            Err(NoWay::Nothing(ends)) => bail!(ends),
            Err(NoWay::NobodyActive(why)) => {
                bail!(Ends { exit: Exit::Incomplete, text: format!("{why}: nothing was opened") })
            }
        }
    }

    async fn find(&self, attempt: usize) -> Result<Result<Way, NoWay>, CallError> {
        let aws = &self.session.aws;
        let name = &aws.environment.name;
        let nothing = |text: String| {
            let text = format!("{text}: nothing was opened");
            Ok(Err(NoWay::Nothing(Ends { exit: Exit::Refused, text })))
        };
        let Some(members) = nodes(aws).await? else {
            return nothing(format!("{name} has no nodes; `clctl apply` makes them"));
        };
        let Some(active) = active(&members) else {
            let why = format!("no node of {name} is active ({})", told(&members));
            return Ok(Err(NoWay::NobodyActive(why)));
        };
        let bastion = match self.via {
            Via::SessionManager => String::new(),
            Via::Bastion => {
                let mut all = Eip::find(aws, &Scope::Owned).await?;
                let ours = |it: &Found<Eip>| matches!(&it.owner, Owner::Us { name, .. } if name.starts_with(BASTION));
                all.retain(ours);
                all.sort_by(|a, b| a.id.cmp(&b.id));
                let at = attempt.checked_rem(all.len()).unwrap_or_default();
                match all.into_iter().nth(at) {
                    Some(eip) => eip.outputs.public_ip,
                    None => return nothing(format!("no address of a bastion of {name} is there")),
                }
            }
        };
        let database = match self.to {
            TunnelTo::Db => match self.database().await? {
                Some(database) => database,
                None => return nothing(format!("the database of {name} does not listen yet")),
            },
            TunnelTo::Gui | TunnelTo::Ssh => (String::new(), 0),
        };
        Ok(Ok(Way {
            to: self.to,
            via: self.via,
            account: self.account.clone(),
            instance: active.id.clone(),
            address: active.address.clone().unwrap_or_default(),
            bastion,
            database,
            local: self.local,
        }))
    }

    async fn database(&self) -> Result<Option<(String, u16)>, CallError> {
        let aws = &self.session.aws;
        let spec = &self.session.named.document.node.spec;
        let listens = match spec.database.engine {
            Engine::Rds(_) => {
                let found = rds::Instance::find(aws, &Scope::Owned).await?;
                let mut found = found.into_iter().filter(|it| !it.phase.is_out());
                found.find_map(|it| it.outputs.address.map(|host| (host, it.outputs.port)))
            }
            Engine::Aurora(_) => {
                let found = rds::Cluster::find(aws, &Scope::Owned).await?;
                let mut found = found.into_iter().filter(|it| !it.phase.is_out());
                found.find_map(|it| it.outputs.address.map(|host| (host, it.outputs.port)))
            }
        };
        Ok(listens.and_then(|(host, port)| Some((host, u16::try_from(port).ok()?))))
    }

    /// What a way is for, and where it begins.
    fn told(&self, way: &Way) -> String {
        let name = &self.session.aws.environment.name;
        let through = match way.via {
            Via::SessionManager => "Session Manager".to_owned(),
            Via::Bastion => format!("the bastion {}", way.bastion),
        };
        let over = format!("{}, which is active, through {through}", way.instance);
        let database = &self.session.named.document.node.spec.database;
        let local = way.local;
        match way.to {
            TunnelTo::Gui => format!("the GUI of {name} is http://127.0.0.1:{local}: {over}"),
            TunnelTo::Ssh => format!("a shell on a node of {name}: {over}"),
            // The certificate is for the name that the database has in AWS.
            TunnelTo::Db => format!(
                "the database of {name} is port {local} of this machine, over {over}\n  psql 'host={} hostaddr=127.0.0.1 port={local} dbname={} sslmode=require'",
                way.database.0, database.database_name
            ),
        }
    }

    /// Keeps the way open, to whoever is active.
    async fn keep(&self, first: Way) -> anyhow::Result<Exit> {
        let stopping = Stopping::serving().context("signals cannot be listened to")?;
        let (mut way, mut quick, mut attempt) = (first, 0, 0);
        loop {
            self.printer.note(&self.told(&way));
            let began = Instant::now();
            match self.open(&way, &stopping).await? {
                End::Asked => return Ok(Exit::Done),
                End::Moved(to) => {
                    quick = 0;
                    self.printer.note(&format!("{to} is active now: connecting to it"));
                }
                End::Gone(status) if way.to == TunnelTo::Ssh => {
                    if status.code() != Some(BROKEN) {
                        return Ok(Exit::Done);
                    }
                    if began.elapsed() < QUICK {
                        bail!(given_up(&way, status, 1));
                    }
                    self.printer.note("the connection is lost: connecting to whoever is active");
                }
                End::Gone(status) => {
                    quick = if began.elapsed() < QUICK { quick + 1 } else { 0 };
                    if quick >= TRIES {
                        bail!(given_up(&way, status, quick));
                    }
                    let program = way.invocation().program;
                    self.printer.note(&format!("{program} has ended ({status}): connecting anew"));
                    let wait = Duration::from_secs(1 << quick.saturating_sub(1).min(5));
                    if !self.waited(wait, &stopping).await {
                        return Ok(Exit::Done);
                    }
                }
            }
            attempt += 1;
            match self.next(attempt, &stopping).await? {
                Some(next) => way = next,
                None => return Ok(Exit::Done),
            }
        }
    }

    /// Opens the way, and waits until there is a reason to close it.
    async fn open(&self, way: &Way, stopping: &Stopping) -> anyhow::Result<End> {
        let invocation = way.invocation();
        let stands = match (way.to, way.via) {
            (TunnelTo::Ssh, _) => Stands::InFront,
            (TunnelTo::Gui | TunnelTo::Db, Via::Bastion) => Stands::Beside,
            (TunnelTo::Gui | TunnelTo::Db, Via::SessionManager) => Stands::Apart,
        };
        let program = invocation.program;
        let mut running = Running::start(&invocation, stands)
            .with_context(|| format!("{program} cannot be started"))?;
        let end = tokio::select! {
            biased;
            () = stopping.asked() => End::Asked,
            status = running.ended() => {
                End::Gone(status.with_context(|| format!("{program} is out of sight"))?)
            }
            to = self.another(&way.instance) => End::Moved(to),
        };
        running.end().await;
        match end {
            // Ctrl-C at a terminal ends both of us, in whichever order.
            End::Gone(status) => {
                let asked = !self.waited(Duration::from_millis(200), stopping).await;
                Ok(if asked { End::Asked } else { End::Gone(status) })
            }
            End::Asked | End::Moved(_) => Ok(end),
        }
    }

    /// Waits, and says whether nobody has asked to stop meanwhile.
    async fn waited(&self, time: Duration, stopping: &Stopping) -> bool {
        tokio::select! {
            () = stopping.asked() => false,
            () = sleep(time) => true,
        }
    }

    /// Ends when another node is active. A shell is not taken from whoever works in it.
    async fn another(&self, than: &str) -> String {
        if self.to == TunnelTo::Ssh {
            return std::future::pending().await;
        }
        let mut wait = LOOKS;
        loop {
            sleep(wait).await;
            match nodes(&self.session.aws).await {
                Ok(members) => {
                    wait = LOOKS;
                    let now = members.as_ref().and_then(active);
                    if let Some(now) = now.filter(|now| now.id != than) {
                        return now.id.clone();
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "it cannot be seen who is active");
                    wait = (wait * 2).min(RARELY);
                }
            }
        }
    }

    /// Waits for somebody to be active; nothing if somebody has asked to stop.
    async fn next(&self, attempt: usize, stopping: &Stopping) -> anyhow::Result<Option<Way>> {
        let mut wait = Duration::from_secs(2);
        let mut said = String::new();
        loop {
            let found = tokio::select! {
                () = stopping.asked() => return Ok(None),
                found = self.find(attempt) => found,
            };
            let why = match found {
                Ok(Ok(way)) => return Ok(Some(way)),
                Ok(Err(NoWay::Nothing(ends))) => bail!(ends),
                Ok(Err(NoWay::NobodyActive(why))) => why,
                Err(error) => format!("it cannot be seen who is active: {error}"),
            };
            if why != said {
                self.printer.note(&format!("{why}: waiting"));
                said = why;
            }
            if !self.waited(wait, stopping).await {
                return Ok(None);
            }
            wait = (wait * 2).min(RARELY / 4);
        }
    }
}

fn given_up(way: &Way, status: ExitStatus, times: u32) -> Ends {
    let program = way.invocation().program;
    let often = if times == 1 { "at once".to_owned() } else { format!("at once {times} times") };
    Ends {
        exit: Exit::Incomplete,
        text: format!("{program} has ended {often} ({status}): see above what it says"),
    }
}
