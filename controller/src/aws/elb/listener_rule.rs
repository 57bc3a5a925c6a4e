//! A rule of a listener: what it does with requests of which something holds.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    self, PathPatternConditionConfig, RuleCondition, RulePriorityPair,
};
use serde::Serialize;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id, leaf,
};

use super::{
    super::{
        answers::{not_understood, parsed, required, text},
        clients::Aws,
        tagging,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, TAGS, UNTAGS,
    action::Action,
    as_tags,
    attributes::Attributes,
    listener::ListenerArn,
    look::{Shown, find, one},
    retag,
};

/// A rule of a listener.
pub struct ListenerRule;

id!(
    /// The ARN of a [`ListenerRule`].
    ListenerRuleArn
);

/// Something that has to hold of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// What of it.
    pub field: String,
    /// One of these, sorted.
    pub values: Vec<String>,
}
leaf!(Condition);

/// What a condition on the path is called.
const PATH: &str = "path-pattern";

impl Condition {
    /// That the path is like one of these.
    pub fn path<const N: usize>(patterns: [&str; N]) -> Self {
        let mut values: Vec<String> = patterns.iter().map(|it| (*it).to_owned()).collect();
        values.sort_unstable();
        Self { field: PATH.to_owned(), values }
    }
}

/// The settable part of a [`ListenerRule`].
#[derive(Clone, Debug)]
pub struct ListenerRuleConfig<S: Stage = Resolved> {
    /// The listener it is a rule of.
    pub listener: S::In<ListenerArn>,
    /// Before which others it counts: the lowest first.
    pub priority: i32,
    /// What has to hold, all of it.
    pub conditions: Vec<Condition>,
    /// What is done then.
    pub action: Action<S>,
    /// What becomes of the request before: nothing.
    pub transforms: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

config! { ListenerRuleConfig {
    listener: Replace,
    priority: InPlace,
    conditions: InPlace,
    action: InPlace,
    transforms: InPlace,
    tags: InPlace,
} }

/// What a [`ListenerRule`] has once it exists.
#[derive(Clone, Debug)]
pub struct ListenerRuleOutputs {
    /// Its ARN.
    pub arn: ListenerRuleArn,
}

/// What lists them.
const LIST: &str = "elasticloadbalancing:DescribeRules";

impl Resource for ListenerRule {
    type Cloud = Aws;
    type Config = ListenerRuleConfig;
    type Outputs = ListenerRuleOutputs;

