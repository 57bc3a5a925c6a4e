//! The chapter `nodes`: what the Chainlink nodes are like, and that there are two of them, each in a zone of its own.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use clctl_spec::{Key, KeyPair as DeclaredKeyPair, NodeSpec};

use crate::{
    aws::{
        Aws, Environment, Lookups, Tags,
        autoscaling::{AutoScalingGroup, AutoScalingGroupConfig, BorrowedKey},
        ec2::{
            Eip, ImageId, KeyName, KeyPair, LaunchTags, LaunchTemplate, LaunchTemplateConfig,
            LaunchTemplateOutputs, Metadata, SecurityGroup, SubnetId, UserData, Volume,
        },
        elb::TargetGroup,
        fleet::{Instances, InstancesConfig, NODES, Versions},
        iam::InstanceProfile,
        kms::KeyArn,
        secrets::Secret,
    },
    bootstrap::{self, NodeInputs},
    engine::{After, Declared, DeclaredTwice, Graph, Initially, Input, Ref, Resource, Told},
};

use super::{Label, NotDeclared, database, logs, network};

/// One that works, and one that stands by.
const COUNT: i32 = 2;
/// How long an instance may take to start before it is called unhealthy, in seconds.
const GRACE: i32 = 300;
/// How long a group rests after it was scaled, in seconds: what AWS takes where nobody says.
const COOLDOWN: i32 = 300;
/// How long the name of a secret's version is at most
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>).
const LONGEST_VERSION: usize = 64;
/// An address as long as one can be.
const LONGEST_ADDRESS: &str = "255.255.255.255";

/// What the nodes stand on.
pub(super) struct Base<'a> {
    pub(super) network: &'a network::Built,
    pub(super) group: &'a Ref<SecurityGroup>,
    pub(super) profile: &'a Ref<InstanceProfile>,
    pub(super) key_name: Input<KeyName>,
    pub(super) key: &'a Input<KeyArn>,
    pub(super) secrets: &'a BTreeMap<String, Ref<Secret>>,
    pub(super) lookups: &'a Lookups,
    pub(super) database: &'a database::Built,
    /// Where the load balancers find them.
    pub(super) target_groups: &'a [Ref<TargetGroup>],
    /// The addresses of ours at which other nodes reach the one that is active, if it is at those.
    pub(super) addresses: &'a [Ref<Eip>],
    /// What has to be there before the first of them starts.
    pub(super) needs: After,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: Base<'_>,
) -> Result<Built, NotDeclared> {
    let nodes = &spec.nodes;
    let volume = &nodes.root_volume;
    let runs = format!("{}@{}", nodes.chainlink.version, nodes.chainlink.digest);
    let Base { network, group, profile, key_name, key, secrets, lookups, .. } = base;
    let Base { database, target_groups, addresses, needs, .. } = base;
    let like = Like {
        name: NODES,
        description: format!("Chainlink nodes of {}", label.environment.name),
        image: image(lookups, nodes.image_id.as_ref()),
        instance_type: nodes.instance_type.to_string(),
        profile,
        key_name,
        user_data: user_data(label.environment, spec, addresses, secrets, lookups)?,
        group,
        public_address: false,
        volume: Volume {
            size: volume.volume_size.get().cast_signed(),
            iops: volume.iops.get().cast_signed(),
            throughput: volume.throughput.get().cast_signed(),
            ..disk(key)
        },
        tenancy: "default",
        runs: Some(runs.clone()),
    };
    let template = template(graph, label, like)?;
    let settings = Settings {
        count: COUNT,
        subnets: &network.private_subnets,
        // Evening out zones would take down a node that works, and nobody asked which.
        suspended: vec!["AZRebalance".to_owned()],
        borrowed: borrowed(spec),
        database: Some(database.arn.clone()),
        target_groups,
        runs: Some(runs),
        needs,
    };
    Ok(group_of(graph, label, NODES, &template, settings)?)
}

/// What others look at.
pub(super) struct Built {
    pub(super) group: Ref<AutoScalingGroup>,
    pub(super) instances: Ref<Instances>,
}

/// What instances of a template are like.
pub(super) struct Like<'a> {
    pub(super) name: &'static str,
    pub(super) description: String,
    pub(super) image: Initially<ImageId>,
    pub(super) instance_type: String,
    pub(super) profile: &'a Ref<InstanceProfile>,
    pub(super) key_name: Input<KeyName>,
    pub(super) user_data: Input<UserData>,
    pub(super) group: &'a Ref<SecurityGroup>,
    pub(super) public_address: bool,
    pub(super) volume: Volume<Declared>,
    pub(super) tenancy: &'static str,
    /// The node that they run, if it is one.
    pub(super) runs: Option<String>,
}

