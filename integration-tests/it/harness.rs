//! An environment under test: a simulated account, a record, and clctl's verbs on them as the
//! command line does them. Everything above the wire is the product's own.

use std::{
    fmt,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use clctl::{
    aws::{Aws, Calls, ConnectError, Deletions, Environment, Lookups, Mode, kinds},
    engine::{
        Action, All, Approved, Blocked, Cloud as _, Error, Event, Gate, Graph, InMemory, Journal,
        Plan, Purpose, RemovalReason, Report, Sink, Step, Stop, Uncontested, Until, Verdict, Walk,
        observe, observe_settled, plan, walk,
    },
    preflight::{Check, preflight},
    sandbox,
    store::Store,
    topology,
};
use clctl_fleet::Fleet;
use clctl_simulator::{Fate, Object, Settings, Simulator, World, action};
use clctl_spec::{
    ChainlinkNode, DatabaseDeletion, Fate as Kept, NodeSpec, Password, PublicUrl, UrlSource,
};
use tokio::sync::{Notify, watch};

use crate::{
    client::Client,
    truth::{OTHER_CERTIFICATE, Thing, Truth},
};

/// Lays an environment out.
type Declare = dyn Fn(&Environment, &Lookups) -> Graph<Aws> + Send + Sync;

/// What a command is about: an environment, and what it is to consist of.
pub(crate) struct Wanted {
    name: String,
    region: String,
    account: Option<String>,
    ignored_tags: Vec<String>,
    boundary: String,
    declare: Box<Declare>,
    /// The spec it was read from, if it was.
    spec: Option<Arc<NodeSpec>>,
}

/// Lays out what a spec asks for.
fn declaring(spec: Arc<NodeSpec>) -> Box<Declare> {
    Box::new(move |environment, lookups| topology::declare(environment, lookups, &spec).unwrap())
}

/// How what a graph of a test's own declares is deleted.
const NOTHING_LEFT: Deletions =
    Deletions { secret_in_days: 30, key_in_days: 30, final_snapshot: false, backups: true };

/// The example of that name.
pub(crate) fn example(name: &str) -> &'static str {
    match name {
        "aurora" => include_str!("../../examples/aurora.yaml"),
        "minimal" => include_str!("../../examples/minimal.yaml"),
        "existing-vpc" => include_str!("../../examples/existing-vpc.yaml"),
        "full" => full(),
        "no-load-balancer" => include_str!("../../examples/no-load-balancer.yaml"),
        _ => include_str!("../../examples/node.yaml"),
    }
}

/// The full example without what cannot be done yet.
fn full() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let without = [
            "assumeRole",
            "roleArn",
            "externalId",
            "sessionName",
            "maintenanceWindows",
            // Nobody has made these in the sandbox.
            "imageId",
            "security-group-rules/bastion",
        ];
        let text = include_str!("../../examples/full.yaml");
        let lines =
            text.lines().filter(|line| !without.iter().any(|it| line.trim_start().starts_with(it)));
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        // Nor this secret.
        text.replace("{existing: {id: oracles/rpc, key: httpUrl}}", "{secret: rpc-http}")
            .replace("{existing: {id: oracles/rpc, key: webSocketUrl}}", "{secret: rpc-socket}")
            // The load balancer: what is protected is not deleted.
            .replace("      deletionProtection: true\n", "")
    });
    &TEXT
}

impl Wanted {
    /// What a file asks for.
    pub(crate) fn read(text: &str) -> Self {
        let documents = clctl_spec::parse("node.yaml", text).unwrap();
        Self::of(*documents.into_iter().next().unwrap().node)
    }

    /// What a document asks for.
    pub(crate) fn of(mut node: ChainlinkNode) -> Self {
        ask_nobody(&mut node.spec);
        Self::as_written(node)
    }

