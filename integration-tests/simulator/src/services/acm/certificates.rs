//! Certificates: asked for, looked at, deleted.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>,
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html>,
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html>. Nobody waits for a proof longer
//! than 72 hours: <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, constraint, named, tags};
use crate::{
    Time,
    fault::Fault,
    random::{Rng, fold},
    shelf::{Kind, Record, Stamp, Tags},
};

/// How long somebody has to prove that the domain is his.
const PROOF: Duration = Duration::from_hours(72);
/// How long a certificate is valid:
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>.
const VALID: Duration = Duration::from_hours(395 * 24);
/// How long a token counts.
const TOKEN: Duration = Duration::from_hours(1);
/// Until the record of a proof is shown; the reference says `for several seconds`.
const RECORD: Duration = Duration::from_secs(5);

const ALGORITHMS: &[&str] = &[
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
];

/// A certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) domain: String,
    /// All names, the first of them included.
    pub(super) names: Vec<String>,
    pub(super) algorithm: String,
    method: String,
    logged: bool,
    pub(super) created: Time,
    /// When it was issued; nothing as long as nobody has proved that the domain is his.
    pub(super) issued: Option<Time>,
}

impl Certificate {
    pub(super) fn status(&self, now: Time) -> &'static str {
        match self.issued {
            None if now > self.created + PROOF => "VALIDATION_TIMED_OUT",
            None => "PENDING_VALIDATION",
            Some(at) if now > at + VALID => "EXPIRED",
            Some(_) => "ISSUED",
        }
    }

    /// From when to when it is valid.
    pub(super) fn validity(&self) -> Option<(Time, Time)> {
        self.issued.map(|it| (it, it + VALID))
    }
}

impl Kind for Certificate {
    const TYPE: &'static str = "certificate";
    const PREFIX: &'static str = "arn";
    const NOUN: &'static str = "certificate";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidArnException";

    fn path(record: &Record<Self>) -> String {
        record.id.splitn(6, ':').nth(5).unwrap_or_default().to_owned()
    }
}

/// A certificate that was issued a month ago.
pub(super) fn issued(now: Time, arn: &str, domain: &str) -> (Stamp, Record<Certificate>) {
    let ago = Duration::from_hours(30 * 24).as_millis();
    let then =
        Time::from_millis(now.as_millis().saturating_sub(ago.try_into().unwrap_or_default()));
    let body = Certificate {
        domain: domain.to_owned(),
        names: vec![domain.to_owned()],
        algorithm: "RSA_2048".to_owned(),
        method: "DNS".to_owned(),
        logged: true,
        created: then,
        issued: Some(then),
    };
    let stamp = Stamp { at: then, by_id: then, listed: then };
    (stamp, Record { id: arn.to_owned(), tags: Tags::new(), body })
}

