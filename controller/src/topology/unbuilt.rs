//! What a file may ask for and clctl does not build yet. Nobody is to believe that it does: what can be
//! left out is named, and what would make the rest mean something else is refused.
//!
//! A chapter leaves this list with the commit that builds it.

use clctl_spec::{Document, NodeSpec, OnDrift, Place, Tenancy, Vpc};
use serde::Serialize;

/// What is read, checked, and then left out.
const LEFT_OUT: [&str; 1] = ["spec.backup.copyToRegion"];

/// Something that is written and not built yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What.
    pub path: &'static str,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
}

/// What is read, checked, and refused where it asks for more than its default.
const REFUSED: [&str; 4] = [TENANCY, ASSUME_ROLE, MAINTENANCE_WINDOWS, DRIFT];
const TENANCY: &str = "spec.network.vpc.create.tenancy";
const ASSUME_ROLE: &str = "spec.aws.assumeRole";
const MAINTENANCE_WINDOWS: &str = "spec.policies.maintenanceWindows";
const DRIFT: &str = "spec.policies.drift";

/// What is to be said of a field that is not built yet.
pub fn status(path: &str) -> Option<&'static str> {
    let is_within = |of: &&&str| {
        path.strip_prefix(**of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if LEFT_OUT.iter().find(is_within).is_some() {
        return Some("not built yet: it is read and checked, and nothing is done about it");
    }
    REFUSED.iter().find(is_within)?;
    Some("not built yet: what asks for it is refused")
}

/// What is written in the document and left out, in the order of the file.
pub fn left_out(document: &Document) -> Vec<LeftOut> {
    let mut all: Vec<LeftOut> = LEFT_OUT
        .iter()
        .filter_map(|path| Some(LeftOut { path, place: document.place(path)?.clone() }))
        .collect();
    all.sort_by(|a, b| a.place.cmp(&b.place));
    all
}

/// What a file asks for and cannot be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} cannot be done yet, and without it {otherwise}")]
pub struct NotBuilt {
    /// What.
    pub path: &'static str,
    otherwise: &'static str,
}

/// Checks that nothing is asked for that cannot be left out.
///
/// # Errors
/// What it is, if there is something.
pub fn check(spec: &NodeSpec) -> Result<(), NotBuilt> {
    let drift = &spec.policies.drift;
    let repairs = |on: &OnDrift| *on == OnDrift::Repair;
    let refuse = |path, otherwise| Err(NotBuilt { path, otherwise });
    match &spec.network.vpc {
        Vpc::Create(vpc) if vpc.tenancy == Tenancy::Dedicated => {
            return refuse(TENANCY, "the VPC would share its hardware for good");
        }
        Vpc::Create(_) | Vpc::Existing(_) => {}
    }
    if spec.aws.assume_role.is_some() {
        return refuse(ASSUME_ROLE, "clctl would act as whoever it is, perhaps in another account");
    }
    if !spec.policies.maintenance_windows.is_empty() {
        return refuse(MAINTENANCE_WINDOWS, "clctl would not wait for them");
    }
    if !repairs(&drift.default) || !drift.resources.values().all(repairs) {
        return refuse(DRIFT, "clctl would repair what it is to leave");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_in_the_spec() {
        for path in LEFT_OUT.iter().chain(&REFUSED) {
            assert!(clctl_spec::explain(path).is_ok(), "{path}");
            assert!(status(path).is_some(), "{path}");
        }
        assert!(status("spec.network.vpc.create.cidr").is_none());
        assert!(status("spec.monitoring.alarms").is_none());
        assert!(status("spec.monitoring.devOpsGuru.enabled").is_none());
    }
}