    /// The same, and somebody is asked for values.
    pub(crate) fn as_written(node: ChainlinkNode) -> Self {
        let ChainlinkNode { metadata, spec } = node;
        let spec = Arc::new(spec);
        Self {
            name: metadata.name.to_string(),
            region: spec.aws.region.to_string(),
            account: spec.aws.account_id.as_ref().map(ToString::to_string),
            ignored_tags: spec.aws.ignore_tag_prefixes.iter().map(ToString::to_string).collect(),
            boundary: spec.aws.dev_ops_guru_tag_key.to_string(),
            declare: declaring(spec.clone()),
            spec: Some(spec),
        }
    }

    /// The same, but nothing of it is kept when it is deleted.
    pub(crate) fn keeping_nothing(mut self) -> Self {
        if let Some(declared) = &mut self.spec {
            let spec = Arc::make_mut(declared);
            spec.database.deletion_protection = false;
            let deletion = &mut spec.policies.deletion;
            deletion.keystore_password = Kept::Delete;
            deletion.secrets = Kept::Delete;
            deletion.encryption_key = Kept::Delete;
            deletion.database = DatabaseDeletion::Delete;
            deletion.logs = Kept::Delete;
            deletion.backups = Kept::Delete;
            self.declare = declaring(declared.clone());
        }
        self
    }

    /// What `node.yaml` asks for, of which nothing is kept when it is deleted.
    pub(crate) fn usual() -> Self {
        Self::with(&[])
    }

    /// The same with some of its text changed.
    #[track_caller]
    pub(crate) fn with(changes: &[(&str, &str)]) -> Self {
        let text = changes.iter().fold(example("node").to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from} is not in the example");
            text.replace(from, to)
        });
        Self::read(&text).keeping_nothing()
    }

    /// A graph of the test's own.
    pub(crate) fn graph(
        name: &str,
        declare: impl Fn(&Environment) -> Graph<Aws> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            region: "us-east-1".to_owned(),
            account: None,
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".to_owned(),
            declare: Box::new(move |environment, _| declare(environment)),
            spec: None,
        }
    }
}

/// From what the fleet draws how long things take.
const FLEET: u64 = 7;

/// Takes away what waits for a value that somebody has to give: URLs that everybody may know, and passwords that are
/// generated. What waits is tested with the binary.
fn ask_nobody(spec: &mut NodeSpec) {
    let public = |source: &mut UrlSource, scheme: &str| {
        if !matches!(source, UrlSource::Existing(_)) {
            let value = format!("{scheme}://rpc.example.com");
            *source = UrlSource::Public(PublicUrl { value, public: true });
        }
    };
    for endpoint in spec.nodes.chains.iter_mut().flat_map(|chain| chain.rpc.iter_mut()) {
        public(&mut endpoint.http_url.source, "https");
        if let Some(url) = &mut endpoint.web_socket_url {
            public(&mut url.source, "wss");
        }
    }
    let secrets = &mut spec.secrets;
    for password in [
        &mut secrets.keystore_password,
        &mut secrets.admin_password,
        &mut secrets.database_password,
    ] {
        if matches!(password, Password::Secret(_)) {
            *password = Password::default();
        }
    }
}

/// Where the runs keep their record.
enum Record {
    Journal(Arc<dyn Journal>),
    Store(Store),
}

/// A simulated account, a record, and the runs on them.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) fleet: Fleet,
    record: Mutex<Record>,
    events: Arc<Mutex<Vec<Event>>>,
    stop: watch::Sender<Stop>,
    /// What the names of its runs begin with, and how many there were.
    runs: (String, AtomicU32),
}

/// Runs have names of their own, on whatever machine they are.
static BENCHES: AtomicU32 = AtomicU32::new(0);

/// Why a command ended before there was a plan.
#[derive(Debug)]
pub(crate) enum NoPlan {
    Connect(ConnectError),
    Look(Error),
}

impl fmt::Display for NoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "{error}"),
            Self::Look(error) => write!(f, "{error}"),
        }
    }
}

/// One command, connected.
pub(crate) struct Session {
    pub(crate) aws: Arc<Aws>,
    caller: String,
    lookups: Lookups,
    graph: Graph<Aws>,
    /// What a deletion declares.
    nothing: Graph<Aws>,
}

