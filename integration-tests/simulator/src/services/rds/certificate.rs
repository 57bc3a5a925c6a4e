//! The certificate authorities that databases' certificates come from.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html#UsingWithRDS.SSL.RegionCertificateAuthorities>

use super::{Answer, Operation, call::Call};
use crate::{Time, fault::Fault, random, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeCertificates", false, describe)];

/// The one that new databases get.
pub(super) const DEFAULT: &str = "rds-ca-rsa2048-g1";
pub(super) const NAMES: &[&str] = &["rds-ca-ecc384-g1", "rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1"];

/// 2021-05-20 to 2061-05-20; those of the stronger ones last a hundred years.
const FROM: Time = Time::from_millis(1_621_468_800_000);
const FORTY: Time = Time::from_millis(2_883_772_800_000);
const HUNDRED: Time = Time::from_millis(4_777_142_400_000);

fn until(name: &str) -> Time {
    if name == DEFAULT { FORTY } else { HUNDRED }
}

/// Until when a database's own certificate lasts: a year from when it was made.
pub(super) fn details(name: &str, made: Time) -> Xml {
    let year = std::time::Duration::from_hours(365 * 24);
    Xml::new().text("CAIdentifier", name).text("ValidTill", made + year)
}

/// Refuses an authority that there is not.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    if NAMES.contains(&name) {
        return Ok(());
    }
    Err(unknown(name))
}

fn unknown(name: &str) -> Fault {
    Fault::new(404, "CertificateNotFound", format!("Certificate not found: {name}"))
}

fn describe(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let wanted = call.text("CertificateIdentifier");
    if let Some(name) = &wanted {
        check(name)?;
    }
    let names = NAMES.iter().filter(|it| wanted.as_ref().is_none_or(|name| name == *it));
    let all = names.map(|name| {
        let print = random::fold(0, name);
        let thumb = format!("{print:016x}{print:016x}{:08x}", print >> 32);
        let xml = Xml::new()
            .text("CertificateIdentifier", name)
            .text("CertificateType", "CA")
            .text("Thumbprint", thumb)
            .text("ValidFrom", FROM)
            .text("ValidTill", until(name))
            .text("CertificateArn", format!("arn:aws:rds:{}::cert:{name}", call.region))
            .text("CustomerOverride", false);
        ((*name).to_owned(), xml)
    });
    let all = all.collect();
    let page = call.page(("Certificates", "Certificate"), all)?;
    Ok(Xml::new().text("DefaultCertificateForNewLaunches", DEFAULT).with(page))
}
