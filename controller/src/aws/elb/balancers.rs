//! What load balancers of both types have in common: how they are listed, shown, set and let go.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerAttribute, LoadBalancerStateEnum, LoadBalancerTypeEnum,
};

use crate::engine::{CallError, Class, Found, Identity, Phase, PhysicalId, Resource};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        ec2::SecurityGroupId,
    },
    attributes::{self, Attributes},
    load_balancer::{LoadBalancerArn, LoadBalancerOutputs},
    look::{Shown, one},
    object_name, texts,
};

/// What lists them.
pub(super) const LIST: &str = "elasticloadbalancing:DescribeLoadBalancers";
/// What shows the attributes of one.
pub(super) const SHOWS: &str = "elasticloadbalancing:DescribeLoadBalancerAttributes";
/// What makes one.
pub(super) const MAKES: &str = "elasticloadbalancing:CreateLoadBalancer";
/// What sets the attributes of one.
pub(super) const SETS: &str = "elasticloadbalancing:ModifyLoadBalancerAttributes";
/// What sets which addresses one has.
pub(super) const SETS_ADDRESSES: &str = "elasticloadbalancing:SetIpAddressType";
/// What sets the security groups of one.
pub(super) const SETS_GROUPS: &str = "elasticloadbalancing:SetSecurityGroups";
/// What sets where one is.
pub(super) const SETS_SUBNETS: &str = "elasticloadbalancing:SetSubnets";
/// What deletes one.
pub(super) const DELETES: &str = "elasticloadbalancing:DeleteLoadBalancer";
/// Whose role it is that their interfaces are made with
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>).
const SERVICE: &str = "elasticloadbalancing.amazonaws.com";
/// What makes that role.
pub(super) const MAKES_ROLE: &str = "iam:CreateServiceLinkedRole";

/// What keeps one from going.
pub(super) const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// How long one is waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(15);

/// A load balancer of one type.
pub(super) trait Balancer: Resource<Cloud = Aws> {
    /// Its type.
    const TYPE: LoadBalancerTypeEnum;

    /// Reads one.
    fn read(
        aws: &Aws,
        from: &types::LoadBalancer,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError>;
}

impl<K: Balancer> Shown for K {
    type Item = types::LoadBalancer;

    const TYPE: &'static str = "elasticloadbalancing:loadbalancer";
    const LIST: &'static str = LIST;
    const ARN: &'static str = "LoadBalancerArn";

    async fn list(aws: &Aws, arns: &[String]) -> Result<Vec<Self::Item>, CallError> {
        let call = |marker| {
            let call = aws.elb.describe_load_balancers();
            call.set_load_balancer_arns(Some(arns.to_vec())).set_marker(marker).send()
        };
        aws.pages(LIST, call, |page| (page.load_balancers, page.next_marker)).await
    }

    fn arn(from: &Self::Item) -> Option<&str> {
        from.load_balancer_arn()
    }

    async fn attributes(aws: &Aws, arn: &str) -> Result<Attributes, CallError> {
        let call = || aws.elb.describe_load_balancer_attributes().load_balancer_arn(arn).send();
        let answer = aws.read(SHOWS, call).await?;
        let told = required(SHOWS, "Attributes", answer.attributes)?;
        Attributes::told(SHOWS, told.iter().map(|it| (it.key(), it.value())))
    }

