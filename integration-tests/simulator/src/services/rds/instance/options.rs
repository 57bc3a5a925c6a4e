//! What requests that make or change an instance have in common.

use std::collections::BTreeSet;

use super::Instance;
use crate::{
    fault::Fault,
    services::rds::{call::Call, engine::Engine, key},
};

/// Parameters of other engines, and of features that are not modelled.
pub(super) const UNMODELLED: &[&str] = &[
    "AdditionalStorageVolumes",
    "AutomationMode",
    "AwsBackupRecoveryPointArn",
    "BackupTarget",
    "CharacterSetName",
    "CustomIamInstanceProfile",
    "DBCapacityReservationIdentifier",
    "DBSecurityGroups",
    "DBSystemId",
    "DatabaseInsightsMode",
    "DedicatedLogVolume",
    "DisableDomain",
    "Domain",
    "DomainAuthSecretArn",
    "DomainDnsIps",
    "DomainFqdn",
    "DomainIAMRoleName",
    "DomainOu",
    "EnableCustomerOwnedIp",
    "ManageMasterUserPassword",
    "MasterUserAuthenticationType",
    "MasterUserSecretKmsKeyId",
    "MultiTenant",
    "NcharCharacterSetName",
    "OptionGroupName",
    "ProcessorFeatures",
    "ReplicaMode",
    "ResumeFullAutomationModeMinutes",
    "RotateMasterUserPassword",
    "TdeCredentialArn",
    "TdeCredentialPassword",
    "Timezone",
    "UseDefaultProcessorFeatures",
];

/// Refuses what is not modelled, and takes what there is only one of.
pub(super) fn plain(call: &Call<'_>) -> Result<(), Fault> {
    call.lacks(UNMODELLED)?;
    for (name, only) in [("NetworkType", "IPV4"), ("LicenseModel", "postgresql-license")] {
        if let Some(other) = call.text(name).filter(|it| it != only) {
            return Err(Fault::unsupported(format!("the {name} {other}")));
        }
    }
    Ok(())
}

/// Whether a database stays on its version, for money, when its community's support has ended.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html>
pub(in crate::services::rds) fn extended_support(call: &Call<'_>) -> Result<Option<bool>, Fault> {
    match call.text("EngineLifecycleSupport").as_deref() {
        None => Ok(None),
        Some(EXTENDED) => Ok(Some(true)),
        Some(STANDARD) => Ok(Some(false)),
        Some(other) => Err(Fault::invalid(format!("Invalid engine lifecycle support: {other}"))),
    }
}

const EXTENDED: &str = "open-source-rds-extended-support";
const STANDARD: &str = "open-source-rds-extended-support-disabled";

/// How answers call that.
pub(in crate::services::rds) fn lifecycle(extended: bool) -> &'static str {
    if extended { EXTENDED } else { STANDARD }
}

/// The port: 1150 to 65535.
pub(in crate::services::rds) fn port(call: &Call<'_>, name: &str) -> Result<Option<u32>, Fault> {
    call.between(name, 1_150, 65_535)
}

/// For how many days backups are kept.
pub(super) fn retention(call: &Call<'_>) -> Result<Option<u32>, Fault> {
    call.between("BackupRetentionPeriod", 0, 35)
}

/// Log types that the engine has.
pub(in crate::services::rds) fn log_types(
    engine: Engine,
    wanted: Vec<String>,
) -> Result<BTreeSet<String>, Fault> {
    let known = engine.log_types();
    if let Some(other) = wanted.iter().find(|it| !known.contains(&it.as_str())) {
        return Err(Fault::combination(format!(
            "You cannot use the log types '{other}' with engine version {}. For supported log \
             types, see the documentation.",
            engine.name()
        )));
    }
    Ok(wanted.into_iter().collect())
}

/// Something that a request turns on, with a number and what goes with it, or off.
pub(super) enum Asked {
    Off,
    On(u32, String),
}

impl Asked {
    /// What an instance keeps of it.
    pub(super) fn on(self) -> Option<(u32, String)> {
        match self {
            Self::Off => None,
            Self::On(number, with) => Some((number, with)),
        }
    }
}

/// What enhanced monitoring a request asks for; nothing when it says nothing.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html>
pub(super) fn monitoring(call: &Call<'_>) -> Result<Option<Asked>, Fault> {
    let (interval, role) = (call.number("MonitoringInterval")?, call.text("MonitoringRoleArn"));
    match (interval, role) {
        (None, None) => Ok(None),
        (Some(0), None) => Ok(Some(Asked::Off)),
        (None | Some(0), Some(_)) => Err(Fault::combination(
            "You must specify a MonitoringInterval value other than 0 when you specify a \
             MonitoringRoleARN value.",
        )),
        (Some(_), None) => Err(Fault::combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other \
             than 0.",
        )),
        (Some(interval), Some(role)) => {
            if ![1, 5, 10, 15, 30, 60].contains(&interval) {
                return Err(Fault::invalid(format!("Invalid monitoring interval: {interval}")));
            }
            let source = call.arn("db:any");
            let service = "monitoring.rds.amazonaws.com";
            let eyes = call.dependent();
            if call.iam.assumable(call.settings, &role, service, &source, eyes).is_none() {
                return Err(Fault::invalid(
                    "IAM role ARN value is invalid or does not include the required permissions \
                     for: ENHANCED_MONITORING",
                ));
            }
            Ok(Some(Asked::On(interval, role)))
        }
    }
}

/// What recording of performance a request asks for; as [`monitoring`].
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>: for 7 days,
/// for months of 31, or for 731.
pub(super) fn insights(call: &Call<'_>, now: Option<&Instance>) -> Result<Option<Asked>, Fault> {
    let on = call.flag("EnablePerformanceInsights")?;
    let days = call.number("PerformanceInsightsRetentionPeriod")?;
    let key = call.text("PerformanceInsightsKMSKeyId");
    let already = now.and_then(|it| it.insights.clone());
    if !on.unwrap_or(already.is_some()) {
        if days.is_some() || key.is_some() {
            return Err(Fault::combination(
                "To set the retention period or the key of Performance Insights it has to be \
                 enabled.",
            ));
        }
        return Ok(on.map(|_| Asked::Off));
    }
    if on.is_none() && days.is_none() && key.is_none() {
        return Ok(None);
    }
    if let Some(days) = days
        && days != 7
        && days != 731
        && (!days.is_multiple_of(31) || !(31..=713).contains(&days))
    {
        return Err(Fault::invalid(format!(
            "Invalid Performance Insights retention period. Valid values are: [7, 31, 62, ... 713, \
             731], not {days}"
        )));
    }
    let (old_days, old_key) = already.map_or((7, None), |it| (it.0, Some(it.1)));
    let key = match (key, old_key) {
        (Some(key), old) => {
            let key = key::usable(call, Some(&key))?;
            if old.is_some_and(|it| it != key) {
                return Err(Fault::combination(
                    "You cannot change your Performance Insights KMS key.",
                ));
            }
            key
        }
        (None, Some(old)) => old,
        (None, None) => key::usable(call, None)?,
    };
    Ok(Some(Asked::On(days.unwrap_or(old_days), key)))
}