/// Refuses what is no name of a host.
fn host(member: &str, text: &str) -> Result<(), Fault> {
    let bare = text.strip_prefix("*.").unwrap_or(text);
    let label = |it: &str| {
        (1..=63).contains(&it.len())
            && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    let good = text.len() <= 253 && bare.split('.').count() > 1 && bare.split('.').all(label);
    if good { Ok(()) } else { Err(constraint(text, member, "be the name of a host")) }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Options {
    certificate_transparency_logging_preference: Option<String>,
    export: Option<String>,
    validation_method: Option<String>,
}

pub(super) fn request(call: &mut Call<'_>) -> Answer {
    let domain: String = call.members.need("DomainName")?;
    let more: Vec<String> = call.members.get("SubjectAlternativeNames")?.unwrap_or_default();
    let token: Option<String> = call.members.get("IdempotencyToken")?;
    let options: Options = call.members.get("Options")?.unwrap_or_default();
    let method: Option<String> = call.members.get("ValidationMethod")?;
    let algorithm: Option<String> = call.members.get("KeyAlgorithm")?;
    for (name, what) in [
        ("CertificateAuthorityArn", "private certificates"),
        ("DomainValidationOptions", "validation by another domain"),
        ("ManagedBy", "certificates managed by others"),
        ("CertificateUsage", "the usage of certificates"),
        ("RootHierarchyType", "the roots of certificates"),
    ] {
        if call.members.get::<Value>(name)?.is_some() {
            return Err(Fault::unsupported(what));
        }
    }
    let tags = tags::read(call)?.unwrap_or_default();
    tags::within_quota(call, &tags)?;
    host("domainName", &domain)?;
    for name in &more {
        host("subjectAlternativeNames", name)?;
    }
    if let Some(token) = &token {
        let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if !(1..=32).contains(&token.len()) || !token.chars().all(word) {
            return Err(constraint(token, "idempotencyToken", "satisfy the pattern \\w+"));
        }
    }
    let method = method.or(options.validation_method).unwrap_or_else(|| "EMAIL".to_owned());
    match method.as_str() {
        "DNS" | "EMAIL" => {}
        "HTTP" => return Err(Fault::unsupported("validation over HTTP")),
        other => {
            return Err(constraint(other, "validationMethod", "be one of [EMAIL, DNS, HTTP]"));
        }
    }
    if options.export.is_some_and(|it| it != "DISABLED") {
        return Err(Fault::unsupported("certificates that can be exported"));
    }
    let algorithm = algorithm.unwrap_or_else(|| "RSA_2048".to_owned());
    if !ALGORITHMS.contains(&algorithm.as_str()) {
        return Err(constraint(algorithm, "keyAlgorithm", "be a known key algorithm"));
    }
    let logged =
        options.certificate_transparency_logging_preference.is_none_or(|it| it == "ENABLED");
    let mut names = vec![domain.clone()];
    names.extend(more.into_iter().filter(|it| *it != domain));
    let most = call.settings.quotas.names_per_certificate as usize;
    if names.len() > most {
        let text = format!("A certificate can have at most {most} names");
        return Err(Fault::client("LimitExceededException", text));
    }
    let asked = format!("{names:?} {method} {algorithm} {logged}");
    if let Some(token) = &token
        && let Some((at, before, arn)) = call.state.tokens.get(token)
        && call.now.since(*at) <= TOKEN
        && *before == asked
    {
        return Ok(json!({ "CertificateArn": arn }));
    }
    let most = call.settings.quotas.certificates;
    if call.state.certificates.all().count() >= most as usize {
        let text = format!("You have reached the maximum number of certificates ({most}).");
        return Err(Fault::client("LimitExceededException", text));
    }
    let id = call.rng.uuid();
    let arn = format!("arn:aws:acm:{}:{}:certificate/{id}", call.region, call.settings.account);
    let now = call.now;
    if let Some(token) = token {
        call.state.tokens.insert(token, (now, asked, arn.clone()));
    }
    let body = Certificate { domain, names, algorithm, method, logged, created: now, issued: None };
    call.state.certificates.add(call.stamp, None, Record { id: arn.clone(), tags, body });
    Ok(json!({ "CertificateArn": arn }))
}

/// The load balancers that use a certificate, as its own service shows it.
pub(super) fn users(call: &Call<'_>, arn: &str) -> Vec<String> {
    call.neighbours.elb.users_of_certificate(arn)
}

fn hidden(salt: u64, text: &str) -> String {
    let mut rng = Rng::new(fold(salt, text));
    format!("{:016x}{:016x}", rng.next(), rng.next())
}

/// How a name is proved to belong to somebody.
fn proof(call: &Call<'_>, it: &Certificate, name: &str) -> Value {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let status = match it.status(call.now) {
        "PENDING_VALIDATION" => "PENDING_VALIDATION",
        "VALIDATION_TIMED_OUT" => "FAILED",
        _ => "SUCCESS",
    };
    let mut shown = json!({
        "DomainName": name,
        "ValidationDomain": name,
        "ValidationStatus": status,
        "ValidationMethod": it.method,
    });
    if it.method == "DNS" && call.now > it.created + RECORD {
        let account = &call.settings.account;
        let value = hidden(2, &format!("{account} {bare}"));
        shown["ResourceRecord"] = json!({
            "Name": format!("_{}.{bare}.", hidden(1, &format!("{account} {bare}"))),
            "Type": "CNAME",
            "Value": format!("_{value}.{}.acm-validations.aws.", value.chars().take(10).collect::<String>()),
        });
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let it = named(call, true)?;
    let users = users(call, &it.id);
    let status = it.status(call.now);
    let eligible = status == "ISSUED" && !users.is_empty();
    let proofs: Vec<_> = it.names.iter().map(|name| proof(call, &it, name)).collect();
    let mut shown = json!({
        "CertificateArn": it.id,
        "DomainName": it.domain,
        "SubjectAlternativeNames": it.names,
        "DomainValidationOptions": proofs,
        "Subject": format!("CN={}", it.domain),
        "CreatedAt": it.created.as_seconds(),
        "Status": status,
        "SignatureAlgorithm": if it.algorithm.starts_with("RSA") { "SHA256WITHRSA" } else { "SHA256WITHECDSA" },
        "InUseBy": users,
        "Type": "AMAZON_ISSUED",
        "RenewalEligibility": if eligible { "ELIGIBLE" } else { "INELIGIBLE" },
        "Options": {
            "CertificateTransparencyLoggingPreference": if it.logged { "ENABLED" } else { "DISABLED" },
            "Export": "DISABLED",
        },
    });
    // The model says `RSA_2048`, examples in the guide of the CLI have `RSA-2048`.
    shown["KeyAlgorithm"] = match call.settings.disputed("key-algorithm-of-certificate", 2) {
        0 => json!(it.algorithm),
        _ => json!(it.algorithm.replace("RSA_", "RSA-")),
    };
    if status == "VALIDATION_TIMED_OUT" {
        shown["FailureReason"] = json!("DOMAIN_VALIDATION_DENIED");
    }
    if let Some((from, until)) = it.validity() {
        shown["Serial"] = json!(serial(&it.id));
        shown["Issuer"] = json!("Amazon");
        shown["IssuedAt"] = json!(from.as_seconds());
        shown["NotBefore"] = json!(from.as_seconds());
        shown["NotAfter"] = json!(until.as_seconds());
        shown["KeyUsages"] =
            json!([{ "Name": "DIGITAL_SIGNATURE" }, { "Name": "KEY_ENCIPHERMENT" }]);
        shown["ExtendedKeyUsages"] =
            json!([{ "Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1" }]);
    }
    Ok(json!({ "Certificate": shown }))
}

fn serial(arn: &str) -> String {
    let text = hidden(3, arn);
    let pairs: Vec<_> = (0..text.len()).step_by(2).filter_map(|at| text.get(at..at + 2)).collect();
    pairs.join(":")
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let it = named(call, false)?;
    if !users(call, &it.id).is_empty() {
        let text = format!("Certificate {} in account {} is in use.", it.id, call.settings.account);
        return Err(Fault::client("ResourceInUseException", text));
    }
    call.state.certificates.remove(call.stamp, &it.id);
    Ok(json!({}))
}
