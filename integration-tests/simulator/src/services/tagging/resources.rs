//! What is tagged, and with what.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>: what
//! never had a tag is not there, what has none any more is there without tags; what is named and
//! does not exist is left out.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, invalid, pages};
use crate::{
    fault::Fault,
    services::Service as _,
    shelf::{AnyShelf, Tagged, Tags},
    world::Region,
};

/// What a service holds.
type Shelves = fn(&Region) -> Vec<&dyn AnyShelf>;

/// The services that are looked into.
const SERVICES: &[(&str, Shelves)] = &[
    ("acm", |it| it.acm.shelves()),
    ("backup", |it| it.backup.shelves()),
    ("cloudwatch", |it| it.cloudwatch.shelves()),
    ("ec2", |it| it.ec2.shelves().into()),
    ("elasticloadbalancing", |it| it.elb.shelves()),
    ("kms", |it| it.kms.shelves()),
    ("logs", |it| it.logs.shelves()),
    ("rds", |it| it.rds.shelves()),
    ("secretsmanager", |it| it.secrets.shelves()),
    ("sns", |it| it.sns.shelves()),
    ("ssm", |it| it.ssm.shelves()),
];

/// Something that has or had a tag.
struct Found {
    arn: String,
    service: &'static str,
    tagged: Tagged,
}

impl Found {
    /// What comes before its name: `vpc`, `log-group`.
    fn kind(&self) -> &str {
        // Nothing comes before the name of a topic.
        if self.service == "sns" {
            return "topic";
        }
        self.tagged.path.split([':', '/']).next().unwrap_or_default()
    }
}

fn all(call: &Call<'_>) -> Vec<Found> {
    let (region, account) = (call.region, &call.settings.account);
    let shelves = SERVICES.iter().flat_map(|(service, shelves)| {
        shelves(call.neighbours).into_iter().map(move |shelf| (*service, shelf))
    });
    let found = shelves.flat_map(|(service, shelf)| {
        shelf.tagged_seen(call.in_lists()).into_iter().map(move |it| (service, it))
    });
    found
        .map(|(service, tagged)| Found {
            arn: if tagged.path.starts_with("dashboard/") {
                // What belongs to no region.
                format!("arn:aws:{service}::{account}:{}", tagged.path)
            } else {
                format!("arn:aws:{service}:{region}:{account}:{}", tagged.path)
            },
            service,
            tagged,
        })
        .collect()
}

/// A filter by tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    fn keeps(&self, tags: &Tags) -> bool {
        let value = tags.get(&self.key);
        value.is_some_and(|it| self.values.is_empty() || self.values.contains(it))
    }
}

fn filters(call: &Call<'_>) -> Result<Vec<Filter>, Fault> {
    let filters: Vec<Filter> = call.members.get("TagFilters")?.unwrap_or_default();
    if filters.len() > 50 {
        return Err(invalid("TagFilters can have at most 50 keys."));
    }
    for filter in &filters {
        if !(1..=128).contains(&filter.key.chars().count()) {
            return Err(invalid("The key of a TagFilter has to have 1 to 128 characters."));
        }
        if filter.values.len() > 20 {
            return Err(invalid("A TagFilter can have at most 20 values."));
        }
    }
    Ok(filters)
}

/// The kinds of resource that are wanted: `kms`, `kms:key`.
fn kinds(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let kinds: Vec<String> = call.members.get("ResourceTypeFilters")?.unwrap_or_default();
    if kinds.len() > 100 {
        return Err(invalid("ResourceTypeFilters can have at most 100 items."));
    }
    for kind in &kinds {
        let service = kind.split(':').next().unwrap_or_default();
        if !SERVICES.iter().any(|it| it.0 == service) {
            return Err(Fault::unsupported(format!("resources of the type {kind}")));
        }
    }
    Ok(kinds)
}

