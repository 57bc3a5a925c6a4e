//! Public parameters: which image of Amazon Linux is the newest.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>. Others
//! are not modelled.

use serde_json::{Value, json};

use super::{Call, write::not_found};
use crate::{
    fault::Fault,
    services::ec2::{IMAGE_PARAMETERS, image_parameter, image_parameters},
};

/// What a public parameter says; nothing when it is no public one that is modelled.
pub(super) fn look(call: &Call<'_>, text: &str) -> Result<Option<Value>, Fault> {
    let path = match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":parameter").map_or(text, |it| it.1),
        None => text,
    };
    if !path.starts_with(IMAGE_PARAMETERS) {
        return Ok(None);
    }
    show(call, path).ok_or_else(|| not_found(path)).map(Some)
}

fn show(call: &Call<'_>, path: &str) -> Option<Value> {
    let releases = call.neighbours.ec2.releases();
    let (image, version, changed) =
        image_parameter(call.region, call.settings.start, releases, path)?;
    Some(json!({
        "Name": path,
        "Type": "String",
        "Value": image,
        "Version": version,
        "LastModifiedDate": changed.as_seconds(),
        "ARN": format!("arn:aws:ssm:{}::parameter{path}", call.region),
        "DataType": "text",
    }))
}

/// The public parameters directly below a path; nothing when none of those that are modelled can be.
pub(super) fn below(call: &Call<'_>, path: &str) -> Option<Vec<(String, Value)>> {
    if path.trim_end_matches('/') != IMAGE_PARAMETERS.trim_end_matches('/') {
        return None;
    }
    let all = image_parameters().into_iter();
    Some(all.filter_map(|it| Some((it.clone(), show(call, &it)?))).collect())
}
