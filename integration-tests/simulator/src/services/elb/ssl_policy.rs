//! Security policies: which versions of TLS and which ciphers a listener speaks.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>. Of AWS's policies
//! these are modelled; the others are known by name.

use super::{Answer, Operation, call::Call};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeSSLPolicies", false, describe)];

/// The policy of a listener that was made without one, by whatever calls the API.
pub(super) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

const TLS_1_3: &[&str] =
    &["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const TLS_1_3_FIPS: &[&str] = &["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"];
const FEW: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
];
const MORE: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
];
const OLD: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES128-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES256-SHA",
];

const BOTH: &[&str] = &["TLSv1.2", "TLSv1.3"];
const LATEST: &[&str] = &["TLSv1.3"];
const ALL_OLD: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2"];

/// A policy: its name, its versions of TLS, its ciphers.
type Policy = (&'static str, &'static [&'static str], [&'static [&'static str]; 2]);

const POLICIES: &[Policy] = &[
    (DEFAULT, ALL_OLD, [OLD, &[]]),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", BOTH, [TLS_1_3, MORE]),
    ("ELBSecurityPolicy-TLS13-1-2-PQ-2025-09", BOTH, [TLS_1_3, MORE]),
    ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", BOTH, [TLS_1_3, FEW]),
    ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", BOTH, [TLS_1_3_FIPS, FEW]),
    ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", BOTH, [TLS_1_3_FIPS, FEW]),
    ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", BOTH, [TLS_1_3, FEW]),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", LATEST, [TLS_1_3, &[]]),
    ("ELBSecurityPolicy-TLS13-1-3-PQ-2025-09", LATEST, [TLS_1_3, &[]]),
];

/// How the names of policies begin that AWS has beside these.
const OTHERS: &[&str] = &[
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-FS-",
    "ELBSecurityPolicy-TLS-1-",
    "ELBSecurityPolicy-TLS13-1-0-",
    "ELBSecurityPolicy-TLS13-1-1-",
    "ELBSecurityPolicy-TLS13-1-2-Ext",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-",
];

/// Refuses a policy that there is not.
pub(super) fn exists(name: &str) -> Result<(), Fault> {
    find(name).map(drop)
}

fn find(name: &str) -> Result<&'static Policy, Fault> {
    if let Some(policy) = POLICIES.iter().find(|it| it.0 == name) {
        return Ok(policy);
    }
    if OTHERS.iter().any(|it| name.starts_with(it)) {
        return Err(Fault::unsupported(format!("the security policy {name}")));
    }
    Err(Fault::client("SSLPolicyNotFound", format!("SSL policy '{name}' not found")))
}

fn describe(call: &mut Call<'_>) -> Answer {
    let names = call.list("Names").unwrap_or_default();
    // All of them are for both.
    call.among("LoadBalancerType", &["application", "network", "gateway"])?;
    let all = if names.is_empty() {
        POLICIES.iter().collect()
    } else {
        names.iter().map(|it| find(it)).collect::<Result<Vec<_>, _>>()?
    };
    let rows = all.into_iter().map(|(name, versions, ciphers)| {
        let ciphers = (1..).zip(ciphers.iter().copied().flatten());
        let ciphers = ciphers.map(|(priority, cipher): (u32, _)| {
            Xml::new().text("Name", cipher).text("Priority", priority)
        });
        let xml = Xml::new()
            .named_texts("SslProtocols", "member", *versions)
            .members("Ciphers", "member", ciphers)
            .text("Name", name)
            .named_texts("SupportedLoadBalancerTypes", "member", ["application", "network"]);
        ((*name).to_owned(), xml)
    });
    call.page("SslPolicies", rows.collect())
}
