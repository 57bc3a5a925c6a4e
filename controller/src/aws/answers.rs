//! What an answer has to be before it is believed: whole, and with everything in it that AWS
//! documents to be always there.
//!
//! The SDK reads what it can: of XML that is cut short it makes a shorter list, of an element that
//! is missing a value that is missing (`aws_smithy_xml::decode::Document`: "the decoder recovers
//! from such input silently"). A short list would be objects that are gone, and a missing id an
//! object without name: neither may become a fact. What cannot be understood is as good as no
//! answer: a read is repeated, and a write may have happened.

use std::{collections::BTreeSet, fmt::Display};

use aws_smithy_cbor::{Decoder, data::Type, decode::DeserializeError};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Map, Value};
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::engine::{CallError, Class, Found, Resource};

use super::calls::Operation;

/// Refuses answers that are not whole.
#[derive(Debug)]
pub(super) struct WholeAnswers;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "clctl whole answers"
    }

    /// Of a failure the status says enough.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map(Operation::of);
        let operation = operation.as_ref().map_or("", |operation| operation.0.as_str());
        let answer = context.response();
        let Some(body) = answer.body().bytes().filter(|_| answer.status().is_success()) else {
            return Ok(());
        };
        let rules = rules(operation);
        let is_cbor = answer.headers().get("content-type").is_some_and(|it| it == CBOR);
        if body.trim_ascii_start().starts_with(b"<") {
            check_xml(&rules, std::str::from_utf8(body)?)?;
        } else if !rules.is_empty() && is_cbor {
            check_members(&rules, &mut Vec::new(), &read_cbor(body)?)?;
        } else if !rules.is_empty() {
            check_json(&rules, body)?;
        }
        Ok(())
    }
}

