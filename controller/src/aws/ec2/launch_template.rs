//! A launch template: what instances are like. Its versions never change, so that another declaration is another
//! version, made whole and then made the default one.
//!
//! What is compared is the default version, which the group launches from by its number. Versions that are not of
//! our making (each of ours is signed) go; of ours all stay: one of them may be what instances still run on, and
//! AWS takes ten thousand.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_ec2::types::{
    self, LaunchTemplateInstanceNetworkInterfaceSpecification as Interface, LaunchTemplateVersion,
    ResourceType,
};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Initially, Kind, Outputs, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, not_understood, required, text},
        clients::Aws,
        iam::InstanceProfileArn,
        tags::{Tags, filter, owner},
    },
    launch_data::{self, LaunchTags, Metadata, Volume},
    scope::{Asked, keep},
    security_group::SecurityGroupId,
    user_data::UserData,
};

/// A launch template.
pub struct LaunchTemplate;

id!(
    /// The id of a [`LaunchTemplate`].
    LaunchTemplateId
);

id!(
    /// The id of a machine image.
    ImageId
);

/// The name of a key pair, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(pub Option<String>);

impl Field for KeyName {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Known(self.0.as_deref().into())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// A version of a [`LaunchTemplate`], by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    /// The template.
    pub template: LaunchTemplateId,
    /// The number, or what else the version is called by.
    pub version: String,
}

impl Field for TemplateVersion {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let Self { template, version } = self;
        Cell::Known(format!("{template}, version {version}").into())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.template.uses(visit);
    }

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of a [`LaunchTemplate`].
#[derive(Clone, Debug)]
pub struct LaunchTemplateConfig<S: Stage = Resolved> {
    /// What is said of each version: that it is ours, with the environment's signature.
    pub version_description: String,
    /// What instances start from.
    pub image: Initially<ImageId>,
    /// What they run on.
    pub instance_type: String,
    /// By which they come by their role.
    pub instance_profile: S::In<InstanceProfileArn>,
    /// Whose key opens them over SSH.
    pub key_name: S::In<KeyName>,
    /// What they are told.
    pub user_data: S::In<UserData>,
    /// The groups that decide who reaches them.
    pub security_groups: Vec<S::In<SecurityGroupId>>,
    /// Whether each has a public address of its own.
    pub public_address: bool,
    /// How they learn about themselves.
    pub metadata: Metadata,
    /// Their disk.
    pub root_volume: Volume<S>,
    /// Whether EC2 measures them every minute rather than every five.
    pub detailed_monitoring: bool,
    /// Whose hardware they stand on.
    pub tenancy: String,
    /// What becomes of one that shuts itself down.
    pub shutdown_behavior: String,
    /// The tags of what is launched, by type.
    pub launch_tags: LaunchTags,
    /// What else the version says, by name: nothing.
    pub other_settings: Vec<String>,
    /// Versions that somebody else has made, from the default one on: none.
    pub foreign_versions: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

config! { LaunchTemplateConfig {
    version_description: InPlace,
    image: InPlace,
    instance_type: InPlace,
    instance_profile: InPlace,
    key_name: InPlace,
    user_data: InPlace,
    security_groups: InPlace,
    public_address: InPlace,
    metadata: InPlace,
    root_volume: InPlace,
    detailed_monitoring: InPlace,
    tenancy: InPlace,
    shutdown_behavior: InPlace,
    launch_tags: InPlace,
    other_settings: InPlace,
    foreign_versions: InPlace,
    tags: InPlace,
} }

/// The fields that are no part of a version.
const OUTSIDE: [&str; 2] =
    [field!(LaunchTemplateConfig.foreign_versions), field!(LaunchTemplateConfig.tags)];

/// What a [`LaunchTemplate`] has once it exists.
#[derive(Clone, Debug)]
pub struct LaunchTemplateOutputs {
    /// Its id.
    pub id: LaunchTemplateId,
    /// Its name.
    pub name: String,
    /// The number of its default version.
    pub version: i64,
    /// The image that the version it has, and those to come unless somebody pins another, start from.
    pub image: ImageId,
}

impl LaunchTemplateOutputs {
    /// The version to launch from.
    pub fn to_launch_from(&self) -> TemplateVersion {
        TemplateVersion { template: self.id.clone(), version: self.version.to_string() }
    }
}

/// What lists templates.
const LIST: &str = "ec2:DescribeLaunchTemplates";
/// What lists their versions.
const VERSIONS: &str = "ec2:DescribeLaunchTemplateVersions";
/// What makes a version.
const MAKES_VERSION: &str = "ec2:CreateLaunchTemplateVersion";
/// The largest page of both lists.
const PAGE: i32 = 200;
/// How many versions go in one call
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html>).
const MOST_DELETED: usize = 200;