    const ABOUT: Kind = Kind {
        name: "listener-rule",
        ids: "arn:*:elasticloadbalancing:*:listener-rule/app/*",
        summary: "What a listener does with requests for some paths",
        cloudformation: "AWS::ElasticLoadBalancingV2::ListenerRule",
        // No two of a listener have one priority; those of two listeners may.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(10),
        outage: "nothing: it goes and comes with its listener",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LIST, LISTS_TAGS],
            write: &[
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:SetRulePriorities",
                TAGS,
                UNTAGS,
                "elasticloadbalancing:DeleteRule",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(aws, scope).await
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &ListenerRuleConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = as_tags(&want.tags, me.ordinal);
        let call = || {
            aws.elb
                .create_rule()
                .listener_arn(want.listener.as_str())
                .priority(want.priority)
                .set_conditions(Some(said(&want.conditions)))
                .set_actions(Some(want.action.said()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "elasticloadbalancing:CreateRule";
        let made = aws.write(operation, call).await?.rules;
        let made = made.and_then(|made| made.into_iter().next());
        Ok(PhysicalId(text(operation, "RuleArn", made.and_then(|it| it.rule_arn))?))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &ListenerRuleConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let listener = want.listener.as_str();
        let all = aws.pages(
            LIST,
            |marker| {
                let call = aws.elb.describe_rules().listener_arn(listener);
                call.set_marker(marker).send()
            },
            |page| (page.rules, page.next_marker),
        );
        let all = match all.await {
            Err(error) if error.class == Class::NotFound => return Ok(None),
            all => all?,
        };
        let priority = want.priority.to_string();
        let there = all.iter().find(|it| it.priority() == Some(priority.as_str()));
        one(aws, there.and_then(types::Rule::rule_arn)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &ListenerRuleConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let (arn, operation) = (have.id.0.as_str(), "elasticloadbalancing:ModifyRule");
        let conditions = delta.take(field!(ListenerRuleConfig.conditions));
        let action = delta.take(field!(ListenerRuleConfig.action));
        let transforms = delta.take(field!(ListenerRuleConfig.transforms));
        if conditions || action || transforms {
            let call = || {
                let call = aws.elb.modify_rule().rule_arn(arn);
                let call = call.set_conditions(conditions.then(|| said(&want.conditions)));
                let call = call.set_actions(action.then(|| want.action.said()));
                call.set_reset_transforms(transforms.then_some(true)).send()
            };
            aws.write(operation, call).await?;
        }
        if delta.take(field!(ListenerRuleConfig.priority)) {
            let pair = RulePriorityPair::builder().rule_arn(arn).priority(want.priority).build();
            let call = || aws.elb.set_rule_priorities().rule_priorities(pair.clone()).send();
            aws.write("elasticloadbalancing:SetRulePriorities", call).await?;
        }
        if delta.take(field!(ListenerRuleConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&ListenerRuleConfig<Declared>>,
    ) -> Option<ListenerRuleConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(ListenerRuleConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.elb.delete_rule().rule_arn(&have.id.0).send();
        aws.write("elasticloadbalancing:DeleteRule", call).await.map(drop)
    }
}

/// Conditions as AWS takes them. Those that are declared are on the path.
fn said(conditions: &[Condition]) -> Vec<RuleCondition> {
    let said = |it: &Condition| {
        let values = Some(it.values.clone());
        let path = PathPatternConditionConfig::builder().set_values(values).build();
        RuleCondition::builder().field(&it.field).path_pattern_config(path).build()
    };
    conditions.iter().map(said).collect()
}

/// The listener of a rule: its ARN is a part of that of the rule
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>).
fn listener_of(rule: &str) -> Result<ListenerArn, CallError> {
    let listener = rule.split_once(":listener-rule/").and_then(|(before, path)| {
        let (listener, _) = path.rsplit_once('/')?;
        Some(format!("{before}:listener/{listener}"))
    });
    let why = || not_understood(LIST, format!("the answer has a rule {rule} of no listener"));
    listener.map(ListenerArn::new).ok_or_else(why)
}

impl Shown for ListenerRule {
    type Item = types::Rule;

    const TYPE: &'static str = "elasticloadbalancing:listener-rule";
    const LIST: &'static str = LIST;
    const ARN: &'static str = "RuleArn";

    async fn list(aws: &Aws, arns: &[String]) -> Result<Vec<Self::Item>, CallError> {
        let call = |marker| {
            let call = aws.elb.describe_rules();
            call.set_rule_arns(Some(arns.to_vec())).set_marker(marker).send()
        };
        aws.pages(LIST, call, |page| (page.rules, page.next_marker)).await
    }

    fn arn(from: &Self::Item) -> Option<&str> {
        from.rule_arn()
    }

    fn read(
        aws: &Aws,
        from: &Self::Item,
        arn: &str,
        _: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError> {
        let actions = required(LIST, "Actions", from.actions.as_ref())?;
        let conditions = required(LIST, "Conditions", from.conditions.as_ref())?;
        let conditions: Result<Vec<Condition>, CallError> =
            conditions.iter().map(condition).collect();
        let kind = |it: &types::RuleTransform| {
            required(LIST, "Type", it.r#type()).map(|kind| kind.as_str().to_owned())
        };
        let transforms: Result<Vec<String>, CallError> =
            from.transforms().iter().map(kind).collect();
        Ok(Found {
            id: PhysicalId(arn.to_owned()),
            owner: owner_of(aws, Self::ABOUT.name, tags),
            config: ListenerRuleConfig {
                listener: listener_of(arn)?,
                priority: parsed(LIST, "Priority", from.priority())?,
                conditions: conditions?,
                action: Action::read(LIST, actions)?,
                transforms: transforms?,
                tags: Tags::of(aws, tags),
            },
            outputs: ListenerRuleOutputs { arn: ListenerRuleArn::new(arn) },
            phase: Phase::Ready,
        })
    }
}

/// Reads a condition. AWS says the values of some twice: by themselves, and in what belongs to their field.
fn condition(from: &RuleCondition) -> Result<Condition, CallError> {
    let field = text(LIST, "Field", from.field())?.to_owned();
    let of = |values: Option<&[String]>| values.unwrap_or_default().to_vec();
    let mut values = match field.as_str() {
        PATH => of(from.path_pattern_config().map(PathPatternConditionConfig::values)),
        "host-header" => {
            of(from.host_header_config().map(types::HostHeaderConditionConfig::values))
        }
        "http-request-method" => of(from
            .http_request_method_config()
            .map(types::HttpRequestMethodConditionConfig::values)),
        "source-ip" => of(from.source_ip_config().map(types::SourceIpConditionConfig::values)),
        _ => Vec::new(),
    };
    if let Some(header) = from.http_header_config() {
        let name = header.http_header_name().unwrap_or_default();
        values.extend(header.values().iter().map(|value| format!("{name}: {value}")));
    }
    if let Some(query) = from.query_string_config() {
        let pair = |it: &types::QueryStringKeyValuePair| {
            format!("{}={}", it.key().unwrap_or_default(), it.value().unwrap_or_default())
        };
        values.extend(query.values().iter().map(pair));
    }
    if values.is_empty() {
        values = from.values().to_vec();
    }
    values.extend(from.regex_values().iter().map(|it| format!("regex {it}")));
    values.sort_unstable();
    if values.is_empty() {
        return Err(not_understood(
            LIST,
            format!("the answer has a condition on {field} without values"),
        ));
    }
    Ok(Condition { field, values })
}