/// What AWS documents to be in every answer, and the SDK makes up where it is missing, so that nobody can
/// see it: an empty list, an empty text, `false`. By operation or service, and by the end of the path to what
/// it is in; `*` is each item of a list in JSON.
const MADE_UP: &[Rule] = &[
    ("autoscaling", "Tags/member", &["Key"]),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "/DescribeAutoScalingGroupsResult",
        &["AutoScalingGroups"],
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "/AutoScalingGroups/member",
        &[
            "AutoScalingGroupName",
            "MinSize",
            "MaxSize",
            "DesiredCapacity",
            "DefaultCooldown",
            "HealthCheckType",
        ],
    ),
    ("autoscaling:DescribeScalingActivities", "/DescribeScalingActivitiesResult", &["Activities"]),
    ("backup:DescribeBackupVault", "", &["NumberOfRecoveryPoints"]),
    ("backup:GetBackupPlan", "/BackupPlan", &["BackupPlanName", "Rules"]),
    ("backup:GetBackupPlan", "/BackupPlan/Rules/*", &["RuleName", "TargetBackupVaultName"]),
    ("backup:GetBackupSelection", "/BackupSelection", &["SelectionName", "IamRoleArn"]),
    ("cloudwatch:ListTagsForResource", "", &["Tags"]),
    ("cloudwatch:ListTagsForResource", "/Tags/*", &["Key", "Value"]),
    (
        "devops-guru:GetResourceCollection",
        "/ResourceCollection/Tags/*",
        &["AppBoundaryKey", "TagValues"],
    ),
    ("ec2", "tagSet/item", &["key"]),
    ("elasticloadbalancing", "/Actions/member", &["Type"]),
    ("elasticloadbalancing", "/DefaultActions/member", &["Type"]),
    ("elasticloadbalancing", "/FixedResponseConfig", &["StatusCode"]),
    ("elasticloadbalancing", "/RedirectConfig", &["StatusCode"]),
    ("elasticloadbalancing", "/Tags/member", &["Key"]),
    ("iam", "Tags/member", &["Key", "Value"]),
    (
        "iam:GetAccountAuthorizationDetails",
        "/RoleDetailList/member",
        &["RoleName", "RolePolicyList", "AttachedManagedPolicies"],
    ),
    ("iam:GetInstanceProfile", "/InstanceProfile", PROFILE),
    ("iam:GetInstanceProfile", "/InstanceProfile/Roles/member", &["Arn"]),
    ("iam:GetRole", "/Role", &["RoleName", "Arn"]),
    ("iam:GetRolePolicy", "/GetRolePolicyResult", &["RoleName", "PolicyName", "PolicyDocument"]),
    ("iam:ListAttachedRolePolicies", "/ListAttachedRolePoliciesResult", &["AttachedPolicies"]),
    ("iam:ListInstanceProfileTags", "/ListInstanceProfileTagsResult", &["Tags"]),
    ("iam:ListInstanceProfiles", "/ListInstanceProfilesResult", &["InstanceProfiles"]),
    ("iam:ListInstanceProfiles", "/InstanceProfiles/member", PROFILE),
    ("iam:ListInstanceProfiles", "/InstanceProfiles/member/Roles/member", &["Arn", "RoleName"]),
    (
        "iam:ListInstanceProfilesForRole",
        "/ListInstanceProfilesForRoleResult",
        &["InstanceProfiles"],
    ),
    ("iam:ListInstanceProfilesForRole", "/InstanceProfiles/member", &["InstanceProfileName"]),
    ("iam:ListRolePolicies", "/ListRolePoliciesResult", &["PolicyNames"]),
    ("kms:GetKeyRotationStatus", "", &["KeyRotationEnabled"]),
    ("kms:ListResourceTags", "/Tags/*", &["TagKey", "TagValue"]),
    (
        "logs:DescribeMetricFilters",
        "/metricFilters/*/metricTransformations/*",
        &["metricName", "metricNamespace", "metricValue"],
    ),
    ("rds", "TagList/Tag", &["Key"]),
    ("route53:GetHostedZone", "/GetHostedZoneResponse", &["HostedZone"]),
    ("route53:GetHostedZone", "/GetHostedZoneResponse/HostedZone", &["Id", "Name"]),
    (
        "route53:ListResourceRecordSets",
        "/ListResourceRecordSetsResponse",
        &["ResourceRecordSets", "IsTruncated", "MaxItems"],
    ),
    ("route53:ListResourceRecordSets", "ResourceRecordSets/ResourceRecordSet", &["Name", "Type"]),
    (
        "route53:ListResourceRecordSets",
        "ResourceRecordSet/AliasTarget",
        &["HostedZoneId", "DNSName", "EvaluateTargetHealth"],
    ),
    ("route53:ListResourceRecordSets", "ResourceRecords/ResourceRecord", &["Value"]),
    ("secretsmanager:DescribeSecret", "/Tags/*", &["Key"]),
    ("secretsmanager:ListSecrets", "/SecretList/*/Tags/*", &["Key"]),
    ("sns:ListTagsForResource", "/Tags/member", &["Key", "Value"]),
    ("ssm:ListTagsForResource", "", &["TagList"]),
    ("ssm:ListTagsForResource", "/TagList/*", &["Key", "Value"]),
];
const PROFILE: &[&str] = &["InstanceProfileName", "Arn", "Roles"];

/// An operation or a service, the end of a path, and what has to be in what is there.
type Rule = (&'static str, &'static str, &'static [&'static str]);

/// What is asked of the answers of this operation.
fn rules(operation: &str) -> Vec<&'static Rule> {
    let service = operation.split(':').next().unwrap_or_default();
    MADE_UP.iter().filter(|(of, ..)| *of == operation || *of == service).collect()
}

/// What has to be in what is reached so, innermost first.
fn members<'a, P: Iterator<Item = &'a str>>(
    rules: &[&'static Rule],
    path: impl Fn() -> P,
) -> impl Iterator<Item = &'static str> {
    let is_there = |end: &str| match end {
        "" => path().next().is_none(),
        end => {
            let mut path = path();
            end.trim_start_matches('/').rsplit('/').all(|name| path.next() == Some(name))
        }
    };
    let met: Vec<_> = rules.iter().filter(|(_, end, _)| is_there(end)).collect();
    met.into_iter().flat_map(|(_, _, names)| names.iter().copied())
}

