//! A VPC, with its DNS attributes and its default security group, which is kept empty.

use std::time::Duration;

use aws_sdk_ec2::types::{
    AttributeBooleanValue, ResourceType, SecurityGroup, VpcAttributeName, VpcState,
};
use ipnet::Ipv4Net;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Delta, Field, Found, Identity, Kind,
        Outputs, Phase, PhysicalId, Replacement, Resource, Scope,
    },
    field, id,
};

use super::{
    super::{
        answers::{parsed, required, text},
        clients::{Aws, again},
        tags::{Tags, filter, owner},
    },
    blockers,
    rule::{ReadRule, are_listed, read_rules, revoke, rules_of},
    scope::{Asked, keep},
};

/// A VPC.
pub struct Vpc;

id!(
    /// The id of a [`Vpc`].
    VpcId
);

/// The rules of the default security group of a [`Vpc`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultRules {
    /// These.
    Are(Vec<String>),
    /// A group that was made a moment ago may not be visible yet.
    Unseen,
}

impl DefaultRules {
    /// None: nobody gets in or out.
    pub const NONE: Self = Self::Are(Vec::new());
}

impl Field for DefaultRules {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::Are(rules) => rules.cell(outputs),
            Self::Unseen => Cell::Unknown { from: "its default security group".to_owned() },
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of a [`Vpc`].
#[derive(Clone, Debug)]
pub struct VpcConfig {
    /// Its range of addresses.
    pub cidr: Ipv4Net,
    /// Whether Amazon's resolver answers in it.
    pub dns_support: bool,
    /// Whether instances get DNS names.
    pub dns_hostnames: bool,
    /// The rules of its default security group.
    pub default_security_group_rules: DefaultRules,
    /// Its tags.
    pub tags: Tags,
}

config! { VpcConfig, no references {
    cidr: Replace,
    dns_support: InPlace,
    dns_hostnames: InPlace,
    default_security_group_rules: InPlace,
    tags: InPlace,
} }

/// What a [`Vpc`] has once it exists.
#[derive(Clone, Debug)]
pub struct VpcOutputs {
    /// Its id.
    pub id: VpcId,
    default_rules: Vec<ReadRule>,
}

/// What lists them.
pub(super) const LIST: &str = "ec2:DescribeVpcs";

impl Resource for Vpc {
    type Cloud = Aws;
    type Config = VpcConfig;
    type Outputs = VpcOutputs;

    const ABOUT: Kind = Kind {
        name: "vpc",
        ids: "vpc-*",
        summary: "The virtual network, with DNS attributes and an empty default security group",
        cloudformation: "AWS::EC2::VPC",
        replacement: Replacement::DeleteFirst,
        creation: Creation::Bare,
        typical: Duration::from_secs(3),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(20),
        outage: "everything in the network stops: the oracle does not report until all of it is rebuilt",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[
                "ec2:DescribeVpcs",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeSubnets",
                "ec2:DescribeNetworkInterfaces",
            ],
            write: &[
                "ec2:CreateVpc",
                "ec2:ModifyVpcAttribute",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteVpc",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let vpcs = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_vpcs().set_filters(filters.clone());
                    call.set_vpc_ids(ids.clone()).set_max_results(page).set_next_token(token).send()
                },
                |page| (page.vpcs, page.next_token),
            )
            .await?;
        let ids: Vec<String> = vpcs.iter().filter_map(|vpc| vpc.vpc_id.clone()).collect();
        let groups = match scope {
            Scope::Owned => default_groups(aws, &ids).await?,
            Scope::Ids(_) => default_groups_now(aws, &ids).await?,
        };
        let group_ids = groups.iter().filter_map(|group| group.group_id.clone()).collect();
        let rules = read_rules(aws, group_ids).await?;
        let mut found = Vec::new();
        for vpc in vpcs {
            let id = text(LIST, "vpcId", vpc.vpc_id())?;
            let group = groups.iter().find(|group| group.vpc_id() == Some(id));
            let of_group = |rule: &&ReadRule| {
                group.and_then(|group| group.group_id()) == Some(rule.group.as_str())
            };
            let default_rules: Vec<ReadRule> = rules.iter().filter(of_group).cloned().collect();
            let shown = group.map(rules_of).transpose()?;
            let state = required(LIST, "state", vpc.state())?;
            let phase = match &shown {
                _ if *state != VpcState::Available => Phase::Pending(state.as_str().to_owned()),
                None => Phase::Pending("without its default group yet".into()),
                Some(shown) if !are_listed(shown, &default_rules) => {
                    Phase::Pending("the rules of its default group not listed yet".into())
                }
                Some(_) => Phase::Ready,
            };
            let config = VpcConfig {
                cidr: parsed(LIST, "cidrBlock", vpc.cidr_block())?,
                dns_support: attribute(aws, id, VpcAttributeName::EnableDnsSupport).await?,
                dns_hostnames: attribute(aws, id, VpcAttributeName::EnableDnsHostnames).await?,
                default_security_group_rules: shown.map_or(DefaultRules::Unseen, |shown| {
                    DefaultRules::Are(shown.iter().map(ToString::to_string).collect())
                }),
                tags: Tags::read(aws, vpc.tags()),
            };
            found.push(Found {
                id: PhysicalId(id.to_owned()),
                owner: owner(aws, Self::ABOUT.name, vpc.tags()),
                config,
                outputs: VpcOutputs { id: VpcId::new(id), default_rules },
                phase,
            });
        }
        keep(LIST, scope, found)
    }

