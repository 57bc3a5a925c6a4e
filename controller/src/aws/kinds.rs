//! The kinds there are. Adding one is its file and a line here.

use std::sync::Arc;

use crate::engine::{AnyKind, KindOf, Kinds};

use super::{
    Aws,
    autoscaling::AutoScalingGroup,
    backup::{BackupPlan, BackupSelection, BackupVault},
    certificate,
    cloudwatch::{Alarm, Dashboard},
    devops_guru::{NotificationChannel, ResourceCollection},
    ec2::{
        self, DhcpOptions, Eip, FlowLog, InternetGateway, KeyPair, LaunchTemplate, NatGateway,
        RouteTable, SecurityGroup, SecurityGroupRules, Subnet, Vpc, VpcEndpoint,
    },
    elb::{Listener, ListenerRule, LoadBalancer, NetworkLoadBalancer, TargetGroup},
    fleet::{self, Instances},
    iam::{self, InstanceProfile, Role},
    kms::Key,
    logs::{LogGroup, MetricFilter},
    marker, quotas,
    rds::{
        self, Cluster, ClusterInstance, ClusterParameterGroup, EventSubscription, Instance,
        ParameterGroup, SubnetGroup,
    },
    route53::{self, DnsRecord},
    secrets::{self, Secret},
    sns::{Subscriptions, Topic},
    wallets,
};

macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        /// Every kind.
        pub fn all() -> Kinds<Aws> {
            Arc::new(vec![$(Arc::new(KindOf::<$kind>::default()) as Arc<dyn AnyKind<Aws>>),+])
        }
    };
}
kinds! {
    Vpc,
    DhcpOptions,
    Subnet,
    InternetGateway,
    Eip,
    NatGateway,
    RouteTable,
    SecurityGroup,
    SecurityGroupRules,
    VpcEndpoint,
    KeyPair,
    Role,
    InstanceProfile,
    Key,
    Secret,
    LogGroup,
    FlowLog,
    SubnetGroup,
    ParameterGroup,
    Instance,
    ClusterParameterGroup,
    Cluster,
    ClusterInstance,
    BackupVault,
    BackupPlan,
    BackupSelection,
    LoadBalancer,
    NetworkLoadBalancer,
    TargetGroup,
    Listener,
    ListenerRule,
    LaunchTemplate,
    AutoScalingGroup,
    Instances,
    DnsRecord,
    Topic,
    Subscriptions,
    MetricFilter,
    Alarm,
    Dashboard,
    EventSubscription,
    ResourceCollection,
    NotificationChannel,
}

/// Every operation that changes nothing: what a read-only run may call.
pub fn reads() -> Vec<&'static str> {
    let mut reads: Vec<&'static str> =
        all().iter().flat_map(|kind| kind.about().calls.read).copied().collect();
    reads.extend(["sts:GetCallerIdentity", route53::LOOKUP]);
    reads.extend(marker::READS);
    reads.extend(wallets::READS);
    reads.extend(certificate::READS);
    reads.extend(quotas::READS);
    reads.extend(iam::ALLOWED);
    reads.extend([ec2::OFFERINGS, rds::OPTIONS]);
    reads.sort_unstable();
    reads.dedup();
    reads
}

/// Every operation that changes something.
pub fn writes() -> Vec<&'static str> {
    let mut writes: Vec<&'static str> =
        all().iter().flat_map(|kind| kind.about().calls.write).copied().collect();
    writes.extend(marker::WRITES);
    writes.extend([secrets::PUT, fleet::REBOOT]);
    writes.sort_unstable();
    writes.dedup();
    writes
}
