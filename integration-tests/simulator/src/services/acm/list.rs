//! The list of certificates.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html>: without filters only those with
//! RSA keys of 1024 or 2048 bits are listed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, certificates, constraint};
use crate::{fault::Fault, services::paging::Page, shelf::Record};

const STATUSES: &[&str] = &[
    "PENDING_VALIDATION",
    "ISSUED",
    "INACTIVE",
    "EXPIRED",
    "VALIDATION_TIMED_OUT",
    "REVOKED",
    "FAILED",
];
const USUAL: &[&str] = &["RSA_1024", "RSA_2048"];
const LARGEST: u32 = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Includes {
    #[serde(default)]
    key_types: Vec<String>,
    key_usage: Option<Value>,
    extended_key_usage: Option<Value>,
    export_option: Option<Value>,
    managed_by: Option<Value>,
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let statuses: Option<Vec<String>> = call.members.get("CertificateStatuses")?;
    let includes: Includes = call.members.get("Includes")?.unwrap_or_default();
    for name in ["CertificateKeyPairOrigins", "RootHierarchyTypes", "SortBy", "SortOrder"] {
        if call.members.get::<Value>(name)?.is_some() {
            return Err(Fault::unsupported(format!("{name} of lists of certificates")));
        }
    }
    let Includes { key_types, key_usage, extended_key_usage, export_option, managed_by } = includes;
    if [key_usage, extended_key_usage, export_option, managed_by].iter().any(Option::is_some) {
        return Err(Fault::unsupported("filters of certificates by their usage"));
    }
    let wrong = statuses.iter().flatten().find(|it| !STATUSES.contains(&it.as_str()));
    if let Some(other) = wrong {
        return Err(constraint(other, "certificateStatuses", "satisfy enum value set"));
    }
    let size: Option<u32> = call.members.get("MaxItems")?;
    if let Some(size) = size.filter(|it| !(1..=LARGEST).contains(it)) {
        return Err(constraint(size, "maxItems", "be between 1 and 1000"));
    }
    let token: Option<String> = call.members.get("NextToken")?;
    let print = format!("{statuses:?} {key_types:?}");
    let page = Page::new(size, token.as_deref(), &print)
        .ok_or_else(|| Fault::client("InvalidArgsException", "The NextToken is not valid."))?;
    let now = call.now;
    let kept = call.state.certificates.all_seen(call.in_lists()).filter(|it| {
        let status = it.status(now);
        let key = it.algorithm.as_str();
        let listed = if key_types.is_empty() {
            USUAL.contains(&key)
        } else {
            key_types.iter().any(|it| it == key)
        };
        listed && statuses.as_ref().is_none_or(|all| all.iter().any(|it| it == status))
    });
    let rows = kept.map(|it| (it.id.clone(), summary(call, it))).collect();
    let most = call.settings.page.unwrap_or(LARGEST).min(LARGEST);
    let cut = page.cut(most, rows);
    let mut answer = json!({ "CertificateSummaryList": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

fn summary(call: &Call<'_>, it: &Record<certificates::Certificate>) -> Value {
    let status = it.status(call.now);
    let used = !certificates::users(call, &it.id).is_empty();
    let mut shown = json!({
        "CertificateArn": it.id,
        "DomainName": it.domain,
        "SubjectAlternativeNameSummaries": it.names.iter().take(100).collect::<Vec<_>>(),
        "HasAdditionalSubjectAlternativeNames": it.names.len() > 100,
        "Status": status,
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": it.algorithm,
        "KeyUsages": if it.issued.is_some() { vec!["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"] } else { Vec::new() },
        "ExtendedKeyUsages": if it.issued.is_some() { vec!["TLS_WEB_SERVER_AUTHENTICATION"] } else { Vec::new() },
        "ExportOption": "DISABLED",
        "InUse": used,
        "RenewalEligibility": if used && status == "ISSUED" { "ELIGIBLE" } else { "INELIGIBLE" },
        "CreatedAt": it.created.as_seconds(),
    });
    if let Some((from, until)) = it.validity() {
        shown["NotBefore"] = json!(from.as_seconds());
        shown["NotAfter"] = json!(until.as_seconds());
        shown["IssuedAt"] = json!(from.as_seconds());
    }
    shown
}
