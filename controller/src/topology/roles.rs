//! In which role the instances act, and what it lets them do: no more than they need.

use std::collections::BTreeMap;

use clctl_spec::{Engine, Key, NodeSpec};

use crate::{
    aws::{
        Aws, TAG_UID,
        ec2::Eip,
        iam::{HeldRole, InstanceProfile, InstanceProfileConfig, Role, RoleConfig},
        policy::{Policy, Statement},
    },
    bootstrap::{
        self,
        grants::{self, Grant, On},
    },
    engine::{Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{Label, database, logs};

/// Roles that others refer to.
pub(super) struct Built {
    pub(super) nodes: Ref<Role>,
    pub(super) nodes_profile: Ref<InstanceProfile>,
    pub(super) bastion_profile: Option<Ref<InstanceProfile>>,
}

/// How long anybody acts in a role before asking anew, in seconds: what AWS takes where nobody says.
const SESSION: i32 = 3600;

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    addresses: &[Ref<Eip>],
) -> Result<Built, DeclaredTwice> {
    let node = Granting { label, spec, log_group: logs::NODES, addresses: &[] };
    let policies = node.policies(&grants::NODE);
    let (nodes, nodes_profile) =
        instance(graph, label, spec, "nodes", "Chainlink nodes", policies)?;
    let mut bastion_profile = None;
    if spec.access.bastion.is_some() {
        let bastion = Granting { label, spec, log_group: logs::BASTION, addresses };
        let policies = bastion.policies(&grants::BASTION);
        let (_, profile) = instance(graph, label, spec, "bastion", "The bastion", policies)?;
        bastion_profile = Some(profile);
    }
    Ok(Built { nodes, nodes_profile, bastion_profile })
}

/// What is granted to whoever runs on an instance: what its scripts need, and nothing else.
struct Granting<'a> {
    label: &'a Label<'a>,
    spec: &'a NodeSpec,
    log_group: &'static str,
    addresses: &'a [Ref<Eip>],
}

impl Granting<'_> {
    /// The policies of a role, by what they are about.
    fn policies(&self, needed: &[Grant]) -> Vec<(&'static str, Policy<Declared>)> {
        let mut policies: BTreeMap<&str, Vec<Statement<Declared>>> = BTreeMap::new();
        let mut seen: Vec<(&[&str], On)> = Vec::new();
        for Grant { actions, on, needed_by: _ } in needed {
            // Two who need the same have it once.
            if seen.contains(&(*actions, *on)) {
                continue;
            }
            seen.push((*actions, *on));
            if let Some(mut statement) = self.statement(actions, *on) {
                let policy = policies.entry(about(*on)).or_default();
                // No two statements of a policy are called the same.
                if !policy.is_empty() {
                    statement.sid = format!("{}{}", statement.sid, policy.len() + 1);
                }
                policy.push(statement);
            }
        }
        policies.into_iter().map(|(name, statements)| (name, Policy::of(statements))).collect()
    }

    /// Allows these operations; nothing where a policy of something else allows them, or nobody needs them.
    fn statement(&self, actions: &[&str], on: On) -> Option<Statement<Declared>> {
        let Self { label, spec, log_group, addresses } = self;
        let environment = label.environment;
        let allow = |sid: &str| Statement::allow(sid, []).doing(actions);
        let owned = |statement: Statement<Declared>| {
            statement.only("StringEquals", &owner_tag(), [environment.uid()])
        };
        Some(match on {
            // That the keys are asked for at all says `Null`: of none, all are as they should be.
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
            On::OwnInstances { keys } => owned(allow("TagOwnInstances"))
                .to([environment.arn("ec2", "instance/*")])
                .only(
                    "ForAllValues:StringEquals",
                    "aws:TagKeys",
                    keys.iter().copied().map(String::from),
                )
                .only("Null", "aws:TagKeys", ["false".to_owned()]),
            On::Secrets => allow("ReadSecrets").to(secrets(label, spec)),
            On::SecretsKey => match &spec.encryption.key {
                Key::Existing(arn) => {
                    let statement = allow("OpenSecrets").to([arn.to_string()]);
                    statement.only("StringEquals", "kms:ViaService", [through_secrets(label)])
                }
                // The policy of the environment's own key says so.
                Key::Create(_) => return None,
            },
            // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
            On::KeysOfExistingSecrets => {
                let theirs = existing(label, spec);
                if theirs.is_empty() {
                    return None;
                }
                let keys =
                    format!("arn:{}:kms:{}:*:key/*", environment.partition, environment.region);
                allow("OpenExistingSecrets")
                    .to([keys])
                    .only("StringEquals", "kms:ViaService", [through_secrets(label)])
                    .only("StringLike", "kms:EncryptionContext:SecretARN", theirs)
            }
            On::Database => {
                let (of, needed) = match &spec.database.engine {
                    Engine::Rds(_) => ("db", "rds:DescribeDBInstances"),
                    Engine::Aurora(_) => ("cluster", "rds:DescribeDBClusters"),
                };
                if !actions.contains(&needed) {
                    return None;
                }
                let name = database::identifier(environment, spec);
                allow("FindDatabase").to([environment.arn("rds", &format!("{of}:{name}"))])
            }
            On::LogGroup => allow("WriteLogs").to([streams(label, log_group)]),
            On::Namespace => allow("WriteMetrics").to(["*".to_owned()]).only(
                "StringEquals",
                "cloudwatch:namespace",
                [bootstrap::namespace(&environment.name)],
            ),
            On::Addresses => {
                let own = environment.arn("ec2", "elastic-ip/");
                let addresses = addresses.iter().map(|eip| {
                    let (own, id) = (own.clone(), eip.output("id", |eip| eip.id.to_string()));
                    Input::made_of(vec![id], move |id| format!("{own}{}", id.concat()))
                });
                owned(allow("ClaimAddress"))
                    .to(addresses)
                    .to([environment.arn("ec2", "instance/*")])
            }
            On::Everything => allow("LookUp").to(["*".to_owned()]),
        })
    }
}