impl Resource for LaunchTemplate {
    type Cloud = Aws;
    type Config = LaunchTemplateConfig;
    type Outputs = LaunchTemplateOutputs;

    const ABOUT: Kind = Kind {
        name: "launch-template",
        ids: "lt-*",
        summary: "What instances are like: image, disk, role, what they are told",
        cloudformation: "AWS::EC2::LaunchTemplate",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(3),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "nothing can be launched until there is another one",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[LIST, VERSIONS],
            write: &[
                "ec2:CreateLaunchTemplate",
                MAKES_VERSION,
                "ec2:ModifyLaunchTemplate",
                "ec2:DeleteLaunchTemplateVersions",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteLaunchTemplate",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let page = page.map(|most| most.min(PAGE));
        let templates = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_launch_templates().set_filters(filters.clone());
                    let call = call.set_launch_template_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.launch_templates, page.next_token),
            )
            .await?;
        let mut found = Vec::new();
        for template in &templates {
            found.extend(look(aws, template).await?);
        }
        keep(LIST, scope, found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &LaunchTemplateConfig,
    ) -> Result<PhysicalId, CallError> {
        let operation = "ec2:CreateLaunchTemplate";
        let tags = want.tags.specification(ResourceType::LaunchTemplate, me);
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let image = want.image.value().ok_or_else(|| no_image(operation))?;
        let data = launch_data::of(want, image);
        let call = || {
            aws.ec2
                .create_launch_template()
                .launch_template_name(&name)
                .version_description(&want.version_description)
                .launch_template_data(data.clone())
                .tag_specifications(tags.clone())
                .send()
        };
        let made = aws.write(operation, call).await?.launch_template;
        let id = made.and_then(|template| template.launch_template_id);
        Ok(PhysicalId(text(operation, "launchTemplateId", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &LaunchTemplateConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let named = vec![filter("launch-template-name", [name.clone()])];
        let call = || aws.ec2.describe_launch_templates().set_filters(Some(named.clone())).send();
        let answer = aws.read(LIST, call).await?;
        let templates = required(LIST, "launchTemplates", answer.launch_templates)?;
        let Some(template) = templates.first() else { return Ok(None) };
        let told = text(LIST, "launchTemplateName", template.launch_template_name())?;
        if told != name {
            return Err(another(LIST, told, name));
        }
        look(aws, template).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &LaunchTemplateConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let fields = <LaunchTemplateConfig as crate::engine::Config>::FIELDS;
        let mut changes = false;
        for (name, _) in fields.iter().filter(|(name, _)| !OUTSIDE.contains(name)) {
            changes |= delta.take(name);
        }
        if changes {
            renew(aws, have, want).await?;
        }
        if delta.take(field!(LaunchTemplateConfig.foreign_versions)) {
            remove_foreign(aws, &have.id.0).await?;
        }
        if delta.take(field!(LaunchTemplateConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn renews(fields: &[&str]) -> bool {
        fields.iter().any(|field| !OUTSIDE.contains(field))
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&LaunchTemplateConfig<Declared>>,
    ) -> Option<LaunchTemplateConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(LaunchTemplateConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_launch_template().launch_template_id(&have.id.0).send();
        aws.write("ec2:DeleteLaunchTemplate", call).await.map(drop)
    }
}

/// What is made would start from nobody knows what.
fn no_image(operation: &'static str) -> CallError {
    CallError::new(
        operation,
        Class::Rejected,
        "NoImage",
        "which image to start from could not be found out: nothing was made; try again, or pin one with `imageId`",
    )
}

/// Makes the default version one that is as declared: a new one, unless the newest of ours is so already.
async fn renew(
    aws: &Aws,
    have: &Found<LaunchTemplate>,
    want: &LaunchTemplateConfig,
) -> Result<(), CallError> {
    let id = have.id.0.as_str();
    let image = want.image.over(&have.outputs.image);
    let versions = all_versions(aws, id, None).await?.unwrap_or_default();
    let newest = versions.iter().max_by_key(|version| version.version_number());
    let newest = newest.ok_or_else(|| not_understood(VERSIONS, "it has no version".to_owned()))?;
    let latest = number(newest)?;
    // The last one of ours may be it: it was made, and is not the default one yet, or not any more.
    let ours = versions.iter().filter(|version| is_ours(aws, version));
    let last = ours.max_by_key(|version| version.version_number());
    let is_so = |version: &LaunchTemplateVersion| {
        let nothing = Outputs::default();
        let wanted = LaunchTemplateConfig {
            image: Initially::Always(image.clone()),
            tags: Tags::default(),
            ..want.clone()
        };
        let there = config(aws, version, Tags::default())?;
        Ok::<_, CallError>(wanted.cell(&nothing).met_by(&there.cell(&nothing)))
    };
    let version = if let Some(last) = last
        && is_so(last)?
    {
        number(last)?
    } else {
        let data = launch_data::of(want, image);
        // The same for the same version after the same one: an answer that was lost is found again.
        let digest = format!("{data:?} {}", data.user_data().unwrap_or_default());
        let token = aws.environment.token_of(&[id, &latest.to_string(), &digest]);
        let call = || {
            aws.ec2
                .create_launch_template_version()
                .client_token(&token)
                .launch_template_id(id)
                .version_description(&want.version_description)
                .launch_template_data(data.clone())
                .send()
        };
        let made = aws.write(MAKES_VERSION, call).await?.launch_template_version;
        number(&required(MAKES_VERSION, "launchTemplateVersion", made)?)?
    };
    let version = version.to_string();
    let call = || {
        let call = aws.ec2.modify_launch_template().launch_template_id(id);
        call.default_version(&version).send()
    };
    aws.write("ec2:ModifyLaunchTemplate", call).await.map(drop)
}

/// Removes the versions that are not of our making, but the default one, which AWS does not let go.
async fn remove_foreign(aws: &Aws, id: &str) -> Result<(), CallError> {
    let versions = all_versions(aws, id, None).await?.unwrap_or_default();
    let foreign =
        versions.iter().filter(|it| !is_ours(aws, it) && it.default_version() != Some(true));
    let foreign: Vec<String> =
        foreign.map(|it| Ok(number(it)?.to_string())).collect::<Result<_, CallError>>()?;
    for portion in foreign.chunks(MOST_DELETED) {
        let operation = "ec2:DeleteLaunchTemplateVersions";
        let call = || {
            let call = aws.ec2.delete_launch_template_versions().launch_template_id(id);
            call.set_versions(Some(portion.to_vec())).send()
        };
        // Which of them have not gone, the next look shows.
        aws.write(operation, call).await?;
    }
    Ok(())
}

/// The versions of a template, from one on; nothing if it is not there.
async fn all_versions(
    aws: &Aws,
    id: &str,
    from: Option<i64>,
) -> Result<Option<Vec<LaunchTemplateVersion>>, CallError> {
    let from = from.map(|number| number.to_string());
    let versions = aws
        .pages(
            VERSIONS,
            |token| {
                let call = aws.ec2.describe_launch_template_versions().launch_template_id(id);
                let call = call.set_min_version(from.clone()).max_results(PAGE);
                call.set_next_token(token).send()
            },
            |page| (page.launch_template_versions, page.next_token),
        )
        .await;
    match versions {
        Ok(versions) => {
            for version in &versions {
                let told = text(VERSIONS, "launchTemplateId", version.launch_template_id())?;
                if told != id {
                    return Err(another(VERSIONS, told, id));
                }
            }
            Ok(Some(versions))
        }
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn number(version: &LaunchTemplateVersion) -> Result<i64, CallError> {
    required(VERSIONS, "versionNumber", version.version_number())
}

/// Whether a version is of our making: what it says of itself is not taken over from version to version.
fn is_ours(aws: &Aws, version: &LaunchTemplateVersion) -> bool {
    version.version_description().is_some_and(|text| aws.environment.has_signed(text))
}

/// Looks at the versions of a template that was listed.
async fn look(
    aws: &Aws,
    from: &types::LaunchTemplate,
) -> Result<Option<Found<LaunchTemplate>>, CallError> {
    let id = text(LIST, "launchTemplateId", from.launch_template_id())?;
    let name = text(LIST, "launchTemplateName", from.launch_template_name())?;
    let default = required(LIST, "defaultVersionNumber", from.default_version_number())?;
    let is_default = |it: &&LaunchTemplateVersion| it.default_version() == Some(true);
    let Some(mut versions) = all_versions(aws, id, Some(default)).await? else { return Ok(None) };
    // The two answers are not of the same moment; and what is ours may be before what is not.
    let is_enough = versions.iter().any(|it| is_default(&it) && is_ours(aws, it));
    if !is_enough {
        let Some(all) = all_versions(aws, id, None).await? else { return Ok(None) };
        versions = all;
    }
    let current = versions.iter().find(is_default);
    let current = required(VERSIONS, "defaultVersion", current)?;
    let version = number(current)?;
    let mut ours: Vec<&LaunchTemplateVersion> =
        versions.iter().filter(|it| is_ours(aws, it)).collect();
    ours.sort_by_key(|it| it.version_number());
    let pinned = Some(current).filter(|it| is_ours(aws, it)).or(ours.last().copied());
    let image = pinned.unwrap_or(current).launch_template_data().and_then(|data| data.image_id());
    let image = ImageId::new(image.unwrap_or_default());
    let foreign = versions.iter().filter(|it| !is_ours(aws, it));
    let foreign = foreign.filter(|it| it.version_number() >= Some(version));
    let foreign_versions: Vec<String> =
        foreign.map(|it| Ok(number(it)?.to_string())).collect::<Result<_, CallError>>()?;
    let tags = Tags::read(aws, from.tags());
    Ok(Some(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, LaunchTemplate::ABOUT.name, from.tags()),
        config: LaunchTemplateConfig { foreign_versions, ..config(aws, current, tags)? },
        outputs: LaunchTemplateOutputs {
            id: LaunchTemplateId::new(id),
            name: name.to_owned(),
            version,
            image,
        },
        phase: Phase::Ready,
    }))
}

/// What a version says.
fn config(
    aws: &Aws,
    version: &LaunchTemplateVersion,
    tags: Tags,
) -> Result<LaunchTemplateConfig, CallError> {
    let data = required(VERSIONS, "launchTemplateData", version.launch_template_data())?;
    let interface = data.network_interfaces().first();
    let groups = interface.map_or_else(|| data.security_group_ids(), |it| it.groups());
    let profile = data.iam_instance_profile();
    // One that is named by its name may be one of ours, and still is not what is declared.
    let profile = profile.and_then(|it| it.arn().or(it.name())).unwrap_or_default();
    let tenancy = data.placement().and_then(|it| it.tenancy());
    let shutdown = data.instance_initiated_shutdown_behavior();
    Ok(LaunchTemplateConfig {
        version_description: version.version_description().unwrap_or_default().to_owned(),
        image: Initially::Always(ImageId::new(data.image_id().unwrap_or_default())),
        instance_type: data.instance_type().map_or("", |it| it.as_str()).to_owned(),
        instance_profile: InstanceProfileArn::new(profile),
        key_name: KeyName(data.key_name().map(ToOwned::to_owned)),
        user_data: data.user_data().map_or_else(|| UserData::new(""), UserData::read),
        security_groups: groups.iter().map(SecurityGroupId::new).collect(),
        public_address: interface.and_then(Interface::associate_public_ip_address) == Some(true),
        metadata: Metadata::read(data.metadata_options()),
        root_volume: Volume::read(data.block_device_mappings()),
        detailed_monitoring: data
            .monitoring()
            .and_then(types::LaunchTemplatesMonitoring::enabled)
            .unwrap_or_default(),
        tenancy: tenancy.map_or("default", |it| it.as_str()).to_owned(),
        shutdown_behavior: shutdown.map_or("stop", |it| it.as_str()).to_owned(),
        launch_tags: LaunchTags::read(aws, data.tag_specifications()),
        other_settings: launch_data::others(data),
        foreign_versions: Vec::new(),
        tags,
    })
}

impl LaunchTemplateConfig {
    /// The tags of what is launched, by the type of what that is.
    pub(super) fn launched(&self) -> &BTreeMap<String, Tags> {
        &self.launch_tags.0
    }
}
