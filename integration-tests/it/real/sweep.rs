//! What runs left in the account: found by tag and by name, and removed as `clctl delete` removes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, Result};
use aws_sdk_resourcegroupstagging::types::{Tag, TagFilter};
use clctl::aws::TAG_ENVIRONMENT;
use jiff::Timestamp;

use super::{account::Account, run::Run};

/// Whose leavings are removed.
pub(crate) enum Which {
    /// Those of runs that began longer ago.
    OlderThan(Duration),
    /// Those of this run.
    Of(Run),
}

impl Which {
    fn covers(&self, run: Run, now: Timestamp) -> bool {
        match self {
            Self::OlderThan(age) => {
                now.duration_since(run.began()).unsigned_abs() > *age && run.began() < now
            }
            Self::Of(wanted) => run == *wanted,
        }
    }
}

/// The environments that runs left, and what is seen of each. A key or secret that waits for its end is
/// still seen, and costs nothing.
pub(crate) async fn left(account: &Account) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |environment: &str, what: &str| {
        if Run::of(environment).is_some() {
            left.entry(environment.to_owned()).or_default().insert(what.to_owned());
        }
    };
    let tagging = aws_sdk_resourcegroupstagging::Client::new(&account.connection.config);
    let tagged = TagFilter::builder().key(TAG_ENVIRONMENT).build();
    let mut pages = tagging.get_resources().tag_filters(tagged).into_paginator().send();
    while let Some(page) = pages.next().await {
        for resource in page.context("tag:GetResources")?.resource_tag_mapping_list() {
            let tag = resource.tags().iter().find(|tag| tag.key() == TAG_ENVIRONMENT);
            let environment = tag.map(Tag::value);
            add(environment.unwrap_or_default(), resource.resource_arn().unwrap_or_default());
        }
    }
    // The tagging API has no roles.
    let iam = aws_sdk_iam::Client::new(&account.connection.config);
    let mut named = |name: &str, arn: &str| {
        let here = name
            .strip_prefix("clctl-")
            .and_then(|rest| Some(rest.split_once(&format!("-{}-", account.region))?.0));
        add(here.unwrap_or_default(), arn);
    };
    let mut pages = iam.list_roles().into_paginator().send();
    while let Some(page) = pages.next().await {
        page.context("iam:ListRoles")?
            .roles()
            .iter()
            .for_each(|role| named(role.role_name(), role.arn()));
    }
    let mut pages = iam.list_instance_profiles().into_paginator().send();
    while let Some(page) = pages.next().await {
        page.context("iam:ListInstanceProfiles")?
            .instance_profiles()
            .iter()
            .for_each(|it| named(it.instance_profile_name(), it.arn()));
    }
    Ok(left)
}

/// Prints what runs left, and then removes what it is to; the environments of which something is left
/// that could not be removed.
pub(crate) async fn sweep(
    account: &Account,
    which: &Which,
    now: Timestamp,
    say: &dyn Fn(&str),
) -> Result<Vec<String>> {
    let (mut taken, mut stuck) = (Vec::new(), Vec::new());
    for (name, things) in left(account).await? {
        let covered = Run::of(&name).is_some_and(|run| which.covers(run, now));
        say(&format!("{name}{}", if covered { "" } else { ": is left alone" }));
        for it in things {
            say(&format!("    {it}"));
        }
        taken.extend(covered.then_some(name));
    }
    for name in taken {
        let outcome = account.life(&name).delete().await?;
        if outcome.is_complete() {
            say(&format!("{name}: {} removed", outcome.report.done.len()));
        } else {
            say(&format!("{name}: {}", outcome.told()));
            stuck.push(name);
        }
    }
    Ok(stuck)
}