/// Declares what instances are like.
pub(super) fn template(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    like: Like<'_>,
) -> Result<Ref<LaunchTemplate>, DeclaredTwice> {
    let Label { environment, user } = label;
    let launched = Tags::launched(environment, like.name, user, like.runs);
    graph.add::<LaunchTemplate>(
        like.name,
        LaunchTemplateConfig {
            version_description: label.environment.signed(&like.description),
            image: like.image,
            instance_type: like.instance_type,
            instance_profile: like.profile.output("arn", |profile| profile.arn.clone()),
            key_name: like.key_name,
            user_data: like.user_data,
            security_groups: vec![like.group.output("id", |group| group.id.clone())],
            public_address: like.public_address,
            metadata: Metadata::strict(),
            root_volume: like.volume,
            detailed_monitoring: false,
            tenancy: like.tenancy.to_owned(),
            // The group makes another one: nobody waits for one that was shut down.
            shutdown_behavior: "terminate".to_owned(),
            launch_tags: LaunchTags::everywhere(&launched),
            other_settings: Vec::new(),
            foreign_versions: Vec::new(),
            tags: label.tags(LaunchTemplate::ABOUT.name, like.name),
        },
    )
}

/// How a group of instances is set.
pub(super) struct Settings<'a> {
    pub(super) count: i32,
    pub(super) subnets: &'a [Input<SubnetId>],
    pub(super) suspended: Vec<String>,
    pub(super) borrowed: BorrowedKey,
    /// The database that is saved before another node can take it over.
    pub(super) database: Option<Input<String>>,
    /// The target groups that they are targets of.
    pub(super) target_groups: &'a [Ref<TargetGroup>],
    /// The node that they run, if it is one.
    pub(super) runs: Option<String>,
    pub(super) needs: After,
}

/// Declares a group of instances.
pub(super) fn group_of(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    name: &str,
    template: &Ref<LaunchTemplate>,
    settings: Settings<'_>,
) -> Result<Built, DeclaredTwice> {
    let Settings { count, subnets, suspended, borrowed, database, runs, needs, .. } = settings;
    let target_groups = settings.target_groups.iter();
    let declared = AutoScalingGroupConfig {
        template: template.output("version", LaunchTemplateOutputs::to_launch_from),
        subnets: subnets.to_vec(),
        min_size: count,
        max_size: count,
        desired_capacity: count,
        // What runs on an instance says for itself how it is.
        health_check_type: "EC2".to_owned(),
        health_check_grace_period: GRACE,
        default_cooldown: COOLDOWN,
        default_instance_warmup: -1,
        termination_policies: vec!["Default".to_owned()],
        new_instances_protected: false,
        max_instance_lifetime: 0,
        capacity_rebalance: false,
        instance_maintenance: "none".to_owned(),
        zone_distribution: "balanced-best-effort".to_owned(),
        deletion_protection: "none".to_owned(),
        suspended_processes: suspended,
        enabled_metrics: Vec::new(),
        target_groups: target_groups
            .map(|group| group.output("arn", |group| group.arn.clone()))
            .collect(),
        propagated_tags: Vec::new(),
        borrowed_key: borrowed,
        database: Told(database),
        image: Told(runs.clone()),
        needs,
        tags: label.tags(AutoScalingGroup::ABOUT.name, name),
    };
    let group = graph.add::<AutoScalingGroup>(name, declared)?;
    let declared = InstancesConfig {
        group: group.output("arn", |group| group.arn.clone()),
        versions: Versions::Each(template.output("version", LaunchTemplateOutputs::to_launch_from)),
        stuck: Vec::new(),
        unmarked: Vec::new(),
        image: Told(runs),
    };
    let instances = graph.add::<Instances>(name, declared)?;
    Ok(Built { group, instances })
}

/// The image to start from: the one that is written, or the newest one for what is still to be made.
pub(super) fn image(lookups: &Lookups, pinned: Option<&clctl_spec::ImageId>) -> Initially<ImageId> {
    match (pinned, &lookups.newest_image) {
        (Some(pinned), _) => Initially::Always(ImageId::new(pinned.as_str())),
        (None, Ok(newest)) => Initially::AtFirst(newest.clone()),
        (None, Err(why)) => Initially::Unlearned(why.clone()),
    }
}

/// A disk as small as the image.
pub(super) fn disk(key: &Input<KeyArn>) -> Volume<Declared> {
    Volume {
        volume_type: "gp3".to_owned(),
        size: 8,
        iops: 3000,
        throughput: 125,
        encrypted: true,
        key: key.clone(),
        delete_on_termination: true,
    }
}

