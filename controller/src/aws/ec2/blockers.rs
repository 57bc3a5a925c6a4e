//! What keeps a piece of network from being removed, in words.

use aws_sdk_ec2::types::{NetworkInterface, SecurityGroup, Tag};

use crate::engine::CallError;

use super::super::{answers::text, clients::Aws, tags::filter};

/// The network interfaces that a filter finds: which, whose, and where.
pub(super) async fn interfaces(aws: &Aws, by: &str, value: &str) -> Result<Vec<String>, CallError> {
    let filters = vec![filter(by, [value.to_owned()])];
    let found = aws
        .pages(
            "ec2:DescribeNetworkInterfaces",
            |token| {
                let call = aws.ec2.describe_network_interfaces().set_filters(Some(filters.clone()));
                call.set_next_token(token).max_results(1000).send()
            },
            |page| (page.network_interfaces, page.next_token),
        )
        .await?;
    Ok(found.iter().map(told).collect())
}

fn told(interface: &NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or("a network interface");
    let what = interface.description().filter(|text| !text.is_empty()).unwrap_or("no description");
    let attachment = interface.attachment();
    let whose = match attachment.and_then(|attachment| attachment.instance_id()) {
        Some(instance) => format!("attached to {instance}"),
        None if interface.requester_managed() == Some(true) => {
            format!("managed by {}", interface.requester_id().unwrap_or("AWS"))
        }
        None => format!(
            "owned by {}",
            attachment
                .and_then(|attachment| attachment.instance_owner_id())
                .or(interface.owner_id())
                .unwrap_or("nobody known")
        ),
    };
    let status = interface.status().map_or("unknown", |status| status.as_str());
    format!("network interface {id} ({what}; {status}; {whose})")
}

/// Groups whose rules refer to this one.
pub(super) async fn referring_groups(
    aws: &Aws,
    group: &str,
    vpc: &str,
) -> Result<Vec<String>, CallError> {
    let groups = groups_of(aws, vpc).await?;
    let mut referring = Vec::new();
    for chunk in groups.chunks(200) {
        let filters = vec![filter("group-id", chunk.iter().map(|(id, _)| id.clone()))];
        let rules = aws
            .pages(
                "ec2:DescribeSecurityGroupRules",
                |token| {
                    let call =
                        aws.ec2.describe_security_group_rules().set_filters(Some(filters.clone()));
                    call.set_next_token(token).max_results(1000).send()
                },
                |page| (page.security_group_rules, page.next_token),
            )
            .await?;
        for rule in rules {
            let refers =
                rule.referenced_group_info().and_then(|info| info.group_id()) == Some(group);
            let of = rule.group_id().unwrap_or_default();
            if refers && of != group {
                let name =
                    groups.iter().find(|(id, _)| id == of).map_or("", |(_, name)| name.as_str());
                let id = rule.security_group_rule_id().unwrap_or("a rule");
                referring.push(format!("rule {id} of security group {of} ({name}) refers to it"));
            }
        }
    }
    Ok(referring)
}

/// Ids and names of the groups of a VPC.
async fn groups_of(aws: &Aws, vpc: &str) -> Result<Vec<(String, String)>, CallError> {
    let filters = vec![filter("vpc-id", [vpc.to_owned()])];
    let operation = "ec2:DescribeSecurityGroups";
    let groups = aws
        .pages(
            operation,
            |token| {
                let call = aws.ec2.describe_security_groups().set_filters(Some(filters.clone()));
                call.set_next_token(token).max_results(1000).send()
            },
            |page| (page.security_groups, page.next_token),
        )
        .await?;
    let named = |group: SecurityGroup| {
        Ok((
            text(operation, "groupId", group.group_id)?,
            text(operation, "groupName", group.group_name)?,
        ))
    };
    groups.into_iter().map(named).collect()
}

/// Groups of a VPC other than its default one.
pub(super) async fn groups(aws: &Aws, vpc: &str) -> Result<Vec<String>, CallError> {
    Ok(groups_of(aws, vpc)
        .await?
        .into_iter()
        .filter(|(_, name)| name != "default")
        .map(|(id, name)| format!("security group {id} ({name})"))
        .collect())
}

/// Subnets of a VPC.
pub(super) async fn subnets(aws: &Aws, vpc: &str) -> Result<Vec<String>, CallError> {
    let filters = vec![filter("vpc-id", [vpc.to_owned()])];
    let subnets = aws
        .pages(
            "ec2:DescribeSubnets",
            |token| {
                let call = aws.ec2.describe_subnets().set_filters(Some(filters.clone()));
                call.set_next_token(token).max_results(1000).send()
            },
            |page| (page.subnets, page.next_token),
        )
        .await?;
    Ok(subnets
        .iter()
        .map(|subnet| {
            format!("subnet {} ({})", subnet.subnet_id().unwrap_or_default(), name(subnet.tags()))
        })
        .collect())
}

fn name(tags: &[Tag]) -> &str {
    tags.iter().find(|tag| tag.key() == Some("Name")).and_then(Tag::value).unwrap_or("no name")
}