/// What a policy is about, as it is called.
fn about(on: On) -> &'static str {
    match on {
        On::OwnInstances { .. } => "tags",
        On::Secrets => "secrets",
        On::SecretsKey => "key",
        On::KeysOfExistingSecrets => "existing-secrets",
        On::Database => "database",
        On::LogGroup => "logs",
        On::Namespace => "metrics",
        On::Addresses => "addresses",
        On::Everything => "lookups",
    }
}

/// How conditions call the tag that makes an object ours.
fn owner_tag() -> String {
    format!("aws:ResourceTag/{TAG_UID}")
}

/// A role for instances, and the profile by which they come by it.
fn instance(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    name: &str,
    description: &str,
    policies: Vec<(&str, Policy<Declared>)>,
) -> Result<(Ref<Role>, Ref<InstanceProfile>), DeclaredTwice> {
    let partition = &label.environment.partition;
    let sessions = format!("arn:{partition}:iam::aws:policy/AmazonSSMManagedInstanceCore");
    let role = role(
        graph,
        label,
        name,
        description,
        "ec2.amazonaws.com",
        policies,
        spec.access.session_manager.enabled.then_some(sessions),
    )?;
    let profile = graph.add::<InstanceProfile>(
        name,
        InstanceProfileConfig {
            role: role.output("arn", |role| HeldRole(Some(role.arn.clone()))),
            tags: label.tags(InstanceProfile::ABOUT.name, name),
        },
    )?;
    Ok((role, profile))
}

/// Lets a service take on a role, for this account: where the service says for whom it acts.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>. That AWS Backup says so when it takes on a
/// role is not documented
/// (<https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-service-confused-deputy-prevention.html>), so what it does
/// not say is no reason to refuse it.
pub(super) fn of_this_account(label: &Label<'_>, service: &str) -> Policy<Declared> {
    let mut trust = Policy::assumed_by(service);
    let account = &label.environment.account;
    trust.statements = trust
        .statements
        .into_iter()
        .map(|it| it.only("StringEqualsIfExists", "aws:SourceAccount", [account.clone()]))
        .collect();
    trust
}

/// A role that is trusted so.
pub(super) fn trusting(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    name: &str,
    description: &str,
    trust: Policy<Declared>,
    policies: Vec<(&str, Policy<Declared>)>,
) -> Result<Ref<Role>, DeclaredTwice> {
    let policies = policies.into_iter().map(|(name, policy)| (name.to_owned(), policy));
    graph.add::<Role>(
        name,
        RoleConfig {
            description: format!("{description} of {}", label.environment.name),
            trust,
            max_session_seconds: SESSION,
            policies: policies.collect(),
            attached: Vec::new(),
            tags: label.tags(Role::ABOUT.name, name),
        },
    )
}

/// A role for a service.
pub(super) fn role(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    name: &str,
    description: &str,
    service: &str,
    policies: Vec<(&str, Policy<Declared>)>,
    attached: Option<String>,
) -> Result<Ref<Role>, DeclaredTwice> {
    let policies = policies.into_iter().map(|(name, policy)| (name.to_owned(), policy));
    graph.add::<Role>(
        name,
        RoleConfig {
            description: format!("{description} of {}", label.environment.name),
            trust: Policy::assumed_by(service),
            max_session_seconds: SESSION,
            policies: policies.collect(),
            attached: attached.into_iter().collect(),
            tags: label.tags(Role::ABOUT.name, name),
        },
    )
}

/// The secrets of the environment, and those of the user's that the spec names.
fn secrets(label: &Label<'_>, spec: &NodeSpec) -> Vec<String> {
    let environment = label.environment;
    let mut all =
        vec![environment.arn("secretsmanager", &format!("secret:{}", environment.path("*")))];
    all.extend(existing(label, spec));
    all
}

/// The secrets of the user's own that the spec names.
fn existing(label: &Label<'_>, spec: &NodeSpec) -> Vec<String> {
    super::existing_secrets(spec).into_iter().map(|id| secret_arn(label, id)).collect()
}

/// Who calls KMS where a secret is read.
fn through_secrets(label: &Label<'_>) -> String {
    format!("secretsmanager.{}.amazonaws.com", label.environment.region)
}

/// The ARN of a secret that is named, with a place for each of the six characters that AWS puts behind
/// the name.
fn secret_arn(label: &Label<'_>, id: &str) -> String {
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    label.environment.arn("secretsmanager", &format!("secret:{id}-??????"))
}

/// The streams of a log group, by the name that clctl gives it: the group is encrypted with a key whose policy
/// names a role, so that the role cannot wait for the group.
fn streams(label: &Label<'_>, group: &str) -> String {
    let environment = label.environment;
    environment.arn("logs", &format!("log-group:{}:*", environment.path(group)))
}

/// Writes to the streams of a log group.
pub(super) fn writes(streams: impl Into<Input<String>>) -> Statement<Declared> {
    let actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
    Statement::allow("WriteLogs", actions).to([streams])
}