/// A command that changes something, as the command line gives it.
pub(crate) struct Command {
    pub(crate) cloud: Arc<Aws>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) sink: Sink,
    pub(crate) stop: watch::Receiver<Stop>,
    /// The name of the run.
    pub(crate) run: String,
    /// What has to agree beside whoever saw the plan.
    pub(crate) guard: Option<Arc<dyn Gate>>,
}

impl Command {
    /// Looks until there is no doubt, plans, and walks the plan unless nothing can be said.
    pub(crate) async fn carry_out(
        self,
        graph: &Graph<Aws>,
        to: Purpose,
    ) -> Result<(Plan<Aws>, Report), Error> {
        let Self { cloud, journal, sink, stop, run, guard } = self;
        let kinds = kinds::all();
        let look = observe_settled(&kinds, &cloud, graph, journal.as_ref(), to, &sink, &stop);
        let plan = plan(graph, &look.await?);
        if to == Purpose::Remove && plan.is_unknown() {
            return Ok((plan, Report::default()));
        }
        let approved: Arc<dyn Gate> = Arc::new(Approved::of(&plan));
        let gate = Arc::new(All(std::iter::once(approved).chain(guard).collect()));
        let with = Walk { cloud, kinds, journal, gate, sink, stop, run, until: Until::Ready };
        let report = walk(&plan, with).await;
        Ok((plan, report))
    }
}

/// What came of a command that changes something.
pub(crate) struct Outcome {
    pub(crate) plan: Plan<Aws>,
    /// Nothing where the plan was not walked.
    pub(crate) report: Report,
    /// The writes that reached the world, sorted.
    pub(crate) writes: Vec<String>,
}

impl Outcome {
    /// An outcome that left nothing to do.
    #[track_caller]
    pub(crate) fn complete(self) -> Self {
        assert!(self.is_complete(), "{}", self.told());
        self
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.report.is_complete() && !self.plan.is_unknown()
    }

    /// What was left undone, and why.
    pub(crate) fn told(&self) -> String {
        let Report { done: _, failed, held, underway, blocked } = &self.report;
        let failed = failed.iter().map(|(step, error)| format!("{}: {error}", name(step)));
        let held = held.iter().map(|(step, why)| format!("{}: held: {why}", name(step)));
        let underway = underway.iter().map(|(step, why)| format!("{}: {why}", name(step)));
        let blocked = blocked.keys().map(|step| format!("{}: not done", name(step)));
        let unread = self.plan.unread.iter().map(|(kind, why)| format!("{kind}: {why}"));
        failed
            .chain(held)
            .chain(underway)
            .chain(blocked)
            .chain(unread)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Why the step of that name failed.
    #[track_caller]
    pub(crate) fn error(&self, of: &str) -> &Error {
        let found = self.report.failed.iter().find(|(step, _)| name(step) == of);
        found.map_or_else(|| panic!("{of} did not fail: {}", self.told()), |(_, error)| error)
    }
}

/// A step as tests name it: `subnet/public-a`, `remove nat-0123456789abcdef0`.
pub(crate) fn name(step: &Step) -> String {
    match step {
        Step::Ensure(address) => address.to_string(),
        Step::Remove(key) => format!("remove {}", key.id),
    }
}

/// A plan as tests compare it: `update subnet/public-a map_public_ip`, sorted.
pub(crate) fn steps(plan: &Plan<Aws>) -> Vec<String> {
    let nodes = plan.nodes.iter().filter_map(|planned| {
        let address = planned.node.address();
        Some(match &planned.verdict {
            Verdict::Change(change) => match change.action {
                Action::Keep => return None,
                Action::Create => format!("create {address}"),
                action @ (Action::Recover | Action::Update | Action::Replace | Action::Refuse) => {
                    let verb = format!("{action:?}").to_lowercase();
                    let mut fields: Vec<_> = change.fields.iter().map(|it| it.field).collect();
                    fields.sort_unstable();
                    format!("{verb} {address} {}", fields.join(","))
                }
            },
            Verdict::Blocked(Blocked::LostTag(_)) => format!("lost {address}"),
            Verdict::Blocked(Blocked::Unread(_)) => format!("unread {address}"),
            Verdict::Blocked(Blocked::Doubt(_)) => format!("doubtful {address}"),
            Verdict::Blocked(Blocked::Duplicate(_)) => format!("doubled {address}"),
            Verdict::Blocked(Blocked::Behind(of)) => format!("behind {of} {address}"),
        })
    });
    let removals = plan.removals.iter().filter_map(|removal| {
        let verb = match removal.reason {
            RemovalReason::Replaced => return None,
            RemovalReason::Going => "going",
            RemovalReason::Undeclared | RemovalReason::Superseded => "remove",
        };
        Some(format!("{verb} {}", removal.seen.address()?))
    });
    let mut steps: Vec<String> = nodes.chain(removals).collect();
    steps.sort();
    steps
}

impl Bench {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::over(Simulator::in_memory(settings))
    }

