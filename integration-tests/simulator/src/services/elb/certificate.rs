//! The certificates that a listener shows.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html> and its
//! sisters. They are ACM's; those that IAM can hold are not modelled.

use super::{
    Answer, Operation,
    call::{Call, invalid, missing},
    listener::Listener,
};
use crate::{fault::Fault, services::Usable, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("AddListenerCertificates", true, add),
    ("DescribeListenerCertificates", false, describe),
    ("RemoveListenerCertificates", true, remove),
];

/// The certificates that a request names.
pub(super) fn given(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    // An empty list, as SDKs write it.
    call.text("Certificates");
    let mut all = Vec::new();
    for certificate in call.params.structs("Certificates.member") {
        if certificate.given("IsDefault") {
            return Err(invalid("You cannot set the isDefault parameter"));
        }
        all.push(certificate.text("CertificateArn").unwrap_or_default());
    }
    Ok(all)
}

fn unknown(arn: &str) -> Fault {
    Fault::client("CertificateNotFound", format!("Certificate '{arn}' not found"))
}

/// Refuses a certificate that no listener can show.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>: it is issued,
/// and in the region of the load balancer.
pub(super) fn usable(call: &Call<'_>, arn: &str) -> Result<(), Fault> {
    if arn.starts_with("arn:aws:iam::") {
        return Err(Fault::unsupported("certificates of IAM"));
    }
    if !arn.starts_with("arn:aws:acm:") {
        return Err(invalid(format!("Certificate ARN '{arn}' is not valid")));
    }
    match call.neighbours.acm.usable(arn, call.dependent(), call.now) {
        Usable::Unknown => Err(unknown(arn)),
        Usable::No => Err(Fault::client(
            "UnsupportedCertificate",
            format!(
                "The certificate '{arn}' must have a fully-qualified domain name, a supported \
                 signature, and a supported key size."
            ),
        )),
        Usable::Yes => Ok(()),
    }
}

fn secured(call: &Call<'_>, it: &Record<Listener>) -> Result<(), Fault> {
    if it.secure.is_none() {
        return Err(invalid(format!(
            "Certificates can be specified only for HTTPS and TLS listeners, and '{}' is none",
            it.id
        )));
    }
    call.params.given("Certificates").then_some(()).ok_or_else(|| missing("Certificates"))
}

fn add(call: &mut Call<'_>) -> Answer {
    let it = call.find::<Listener>(&call.need("ListenerArn")?)?;
    secured(call, &it)?;
    let more = given(call)?;
    for arn in &more {
        usable(call, arn)?;
    }
    let mut others = it.secure.as_ref().map(|it| it.others.clone()).unwrap_or_default();
    for arn in &more {
        if !others.contains(arn) {
            others.push(arn.clone());
        }
    }
    let most = call.settings.quotas.certificates_per_load_balancer as usize;
    let mut elsewhere: Vec<_> = call
        .elb
        .listeners
        .all()
        .filter(|other| other.balancer == it.balancer && other.id != it.id)
        .filter_map(|other| other.secure.as_ref())
        .flat_map(|secure| secure.others.iter().cloned())
        .chain(others.iter().cloned())
        .collect();
    elsewhere.sort();
    elsewhere.dedup();
    if elsewhere.len() > most {
        return Err(Fault::client(
            "TooManyCertificates",
            format!("The load balancer has the most certificates it may have: {most}"),
        ));
    }
    let stamp = call.stamp;
    call.elb.listeners.change(stamp, &it.id, |it| {
        if let Some(secure) = &mut it.secure {
            secure.others = others;
        }
    });
    let shown =
        more.iter().map(|it| Xml::new().text("CertificateArn", it).text("IsDefault", false));
    Ok(Xml::new().members("Certificates", "member", shown))
}

/// The default one first.
fn describe(call: &mut Call<'_>) -> Answer {
    let it = call.see::<Listener>(&call.need("ListenerArn")?)?;
    let mut rows = Vec::new();
    if let Some(secure) = &it.secure {
        let row = |arn: &String, default: bool| {
            let key = format!("{}{arn}", if default { "0" } else { "1" });
            (key, Xml::new().text("CertificateArn", arn).text("IsDefault", default))
        };
        rows.push(row(&secure.certificate, true));
        rows.extend(secure.others.iter().map(|it| row(it, false)));
    }
    call.page("Certificates", rows)
}

/// The default one is not in the list.
fn remove(call: &mut Call<'_>) -> Answer {
    let it = call.find::<Listener>(&call.need("ListenerArn")?)?;
    secured(call, &it)?;
    let gone = given(call)?;
    let default = it.secure.as_ref().map(|it| it.certificate.clone()).unwrap_or_default();
    if gone.contains(&default) {
        return Err(Fault::client(
            "OperationNotPermitted",
            format!("The default certificate '{default}' cannot be removed"),
        ));
    }
    let stamp = call.stamp;
    call.elb.listeners.change(stamp, &it.id, |it| {
        if let Some(secure) = &mut it.secure {
            secure.others.retain(|it| !gone.contains(it));
        }
    });
    Ok(Xml::new())
}