    async fn create(aws: &Aws, me: &Identity, want: &VpcConfig) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::Vpc, me);
        let call = || {
            let cidr = want.cidr.to_string();
            aws.ec2.create_vpc().cidr_block(cidr).tag_specifications(tags.clone()).send()
        };
        let operation = "ec2:CreateVpc";
        let created = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "vpcId", created.vpc.and_then(|vpc| vpc.vpc_id))?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &VpcConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let id = have.id.0.as_str();
        let (support, hostnames) = (
            delta.take(field!(VpcConfig.dns_support)),
            delta.take(field!(VpcConfig.dns_hostnames)),
        );
        // Host names need support: it is turned on before them, and off after them.
        if support && want.dns_support {
            set_support(aws, id, true).await?;
        }
        if hostnames {
            let value = boolean(want.dns_hostnames);
            let call = || {
                aws.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(value.clone()).send()
            };
            aws.write("ec2:ModifyVpcAttribute", call).await?;
        }
        if support && !want.dns_support {
            set_support(aws, id, false).await?;
        }
        if delta.take(field!(VpcConfig.default_security_group_rules)) {
            revoke(aws, &have.outputs.default_rules).await?;
        }
        if delta.take(field!(VpcConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&VpcConfig>) -> Option<VpcConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(VpcConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        aws.write("ec2:DeleteVpc", || aws.ec2.delete_vpc().vpc_id(&have.id.0).send())
            .await
            .map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let mut all = blockers::interfaces(aws, "vpc-id", &have.id.0).await?;
        all.extend(blockers::subnets(aws, &have.id.0).await?);
        all.extend(blockers::groups(aws, &have.id.0).await?);
        Ok(all)
    }
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

async fn set_support(aws: &Aws, id: &str, on: bool) -> Result<(), CallError> {
    let call = || aws.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_support(boolean(on)).send();
    aws.write("ec2:ModifyVpcAttribute", call).await.map(drop)
}

/// Reads one attribute: AWS gives one a call, and none in lists.
pub(super) async fn attribute(
    aws: &Aws,
    id: &str,
    name: VpcAttributeName,
) -> Result<bool, CallError> {
    let call = || aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone()).send();
    let operation = "ec2:DescribeVpcAttribute";
    // What a list shows, a replica behind it may not know yet: not to be told is not to be told that it is gone.
    let again_if = |class| {
        matches!(class, Class::Throttled | Class::Server | Class::NoAnswer | Class::NotFound)
    };
    let answer = again(&aws.calls, operation, call, again_if).await?;
    let value = if name == VpcAttributeName::EnableDnsHostnames {
        answer.enable_dns_hostnames
    } else {
        answer.enable_dns_support
    };
    required(operation, name.as_str(), value.and_then(|value| value.value))
}

/// The default group of each VPC.
async fn default_groups(aws: &Aws, vpcs: &[String]) -> Result<Vec<SecurityGroup>, CallError> {
    if vpcs.is_empty() {
        return Ok(Vec::new());
    }
    let filters =
        vec![filter("vpc-id", vpcs.iter().cloned()), filter("group-name", ["default".to_owned()])];
    aws.pages(
        "ec2:DescribeSecurityGroups",
        |token| {
            let call = aws.ec2.describe_security_groups().set_filters(Some(filters.clone()));
            call.set_next_token(token).max_results(1000).send()
        },
        |page| (page.security_groups, page.next_token),
    )
    .await
}

/// The same by their ids, once a list has shown which they are: a list by filter may be minutes behind.
async fn default_groups_now(aws: &Aws, vpcs: &[String]) -> Result<Vec<SecurityGroup>, CallError> {
    const LOOKS: u32 = 4;
    const BETWEEN: Duration = Duration::from_secs(1);
    let mut groups = default_groups(aws, vpcs).await?;
    for _ in 1..LOOKS {
        if groups.len() >= vpcs.len() {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
        groups = default_groups(aws, vpcs).await?;
    }
    let ids: Vec<String> = groups.into_iter().filter_map(|group| group.group_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let call = || aws.ec2.describe_security_groups().set_group_ids(Some(ids.clone())).send();
    match aws.read("ec2:DescribeSecurityGroups", call).await {
        Ok(answer) => Ok(answer.security_groups.unwrap_or_default()),
        // It goes with its VPC.
        Err(error) if error.class == Class::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
