//! In which role the instances act, and what it lets them do: no more than they need.

use clctl_spec::{ExistingSecret, NodeSpec, Password, SecretId, UrlSource};

use crate::{
    aws::{
        Aws,
        iam::{HeldRole, InstanceProfile, InstanceProfileConfig, Role, RoleConfig},
        policy::{Policy, Statement},
    },
    engine::{Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{Label, logs};

/// Roles that others refer to.
pub(super) struct Built {
    pub(super) nodes: Ref<Role>,
}

/// How long anybody acts in a role before asking anew, in seconds: what AWS takes where nobody says.
const SESSION: i32 = 3600;

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
) -> Result<Built, DeclaredTwice> {
    let mut policies = vec![
        ("secrets", Policy::of([secrets(label, spec)])),
        ("logs", Policy::of([writes(streams(label, logs::NODES))])),
    ];
    if let clctl_spec::Key::Existing(arn) = &spec.encryption.key {
        policies.push(("key", Policy::of([opens(label, arn.as_str())])));
    }
    let nodes = instance(graph, label, spec, "nodes", "Chainlink nodes", policies)?;
    if spec.access.bastion.is_some() {
        let policies = vec![("logs", Policy::of([writes(streams(label, logs::BASTION))]))];
        instance(graph, label, spec, "bastion", "The bastion", policies)?;
    }
    Ok(Built { nodes })
}

/// A role for instances, and the profile by which they come by it.
fn instance(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    name: &str,
    description: &str,
    policies: Vec<(&str, Policy<Declared>)>,
) -> Result<Ref<Role>, DeclaredTwice> {
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
    graph.add::<InstanceProfile>(
        name,
        InstanceProfileConfig {
            role: role.output("arn", |role| HeldRole(Some(role.arn.clone()))),
            tags: label.tags(InstanceProfile::ABOUT.name, name),
        },
    )?;
    Ok(role)
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

/// Reads the secrets of the environment, and those of the user's that the spec names.
fn secrets(label: &Label<'_>, spec: &NodeSpec) -> Statement<Declared> {
    let environment = label.environment;
    let ours = environment.arn("secretsmanager", &format!("secret:{}", environment.path("*")));
    let mut resources = vec![ours];
    for ExistingSecret { id, .. } in existing(spec) {
        let arn = secret_arn(label, id);
        if !resources.contains(&arn) {
            resources.push(arn);
        }
    }
    let actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"];
    Statement::allow("ReadSecrets", actions).to(resources)
}

/// The secrets of the user's own that the spec names.
pub(super) fn existing(spec: &NodeSpec) -> impl Iterator<Item = &ExistingSecret> {
    let passwords = [
        &spec.secrets.keystore_password,
        &spec.secrets.admin_password,
        &spec.secrets.database_password,
    ];
    let passwords = passwords.into_iter().filter_map(|password| match password {
        Password::Existing(existing) => Some(existing),
        Password::Generate(_) | Password::Secret(_) => None,
    });
    let urls = super::urls(spec).filter_map(|(source, _)| match source {
        UrlSource::Existing(existing) => Some(existing),
        UrlSource::Secret(_) | UrlSource::Public(_) => None,
    });
    passwords.chain(urls)
}

/// The ARN of a secret that is named, with a place for each of the six characters that AWS puts behind
/// the name.
fn secret_arn(label: &Label<'_>, id: &SecretId) -> String {
    let id = id.as_str();
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

/// Opens what Secrets Manager has encrypted with a key of the user's own.
fn opens(label: &Label<'_>, key: &str) -> Statement<Declared> {
    let via = format!("secretsmanager.{}.amazonaws.com", label.environment.region);
    Statement::allow("OpenSecrets", ["kms:Decrypt"]).to([key.to_owned()]).only(
        "StringEquals",
        "kms:ViaService",
        [via],
    )
}
