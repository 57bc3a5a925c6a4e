//! The chapter `encryption`: the key, and who may use it.

use clctl_spec::{Key as DeclaredKey, NewKey, NodeSpec};

use crate::{
    aws::{
        Aws, Lookups,
        autoscaling::service_linked_role,
        kms::{Key, KeyArn, KeyConfig, Rotation},
        policy::{Policy, Statement},
    },
    engine::{Declared, DeclaredTwice, Graph, Input, Resource},
};

use super::{Label, monitoring, roles};

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    lookups: &Lookups,
    roles: &roles::Built,
) -> Result<Input<KeyArn>, DeclaredTwice> {
    match &spec.encryption.key {
        DeclaredKey::Existing(arn) => {
            let known = lookups.key().map(|()| KeyArn::new(arn.as_str()));
            Ok(known.map_or_else(Input::Unlearned, Input::Known))
        }
        DeclaredKey::Create(key) => new(graph, label, key, roles),
    }
}

fn new(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    key: &NewKey,
    roles: &roles::Built,
) -> Result<Input<KeyArn>, DeclaredTwice> {
    let name = "main";
    let declared = KeyConfig {
        description: label
            .environment
            .signed(&format!("Everything of {} is encrypted with it", label.environment.name)),
        policy: policy(label, roles),
        rotation: Rotation::Days(key.rotation_period_in_days.get().cast_signed()),
        enabled: true,
        aliased: true,
        tags: label.tags(Key::ABOUT.name, name),
    };
    let key = graph.add::<Key>(name, declared)?;
    Ok(key.output("arn", |key| key.arn.clone()))
}

/// The account decides, by its own policies, as with every key; CloudWatch Logs may use it for the account's
/// log groups (one that was adopted keeps its name), the nodes open what Secrets Manager has encrypted, and
/// Auto Scaling launches instances whose disks are encrypted; whoever publishes to the topic of this account encrypts
/// what it publishes.
///
/// The role that it does so with is told by a condition: as a principal it would have to be there before the key,
/// and a role that was made anew would be another one.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services>,
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
fn policy(label: &Label<'_>, roles: &roles::Built) -> Policy<Declared> {
    let environment = label.environment;
    let region = &environment.region;
    let everything = || ["*".to_owned()];
    let groups = environment.arn("logs", "log-group:*");
    let logs =
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"];
    let launches = |statement: Statement<Declared>| {
        statement
            .to(everything())
            .by("AWS", "*".to_owned())
            .only("StringEquals", "aws:PrincipalArn", [service_linked_role(environment)])
            .only("StringEquals", "kms:CallerAccount", [environment.account.clone()])
    };
    let disks =
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
    let services = monitoring::publishers(region).into_iter();
    let publishes = services.fold(
        Statement::allow("PublishersEncrypt", ["kms:Decrypt", "kms:GenerateDataKey*"])
            .to(everything())
            .only("StringEquals", "aws:SourceAccount", [environment.account.clone()]),
        |statement, service| statement.by("Service", service),
    );
    Policy::of([
        publishes,
        launches(Statement::allow("DisksOfGroups", disks)),
        launches(Statement::allow("DisksOfGroupsLater", ["kms:CreateGrant"])).only(
            "Bool",
            "kms:GrantIsForAWSResource",
            ["true".to_owned()],
        ),
        Statement::allow("AccountDecides", ["kms:*"])
            .to(everything())
            .by("AWS", environment.account.clone()),
        Statement::allow("LogGroups", logs)
            .to(everything())
            .by("Service", format!("logs.{region}.amazonaws.com"))
            .only("ArnLike", "kms:EncryptionContext:aws:logs:arn", [groups]),
        Statement::allow("NodesOpenSecrets", ["kms:Decrypt"])
            .to(everything())
            .by("AWS", roles.nodes.output("arn", |role| role.arn.to_string()))
            .only(
                "StringEquals",
                "kms:ViaService",
                [format!("secretsmanager.{region}.amazonaws.com")],
            ),
    ])
}
