//! Launch templates; their versions have a file of their own.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html> and its sisters.
//! What a template says is not looked into before something is launched from it. A template goes with
//! all its versions, whoever still refers to it.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one},
    idempotency,
    launch_data::LaunchData,
    launch_template_version::{self, Version},
    paging, read,
    resource::{Drift, Resource, made, tag_set, tagged},
    scene::{Call, Scene},
    tags, write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateLaunchTemplate", create),
    read("DescribeLaunchTemplates", list),
    write("ModifyLaunchTemplate", modify),
    write("DeleteLaunchTemplate", delete),
];

/// A launch template.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LaunchTemplate {
    pub(super) name: String,
    created: Time,
    pub(super) by: String,
    pub(super) default: u64,
    pub(super) latest: u64,
    pub(super) versions: BTreeMap<u64, Version>,
}

impl Kind for LaunchTemplate {
    const TYPE: &'static str = "launch-template";
    const PREFIX: &'static str = "lt";
    const NOUN: &'static str = "launch template ID";
    const NOT_FOUND: &'static str = "InvalidLaunchTemplateId.NotFound";
    const MALFORMED: &'static str = "InvalidLaunchTemplateId.Malformed";
}

impl Resource for LaunchTemplate {
    const SET: &'static str = "launchTemplates";
    const IDS: &'static str = "LaunchTemplateId";
    const PAGES: RangeInclusive<u32> = 1..=200;
    const FILTERS: &'static [&'static str] = &["create-time", "launch-template-name"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.launch_templates
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.launch_templates
    }

    fn values(template: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "create-time" => one(template.created),
            "launch-template-name" => one(&template.name),
            _ => Vec::new(),
        }
    }

    fn render(template: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new()
            .text("launchTemplateId", &template.id)
            .text("launchTemplateName", &template.name)
            .text("createTime", template.created)
            .text("createdBy", &template.by)
            .text("defaultVersionNumber", template.default)
            .text("latestVersionNumber", template.latest)
            .nest("tagSet", tag_set(template))
            .nest("operator", Xml::new().text("managed", false))
    }

    fn unknown(id: &str) -> Fault {
        let text = format!("The specified launch template, with template ID {id}, does not exist.");
        Fault::client(Self::NOT_FOUND, text)
    }
}

/// What is said of a name that no template has.
pub(super) fn unknown_name(name: &str) -> Fault {
    let text = format!("The specified launch template, with template name {name}, does not exist.");
    Fault::client("InvalidLaunchTemplateName.NotFoundException", text)
}

/// How a request names a template: by id or by name.
#[derive(Debug, Clone)]
pub(super) enum Named {
    Id(String),
    Name(String),
}

/// Reads how a request names a template, if it does.
pub(super) fn named(params: &Reader<'_>) -> Result<Option<Named>, Fault> {
    match (params.text("LaunchTemplateId"), params.text("LaunchTemplateName")) {
        (Some(_), Some(_)) => Err(Fault::combination(
            "The parameters launchTemplateId and launchTemplateName may not be used together",
        )),
        (Some(id), None) => LaunchTemplate::check(&id).map(|()| Some(Named::Id(id))),
        (None, Some(name)) => Ok(Some(Named::Name(name))),
        (None, None) => Ok(None),
    }
}

fn need(params: &Reader<'_>) -> Result<Named, Fault> {
    named(params)?.ok_or_else(|| {
        Fault::client(
            "MissingParameter",
            "Either a launch template ID or a launch template name must be specified in the \
             request.",
        )
    })
}

/// The template that a write is about: its true state.
pub(super) fn find<'a>(
    scene: &'a Scene<'_>,
    named: &Named,
) -> Result<&'a Record<LaunchTemplate>, Fault> {
    match named {
        Named::Id(id) => scene.find::<LaunchTemplate>(id),
        Named::Name(name) => {
            let mut all = scene.ec2.launch_templates.all();
            let found = all.find(|it| it.name == *name).ok_or_else(|| unknown_name(name))?;
            scene.find::<LaunchTemplate>(&found.id).map_err(|_| unknown_name(name))
        }
    }
}

/// The template that a write is about.
pub(super) fn target<'a>(call: &'a Call<'_>) -> Result<&'a Record<LaunchTemplate>, Fault> {
    find(call, &need(&call.params)?)
}

/// A version of a template that something is launched from.
#[derive(Debug, Clone)]
pub(super) struct Meant {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) data: LaunchData,
}

/// The version that a launch names; the default one when it names none.
pub(super) fn meant(scene: &Scene<'_>, params: &Reader<'_>) -> Result<Meant, Fault> {
    resolve(scene, &need(params)?, params.text("Version").as_deref())
}

/// Finds a version of a template.
pub(super) fn resolve(
    scene: &Scene<'_>,
    named: &Named,
    version: Option<&str>,
) -> Result<Meant, Fault> {
    let template = find(scene, named)?;
    let number = launch_template_version::number(template, version.unwrap_or("$Default"))?;
    let data = template.versions.get(&number).map(|it| it.data.clone()).unwrap_or_default();
    Ok(Meant { id: template.id.clone(), version: number, data })
}

fn check_name(name: &str) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || "()./_-".contains(it);
    if (3..=128).contains(&name.chars().count()) && name.chars().all(good) {
        return Ok(());
    }
    Err(Fault::client(
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, \
         numbers, and the following characters: - ( ) . / _.",
    ))
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateLaunchTemplate", |call| {
        let name = call.params.need("LaunchTemplateName")?;
        check_name(&name)?;
        let tags = tags::at_creation::<LaunchTemplate>(call)?;
        let version = launch_template_version::read(call)?;
        if call.ec2.launch_templates.all().any(|it| it.name == name) {
            return Err(Fault::client(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            ));
        }
        let now = call.now;
        let body = LaunchTemplate {
            name,
            created: now,
            by: call.settings.caller_arn(),
            default: 1,
            latest: 1,
            versions: BTreeMap::from([(1, version)]),
        };
        let record = call.make(tags, body);
        let id = call.add(now, record);
        Ok(Xml::new().nest("launchTemplate", made::<LaunchTemplate>(call, &id)?))
    })
}

