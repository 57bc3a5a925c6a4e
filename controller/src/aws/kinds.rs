//! The kinds there are. Adding one is its file and a line here.

use std::sync::Arc;

use crate::engine::{AnyKind, KindOf, Kinds};

use super::{
    Aws,
    autoscaling::AutoScalingGroup,
    ec2::{
        self, Eip, FlowLog, InternetGateway, KeyPair, LaunchTemplate, NatGateway, RouteTable,
        SecurityGroup, SecurityGroupRules, Subnet, Vpc, VpcEndpoint,
    },
    fleet::{self, Instances},
    iam::{self, InstanceProfile, Role},
    kms::Key,
    logs::LogGroup,
    marker, quotas,
    rds::{
        self, Cluster, ClusterInstance, ClusterParameterGroup, Instance, ParameterGroup,
        SubnetGroup,
    },
    secrets::{self, Secret},
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
    LaunchTemplate,
    AutoScalingGroup,
    Instances,
}

/// Every operation that changes nothing: what a read-only run may call.
pub fn reads() -> Vec<&'static str> {
    let mut reads: Vec<&'static str> =
        all().iter().flat_map(|kind| kind.about().calls.read).copied().collect();
    reads.extend(["sts:GetCallerIdentity"]);
    reads.extend(marker::READS);
    reads.extend(wallets::READS);
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
