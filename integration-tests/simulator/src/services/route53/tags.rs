//! Tags of hosted zones. Records have none.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html>

use super::{
    Answer, Operation,
    call::{Call, invalid},
    zone,
};
use crate::{fault::Fault, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("ChangeTagsForResource", true, change),
    ("ListTagsForResource", false, list),
    ("ListTagsForResources", false, list_all),
];

/// How many tags or resources one call may name.
const MOST: usize = 10;

fn only_zones(call: &Call<'_>) -> Result<(), Fault> {
    match call.need("ResourceType")?.as_str() {
        "hostedzone" => Ok(()),
        other @ ("healthcheck" | "healthchecksource") => {
            Err(Fault::unsupported(format!("tags of the resource type {other}")))
        }
        other => Err(invalid(format!("The resource type {other} is not valid"))),
    }
}

fn render(id: &str, tags: &Tags) -> Xml {
    let one = |it: (&String, &String)| Xml::new().text("Key", it.0).text("Value", it.1);
    Xml::new().text("ResourceType", "hostedzone").text("ResourceId", id).members(
        "Tags",
        "Tag",
        tags.iter().map(one),
    )
}

fn change(call: &mut Call<'_>) -> Answer {
    only_zones(call)?;
    let id = zone::asked(call, "ResourceId")?;
    let mut tags = zone::find(call, &id)?.tags.clone();
    let added = call.params.structs("AddTags");
    let gone = call.params.list("RemoveTagKeys");
    if added.is_empty() && gone.is_empty() {
        return Err(invalid("Neither tags to add nor keys to remove are given"));
    }
    if added.len() > MOST || gone.len() > MOST {
        return Err(invalid(format!("At most {MOST} tags can be changed at once")));
    }
    for tag in added {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(invalid(format!("The tag {key} is not valid")));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid(format!("The tag key {key} is reserved")));
        }
        tags.insert(key, value);
    }
    tags.retain(|key, _| !gone.contains(key));
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        return Err(invalid(format!("A resource can have at most {most} tags")));
    }
    let stamp = call.stamp;
    call.route53.zones.change(stamp, &id, |it| it.tags = tags);
    Ok(Xml::new().into())
}

fn list(call: &mut Call<'_>) -> Answer {
    only_zones(call)?;
    let id = zone::asked(call, "ResourceId")?;
    let tags = &zone::find(call, &id)?.tags;
    Ok(Xml::new().nest("ResourceTagSet", render(&id, tags)).into())
}

fn list_all(call: &mut Call<'_>) -> Answer {
    only_zones(call)?;
    let ids = call.params.list("ResourceIds");
    if ids.is_empty() || ids.len() > MOST {
        return Err(invalid(format!("Between 1 and {MOST} resources can be asked for")));
    }
    let mut sets = Vec::new();
    for id in ids {
        let id = id.trim_start_matches("/hostedzone/");
        sets.push(render(id, &zone::find(call, id)?.tags));
    }
    Ok(Xml::new().members("ResourceTagSets", "ResourceTagSet", sets).into())
}