/// By ids, by names, or all of them.
fn list(call: &mut Call<'_>) -> Answer {
    call.params.flag("IncludeManagedResources")?;
    let (ids, names) =
        (call.params.list("LaunchTemplateId"), call.params.list("LaunchTemplateName"));
    let filters = Filters::read::<LaunchTemplate>(&call.params)?;
    let page = paging::read(call, LaunchTemplate::PAGES)?;
    let scene = &call.scene;
    let mut found: Vec<&Record<LaunchTemplate>> = Vec::new();
    if ids.is_empty() && names.is_empty() {
        found.extend(scene.ec2.launch_templates.all_seen(scene.in_lists()));
    }
    for id in &ids {
        LaunchTemplate::check(id)?;
        let seen = scene.ec2.launch_templates.seen(id, scene.by_id());
        found.push(seen.ok_or_else(|| LaunchTemplate::unknown(id))?);
    }
    for name in &names {
        let mut seen = scene.ec2.launch_templates.all_seen(scene.by_id());
        found.push(seen.find(|it| it.name == *name).ok_or_else(|| unknown_name(name))?);
    }
    let kept = found
        .into_iter()
        .filter(|it| filters.keep(&it.tags, |name| LaunchTemplate::values(it, scene, name)))
        .map(|it| (it.id.clone(), it));
    let cut = paging::cut(page, kept.collect());
    let items = cut.items.into_iter().map(|it| LaunchTemplate::render(it, scene));
    Ok(Xml::new().list(LaunchTemplate::SET, items).maybe("nextToken", cut.next))
}

fn modify(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "ModifyLaunchTemplate", |call| {
        let template = target(call)?;
        let id = template.id.clone();
        if let Some(version) = call.params.text("SetDefaultVersion") {
            let number = launch_template_version::number(template, &version)?;
            call.change::<LaunchTemplate>(&id, |it| it.default = number);
        }
        Ok(Xml::new().nest("launchTemplate", made::<LaunchTemplate>(call, &id)?))
    })
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = target(call)?.id.clone();
    let shown = made::<LaunchTemplate>(call, &id)?;
    call.remove::<LaunchTemplate>(&id);
    Ok(Xml::new().nest("launchTemplate", shown))
}

/// What somebody might write into a version, in words and in parameters.
const OTHERS: &[(&str, &[(&str, &str)])] = &[
    ("another type", &[("InstanceType", "m5.large")]),
    ("another image", &[("ImageId", "ami-0fedcba9876543210")]),
    ("another key pair", &[("KeyName", "by-hand")]),
    ("other user data", &[("UserData", "IyEvYmluL3NoCg==")]),
    ("another profile", &[("IamInstanceProfile.Name", "by-hand")]),
    ("detailed monitoring", &[("Monitoring.Enabled", "true")]),
    ("hardware of its own", &[("Placement.Tenancy", "dedicated")]),
    ("another end", &[("InstanceInitiatedShutdownBehavior", "stop")]),
    ("open metadata", &[("MetadataOptions.HttpTokens", "optional")]),
    ("a protection", &[("DisableApiTermination", "true")]),
    (
        "a public address",
        &[
            ("NetworkInterface.1.DeviceIndex", "0"),
            ("NetworkInterface.1.AssociatePublicIpAddress", "true"),
        ],
    ),
    (
        "another disk",
        &[
            ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
            ("BlockDeviceMapping.1.Ebs.VolumeSize", "9"),
        ],
    ),
    (
        "other tags",
        &[
            ("TagSpecification.1.ResourceType", "instance"),
            ("TagSpecification.1.Tag.1.Key", "team"),
            ("TagSpecification.1.Tag.1.Value", "by-hand"),
        ],
    ),
];

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<LaunchTemplate>(ec2, key)
        .flat_map(|it| {
            let id = ("LaunchTemplateId", it.id.as_str());
            let mut all = vec![Drift::new(
                format!("{} ({}) is deleted", it.id, it.name),
                "DeleteLaunchTemplate",
                &[id],
            )];
            let latest = it.versions.keys().next_back().copied().unwrap_or_default().to_string();
            for (what, params) in OTHERS {
                let mut all_params =
                    vec![id, ("SourceVersion", latest.as_str()), ("VersionDescription", "by hand")];
                let named: Vec<_> = params
                    .iter()
                    .map(|(name, value)| (format!("LaunchTemplateData.{name}"), *value))
                    .collect();
                all_params.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
                all.push(Drift::new(
                    format!("{} has a version after {latest} with {what}", it.id),
                    "CreateLaunchTemplateVersion",
                    &all_params,
                ));
            }
            for version in it.versions.keys() {
                let version = version.to_string();
                let says = format!("the version {version} of {}", it.id);
                if version == it.default.to_string() {
                    continue;
                }
                all.push(Drift::new(
                    format!("{says} is the default now"),
                    "ModifyLaunchTemplate",
                    &[id, ("SetDefaultVersion", &version)],
                ));
                all.push(Drift::new(
                    format!("{says} is deleted"),
                    "DeleteLaunchTemplateVersions",
                    &[id, ("LaunchTemplateVersion.1", &version)],
                ));
            }
            all
        })
        .collect()
}
