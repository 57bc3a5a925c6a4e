//! What requests that make or change a cluster have in common.

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, services::rds::call::Call, wire::xml::Xml};

/// Parameters of other engines, and of features that are not modelled.
const UNMODELLED: &[&str] = &[
    "AllocatedStorage",
    "AllowEngineModeChange",
    "AssociatedRoles",
    "AwsBackupRecoveryPointArn",
    "BacktrackWindow",
    "CACertificateIdentifier",
    "CharacterSetName",
    "ClusterScalabilityType",
    "DBClusterInstanceClass",
    "DBSystemId",
    "DatabaseInsightsMode",
    "Domain",
    "DomainIAMRoleName",
    "EnableGlobalWriteForwarding",
    "EnableInternetAccessGateway",
    "EnableLimitlessDatabase",
    "EnableLocalWriteForwarding",
    "EnablePerformanceInsights",
    "EnableVPCNetworking",
    "GlobalClusterIdentifier",
    "Iops",
    "ManageMasterUserPassword",
    "MasterUserAuthenticationType",
    "MasterUserSecretKmsKeyId",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "OptionGroupName",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PreSignedUrl",
    "PubliclyAccessible",
    "RdsCustomClusterConfiguration",
    "ReplicationSourceIdentifier",
    "RotateMasterUserPassword",
    "ScalingConfiguration",
    "WithExpressConfiguration",
];

/// Refuses what is not modelled, and takes what there is only one of.
pub(super) fn plain(call: &Call<'_>) -> Result<(), Fault> {
    call.lacks(UNMODELLED)?;
    for (name, only) in [("EngineMode", "provisioned"), ("NetworkType", "IPV4")] {
        if let Some(other) = call.text(name).filter(|it| it != only) {
            return Err(Fault::unsupported(format!("the {name} {other}")));
        }
    }
    Ok(())
}

/// The type of the storage.
pub(super) fn storage(call: &Call<'_>) -> Result<Option<String>, Fault> {
    match call.text("StorageType") {
        Some(other) if !["aurora", "aurora-iopt1"].contains(&other.as_str()) => {
            Err(Fault::invalid(format!("Invalid storage type for aurora-postgresql: {other}")))
        }
        given => Ok(given),
    }
}

/// For how many days backups are kept: they cannot be switched off.
pub(super) fn retention(call: &Call<'_>) -> Result<Option<u32>, Fault> {
    call.between("BackupRetentionPeriod", 1, 35)
}

/// Between which capacities instances grow and shrink by themselves, in halves.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Serverless {
    least: u32,
    most: u32,
    /// After how many seconds without work they pause, where the least is nothing.
    pause: Option<u32>,
}

impl Serverless {
    pub(super) fn read(call: &Call<'_>, before: Option<Self>) -> Result<Option<Self>, Fault> {
        let Some(given) = call.params.structure("ServerlessV2ScalingConfiguration") else {
            return Ok(None);
        };
        let halves = |name: &str| -> Result<Option<u32>, Fault> {
            let Some(text) = given.text(name) else { return Ok(None) };
            let wrong = || Fault::invalid(format!("Serverless v2 capacity {text} isn't valid."));
            let (whole, half) = text.split_once('.').unwrap_or((&text, "0"));
            let whole: u32 = whole.parse().map_err(|_| wrong())?;
            match half {
                "0" => Ok(Some(whole.saturating_mul(2))),
                "5" => Ok(Some(whole.saturating_mul(2).saturating_add(1))),
                _ => Err(wrong()),
            }
        };
        let least = halves("MinCapacity")?.or(before.map(|it| it.least));
        let most = halves("MaxCapacity")?.or(before.map(|it| it.most));
        let pause = given.text("SecondsUntilAutoPause").map(|it| it.parse::<u32>());
        let pause =
            pause.transpose().map_err(|_| Fault::invalid("Invalid SecondsUntilAutoPause"))?;
        let (Some(least), Some(most)) = (least, most) else {
            return Err(Fault::combination(
                "Both MinCapacity and MaxCapacity have to be given for Serverless v2.",
            ));
        };
        if least > most || !(2..=512).contains(&most) {
            return Err(Fault::combination(format!(
                "Serverless v2 maximum capacity {} isn't valid. The maximum capacity must be at \
                 least 1 and at most 256, and not less than the minimum.",
                capacity(most)
            )));
        }
        if pause.is_some_and(|it| least > 0 || !(300..=86_400).contains(&it)) {
            return Err(Fault::combination(
                "SecondsUntilAutoPause must be between 300 and 86400, and needs a MinCapacity of 0.",
            ));
        }
        let pause = pause.or((least == 0).then_some(300));
        Ok(Some(Self { least, most, pause }))
    }

    pub(super) fn render(self) -> Xml {
        Xml::new()
            .text("MinCapacity", capacity(self.least))
            .text("MaxCapacity", capacity(self.most))
            .maybe("SecondsUntilAutoPause", self.pause)
    }
}

fn capacity(halves: u32) -> String {
    format!("{}.{}", halves / 2, if halves.is_multiple_of(2) { 0 } else { 5 })
}
