//! `spec.aws`: whose account, which region, which tags.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Entries, Optional, Required},
    log::{Log, Quoted},
    names::{AccountId, AwsRegion, DevOpsGuruTagKey, TagKey, TagPrefix, TagValue},
    problem::{Code, Draft},
};

/// AWS takes 50 tags; clctl sets six and leaves some to be set later.
const MOST_TAGS: usize = 40;
/// What the keys of the tags begin with by which clctl finds its objects again.
const OWN_PREFIX: &str = "clctl.dev/";
const NAME: &str = "Name";

/// The account and region everything is built in, and the tags it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Aws {
    /// The region.
    pub region: AwsRegion,
    /// The only account that may be acted in; any, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The user's tags, on everything that takes tags.
    pub tags: BTreeMap<TagKey, TagValue>,
    /// The key of the tag that bounds what DevOps Guru looks at.
    pub dev_ops_guru_tag_key: DevOpsGuruTagKey,
    /// Tags of others on our objects that are left alone, besides those of AWS (`aws:`).
    pub ignore_tag_prefixes: BTreeSet<TagPrefix>,
}

/// The account and region everything is built in, and the tags it gets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Aws")]
pub(crate) struct AwsFields {
    /// The AWS region everything is built in, for example `us-east-1`. An environment never moves:
    /// the same name in another region is another environment.
    pub(crate) region: Required<AwsRegion>,
    /// The only AWS account clctl may act in for this node, twelve digits in quotes. With credentials
    /// of any other account it refuses. Without this, it acts in the account of the credentials.
    #[serde(default)]
    account_id: Optional<AccountId>,
    /// Your tags, on everything that takes tags. At most 40. Not `Name`, nothing that begins with
    /// `clctl.dev/`, nor `devOpsGuruTagKey`: clctl sets those.
    #[serde(default)]
    #[schemars(extend("maxProperties" = MOST_TAGS, "default" = {}))]
    tags: Optional<Entries<TagKey, TagValue>>,
    /// The key of the tag by which DevOps Guru knows what belongs together. Begins with
    /// `devops-guru-`; one such key per account and region. Its value is the name of the environment.
    #[serde(default)]
    #[schemars(extend("default" = DevOpsGuruTagKey::DEFAULT))]
    dev_ops_guru_tag_key: Optional<DevOpsGuruTagKey>,
    /// Tags whose keys begin like this are left alone when others put them on clctl's objects.
    /// Those of AWS (`aws:`) always are.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    ignore_tag_prefixes: Optional<Vec<Required<TagPrefix>>>,
}

impl AwsFields {
    pub(crate) fn settle(self, log: &Log) -> Option<Aws> {
        // A key that cannot be read is no reason to leave the tags unchecked.
        let boundary = match &self.dev_ops_guru_tag_key {
            Optional::Given(at) => at.value.clone(),
            Optional::Absent | Optional::Broken => DevOpsGuruTagKey::default(),
        };
        let tags = self.tags.readable().ok().map(|written| check_tags(written, &boundary, log));
        let keys = tags.as_deref().unwrap_or_default();
        let prefixes = self
            .ignore_tag_prefixes
            .readable()
            .ok()
            .and_then(|written| check_prefixes(written, keys, &boundary, log));
        let dev_ops_guru_tag_key = self.dev_ops_guru_tag_key.or(DevOpsGuruTagKey::default);
        Some(Aws {
            region: self.region.0?.value,
            account_id: self.account_id.readable().ok()?.map(|at| at.value),
            tags: tags?.into_iter().map(|(key, value)| (key.value, value)).collect(),
            dev_ops_guru_tag_key: dev_ops_guru_tag_key?,
            ignore_tag_prefixes: prefixes?,
        })
    }
}

type Tags = Vec<(At<TagKey>, TagValue)>;

/// The readable tags. All that is wrong is reported, so that a broken one may be left out.
fn check_tags(
    written: Option<At<Entries<TagKey, TagValue>>>,
    boundary: &DevOpsGuruTagKey,
    log: &Log,
) -> Tags {
    let Some(At { value: Entries(entries), .. }) = written else { return Vec::new() };
    let count = entries.len();
    if let Some((Required(Some(key)), _)) = entries.get(MOST_TAGS) {
        let message = format!("{count} tags, and at most {MOST_TAGS} find room");
        let draft = Draft::new(Code::TooManyTags, key.span, message);
        log.report(
            draft
                .label("one too many")
                .help("AWS takes 50 tags on an object, and clctl sets its own"),
        );
    }
    let mut tags = Vec::with_capacity(count);
    for (key, value) in entries {
        let Some(key) = key.0 else { continue };
        let text = key.value.as_str();
        let reserved = if text == NAME {
            Some("clctl names every object itself")
        } else if text.starts_with(OWN_PREFIX) {
            Some("by these tags clctl finds its objects again")
        } else if text.eq_ignore_ascii_case(boundary.as_str()) {
            Some("its value is the name of the environment; the key is `devOpsGuruTagKey`")
        } else {
            None
        };
        if let Some(why) = reserved {
            let draft = Draft::new(
                Code::ReservedTag,
                key.span,
                format!("clctl sets the tag {}", Quoted(text)),
            );
            log.report(draft.label("not yours to set").help(why));
        }
        if let Some(value) = value.0 {
            tags.push((key, value.value));
        }
    }
    tags
}

fn check_prefixes(
    written: Option<At<Vec<Required<TagPrefix>>>>,
    tags: &[(At<TagKey>, TagValue)],
    boundary: &DevOpsGuruTagKey,
    log: &Log,
) -> Option<BTreeSet<TagPrefix>> {
    let Some(At { value: written, .. }) = written else { return Some(BTreeSet::new()) };
    let mut prefixes = BTreeSet::new();
    let mut whole = true;
    for Required(prefix) in written {
        let Some(prefix) = prefix else {
            whole = false;
            continue;
        };
        let text = prefix.value.as_str();
        let own = [NAME, boundary.as_str()].into_iter().find(|key| key.starts_with(text));
        let own = own
            .or((OWN_PREFIX.starts_with(text) || text.starts_with(OWN_PREFIX))
                .then_some(OWN_PREFIX));
        if let Some(own) = own {
            let message =
                format!("{} would leave the tags alone that clctl sets itself", Quoted(text));
            let draft = Draft::new(Code::IgnoredTag, prefix.span, message);
            log.report(draft.label(format!("covers `{own}`")).help("write more of the prefix"));
        }
        if let Some((key, _)) = tags.iter().find(|(key, _)| key.value.as_str().starts_with(text)) {
            let message = format!("{} covers the tag `{}`", Quoted(text), key.value);
            let draft = Draft::new(Code::IgnoredTag, prefix.span, message);
            log.report(
                draft
                    .label("left alone because of this")
                    .also(key.span, "and declared here")
                    .help("a tag is either declared or left alone"),
            );
        }
        prefixes.insert(prefix.value);
    }
    whole.then_some(prefixes)
}
