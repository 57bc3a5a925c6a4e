//! Where our records are: a parameter of the environment names the zone and the name of each. Without it, all
//! zones of the account would have to be searched, at five calls a second for everybody together.
//!
//! It is put before the record is made, and goes after it.

use aws_sdk_ssm::types::{ParameterType, Tag};

use crate::engine::{Address, CallError, Class, Owner};

use super::{
    super::{
        answers::{another, found, required, text},
        clients::Aws,
        identity::{TAG_ADDRESS, TAG_ENVIRONMENT, TAG_REPLACEMENT, TAG_UID},
    },
    mark::{self, Mark},
};

/// What lists them, and what reads one.
pub(super) const LIST: &str = "ssm:GetParametersByPath";
pub(super) const GET: &str = "ssm:GetParameter";
/// What puts one, and what takes it away.
pub(super) const PUT: &str = "ssm:PutParameter";
pub(super) const TAG: &str = "ssm:AddTagsToResource";
pub(super) const DELETE: &str = "ssm:DeleteParameter";

/// A record's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The hosted zone.
    pub(super) zone: String,
    /// The name, as Route 53 keeps it.
    pub(super) name: String,
}

/// A place, and what is noted of it.
pub(super) struct Note {
    pub(super) place: Place,
    pub(super) mark: Mark,
}

fn path(aws: &Aws) -> String {
    aws.environment.path("dns-record")
}

fn parameter(aws: &Aws, place: &Place) -> String {
    format!("{}/{}/{}", path(aws), place.zone, place.name.trim_end_matches('.'))
}

/// Every place that is noted as ours.
pub(super) async fn all(aws: &Aws, kind: &str) -> Result<Vec<Note>, CallError> {
    let below = path(aws);
    let parameters = aws
        .pages(
            LIST,
            |token| {
                let call = aws.ssm.get_parameters_by_path().path(&below).recursive(true);
                call.set_next_token(token).send()
            },
            |page| (page.parameters, page.next_token),
        )
        .await?;
    let mut notes = Vec::new();
    for parameter in parameters {
        let name = text(LIST, "Name", parameter.name())?;
        let place = name.strip_prefix(&below).and_then(|rest| rest.strip_prefix('/'));
        let Some((zone, name)) = place.and_then(|rest| rest.split_once('/')) else { continue };
        let mark = mark::read(aws, kind, text(LIST, "Value", parameter.value())?);
        // What is not of our making is nobody's note.
        let Some(mark) = mark.filter(|mark| mark.owner != Owner::Other) else { continue };
        let place = Place { zone: zone.to_owned(), name: super::name::normal(name) };
        notes.push(Note { place, mark });
    }
    Ok(notes)
}

/// What is noted of a place, if it is ours.
pub(super) async fn of(aws: &Aws, kind: &str, place: &Place) -> Result<Option<Mark>, CallError> {
    let name = parameter(aws, place);
    let call = || aws.ssm.get_parameter().name(&name).send();
    let Some(answer) = found(aws.read(GET, call).await)? else { return Ok(None) };
    let parameter = required(GET, "Parameter", answer.parameter)?;
    let told = text(GET, "Name", parameter.name())?;
    if told != name {
        return Err(another(GET, told, name));
    }
    let mark = mark::read(aws, kind, text(GET, "Value", parameter.value())?);
    Ok(mark.filter(|mark| mark.owner != Owner::Other))
}

/// Notes a place.
pub(super) async fn put(
    aws: &Aws,
    place: &Place,
    (address, ordinal): (&Address, u32),
    target: &str,
) -> Result<(), CallError> {
    let name = parameter(aws, place);
    let value = mark::write(aws, address, ordinal, Some(target));
    let tags = [
        (TAG_ENVIRONMENT, aws.environment.name.clone()),
        (TAG_UID, aws.environment.uid()),
        (TAG_ADDRESS, address.to_string()),
        (TAG_REPLACEMENT, ordinal.to_string()),
    ];
    let tags: Result<Vec<Tag>, _> =
        tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let tags = tags.unwrap_or_default();
    let description = format!("clctl: the record {} in the hosted zone {}", place.name, place.zone);
    let call = || {
        let call = aws.ssm.put_parameter().name(&name).value(&value).description(&description);
        call.r#type(ParameterType::String).overwrite(false).set_tags(Some(tags.clone())).send()
    };
    match aws.write(PUT, call).await {
        Err(error) if error.class == Class::Exists => {}
        answer => return answer.map(drop),
    }
    if of(aws, address.kind, place).await?.is_none() {
        let why = format!(
            "the parameter {name} exists and names no record of this environment: it is left alone; remove it or \
             rename the environment"
        );
        return Err(CallError::new(PUT, Class::Rejected, "Foreign", why));
    }
    // Tags and another value cannot be given at once.
    let call = || {
        let call = aws.ssm.put_parameter().name(&name).value(&value);
        call.r#type(ParameterType::String).overwrite(true).send()
    };
    aws.write(PUT, call).await.map(drop)
}

/// Forgets a place; only what is ours.
pub(super) async fn remove(aws: &Aws, kind: &str, place: &Place) -> Result<(), CallError> {
    if of(aws, kind, place).await?.is_none() {
        return Ok(());
    }
    let name = parameter(aws, place);
    let call = || aws.ssm.delete_parameter().name(&name).send();
    // Repeated as a read is: a second one finds nothing to delete.
    found(aws.read(DELETE, call).await).map(drop)
}