    fn read(
        aws: &Aws,
        from: &Self::Item,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError> {
        <Self as Balancer>::read(aws, from, arn, told, tags)
    }
}

/// The one that has the name of ours, if it is of this type: those of another type have the same names.
pub(super) async fn named<K: Balancer>(
    aws: &Aws,
    me: &Identity,
) -> Result<Option<Found<K>>, CallError> {
    let name = object_name(aws, me);
    let call = || aws.elb.describe_load_balancers().names(&name).send();
    let answer = match aws.read(LIST, call).await {
        Err(error) if error.class == Class::NotFound => return Ok(None),
        answer => required(LIST, "LoadBalancers", answer?.load_balancers)?,
    };
    let there = answer.iter().find(|it| it.r#type() == Some(&<K as Balancer>::TYPE));
    one(aws, there.and_then(types::LoadBalancer::load_balancer_arn)).await
}

/// The ARN of the one that was made.
pub(super) fn made(all: Option<Vec<types::LoadBalancer>>) -> Result<PhysicalId, CallError> {
    let one = all.and_then(|all| all.into_iter().next());
    Ok(PhysicalId(text(MAKES, "LoadBalancerArn", one.and_then(|it| it.load_balancer_arn))?))
}

/// Makes the role that their interfaces are made with, unless the account has it. It is not ours and stays.
pub(super) async fn see_to_role(aws: &Aws) -> Result<(), CallError> {
    let call = || aws.iam.create_service_linked_role().aws_service_name(SERVICE).send();
    match aws.write(MAKES_ROLE, call).await {
        // Whoever may not make it may still use it: if it is not there, the load balancer is refused for that.
        Err(error) if matches!(error.class, Class::Exists | Class::Denied) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Sets which addresses it has.
pub(super) async fn set_addresses(aws: &Aws, arn: &str, to: &str) -> Result<(), CallError> {
    let to = IpAddressType::from(to);
    let call = || {
        let call = aws.elb.set_ip_address_type().load_balancer_arn(arn);
        call.ip_address_type(to.clone()).send()
    };
    aws.write(SETS_ADDRESSES, call).await.map(drop)
}

/// Sets its security groups, all of them each time: what is left out goes.
pub(super) async fn set_groups(
    aws: &Aws,
    arn: &str,
    groups: &[SecurityGroupId],
) -> Result<(), CallError> {
    let groups = texts(groups, SecurityGroupId::as_str);
    let call = || {
        let call = aws.elb.set_security_groups().load_balancer_arn(arn);
        call.set_security_groups(Some(groups.clone())).send()
    };
    aws.write(SETS_GROUPS, call).await.map(drop)
}

/// Sets these attributes in one call, if there are any.
pub(super) async fn set_attributes(
    aws: &Aws,
    arn: &str,
    set: Vec<(&str, String)>,
) -> Result<(), CallError> {
    let made =
        |key: &str, value: String| LoadBalancerAttribute::builder().key(key).value(value).build();
    let call = |set| {
        let call = aws.elb.modify_load_balancer_attributes().load_balancer_arn(arn);
        call.set_attributes(Some(set)).send()
    };
    attributes::set(aws, SETS, set, made, call).await
}

/// Asks for it to be gone.
pub(super) async fn delete(aws: &Aws, arn: &PhysicalId) -> Result<(), CallError> {
    let call = || aws.elb.delete_load_balancer().load_balancer_arn(&arn.0).send();
    aws.write(DELETES, call).await.map(drop)
}

/// Which addresses it has, as AWS says it where there are none of version 6.
pub(super) fn addresses(of: &types::LoadBalancer) -> String {
    of.ip_address_type().map_or(IpAddressType::Ipv4.as_str(), IpAddressType::as_str).to_owned()
}

/// The groups its interfaces are in.
pub(super) fn groups(of: &types::LoadBalancer) -> Vec<SecurityGroupId> {
    of.security_groups().iter().map(SecurityGroupId::new).collect()
}

/// What it has now that it exists.
pub(super) fn outputs(
    of: &types::LoadBalancer,
    arn: &str,
) -> Result<LoadBalancerOutputs, CallError> {
    Ok(LoadBalancerOutputs {
        arn: LoadBalancerArn::new(arn),
        // AWS keeps the letters of its name, and the DNS knows no small and large ones.
        dns_name: text(LIST, "DNSName", of.dns_name())?.to_ascii_lowercase(),
        hosted_zone_id: text(LIST, "CanonicalHostedZoneId", of.canonical_hosted_zone_id())?
            .to_owned(),
    })
}

/// How far it is.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
pub(super) fn phase(of: &types::LoadBalancer) -> Result<Phase, CallError> {
    let state = required(LIST, "State", of.state())?;
    let why = || state.reason().unwrap_or("AWS gives no reason").to_owned();
    Ok(match required(LIST, "Code", state.code())? {
        LoadBalancerStateEnum::Active => Phase::Ready,
        LoadBalancerStateEnum::ActiveImpaired => {
            Phase::Settling(format!("it cannot grow: {}", why()))
        }
        LoadBalancerStateEnum::Failed => Phase::Failed(why()),
        code => Phase::Pending(code.as_str().to_owned()),
    })
}
