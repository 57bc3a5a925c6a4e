//! The hosted zone, which is somebody else's: whether records can be made in it.

use crate::{
    engine::{CallError, Class},
    id,
};

use super::{
    super::{
        answers::{another, required, text},
        clients::Aws,
    },
    name::lies_in,
};

id!(
    /// The id of a hosted zone, without what comes before it in answers.
    HostedZoneId
);

/// What shows a hosted zone.
pub(in crate::aws) const LOOKUP: &str = "route53:GetHostedZone";

/// The id of a zone, or of a change, without what AWS writes before it.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether a name can be made in a hosted zone, be it public or private; or why not.
pub(in crate::aws) async fn usable_zone(
    aws: &Aws,
    id: &str,
    name: &str,
) -> Result<Result<(), String>, CallError> {
    let answer = match aws.read(LOOKUP, || aws.route53.get_hosted_zone().id(id).send()).await {
        Ok(answer) => answer,
        Err(error) if error.class == Class::NotFound => {
            return Ok(Err("is not there: name another one in `spec.gui.hostedZoneId`".to_owned()));
        }
        Err(error) => return Err(error),
    };
    let zone = required(LOOKUP, "HostedZone", answer.hosted_zone)?;
    let told = bare(text(LOOKUP, "Id", Some(zone.id()))?);
    if told != id {
        return Err(another(LOOKUP, told, id));
    }
    let of = text(LOOKUP, "Name", Some(zone.name()))?;
    if lies_in(name, of) {
        return Ok(Ok(()));
    }
    let of = of.trim_end_matches('.');
    Ok(Err(format!(
        "is that of {of}, in which {name} does not lie: name the zone of {name} in `spec.gui.hostedZoneId`, or a \
         name in this one in `spec.gui.domainName`"
    )))
}
