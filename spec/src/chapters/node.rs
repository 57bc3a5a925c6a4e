//! The node as a whole: a Kubernetes object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    access::Access,
    at::{At, Optional, Required, Tolerated},
    aws::{Aws, AwsFields},
    backup::Backup,
    bounded::{Pair, Paired, Table, Tabled},
    chapter::{chapter, in_place, refused},
    database::{Database, Restore},
    encryption::Encryption,
    form::{settle_or, settle_required},
    gui::Gui,
    log::Log,
    logs::Logs,
    monitoring::Monitoring,
    names::{AwsRegion, EnvironmentName, LabelKey, LabelValue, ZoneName},
    network::Network,
    nodes::Nodes,
    policies::Policies,
    problem::{Code, Draft},
    secrets::Secrets,
};

const ZONES: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html";
const VPC: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html";
const CHAINLINK: &str = "https://docs.chain.link/chainlink-nodes";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html";
const ELB: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html";
const KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/overview.html";
const SECRETS: &str = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html";
const LOGS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html";
const ALARMS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/WhatIsCloudWatch.html";
const BACKUP: &str = "https://docs.aws.amazon.com/aws-backup/latest/devguide/whatisbackup.html";
const KUBERNETES: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/";
const LABELS: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/";
const CLCTL: &str = "clctl";

const MOST_LABELS: usize = 64;
/// Labels of an object.
pub type Labels = Table<LabelKey, LabelValue, MOST_LABELS>;

/// The `apiVersion` of a node.
pub const API_VERSION: &str = "clctl.dev/v1alpha1";
/// The `kind` of a node.
pub const KIND: &str = "ChainlinkNode";

/// A Chainlink node and everything it runs on: what is wanted, complete, defaults included.
///
/// Serialises to the form of `node.yaml` with every default written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainlinkNode {
    /// What it is called.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: NodeSpec,
}

/// What a node is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The name of the environment.
    pub name: EnvironmentName,
    /// Labels of the object. They select nodes in clctl; AWS gets `spec.aws.tags`.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub labels: Labels,
}

chapter! {
    /// What is wanted.
    pub struct NodeSpec, SpecFields, check check {
        required {
            /// The account and region everything is built in, and the tags it gets.
            aws: Aws, in_place(ZONES);
            /// Two availability zones of the region, for example `[us-east-1a, us-east-1b]`. The second takes
            /// over when the first fails.
            availability_zones: Pair<ZoneName>,
                refused("what stands in a zone does not move: other zones are another environment", ZONES).example("[us-east-1a, us-east-1b]");
            /// The Chainlink nodes: one is active, one stands by in the other zone.
            nodes: Nodes, in_place(CHAINLINK);
        }
        chapters {
            /// The network everything is in.
            network: Network, in_place(VPC);
            /// How people get to the instances. Nobody does, by default, but through Session Manager.
            access: Access, in_place(VPC);
            /// The PostgreSQL database of the nodes. It holds their keys, jobs and the lease that decides which is
            /// active. It is never replaced.
            database: Database, in_place(RDS);
            /// The way to the node's GUI. Without a load balancer it is `clctl tunnel gui`.
            gui: Gui, in_place(ELB);
            /// How everything is encrypted: database, secrets, logs, disks, messages, backups.
            encryption: Encryption, in_place(KMS);
            /// The passwords of the environment, one by one: generated, or taken from a secret that exists. None is
            /// written in this file.
            secrets: Secrets, in_place(SECRETS);
            /// The logs, in CloudWatch Logs under `/clctl/<environment>/`.
            logs: Logs, in_place(LOGS);
            /// Who is told when something is wrong, and what counts as wrong.
            monitoring: Monitoring, in_place(ALARMS);
            /// Copies of the database in AWS Backup, which outlive it; alarms tell of those that fail.
            backup: Backup, in_place(BACKUP);
            /// What clctl may do, and when: what becomes of things with content, what is done about drift, when
            /// changes that interrupt may be made, and whether it pauses.
            policies: Policies, in_place(CLCTL);
        }
    }
}

