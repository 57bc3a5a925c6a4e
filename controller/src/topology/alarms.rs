//! The alarms there may be: what each means, and what to do. `docs/alarms.md` is made of this.

/// What is said of an alarm.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What it is called; of a chain, a gateway or the like, the name of that follows.
    pub name: &'static str,
    /// What follows, if something does.
    pub of: Option<&'static str>,
    /// What it means.
    pub means: &'static str,
    /// Where what counts as wrong is set; where nothing sets it, what it is.
    pub limit: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! alarms {
    ($($constant:ident { $name:literal $(of $of:literal)?, means: $means:literal, limit: $limit:literal, remedy: $remedy:literal $(,)? })+) => {
        $(
            #[doc = $means]
            pub(super) const $constant: About = About {
                name: $name,
                of: alarms!(@of $($of)?),
                means: $means,
                limit: $limit,
                remedy: $remedy,
            };
        )+

        /// Every alarm, in the order of the document.
        pub const ALL: &[About] = &[$($constant),+];
    };
    (@of) => { None };
    (@of $of:literal) => { Some($of) };
}

alarms! {
    NO_ACTIVE_NODE {
        "no-active-node",
        means: "No node is active: the oracle is silent.",
        limit: "`monitoring.alarms.oracleSilence`",
        remedy: "`clctl get` says what each node is, and since when. If one is failing, the end of its log says why (log group /clctl/<environment>/nodes, stream node/<instance>). If both wait, or none reaches the database, look at the database. `clctl apply` repairs whatever differs from the file.",
    }
    TWO_ACTIVE_NODES {
        "two-active-nodes",
        means: "Two nodes are active at once: they may send the same transactions.",
        limit: "three minutes",
        remedy: "Stop one of them at once: `clctl get` names the instances, `aws ec2 stop-instances --instance-ids <one>` stops one. Then see whether somebody has turned off the lock of the database (`Database.Lock` in `nodes.extraToml`), or whether the nodes have opened two databases.",
    }
    NODE_MISSING {
        "node-missing",
        means: "One of the two nodes has not said how it is for 20 minutes: nobody takes over if the other one fails.",
        limit: "20 minutes",
        remedy: "`clctl get` says which one, and how far it came when it started. Its console (`aws ec2 get-console-output`) and its log say why. Auto Scaling replaces an instance that fails its status checks; `clctl apply` replaces one that has been failing for 20 minutes.",
    }
    NODE_METRICS_MISSING {
        "node-metrics-missing",
        means: "The active node tells nothing of itself: alarms of wallets, transactions, chains and runs know nothing.",
        limit: "15 minutes",
        remedy: "If no node is active, that alarm says more. Otherwise the CloudWatch agent does not run on the instance of the active node, or may not publish: open a shell on it (`clctl tunnel ssh`) and see `systemctl status amazon-cloudwatch-agent` and its log in /opt/aws/amazon-cloudwatch-agent/logs.",
    }
    GUI_SILENT {
        "gui-silent",
        means: "Nobody answers at the port of the GUI (6688) of a node.",
        limit: "five minutes",
        remedy: "If no node is active, that alarm says more. A node that migrates the database does not answer until it is through: its log says so. Otherwise restart it: `systemctl restart clctl-node` on its instance; the other one takes over meanwhile.",
    }
    ERRORED_RUNS {
        "errored-runs",
        means: "Runs of jobs end in errors.",
        limit: "any, in two periods of five minutes one after the other",
        remedy: "The GUI shows the runs of each job, and which task failed with what. Often it is a bridge or a data source that does not answer, or an RPC endpoint: see the alarms of the chains.",
    }
    NODE_RESTARTS {
        "node-restarts",
        means: "A node ends again and again: it writes lines of the levels crit, panic and fatal.",
        limit: "more than ten lines in five minutes, twice",
        remedy: "The last of those lines says why: it is in the log group /clctl/<environment>/nodes. A database that does not answer, a password that does not fit and a database that a newer version has migrated are the usual reasons.",
    }
    NODE_CPU {
        "node-cpu",
        means: "The processors of a node are busy.",
        limit: "`monitoring.alarms.nodeCpuUtilization`, for 15 minutes",
        remedy: "More jobs or chains than the instance can bear: take a larger `nodes.instanceType`, which replaces the standby first. A sudden rise without new jobs is worth a look at the log.",
    }
    NODE_MEMORY {
        "node-memory",
        means: "The memory of a node is nearly full: before long its node is killed.",
        limit: "`monitoring.alarms.nodeMemoryUtilization`, for 15 minutes",
        remedy: "Take a larger `nodes.instanceType`, which replaces the standby first.",
    }
    NODE_DISK {
        "node-disk",
        means: "The disk of a node is nearly full.",
        limit: "`monitoring.alarms.nodeDiskUtilization`, for 15 minutes",
        remedy: "Nothing that matters is on it. `du -xh / | sort -h | tail` on the instance says what fills it. Take a larger `nodes.rootVolume.volumeSize`, or terminate the instance: the new one starts with an empty disk.",
    }
    NODE_STATUS {
        "node-status",
        means: "An instance fails the status checks of EC2: it hangs, or its host does.",
        limit: "two periods of five minutes one after the other",
        remedy: "Auto Scaling replaces it; the other node is active by then. If it happens again and again, its console says why (`aws ec2 get-console-output`).",
    }
    BALANCE {
        "balance" of "chain",
        means: "A wallet of the nodes has less than the minimum: soon it cannot pay for transactions.",
        limit: "`minimumBalance` of the chain",
        remedy: "Send coins to the wallet. The GUI shows its address under Key Management; the metric `eth_balance` shows what it holds, by account.",
    }
    TRANSACTIONS {
        "transactions" of "chain",
        means: "A transaction has not been confirmed for long: those after it wait for it.",
        limit: "`monitoring.alarms.transactionAge`",
        remedy: "See whether gas has become dearer than the limits that the node has (`EVM.GasEstimator` in `extraToml` of the chain), whether the wallet can pay, and whether the chain itself is stuck.",
    }
    HEADS {
        "heads" of "chain",
        means: "The node sees no new blocks of a chain.",
        limit: "ten minutes",
        remedy: "Either the chain stands still (its status page says so), or the RPC endpoints do: compare their block numbers with an explorer's, and add an endpoint of another provider.",
    }
    RPC {
        "rpc" of "chain",
        means: "No RPC endpoint of a chain is of use to the node: it is blind there.",
        limit: "three minutes",
        remedy: "See whether the providers are down, or whether a key or a plan has run out. A URL is changed by `clctl secret put`, after which `clctl apply` restarts the nodes. Two providers for each chain keep one from mattering.",
    }
    ENDPOINTS {
        "endpoints" of "chain",
        means: "An RPC endpoint of a chain cannot be reached from a subnet of the nodes, active or standby.",
        limit: "two looks, five minutes apart",
        remedy: "If it is so for all chains, it is the network: see the NAT gateways, the routes of the private subnets and the rules of the security groups (`clctl diff` names what differs). If it is so for one, it is the provider, or the URL.",
    }
    DATABASE_CPU {
        "database-cpu",
        means: "The processors of the database are busy.",
        limit: "`monitoring.alarms.databaseCpuUtilization`, for 15 minutes",
        remedy: "Performance Insights (`database.performanceInsights`) shows which statements. Otherwise take a larger `database.instanceClass`, which interrupts the database for the time of a failover.",
    }
    DATABASE_MEMORY {
        "database-memory",
        means: "The database has hardly any memory left.",
        limit: "256 MiB free, for 15 minutes",
        remedy: "Take a larger `database.instanceClass`, which interrupts the database for the time of a failover.",
    }
    DATABASE_STORAGE {
        "database-storage",
        means: "The database has hardly any storage left. When it is full, it takes nothing more, and the oracle stops.",
        limit: "`monitoring.alarms.databaseFreeStorage`",
        remedy: "Raise `engine.rds.allocatedStorage`, and `maxAllocatedStorage`, up to which RDS adds by itself. Of Aurora it is the local storage of an instance, which grows with `database.instanceClass`. Fewer runs are kept with `JobPipeline.MaxSuccessfulRuns` in `nodes.extraToml`.",
    }
    DATABASE_CONNECTIONS {
        "database-connections",
        means: "There are more connections to the database than there should be.",
        limit: "`monitoring.alarms.databaseConnections`, for 15 minutes",
        remedy: "A node opens as many as `Database.MaxOpenConns` says, 100 unless `nodes.extraToml` says otherwise. See who else is connected (`select * from pg_stat_activity`).",
    }
    DATABASE_TRANSACTION_IDS {
        "database-transaction-ids",
        means: "The database has used many of its transaction ids: at two thousand million it stops to take anything, to save what it holds.",
        limit: "600 million, for 15 minutes",
        remedy: "Vacuum has not come through for long: something keeps it from the oldest tables. End transactions that have been open for long (`select pid, xact_start, query from pg_stat_activity where xact_start is not null order by xact_start`), and see what autovacuum does (`pg_stat_progress_vacuum`).",
    }
    DATABASE_REPLICATION {
        "database-replication",
        means: "A reader of the Aurora cluster lags behind its writer. The standby of RDS is written to at once and never lags; when it is lost, the events of the database tell it.",
        limit: "ten seconds, for 15 minutes",
        remedy: "See whether the readers are smaller or busier than the writer. If a failover is due, wait with it.",
    }
    BACKUP_FAILED {
        "backup-failed",
        means: "AWS Backup could not copy the database: the newest copy is older than it should be.",
        limit: "any, in an hour; that it is over says only that no other one failed since",
        remedy: "`aws backup list-backup-jobs --by-state FAILED` says why. The role may lack a permission, or the key be disabled: `clctl apply` repairs both if they are of this environment. A copy that is to begin during the maintenance or the backup window of the database fails, too: see `backup.schedule`.",
    }
    BACKUP_EXPIRED {
        "backup-expired",
        means: "A copy of the database did not begin in its window, or one whose time is up could not be deleted.",
        limit: "any, in an hour; that it is over says only that there was no other one since",
        remedy: "`aws backup list-backup-jobs --by-state EXPIRED` names those that did not begin: the database was stopped or busy for eight hours. What could not be deleted has the status EXPIRED in its vault (`aws backup list-recovery-points-by-backup-vault`) and costs on: delete it, and see whether the role is there that it was made in.",
    }
    NAT_PORTS {
        "nat-ports" of "zone",
        means: "A NAT gateway has no ports left for new connections: nodes do not reach their RPC endpoints.",
        limit: "any, in five minutes",
        remedy: "It has 55,000 for each destination. Many connections to one host are usually a node that does not reuse them, or one that tries again and again: see its log. `natGateways: OnePerZone` divides them.",
    }
    CERTIFICATE {
        "certificate",
        means: "The certificate of the load balancer expires soon.",
        limit: "21 days",
        remedy: "ACM renews what it has issued by itself, 60 days before, if its DNS record is still there: `aws acm describe-certificate` says what it waits for. One that was imported has to be imported anew.",
    }
    PEERS {
        "peers",
        means: "The load balancer for other nodes finds no node that works: nodes of other operators reach none.",
        limit: "`monitoring.alarms.oracleSilence`",
        remedy: "If no node is active, see to that first (`clctl get`). Otherwise it is the way to it: `clctl diff` names what differs of the load balancer, its target group and the rules of the security groups, and `clctl apply` repairs it. `aws elbv2 describe-target-health` says why a node is not healthy.",
    }
}

/// Where a heading of the document is.
pub(super) fn anchor(about: &About) -> String {
    format!("docs/alarms.md#{}", about.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_of_every_alarm() {
        for about in ALL {
            assert!(about.means.ends_with('.') && about.remedy.ends_with('.'), "{}", about.name);
            // What a description of AWS's may have.
            assert!(about.means.len() + about.remedy.len() < 900, "{}", about.name);
        }
        let mut names: Vec<_> = ALL.iter().map(|about| about.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
