//! `spec.aws`: whose account, which region, which tags.

use std::collections::BTreeMap;

use crate::{
    arn::{Home, RoleArn},
    at::{At, Optional},
    bounded::{List, Listed, Table, Tabled},
    chapter::{chapter, in_place, interrupts, refused},
    log::{Log, Quoted},
    names::{
        AccountId, AwsRegion, DevOpsGuruTagKey, Fixed, NameError, Partition, TagKey, TagPrefix,
        TagValue, name,
    },
    problem::{Code, Draft},
    tree::Span,
};

/// AWS takes 50 tags; clctl sets six and leaves some to be set later.
const MOST_TAGS: usize = 40;
/// What the keys of the tags begin with by which clctl finds its objects again.
const OWN_PREFIX: &str = "clctl.dev/";
const NAME: &str = "Name";

const REGIONS: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html";
const ACCOUNTS: &str =
    "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html";
const PARTITIONS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html";
const TAGS: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html";
const GURU: &str =
    "https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_TagCollection.html";
const ASSUME: &str = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html";
const LAUNCHED: &str = "instances get them when they are launched: bastion and nodes are replaced, the standby first: silent for one handover";

chapter! {
    /// The account and region everything is built in, and the tags it gets.
    pub struct Aws, AwsFields, check check {
        required {
            /// The AWS region everything is built in, for example `us-east-1`. An environment never moves:
            /// the same name in another region is another environment.
            region: AwsRegion, refused("another region is another environment", REGIONS);
        }
        optional {
            /// The only AWS account clctl may act in for this node, twelve digits in quotes. With credentials
            /// of any other account it refuses. Without this, it acts in the account of the credentials.
            account_id: AccountId, refused("another account is another environment", ACCOUNTS);
            /// A role that clctl assumes before it does anything, for example in another account than that of
            /// the credentials. Without this, it acts with the credentials themselves.
            assume_role: AssumeRole, in_place(ASSUME);
        }
        default {
            /// Your tags, on everything that takes tags. At most 40. Not `Name`, nothing that begins with
            /// `clctl.dev/`, nor `devOpsGuruTagKey`: clctl sets those.
            tags: Table<TagKey, TagValue, MOST_TAGS> = Table::default(), interrupts(LAUNCHED, TAGS);
            /// The key of the tag by which DevOps Guru knows what belongs together. Begins with
            /// `devops-guru-`; one such key per account and region. Its value is the name of the environment.
            dev_ops_guru_tag_key: DevOpsGuruTagKey = DevOpsGuruTagKey::default(), interrupts(LAUNCHED, GURU);
            /// Tags whose keys begin like this are left alone when others put them on clctl's objects.
            /// Those of AWS (`aws:`) always are.
            ignore_tag_prefixes: List<TagPrefix, 0, 40> = List::default(), in_place(TAGS).effect("it counts from then on: what is no longer ignored is removed");
        }
        derived {
            /// The partition of AWS the region is in: a set of regions with accounts and names of their own.
            partition: Partition = |aws| aws.region.0.as_ref().map(|region| region.value.partition()),
                refused("another partition is another environment", PARTITIONS)
                    .by_default("that of the region");
        }
    }
}

chapter! {
    /// A role that is assumed.
    pub struct AssumeRole, AssumeRoleFields {
        required {
            /// The role.
            role_arn: RoleArn, in_place(ASSUME);
        }
        optional {
            /// What the role's trust policy asks for as `sts:ExternalId`. It is no secret.
            external_id: ExternalId, in_place(ASSUME);
        }
        default {
            /// What the session is called in CloudTrail.
            session_name: SessionName = SessionName::fixed("clctl"), in_place(ASSUME);
        }
    }
}

name! {
    /// What a trust policy may ask for beside the identity.
    ExternalId, pattern "^[A-Za-z0-9_+=,.@:/-]{2,1224}$", longest 1224, |text| {
        sts_text(text, 2, 1224, "+=,.@:/-_", "an external id")
    }
}

name! {
    /// The name of a session.
    SessionName, pattern "^[A-Za-z0-9_+=,.@-]{2,64}$", longest 64, |text| {
        sts_text(text, 2, 64, "+=,.@-_", "a session name")
    }
}

