//! A certificate of the user's own in AWS Certificate Manager: whether a load balancer can show it.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html>. It is nobody's object: nothing
//! is done to it.

use aws_sdk_acm::types::CertificateStatus;

use crate::engine::CallError;

use super::{
    answers::{another, found, required, text},
    clients::Aws,
};

/// What describes one.
const DESCRIBES: &str = "acm:DescribeCertificate";
/// What looks at one.
pub(super) const READS: [&str; 1] = [DESCRIBES];

/// Whether a certificate can be shown, for this name if there is one; why not, if it cannot.
pub(super) async fn usable_certificate(
    aws: &Aws,
    arn: &str,
    domain: Option<&str>,
) -> Result<Result<(), String>, CallError> {
    let call = || aws.acm.describe_certificate().certificate_arn(arn).send();
    let Some(answer) = found(aws.read(DESCRIBES, call).await)? else {
        return Ok(Err("is not there: name another one".to_owned()));
    };
    let told = required(DESCRIBES, "Certificate", answer.certificate)?;
    let told_arn = text(DESCRIBES, "CertificateArn", told.certificate_arn())?;
    if told_arn != arn {
        return Err(another(DESCRIBES, told_arn, arn));
    }
    let state = required(DESCRIBES, "Status", told.status())?;
    if let Err(why) = issued(state) {
        return Ok(Err(why));
    }
    let until = required(DESCRIBES, "NotAfter", told.not_after())?;
    if until.secs() <= aws.clock.now().as_second() {
        let why = "is not valid any more: import it anew, or name another one";
        return Ok(Err(why.to_owned()));
    }
    let main = text(DESCRIBES, "DomainName", told.domain_name())?;
    let mut names: Vec<&str> = vec![main];
    names.extend(told.subject_alternative_names().iter().map(String::as_str));
    names.dedup();
    Ok(match domain.filter(|domain| !names.iter().any(|name| covers(name, domain))) {
        Some(domain) => Err(format!(
            "is for {}, and not for {domain}: name one that is, or change `gui.domainName`",
            names.join(", ")
        )),
        None => Ok(()),
    })
}

/// Whether a certificate is issued; why not, if it is not.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn issued(state: &CertificateStatus) -> Result<(), String> {
    Err(match state {
        CertificateStatus::Issued => return Ok(()),
        CertificateStatus::PendingValidation => {
            "is not issued yet: make the records that ACM asks for, and wait until it is issued"
                .to_owned()
        }
        CertificateStatus::Expired => "has expired: import it anew, or name another one".to_owned(),
        CertificateStatus::Revoked => "was revoked: name another one".to_owned(),
        CertificateStatus::ValidationTimedOut => {
            "was not validated in time: request another one, and name that".to_owned()
        }
        state => format!("cannot be used: ACM says {}: name another one", state.as_str()),
    })
}

/// Whether a name of a certificate is for this one. A star stands for one label, and for the first one only
/// (<https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html>).
fn covers(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let of = |star: &str| {
        domain.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == star)
    };
    name == domain || name.strip_prefix("*.").is_some_and(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("node.example.com", "node.example.com"));
        assert!(covers("Node.Example.com", "node.example.COM"));
        assert!(covers("*.example.com", "node.example.com"));
        for (name, domain) in [
            ("example.com", "node.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.node.example.com"),
            ("*.example.com", ".example.com"),
            ("node.example.com", "*.example.com"),
            ("*", "com"),
        ] {
            assert!(!covers(name, domain), "{name} {domain}");
        }
    }
}