    /// An account in which nothing is in the way.
    pub(crate) fn calm() -> Self {
        Self::new(Settings::calm())
    }

    /// An account that goes on from a world as it was at some moment.
    pub(crate) fn at(world: World) -> Self {
        let start = world.now();
        let bench = Self::new(Settings { start, ..world.settings().clone() });
        bench.simulator.with(|now| *now = world);
        bench
    }

    /// A calm account in which this was applied.
    pub(crate) async fn standing(wanted: &Wanted) -> Self {
        let bench = Self::calm();
        bench.apply(wanted).await.complete();
        bench
    }

    fn over(simulator: Simulator) -> Self {
        // Another certificate beside that of the sandbox.
        simulator.with(|world| {
            world.bring_certificate("us-east-1", OTHER_CERTIFICATE, "other.example.com");
        });
        // What runs on the instances is played.
        let fleet = Fleet::settle(&simulator, FLEET);
        Self {
            simulator,
            fleet,
            record: Mutex::new(Record::Journal(Arc::new(InMemory::default()))),
            events: Arc::default(),
            stop: watch::Sender::default(),
            runs: (format!("run-{}", BENCHES.fetch_add(1, Ordering::Relaxed)), AtomicU32::new(0)),
        }
    }

    /// The same with this beginning of the names of its runs, which no other bench of its world has.
    pub(crate) fn named(mut self, prefix: String) -> Self {
        self.runs.0 = prefix;
        self
    }

    /// Goes on with this record.
    pub(crate) fn set_journal(&self, journal: Arc<dyn Journal>) {
        *self.record.lock().unwrap() = Record::Journal(journal);
    }

    /// Goes on with a record in a file.
    pub(crate) fn set_store(&self, store: Store) {
        *self.record.lock().unwrap() = Record::Store(store);
    }

    /// Goes on with an empty record.
    pub(crate) fn lose_record(&self) {
        self.set_journal(Arc::new(InMemory::default()));
    }

    fn journal(&self, environment: &Environment) -> Arc<dyn Journal> {
        match &*self.record.lock().unwrap() {
            Record::Journal(journal) => journal.clone(),
            Record::Store(store) => Arc::new(store.journal(environment)),
        }
    }

    fn forget(&self, environment: &Environment) {
        let store = match &*self.record.lock().unwrap() {
            Record::Journal(_) => None,
            Record::Store(store) => Some(store.clone()),
        };
        match store {
            Some(store) => store.forget(environment).unwrap(),
            None => self.lose_record(),
        }
    }

    /// Tells the run to stop, and the next ones not to.
    pub(crate) fn tell(&self, stop: Stop) {
        self.stop.send_replace(stop);
    }

    /// What tells runs to stop.
    pub(crate) fn stopper(&self) -> watch::Sender<Stop> {
        self.stop.clone()
    }