fn sts_text(
    text: &str,
    shortest: usize,
    longest: usize,
    beside: &str,
    what: &str,
) -> Result<(), NameError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || beside.contains(c);
    if (shortest..=longest).contains(&text.len()) && text.chars().all(is_allowed) {
        return Ok(());
    }
    let message = format!("{} is not {what}", Quoted(text));
    let help = format!("it has {shortest} to {longest} letters, digits and `{beside}`");
    Err(NameError::new(message, help))
}

impl AwsFields {
    /// Where the environment is, as far as that can be read.
    pub(crate) fn home(&self) -> Home<'_> {
        let region = self.region.0.as_ref().map(|at| &at.value);
        let partition = match &self.partition {
            Optional::Given(at) => Some(at.value),
            Optional::Absent => region.map(AwsRegion::partition),
            Optional::Broken => None,
        };
        Home { partition, region, account: self.account_id.given().map(|at| &at.value) }
    }
}

fn check(written: &At<AwsFields>, log: &Log) {
    let fields = &written.value;
    if let (Some(partition), Some(region)) = (fields.partition.given(), &fields.region.0)
        && partition.value != region.value.partition()
    {
        let is = region.value.partition();
        let message = format!("{} is in the partition {is}", region.value);
        let draft = Draft::new(Code::Conflict, partition.span, message).label("another partition");
        log.report(
            draft
                .also(region.span, "this region")
                .help(format!("write `{is}`, or leave it out: it follows from the region")),
        );
    }
    if let Some(role) = fields.assume_role.given()
        && let Some(arn) = &role.value.role_arn.0
    {
        let home = Home { region: None, ..fields.home() };
        home.check(arn.value.as_str(), arn.span, "the role", log);
        home.check_account(arn.value.as_str(), arn.span, "the role", log);
    }
    // A key that cannot be read is no reason to leave the tags unchecked.
    let boundary = match &fields.dev_ops_guru_tag_key {
        Optional::Given(at) => at.value.clone(),
        Optional::Absent | Optional::Broken => DevOpsGuruTagKey::default(),
    };
    let tags = fields.tags.given().map(|at| &at.value);
    if let Some(tags) = tags {
        check_tags(tags, &boundary, log);
    }
    if let Some(prefixes) = fields.ignore_tag_prefixes.given() {
        check_prefixes(&prefixes.value, tags, &boundary, log);
    }
}

type WrittenTags = Tabled<TagKey, TagValue, MOST_TAGS>;

fn check_tags(tags: &WrittenTags, boundary: &DevOpsGuruTagKey, log: &Log) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for (key, _) in tags.readable() {
        let text = key.value.as_str();
        // What is written twice in the very same letters is told already.
        if let Some(first) =
            seen.insert(text.to_lowercase(), key.span).filter(|_| !tags.is_twice(text))
        {
            let message =
                format!("{} differs from another tag by upper and lower case only", Quoted(text));
            let draft = Draft::new(Code::Repeated, key.span, message).label("the same to IAM");
            log.report(draft.also(first, "already here").help("keep one of them"));
        }
        let reserved = if text.eq_ignore_ascii_case(NAME) {
            Some("clctl names every object itself")
        } else if text.to_ascii_lowercase().starts_with(OWN_PREFIX) {
            Some("by these tags clctl finds its objects again")
        } else if text.eq_ignore_ascii_case(boundary.as_str()) {
            Some("its value is the name of the environment; the key is `devOpsGuruTagKey`")
        } else {
            None
        };
        if let Some(why) = reserved {
            let message = format!("clctl sets the tag {}", Quoted(text));
            let draft = Draft::new(Code::ReservedTag, key.span, message);
            log.report(draft.label("not yours to set").help(why));
        }
    }
}

fn check_prefixes(
    prefixes: &Listed<TagPrefix, 0, 40>,
    tags: Option<&WrittenTags>,
    boundary: &DevOpsGuruTagKey,
    log: &Log,
) {
    for prefix in prefixes.readable() {
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
        let mut keys = tags.into_iter().flat_map(Tabled::readable).map(|(key, _)| key);
        if let Some(key) = keys.find(|key| key.value.as_str().starts_with(text)) {
            let message = format!("{} covers the tag `{}`", Quoted(text), key.value);
            let draft = Draft::new(Code::IgnoredTag, prefix.span, message);
            log.report(
                draft
                    .label("left alone because of this")
                    .also(key.span, "and declared here")
                    .help("a tag is either declared or left alone"),
            );
        }
    }
}
