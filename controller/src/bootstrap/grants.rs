//! What the scripts have to be allowed, beside them: whoever declares the roles reads it from here.

/// Operations that a script calls, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which script, or whom it starts.
    pub needed_by: &'static str,
    /// As policies name them.
    pub actions: &'static [&'static str],
    /// On what.
    pub on: On,
}

/// On what an operation is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Instances that carry the owner tag of the environment, and for tags with these keys alone
    /// (`aws:ResourceTag/clctl.dev/uid`, `aws:TagKeys`).
    OwnInstances {
        /// Keys of tags.
        keys: &'static [&'static str],
    },
    /// The secrets of the environment, and those that the spec names.
    Secrets,
    /// The key that the environment's secrets are encrypted with, through Secrets Manager (`kms:ViaService`).
    SecretsKey,
    /// Whatever keys the secrets that the spec names are encrypted with, for those secrets alone
    /// (`kms:EncryptionContext:SecretARN`).
    KeysOfExistingSecrets,
    /// The database of the environment, an instance or a cluster.
    Database,
    /// The log group of the role.
    LogGroup,
    /// Metrics in the namespace of the environment (`cloudwatch:namespace`).
    Namespace,
    /// The addresses of the bastions, and instances that carry the owner tag of the environment.
    Addresses,
    /// Everything: the operation knows no resources.
    Everything,
}

/// The role of a node, as its instance says: `active`, `standby`, `starting` or `failing`, and since when it is that:
/// `failing since 2026-11-29T17:00:00Z`.
pub const ROLE_TAG: &str = "clctl.dev/role";
/// What is being done while an instance starts; `done` in the end, or `failed:` and what.
pub const BOOT_TAG: &str = "clctl.dev/boot";
/// When the role was last said, in UTC.
pub const HEARTBEAT_TAG: &str = "clctl.dev/heartbeat";

const BOOT: Grant = Grant {
    needed_by: "lib",
    actions: &["ec2:CreateTags"],
    on: On::OwnInstances { keys: &[BOOT_TAG] },
};
const WRITES: &[&str] = &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];

/// What a node needs.
pub const NODE: [Grant; 11] = [
    BOOT,
    Grant {
        needed_by: "node-role",
        actions: &["ec2:CreateTags"],
        on: On::OwnInstances { keys: &[ROLE_TAG, HEARTBEAT_TAG] },
    },
    Grant {
        needed_by: "node-prepare",
        actions: &["secretsmanager:GetSecretValue"],
        on: On::Secrets,
    },
    Grant { needed_by: "node-prepare", actions: &["kms:Decrypt"], on: On::SecretsKey },
    Grant { needed_by: "node-prepare", actions: &["kms:Decrypt"], on: On::KeysOfExistingSecrets },
    // Of one engine there is one of them.
    Grant { needed_by: "node-prepare", actions: &["rds:DescribeDBInstances"], on: On::Database },
    Grant { needed_by: "node-prepare", actions: &["rds:DescribeDBClusters"], on: On::Database },
    // https://docs.docker.com/engine/logging/drivers/awslogs/
    Grant { needed_by: "node-run", actions: WRITES, on: On::LogGroup },
    Grant { needed_by: "amazon-cloudwatch-agent", actions: WRITES, on: On::LogGroup },
    Grant {
        needed_by: "amazon-cloudwatch-agent",
        actions: &["cloudwatch:PutMetricData"],
        on: On::Namespace,
    },
    Grant { needed_by: "node-metrics", actions: &["cloudwatch:PutMetricData"], on: On::Namespace },
];

/// What a bastion needs.
pub const BASTION: [Grant; 4] = [
    BOOT,
    Grant { needed_by: "bastion-boot", actions: &["ec2:DescribeAddresses"], on: On::Everything },
    Grant { needed_by: "bastion-boot", actions: &["ec2:AssociateAddress"], on: On::Addresses },
    Grant { needed_by: "amazon-cloudwatch-agent", actions: WRITES, on: On::LogGroup },
];