/// Checks that what AWS documents to be in every answer is there.
fn check_json(rules: &[&'static Rule], body: &[u8]) -> Result<(), NotWhole> {
    // What is no JSON is the SDK's to refuse; but an empty answer it takes for `{}`.
    let value = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body) };
    match value {
        Ok(value) => check_members(rules, &mut Vec::new(), &value),
        Err(_) => Err(NotWhole::NoJson),
    }
}

/// What answers in CBOR are called.
const CBOR: &str = "application/cbor";

/// Reads an answer in CBOR, as far as it tells what is there: of bytes and times, that they are.
fn read_cbor(body: &[u8]) -> Result<Value, NotWhole> {
    let mut decoder = Decoder::new(body);
    let value = cbor_value(&mut decoder, 0).map_err(|_| NotWhole::NoCbor)?;
    if decoder.position() < body.len() { Err(NotWhole::Second) } else { Ok(value) }
}

fn cbor_value(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    if depth == DEEP {
        return Err(DeserializeError::custom("too deep", decoder.position()));
    }
    match decoder.datatype()? {
        Type::String | Type::StringIndef => Ok(Value::String(decoder.string()?)),
        Type::Bool => Ok(Value::Bool(decoder.boolean()?)),
        Type::Null => decoder.null().map(|()| Value::Null),
        Type::Array | Type::ArrayIndef => {
            let (mut left, mut all) = (decoder.list()?, Vec::new());
            while more(decoder, &mut left)? {
                all.push(cbor_value(decoder, depth + 1)?);
            }
            Ok(Value::Array(all))
        }
        Type::Map | Type::MapIndef => {
            let (mut left, mut all) = (decoder.map()?, Map::new());
            while more(decoder, &mut left)? {
                let name = decoder.string()?;
                all.insert(name, cbor_value(decoder, depth + 1)?);
            }
            Ok(Value::Object(all))
        }
        Type::Break => Err(DeserializeError::custom("nothing ends here", decoder.position())),
        Type::Undefined
        | Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int
        | Type::F16
        | Type::F32
        | Type::F64
        | Type::Simple
        | Type::Bytes
        | Type::BytesIndef
        | Type::Tag
        | Type::Unknown(_) => decoder.skip().map(|()| Value::Bool(true)),
    }
}

/// Whether another item follows; the end of what did not say how many it has is read.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DeserializeError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}