/// A Chainlink node and everything it runs on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ChainlinkNode")]
pub(crate) struct NodeFields {
    /// The version of this format.
    #[expect(dead_code, reason = "there is one, and reading it is checking it")]
    api_version: Required<ApiVersion>,
    /// What this is.
    #[expect(dead_code, reason = "there is one, and reading it is checking it")]
    kind: Required<Kind>,
    /// What the node is called.
    pub(crate) metadata: Required<MetadataFields>,
    /// What is wanted.
    pub(crate) spec: Required<SpecFields>,
    /// What is: written by clctl, ignored when read.
    #[expect(dead_code, reason = "never read")]
    #[serde(default)]
    #[schemars(extend("type" = "object"))]
    status: Tolerated,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum ApiVersion {
    #[serde(rename = "clctl.dev/v1alpha1")]
    V1Alpha1,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum Kind {
    ChainlinkNode,
}

/// What the node is called, and what an API server writes beside it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Metadata")]
#[expect(dead_code, reason = "what an API server writes is never read")]
pub(crate) struct MetadataFields {
    /// The name of the environment: a DNS label of at most 20 characters, unique in its account and
    /// region. It is part of the name of everything in it and cannot be changed.
    #[schemars(extend("x-clctl" = refused("another name is another environment", KUBERNETES)))]
    pub(crate) name: Required<EnvironmentName>,
    /// Labels of the object. They select nodes in clctl; tags in AWS are `spec.aws.tags`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = in_place(LABELS).effect("nothing in AWS changes"), "default" = {}))]
    labels: Optional<Tabled<LabelKey, LabelValue, MOST_LABELS>>,
    /// Annotations of the object, ignored.
    #[serde(default)]
    #[schemars(extend("type" = "object"))]
    annotations: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    namespace: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    generate_name: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    uid: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    generation: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    resource_version: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    creation_timestamp: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    deletion_timestamp: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    deletion_grace_period_seconds: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    managed_fields: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    finalizers: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    owner_references: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    self_link: Tolerated,
}

impl NodeFields {
    pub(crate) fn settle(self, log: &Log) -> Option<ChainlinkNode> {
        let metadata = self.metadata.0.and_then(|at| at.value.settle(log));
        let spec = settle_required(self.spec, log);
        Some(ChainlinkNode { metadata: metadata?, spec: spec? })
    }
}

impl MetadataFields {
    fn settle(self, log: &Log) -> Option<Metadata> {
        let labels: Option<Labels> = settle_or(self.labels, || Some(Labels::default()), log);
        Some(Metadata { name: self.name.0?.value, labels: labels? })
    }
}

/// Checks what concerns several chapters.
fn check(written: &At<SpecFields>, log: &Log) {
    let fields = &written.value;
    let aws = fields.aws.0.as_ref().map(|at| &at.value);
    if let Some(home) = aws.map(AwsFields::home) {
        if let Some(at) = &fields.nodes.0 {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.database.given() {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.gui.given() {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.secrets.given() {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.encryption.given() {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.monitoring.given() {
            at.value.check_home(home, log);
        }
        if let Some(at) = fields.backup.given() {
            at.value.check_home(home, log);
        }
    }
    if let Some(zones) = &fields.availability_zones.0 {
        check_zones(&zones.value, aws.and_then(|aws| aws.region.0.as_ref()), log);
    }
    check_public_subnets(fields, log);
    check_keystore(fields, log);
    check_aurora_password(fields, log);
}

fn check_zones(zones: &Paired<ZoneName>, region: Option<&At<AwsRegion>>, log: &Log) {
    let Some(region) = region else { return };
    let elsewhere: Vec<&At<ZoneName>> =
        zones.readable().filter(|zone| zone.value.region() != region.value.as_str()).collect();
    let report = |at, message: String, help: String| {
        let draft = Draft::new(Code::ZoneOutsideRegion, at, message).label("of another region");
        log.report(draft.also(region.span, "the region").help(help));
    };
    let ours = &region.value;
    match elsewhere.as_slice() {
        [first, second] if first.value.region() == second.value.region() => {
            let theirs = first.value.region();
            report(
                first.span,
                format!("both zones are in {theirs}, and not in {ours}"),
                format!("write `region: {theirs}`, or zones of the region, for example `{ours}a`"),
            );
        }
        zones => {
            for zone in zones {
                report(
                    zone.span,
                    format!("{} is not in {ours}", zone.value),
                    format!("write a zone of the region, for example `{ours}a`"),
                );
            }
        }
    }
}

/// Aurora takes shorter passwords than RDS.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>
fn check_aurora_password(fields: &SpecFields, log: &Log) {
    const LONGEST: u32 = 41;
    let engine = fields.database.given().and_then(|database| database.value.engine.given());
    let Some(aurora) = engine.and_then(|engine| engine.value.aurora.given()) else { return };
    let password =
        fields.secrets.given().and_then(|secrets| secrets.value.database_password.given());
    let length = password.and_then(|password| password.value.length());
    if let Some(length) = length.filter(|at| at.value.get() > LONGEST) {
        let message = format!("Aurora takes passwords of at most {LONGEST} characters");
        let draft = Draft::new(Code::Conflict, length.span, message).label("too long for Aurora");
        log.report(draft.also(aurora.span, "Aurora").help(format!("write {LONGEST} or less")));
    }
}

/// Keys that are restored open only with the password they were encrypted with.
fn check_keystore(fields: &SpecFields, log: &Log) {
    let restored = fields.database.given().and_then(|database| database.value.restore_from.given());
    let Some(restored) = restored.filter(|at| matches!(at.value.restore(), Restore::Snapshot(_)))
    else {
        return;
    };
    let password =
        fields.secrets.given().and_then(|secrets| secrets.value.keystore_password.given());
    if password.is_some_and(|at| at.value.is_of_others()) {
        return;
    }
    let message = "the keys in this snapshot open only with the password they were made with";
    let draft =
        Draft::new(Code::Keystore, restored.span, message).label("and that is to be generated");
    log.report(draft.help(
        "fine for a snapshot of this very environment, whose password was kept; otherwise name the old one: \
         `secrets.keystorePassword: {existing: {id: …}}`",
    ));
}

/// What stands in public subnets needs some, and a VPC that exists need not have any.
fn check_public_subnets(fields: &SpecFields, log: &Log) {
    let vpc = fields.network.given().and_then(|network| network.value.vpc.given());
    let Some(existing) = vpc.and_then(|vpc| vpc.value.existing.given()) else { return };
    if existing.value.public_subnets.is_given() {
        return;
    }
    let balancer = fields.gui.given().and_then(|gui| gui.value.public());
    let bastion = fields.access.given().and_then(|access| access.value.bastion.given());
    let announces = fields.nodes.0.as_ref().and_then(|nodes| nodes.value.announces());
    let needed = [
        (announces, "the load balancer that other nodes reach these at"),
        (balancer, "a load balancer that is reached from the internet"),
        (bastion.map(|bastion| bastion.span), "a bastion"),
    ];
    for (at, what) in needed.into_iter().filter_map(|(at, what)| Some((at?, what))) {
        let message = format!("{what} stands in public subnets, and none are named");
        log.report(
            Draft::new(Code::Needs, at, message)
                .label("needs public subnets")
                .also(existing.span, "of this VPC")
                .help("add `publicSubnets` to `network.vpc.existing`"),
        );
    }
}

impl Serialize for ChainlinkNode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Object<'a> {
            api_version: &'a str,
            kind: &'a str,
            metadata: &'a Metadata,
            spec: &'a NodeSpec,
        }
        let Self { metadata, spec } = self;
        Object { api_version: API_VERSION, kind: KIND, metadata, spec }.serialize(serializer)
    }
}