/// The key that disks are encrypted with, if it is the user's own: its policy is not ours to write.
pub(super) fn borrowed(spec: &NodeSpec) -> BorrowedKey {
    BorrowedKey(match &spec.encryption.key {
        Key::Existing(arn) => Some(KeyArn::new(arn.as_str())),
        Key::Create(_) => None,
    })
}

/// The name of the key pair that opens instances over SSH, if there is one.
pub(super) fn key_name(
    spec: &NodeSpec,
    lookups: &Lookups,
    imported: Option<&Ref<KeyPair>>,
) -> Input<KeyName> {
    match (&spec.access.key_pair, imported) {
        (Some(DeclaredKeyPair::Name(name)), _) => {
            let known = lookups.key_pair().map(|()| KeyName(Some(name.to_string())));
            known.map_or_else(Input::Unlearned, Input::Known)
        }
        (_, Some(pair)) => pair.output("name", |pair| KeyName(Some(pair.name.clone()))),
        (Some(DeclaredKeyPair::PublicKey(_)) | None, None) => KeyName(None).into(),
    }
}

/// What a node is told. It says which versions the secrets have, so that another one is another user data; and at
/// which addresses others reach it, which AWS chooses.
fn user_data(
    environment: &Environment,
    spec: &NodeSpec,
    addresses: &[Ref<Eip>],
    secrets: &BTreeMap<String, Ref<Secret>>,
    lookups: &Lookups,
) -> Result<Input<UserData>, bootstrap::Error> {
    let theirs = super::existing_secrets(spec);
    let known = Known {
        environment: environment.name.clone(),
        uid: environment.uid(),
        secrets_path: environment.path(""),
        log_group: environment.path(logs::NODES),
        database: database::identifier(environment, spec),
        spec: Arc::new(spec.clone()),
        // None of ours has a space in it.
        names: secrets
            .keys()
            .cloned()
            .chain(theirs.iter().map(|id| format!("existing {id}")))
            .collect(),
    };
    // No version is longer, or more of a mixture, than this, and no address is longer: what is rendered here is as
    // large as it gets.
    let longest = known.names.iter().map(|name| longest_version(name)).collect();
    let largest = known.render(longest, &vec![LONGEST_ADDRESS.to_owned(); addresses.len()])?;
    let versions = secrets.values();
    let versions = versions.map(|secret| secret.given("version", |secret| secret.version.clone()));
    let theirs = theirs
        .into_iter()
        .map(|id| lookups.secret_version(id).map_or_else(Input::Unlearned, Input::Known));
    let announced = addresses.iter();
    let announced = announced.map(|eip| eip.output("publicIp", |eip| eip.public_ip.clone()));
    let told = versions.chain(theirs).chain(announced);
    Ok(Input::made_of(told.collect(), move |mut versions| {
        let announced = versions.split_off(known.names.len());
        // What was rendered with longer ones is rendered with these.
        UserData::new(known.render(versions, &announced).unwrap_or_else(|_| largest.clone()))
    }))
}

/// As many characters as the name of a version may have, and none like the one before.
fn longest_version(name: &str) -> String {
    let mut state = name
        .bytes()
        .fold(17_u64, |state, byte| state.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    let mut text = String::new();
    while text.len() < LONGEST_VERSION {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let _ = write!(text, "{:08x}", state >> 32);
    }
    text
}

/// What is known of a node before anything is there.
struct Known {
    environment: String,
    uid: String,
    secrets_path: String,
    log_group: String,
    database: String,
    spec: Arc<NodeSpec>,
    names: Vec<String>,
}

impl Known {
    /// What a node is told when its secrets have these versions, in the order of their names, and others reach it at
    /// these addresses.
    fn render(
        &self,
        versions: Vec<String>,
        addresses: &[String],
    ) -> Result<String, bootstrap::Error> {
        let port = self.spec.nodes.peer_to_peer.port;
        let announce: Vec<String> =
            addresses.iter().map(|address| format!("{address}:{port}")).collect();
        let secret_versions = self.names.iter().cloned().zip(versions).collect();
        let rendered = bootstrap::node(&NodeInputs {
            environment: &self.environment,
            spec: &self.spec,
            uid: &self.uid,
            secrets_path: &self.secrets_path,
            log_group: &self.log_group,
            database: &self.database,
            announce: &announce,
            secret_versions: &secret_versions,
        })?;
        Ok(rendered.as_str().to_owned())
    }
}