fn check_members<'a>(
    rules: &[&'static Rule],
    path: &mut Vec<&'a str>,
    value: &'a Value,
) -> Result<(), NotWhole> {
    let missing = |name: &&str| value.get(name).is_none_or(Value::is_null);
    if let Some(name) = members(rules, || path.iter().rev().copied()).find(missing) {
        return Err(NotWhole::Missing(name));
    }
    let mut within = |name: &'a str, it: &'a Value| {
        path.push(name);
        let checked = check_members(rules, path, it);
        path.pop();
        checked
    };
    match value {
        Value::Array(all) => all.iter().try_for_each(|it| within("*", it)),
        Value::Object(all) => all.iter().try_for_each(|(name, it)| within(name, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Why a document is none.
#[derive(Debug, thiserror::Error)]
enum NotWhole {
    #[error(transparent)]
    Token(#[from] xmlparser::Error),
    #[error("the element {0} does not end")]
    Open(String),
    #[error("the element {0} ends and did not begin")]
    Closed(String),
    #[error("there is more than one document")]
    Second,
    #[error("it is no JSON")]
    NoJson,
    #[error("it is no CBOR")]
    NoCbor,
    #[error("the answer has no {0}")]
    Missing(&'static str),
}

/// An element that has not ended, and what is in it so far.
struct Open<'a> {
    name: (&'a str, &'a str),
    within: Vec<&'a str>,
}

/// How deep answers are at most: those of AWS are far from it.
const DEEP: usize = 64;

/// Checks that each element ends where it should, that nothing comes after the first, and that what AWS
/// documents to be in every answer is there.
fn check_xml(rules: &[&'static Rule], text: &str) -> Result<(), NotWhole> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut over = false;
    for token in Tokenizer::from(text) {
        match token? {
            Token::ElementStart { .. } if over => return Err(NotWhole::Second),
            Token::ElementStart { local, .. } if open.len() == DEEP => {
                return Err(NotWhole::Open(local.as_str().to_owned()));
            }
            Token::ElementStart { prefix, local, .. } => {
                if let Some(parent) = open.last_mut() {
                    parent.within.push(local.as_str());
                }
                open.push(Open { name: (prefix.as_str(), local.as_str()), within: Vec::new() });
            }
            Token::ElementEnd {
                end: end @ (ElementEnd::Close(..) | ElementEnd::Empty), ..
            } => {
                if let ElementEnd::Close(prefix, local) = end
                    && open.last().map(|it| it.name) != Some((prefix.as_str(), local.as_str()))
                {
                    return Err(NotWhole::Closed(local.as_str().to_owned()));
                }
                if let Some(last) = open.last() {
                    let path = || open.iter().rev().map(|it| it.name.1);
                    let missing = |name: &&str| !last.within.contains(name);
                    if let Some(name) = members(rules, path).find(missing) {
                        return Err(NotWhole::Missing(name));
                    }
                }
                open.pop();
                over = open.is_empty();
            }
            Token::ElementEnd { end: ElementEnd::Open, .. }
            | Token::Declaration { .. }
            | Token::ProcessingInstruction { .. }
            | Token::Comment { .. }
            | Token::DtdStart { .. }
            | Token::EmptyDtd { .. }
            | Token::EntityDeclaration { .. }
            | Token::DtdEnd { .. }
            | Token::Attribute { .. }
            | Token::Text { .. }
            | Token::Cdata { .. } => {}
        }
    }
    match open.last() {
        Some(Open { name: (_, local), .. }) => Err(NotWhole::Open((*local).to_owned())),
        None => Ok(()),
    }
}

/// An answer that says nothing that can be relied on.
pub(super) fn not_understood(operation: &'static str, why: String) -> CallError {
    CallError::new(operation, Class::NoAnswer, "UnreadableAnswer", why)
}

/// An answer about another object than the one that was asked for: it would be taken for that one.
pub(super) fn another(
    operation: &'static str,
    told: impl Display,
    asked: impl Display,
) -> CallError {
    not_understood(operation, format!("the answer is about {told}, and {asked} was asked for"))
}

/// What is not there is `None`.
pub(super) fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What AWS documents to be in every answer.
pub(super) fn required<T>(
    operation: &'static str,
    element: &str,
    value: Option<T>,
) -> Result<T, CallError> {
    value.ok_or_else(|| not_understood(operation, format!("the answer has no {element}")))
}

/// A text that AWS documents to be in every answer, and that is never empty.
pub(super) fn text<T: AsRef<str>>(
    operation: &'static str,
    element: &str,
    value: Option<T>,
) -> Result<T, CallError> {
    required(operation, element, value.filter(|text| !text.as_ref().is_empty()))
}

/// A text that AWS documents to be in every answer, and to have a meaning.
pub(super) fn parsed<T: std::str::FromStr>(
    operation: &'static str,
    element: &str,
    value: Option<&str>,
) -> Result<T, CallError> {
    let text = required(operation, element, value)?;
    text.parse().map_err(|_| {
        not_understood(
            operation,
            format!("the answer says {element} is {text:?}, which it cannot be"),
        )
    })
}

/// What a list shows of each object: one that is shown twice would be two.
pub(super) fn once<R: Resource>(
    operation: &'static str,
    found: Vec<Found<R>>,
) -> Result<Vec<Found<R>>, CallError> {
    let mut seen = BTreeSet::new();
    match found.iter().find(|found| !seen.insert(&found.id)) {
        Some(twice) => {
            let why = format!("the answer shows {} more than once", twice.id);
            Err(not_understood(operation, why))
        }
        None => Ok(found),
    }
}

/// Checks that an answer about one object is all of it: one that has another page is an answer to something
/// else.
pub(super) fn whole(operation: &'static str, next: impl Into<Next>) -> Result<(), CallError> {
    match next.into() {
        Next::End => Ok(()),
        Next::Page(_) | Next::Unnamed => {
            let why = "the answer is about one object, and says that there is more".to_owned();
            Err(not_understood(operation, why))
        }
    }
}

/// What comes after a page of a list, as the answer says it.
pub(super) enum Next {
    /// Another page, of this name.
    Page(String),
    /// Nothing.
    End,
    /// Another page, without a name.
    Unnamed,
}

impl From<Option<String>> for Next {
    fn from(token: Option<String>) -> Self {
        token.filter(|token| !token.is_empty()).map_or(Self::End, Self::Page)
    }
}

/// Where the answer also says whether there is more.
impl From<(bool, Option<String>)> for Next {
    fn from((more, token): (bool, Option<String>)) -> Self {
        match Self::from(token) {
            Self::End if more => Self::Unnamed,
            next @ (Self::Page(_) | Self::End | Self::Unnamed) => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_whole_when_every_element_ends() {
        for whole in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<a xmlns=\"b\"><c>text &amp; more</c><c/></a>\n",
            "<n:a><n:b></n:b></n:a>",
        ] {
            assert!(check_xml(&[], whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn a_document_cut_short_anywhere_is_none() {
        let whole = "<?xml version=\"1.0\"?><a><b c=\"d\">text</b><b/></a>";
        let start = whole.find("<a>").map_or(0, |at| at + 1);
        for end in start..whole.len() {
            assert!(check_xml(&[], &whole[..end]).is_err(), "{}", &whole[..end]);
        }
    }

    #[test]
    fn elements_that_cross_or_follow_the_document_are_refused() {
        for broken in ["<a><b></a></b>", "<a></b>", "<a/><a/>", "<a></a></a>"] {
            assert!(check_xml(&[], broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_the_sdk_would_make_up_has_to_be_there() {
        let rotation = &rules("kms:GetKeyRotationStatus");
        assert!(check_json(rotation, br#"{"KeyRotationEnabled":false}"#).is_ok());
        for without in [&b""[..], b"{}", b"[]", br#"{"KeyRotationEnabled":null}"#, b"{"] {
            assert!(check_json(rotation, without).is_err(), "{}", without.escape_ascii());
        }
        let tags = &rules("kms:ListResourceTags");
        assert!(check_json(tags, br#"{"Tags":[{"TagKey":"a","TagValue":""}]}"#).is_ok());
        assert!(check_json(tags, br#"{"Tags":[{"TagKey":"a"}]}"#).is_err());

        let policies = &rules("iam:ListRolePolicies");
        let answer = |result: &str| {
            let result = format!("<ListRolePoliciesResult>{result}</ListRolePoliciesResult>");
            check_xml(
                policies,
                &format!("<ListRolePoliciesResponse>{result}</ListRolePoliciesResponse>"),
            )
        };
        assert!(answer("<PolicyNames/>").is_ok());
        assert!(answer("<PolicyNames><member>a</member></PolicyNames>").is_ok());
        assert!(answer("<IsTruncated>false</IsTruncated>").is_err());
    }

    #[test]
    fn an_answer_in_cbor_is_read_to_its_end() {
        // {"Tags": [{"Key": "a", "Value": ""}]}, with a map and a list of no told length.
        let whole = b"\xbf\x64Tags\x9f\xa2\x63Key\x61a\x65Value\x60\xff\xff";
        assert!(read_cbor(whole).is_ok_and(|it| it["Tags"][0]["Value"] == ""));
        for end in 0..whole.len() {
            assert!(read_cbor(&whole[..end]).is_err(), "{end}");
        }
        assert!(read_cbor(b"\xa0\xa0").is_err());
        assert!(read_cbor(&[0x81; 100]).is_err());
    }

    #[test]
    fn a_list_that_has_more_names_what_comes_next() {
        let next =
            |more: bool, token: Option<&str>| Next::from((more, token.map(ToOwned::to_owned)));
        assert!(matches!(next(true, Some("a")), Next::Page(_)));
        // What names another page has one, whatever else is missing.
        assert!(matches!(next(false, Some("a")), Next::Page(_)));
        assert!(matches!(next(true, None), Next::Unnamed));
        assert!(matches!(next(true, Some("")), Next::Unnamed));
        assert!(matches!(next(false, None), Next::End));
    }
}