/// Reads how many of something a page may have.
fn count(call: &Call<'_>, name: &str, min: u32, max: u32) -> Result<Option<u32>, Fault> {
    let size: Option<u32> = call.members.get(name)?;
    if size.is_some_and(|it| !(min..=max).contains(&it)) {
        return Err(invalid(format!("{name} has to be between {min} and {max}.")));
    }
    Ok(size)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let arns: Option<Vec<String>> = call.members.get("ResourceARNList")?;
    let (filters, kinds) = (filters(call)?, kinds(call)?);
    let size = count(call, "ResourcesPerPage", 1, 100)?;
    let tags = count(call, "TagsPerPage", 100, 500)?;
    let request = format!("{filters:?} {kinds:?} {size:?} {tags:?}");
    let page = pages::page(call, size, &request)?;
    let mut all = all(call);
    if let Some(arns) = &arns {
        if !(1..=100).contains(&arns.len()) {
            return Err(invalid("ResourceARNList has to have 1 to 100 items."));
        }
        let others = [
            "TagFilters",
            "ResourceTypeFilters",
            "ResourcesPerPage",
            "TagsPerPage",
            "PaginationToken",
        ];
        for other in others {
            if call.members.get::<serde_json::Value>(other)?.is_some() {
                let text = format!("ResourceARNList can't be combined with {other}.");
                return Err(invalid(text));
            }
        }
        if let Some(wrong) = arns.iter().find(|it| it.split(':').count() < 6) {
            return Err(invalid(format!("'{wrong}' is not a valid ARN.")));
        }
        all.retain(|it| arns.contains(&it.arn));
    }
    all.retain(|it| filters.iter().all(|filter| filter.keeps(&it.tagged.tags)));
    if !kinds.is_empty() {
        all.retain(|it| {
            let kind = format!("{}:{}", it.service, it.kind());
            kinds.iter().any(|wanted| *wanted == kind || wanted == it.service)
        });
    }
    // A page may have less than was asked for, although there is more.
    let most = match (&arns, call.settings.disputed("get-resources-pages", 2)) {
        (Some(_), _) | (None, 0) => 100,
        (None, _) => size.unwrap_or(100).div_ceil(2),
    };
    let most = if arns.is_some() { most } else { call.settings.page.unwrap_or(most).min(most) };
    let mut room = tags.unwrap_or(u32::MAX) as usize;
    let cut =
        page.cut_while(most, all.into_iter().map(|it| (it.arn.clone(), it)).collect(), |it| {
            let taken = it.tagged.tags.len().max(1);
            let fits = taken <= room;
            room = room.saturating_sub(taken);
            fits
        });
    let mapping = |it: &Found| {
        let tags = it.tagged.tags.iter().map(|it| json!({ "Key": it.0, "Value": it.1 }));
        json!({ "ResourceARN": it.arn, "Tags": tags.collect::<Vec<_>>() })
    };
    Ok(json!({
        "PaginationToken": pages::token(call, cut.next.as_deref()),
        "ResourceTagMappingList": cut.items.iter().map(mapping).collect::<Vec<_>>(),
    }))
}

fn listed(call: &Call<'_>, name: &str, all: BTreeSet<String>, request: &str) -> Answer {
    let page = pages::page(call, None, request)?;
    let most = call.settings.page.unwrap_or(1000);
    let cut = page.cut(most, all.into_iter().map(|it| (it.clone(), it)).collect());
    Ok(json!({ "PaginationToken": pages::token(call, cut.next.as_deref()), name: cut.items }))
}

pub(super) fn keys(call: &mut Call<'_>) -> Answer {
    let keys = all(call).into_iter().flat_map(|it| it.tagged.tags.into_keys()).collect();
    listed(call, "TagKeys", keys, "keys")
}

pub(super) fn values(call: &mut Call<'_>) -> Answer {
    let key: String = call.members.need("Key")?;
    let values = all(call).into_iter().filter_map(|mut it| it.tagged.tags.remove(&key)).collect();
    listed(call, "TagValues", values, &format!("values {key}"))
}