    /// What happened in the runs so far, in words.
    pub(crate) fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|event| format!("{:?}", event.what)).collect()
    }

    /// What happened in the runs so far.
    pub(crate) fn told(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    fn sink(&self) -> Sink {
        let events = self.events.clone();
        Arc::new(move |event| events.lock().unwrap().push(event.clone()))
    }

    pub(crate) async fn connect(
        &self,
        wanted: &Wanted,
        mode: Mode,
    ) -> Result<Session, ConnectError> {
        let calls = Calls::new(mode, kinds::reads());
        let connection = sandbox::connect(&self.simulator, &wanted.region, calls);
        let caller = connection.caller(wanted.account.as_deref()).await?;
        let environment = Environment {
            name: wanted.name.clone(),
            partition: caller.partition,
            account: caller.account,
            region: wanted.region.clone(),
            ignored_tags: wanted.ignored_tags.clone(),
            boundary: wanted.boundary.clone(),
            deletions: wanted.spec.as_deref().map_or(NOTHING_LEFT, topology::deletions),
        };
        let aws = Aws::new(&connection, environment);
        // What a test lays out itself depends on nothing.
        let lookups = match &wanted.spec {
            Some(spec) => Lookups::of(&aws, &topology::questions(spec)).await,
            None => Lookups::found("ami-0123456789abcdef0"),
        };
        let graph = (wanted.declare)(&aws.environment, &lookups);
        let nothing = wanted.spec.as_deref().map(topology::nothing).unwrap_or_default();
        let beginning = wanted.spec.as_deref().map(topology::beginning);
        let aws = aws.beginning(beginning);
        Ok(Session { aws: Arc::new(aws), caller: caller.arn, lookups, graph, nothing })
    }

    /// What `diff` shows, under the list of what reads.
    pub(crate) async fn diff(&self, wanted: &Wanted) -> Plan<Aws> {
        self.try_diff(wanted).await.unwrap()
    }

    pub(crate) async fn try_diff(&self, wanted: &Wanted) -> Result<Plan<Aws>, NoPlan> {
        let session = self.connect(wanted, Mode::ReadOnly).await.map_err(NoPlan::Connect)?;
        let Session { aws, graph, .. } = session;
        let (kinds, journal) = (kinds::all(), self.journal(&aws.environment));
        let look = observe(&kinds, &aws, &graph, journal.as_ref(), Purpose::Show);
        Ok(plan(&graph, &look.await.map_err(|error| NoPlan::Look(error.into()))?))
    }

    /// What `doctor` checks of what is to be made, under the list of what reads.
    pub(crate) async fn preflight(&self, wanted: &Wanted) -> Vec<Check> {
        let session = self.connect(wanted, Mode::ReadOnly).await.unwrap();
        let Session { aws, caller, lookups, graph, .. } = session;
        let (kinds, journal) = (kinds::all(), self.journal(&aws.environment));
        let look = observe(&kinds, &aws, &graph, journal.as_ref(), Purpose::Show).await.unwrap();
        let spec = wanted.spec.as_deref().unwrap();
        preflight(&aws, &caller, &lookups, spec, &plan(&graph, &look)).await
    }

    /// The differences that `diff` shows, as text.
    pub(crate) async fn differences(&self, wanted: &Wanted) -> Vec<String> {
        steps(&self.diff(wanted).await)
    }

    pub(crate) async fn apply(&self, wanted: &Wanted) -> Outcome {
        self.try_apply(wanted).await.unwrap()
    }

    pub(crate) async fn try_apply(&self, wanted: &Wanted) -> Result<Outcome, NoPlan> {
        let session = self.connect(wanted, Mode::ReadWrite).await.map_err(NoPlan::Connect)?;
        self.carry_out(&session, &session.graph, Purpose::Apply).await
    }

    /// Applies as a run does that nobody watches.
    pub(crate) async fn unattended(&self, wanted: &Wanted) -> Outcome {
        let session = self.connect(wanted, Mode::ReadWrite).await.unwrap();
        let journal = self.journal(&session.aws.environment);
        let since = session.aws.now().checked_sub(DAY).unwrap();
        let guard: Arc<dyn Gate> = Arc::new(Uncontested::since(journal, since));
        self.guarded(&session, &session.graph, Purpose::Apply, Some(guard)).await.unwrap()
    }

    pub(crate) async fn delete(&self, wanted: &Wanted) -> Outcome {
        self.try_delete(wanted).await.unwrap()
    }

    pub(crate) async fn try_delete(&self, wanted: &Wanted) -> Result<Outcome, NoPlan> {
        let session = self.connect(wanted, Mode::ReadWrite).await.map_err(NoPlan::Connect)?;
        let mut outcome = self.carry_out(&session, &session.nothing, Purpose::Remove).await?;
        if outcome.is_complete() {
            let before = self.written().len();
            session.aws.remove_mark().await.map_err(|error| NoPlan::Look(error.into()))?;
            outcome.writes.extend(self.written().split_off(before));
            self.forget(&session.aws.environment);
        }
        Ok(outcome)
    }

    /// What a deletion would remove and keep, under the list of what reads.
    pub(crate) async fn try_removals(&self, wanted: &Wanted) -> Result<Plan<Aws>, NoPlan> {
        let session = self.connect(wanted, Mode::ReadOnly).await.map_err(NoPlan::Connect)?;
        let Session { aws, nothing, .. } = session;
        let (kinds, journal) = (kinds::all(), self.journal(&aws.environment));
        let look = observe(&kinds, &aws, &nothing, journal.as_ref(), Purpose::Remove);
        Ok(plan(&nothing, &look.await.map_err(|error| NoPlan::Look(error.into()))?))
    }

    async fn carry_out(
        &self,
        session: &Session,
        graph: &Graph<Aws>,
        to: Purpose,
    ) -> Result<Outcome, NoPlan> {
        self.guarded(session, graph, to, None).await
    }

    /// The same, and what the guard holds is left.
    async fn guarded(
        &self,
        session: &Session,
        graph: &Graph<Aws>,
        to: Purpose,
        guard: Option<Arc<dyn Gate>>,
    ) -> Result<Outcome, NoPlan> {
        let before = self.written().len();
        let run = self.runs.1.fetch_add(1, Ordering::Relaxed);
        let command = Command {
            cloud: session.aws.clone(),
            journal: self.journal(&session.aws.environment),
            sink: self.sink(),
            stop: self.stop.subscribe(),
            run: format!("{}-{run}", self.runs.0),
            guard,
        };
        let (plan, report) = command.carry_out(graph, to).await.map_err(NoPlan::Look)?;
        let mut writes = self.written().split_off(before);
        writes.sort();
        Ok(Outcome { plan, report, writes })
    }

    /// The writes that reached the world so far, whoever made them.
    fn written(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        calls
            .into_iter()
            .filter(|call| call.mutating)
            .map(|call| action(&call.service, &call.operation))
            .collect()
    }

    /// Runs until a call hangs, and is killed then; nothing if none did.
    pub(crate) async fn killed<T>(
        &self,
        at: u64,
        hang: Fate,
        run: impl Future<Output = T>,
    ) -> Option<T> {
        let stuck = Arc::new(Notify::new());
        let told = stuck.clone();
        self.simulator.set_hook(Arc::new(move |call| {
            if call.n < at {
                return Fate::Proceed;
            }
            told.notify_one();
            // The others in flight get no answer either: the process is gone.
            if call.n == at { hang.clone() } else { Fate::HangBefore }
        }));
        let ended = tokio::select! {
            biased;
            () = stuck.notified() => None,
            ended = run => Some(ended),
        };
        self.simulator.clear_hook();
        ended
    }

    /// Somebody else with access to the account.
    pub(crate) fn somebody(&self) -> Client {
        Client { simulator: self.simulator.clone(), region: "us-east-1", key: "AKIASOMEBODY" }
    }

    /// Lets somebody else make these calls, and lets what they set off come to its end.
    ///
    /// A call is its name, behind its service if that is not EC2, and its parameters:
    /// `SubnetId=@subnet/public-a&…`. `@` and an address stand for the id of our object, see
    /// [`Truth::id`]; `@1` for what the first of the calls made.
    pub(crate) async fn meddle(&self, calls: &[(&str, &str)]) {
        let somebody = self.somebody();
        let mut made: Vec<String> = Vec::new();
        for (operation, params) in calls {
            let truth = self.truth();
            let resolved: Vec<(&str, String)> = params
                .split('&')
                .map(|param| {
                    let (key, value) = param.split_once('=').unwrap();
                    let value = match value.strip_prefix('@') {
                        None => value.to_owned(),
                        Some(name) => match name.parse::<usize>() {
                            Ok(nth) => made[nth - 1].clone(),
                            Err(_) => truth.id(name),
                        },
                    };
                    (key, value)
                })
                .collect();
            let params: Vec<(&str, &str)> =
                resolved.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let (service, operation) = operation.split_once(':').unwrap_or(("ec2", operation));
            let answer = match service {
                "ec2" => somebody.ec2(operation, &params).await.good(),
                "iam" => somebody.iam(operation, &params).await.good(),
                "rds" => somebody.rds(operation, &params).await.good(),
                "kms" => somebody.kms(operation, params.into_iter().collect()).await.good(),
                "secretsmanager" => {
                    somebody.secrets(operation, params.into_iter().collect()).await.good()
                }
                "backup" => {
                    assert_eq!(operation, "PutBackupVaultAccessPolicy");
                    let [(_, vault), (_, policy)] = params[..] else { panic!("{params:?}") };
                    let path = format!("/backup-vaults/{vault}/access-policy");
                    let body = serde_json::json!({ "Policy": policy });
                    somebody.rest("backup", "PUT", &path, body).await.good()
                }
                other => panic!("nobody meddles with {other} so far"),
            };
            let noun = operation.trim_start_matches("Create");
            let (first, rest) = noun.split_at(1);
            let element = match operation {
                "CreateSecurityGroup" => "groupId".to_owned(),
                "AllocateAddress" => "allocationId".to_owned(),
                _ => format!("{}{rest}Id", first.to_lowercase()),
            };
            made.push(answer.text(&element));
            somebody.wait(SETTLED).await;
        }
    }

    /// Lets somebody else give a thing another value of a tag, or take the tag away.
    pub(crate) fn tag(&self, thing: &Thing, key: &str, value: Option<&str>) {
        let Thing { region, kind, id, .. } = thing.clone();
        let (key, put) = (key.to_owned(), value.map(|value| (key.to_owned(), value.to_owned())));
        let gone = if put.is_some() { Vec::new() } else { vec![key] };
        let (object, put) = (Object { region, kind, id }, put.into_iter().collect());
        assert!(self.simulator.with(|world| world.retag(&object, &put, &gone)), "{object:?}");
    }

    /// Everything there is, as it truly is.
    pub(crate) fn truth(&self) -> Truth {
        self.simulator.with(|world| Truth::of(world))
    }

    /// A copy of the world as it is now.
    pub(crate) fn world(&self) -> World {
        self.simulator.snapshot()
    }

    /// The world is as declared, and a second apply has nothing to do.
    pub(crate) async fn is_settled(&self, wanted: &Wanted) {
        let diff = self.diff(wanted).await;
        assert!(diff.is_empty() && !diff.is_unknown(), "{:?}", steps(&diff));
        let again = self.apply(wanted).await.complete();
        assert!(again.writes.is_empty(), "a second apply wrote {:?}", again.writes);
    }
}

/// For how long it counts what was repaired.
const DAY: Duration = Duration::from_hours(24);

/// Does the work under virtual time, in a thread that has none of its own.
pub(crate) fn virtually<T>(work: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

/// Longer than anything that is deleted can be taken back, in seconds.
pub(crate) const WINDOW: u64 = 31 * 24 * 60 * 60;

/// Long enough for every state to be final and for every replica to show it, in seconds.
pub(crate) const SETTLED: u64 = 300;
