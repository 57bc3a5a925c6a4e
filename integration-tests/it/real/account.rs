//! An account, and the life of one environment in it, as the command line would lead it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use clctl::{
    aws::{Aws, Caller, Calls, ConnectError, Connection, Deletions, Environment, Mode, kinds},
    engine::{Cloud as _, Error, Graph, InMemory, Plan, Purpose, Stop, observe, plan},
};
use tokio::sync::watch;

use crate::harness::{Command, Outcome};

/// The shortest that AWS allows.
const DELETIONS: Deletions =
    Deletions { secret_in_days: 7, key_in_days: 7, final_snapshot: false, backups: true };

/// An account and region.
pub(crate) struct Account {
    pub(crate) connection: Connection,
    caller: Caller,
    pub(crate) region: String,
}

/// One environment.
pub(crate) struct Life {
    pub(crate) aws: Arc<Aws>,
    reader: Arc<Aws>,
    journal: Arc<InMemory>,
    stop: watch::Sender<Stop>,
    runs: AtomicU32,
}

impl Account {
    /// Goes in, unless it is another account than that.
    pub(crate) async fn enter(
        connection: Connection,
        region: &str,
        account: &str,
    ) -> Result<Self, ConnectError> {
        let caller = connection.caller(Some(account)).await?;
        Ok(Self { connection, caller, region: region.to_owned() })
    }

    pub(crate) fn life(&self, name: &str) -> Life {
        let environment = Environment {
            name: name.to_owned(),
            partition: self.caller.partition.clone(),
            account: self.caller.account.clone(),
            region: self.region.clone(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".to_owned(),
            deletions: DELETIONS,
        };
        let calls = Calls::new(Mode::ReadOnly, kinds::reads());
        let reading = Connection { calls, ..self.connection.clone() };
        Life {
            aws: Arc::new(Aws::new(&self.connection, environment.clone())),
            reader: Arc::new(Aws::new(&reading, environment)),
            journal: Arc::default(),
            stop: watch::Sender::default(),
            runs: AtomicU32::new(0),
        }
    }
}

impl Life {
    pub(crate) fn environment(&self) -> &Environment {
        &self.aws.environment
    }

    /// What `diff` shows, under the list of what reads.
    pub(crate) async fn diff(&self, graph: &Graph<Aws>) -> Result<Plan<Aws>, Error> {
        let journal = self.journal.as_ref();
        let look = observe(&kinds::all(), &self.reader, graph, journal, Purpose::Show).await;
        Ok(plan(graph, &look.map_err(Error::from)?))
    }

    pub(crate) async fn apply(&self, graph: &Graph<Aws>) -> Result<Outcome, Error> {
        self.carry_out(graph, Purpose::Apply).await
    }

    /// Removes everything, and the mark when there is nothing left.
    pub(crate) async fn delete(&self) -> Result<Outcome, Error> {
        let outcome = self.carry_out(&Graph::default(), Purpose::Remove).await?;
        if outcome.is_complete() {
            self.aws.remove_mark().await.map_err(Error::from)?;
        }
        Ok(outcome)
    }

    async fn carry_out(&self, graph: &Graph<Aws>, to: Purpose) -> Result<Outcome, Error> {
        let aws = &self.aws;
        let before = aws.calls.made().len();
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let command = Command {
            cloud: aws.clone(),
            journal: self.journal.clone(),
            sink: Arc::new(|_| ()),
            stop: self.stop.subscribe(),
            run: format!("{}-{run}", aws.environment.name),
            guard: None,
        };
        let (plan, report) = command.carry_out(graph, to).await?;
        let made = aws.calls.made().split_off(before).into_iter();
        let writes = made.filter(|call| call.writes).map(|call| call.operation.clone()).collect();
        Ok(Outcome { plan, report, writes })
    }
}
