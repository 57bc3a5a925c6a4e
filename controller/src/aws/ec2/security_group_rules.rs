//! All rules of one security group: a set of which we say everything. It begins and ends with its
//! group, and is ours because the group is.

use std::time::Duration;

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Delta, Found, Identity, Kind, Phase, PhysicalId, Replacement,
        Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{answers::text, clients::Aws, tags::owner},
    rule::{ReadRule, Rule, are_listed, read_rules, revoke, revoke_all_out, rules_of, settle},
    scope::keep,
    security_group::{LIST, SecurityGroup, SecurityGroupId, describe},
};

/// All rules of one security group.
pub struct SecurityGroupRules;

/// The settable part of [`SecurityGroupRules`].
#[derive(Clone, Debug)]
pub struct SecurityGroupRulesConfig<S: Stage = Resolved> {
    /// The group they are of.
    pub group: S::In<SecurityGroupId>,
    /// The rules.
    pub rules: Vec<Rule<S>>,
}

config! { SecurityGroupRulesConfig {
    group: Replace,
    rules: InPlace,
} }

/// What [`SecurityGroupRules`] have once they exist.
#[derive(Clone, Debug)]
pub struct SecurityGroupRulesOutputs {
    rules: Vec<ReadRule>,
}

/// What the id of a group's rules ends with: they have none of their own.
const SUFFIX: &str = "/rules";

impl Resource for SecurityGroupRules {
    type Cloud = Aws;
    type Config = SecurityGroupRulesConfig;
    type Outputs = SecurityGroupRulesOutputs;

    const ABOUT: Kind = Kind {
        name: "security-group-rules",
        ids: "sg-*",
        summary: "All rules of one security group",
        cloudformation: "AWS::EC2::SecurityGroupIngress, AWS::EC2::SecurityGroupEgress",
        replacement: Replacement::CreateFirst,
        creation: Creation::Facet,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(10),
        outage: "nothing stops: what is new is allowed before what is old is revoked",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"],
            write: &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
                "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let groups = match scope {
            Scope::Owned => describe(aws, scope).await?,
            Scope::Ids(ids) => {
                let ids: Vec<PhysicalId> = ids
                    .iter()
                    .map(|id| PhysicalId(id.0.trim_end_matches(SUFFIX).to_owned()))
                    .collect();
                describe(aws, &Scope::Ids(&ids)).await?
            }
        };
        let ids = groups.iter().filter_map(|group| group.group_id.clone()).collect();
        let rules = read_rules(aws, ids).await?;
        let mut found = Vec::new();
        for group in &groups {
            let id = text(LIST, "groupId", group.group_id())?;
            let rules: Vec<ReadRule> =
                rules.iter().filter(|rule| rule.group == id).cloned().collect();
            let shown = rules_of(group)?;
            let phase = if are_listed(&shown, &rules) {
                Phase::Ready
            } else {
                Phase::Pending("not listed as its group shows it yet".into())
            };
            found.push(Found {
                id: PhysicalId(format!("{id}{SUFFIX}")),
                // Ours as the group is: its tags speak of it, not of its rules.
                owner: owner(aws, SecurityGroup::ABOUT.name, group.tags()),
                config: SecurityGroupRulesConfig { group: SecurityGroupId::new(id), rules: shown },
                outputs: SecurityGroupRulesOutputs { rules },
                phase,
            });
        }
        keep(LIST, scope, found)
    }

    /// A new group lets everything out, whether or not its rule is visible yet. If that is not
    /// wanted it is revoked by what it says, which acts on the truth: a read that does not show it
    /// would leave it there.
    async fn create(
        aws: &Aws,
        _: &Identity,
        want: &SecurityGroupRulesConfig,
    ) -> Result<PhysicalId, CallError> {
        if !want.rules.contains(&Rule::all_out()) {
            revoke_all_out(aws, want.group.as_str()).await?;
        }
        Ok(PhysicalId(format!("{}{SUFFIX}", want.group)))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SecurityGroupRulesConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(SecurityGroupRulesConfig.rules)) {
            settle(aws, want.group.as_str(), &have.outputs.rules, &want.rules).await?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        revoke(aws, &have.outputs.rules).await
    }

    fn is_vacant(have: &Found<Self>) -> bool {
        have.config.rules.is_empty()
    }
}
