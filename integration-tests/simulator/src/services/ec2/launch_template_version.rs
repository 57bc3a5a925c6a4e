//! Versions of launch templates.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html>. A version never
//! changes; its number is never given again. A new one is not the default.

use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    filters::{Filters, one, truth},
    idempotency,
    instance::Instance,
    instance_launch::not_base64,
    launch_data::{LaunchData, Profile},
    launch_template::{self, LaunchTemplate, Named},
    paging, read as look,
    resource::Resource as _,
    scene::Call,
    write,
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    shelf::{Record, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateLaunchTemplateVersion", create),
    look("DescribeLaunchTemplateVersions", describe),
    write("DeleteLaunchTemplateVersions", delete),
    look("GetLaunchTemplateData", of_instance),
];

const PAGES: RangeInclusive<u32> = 1..=200;
/// How many versions one call deletes.
const MOST_DELETED: usize = 200;

/// A version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) data: LaunchData,
    description: Option<String>,
    created: Time,
    by: String,
}

fn not_found(template: &Record<LaunchTemplate>, version: &str) -> Fault {
    let text = format!(
        "Could not find the specified version {version} for the launch template with ID {}.",
        template.id
    );
    Fault::client("InvalidLaunchTemplateId.VersionNotFound", text)
}

/// The number of a version that is there.
pub(super) fn number(template: &Record<LaunchTemplate>, version: &str) -> Result<u64, Fault> {
    let number = match version {
        "$Default" => Some(template.default),
        "$Latest" => template.versions.keys().next_back().copied(),
        other => other.parse().ok(),
    };
    number
        .filter(|it| template.versions.contains_key(it))
        .ok_or_else(|| not_found(template, version))
}

/// Reads the version that a request makes.
///
/// That user data has to be base64 is said at once or when something is launched.
pub(super) fn read(call: &Call<'_>) -> Result<Version, Fault> {
    let Some(params) = call.params.structure("LaunchTemplateData") else {
        return Err(Fault::client(
            "MissingParameter",
            "No launch template data was provided. Launch template data is required to create a \
             launch template.",
        ));
    };
    let data = LaunchData::read(call, &params)?;
    let user_data = data.user_data.as_ref().map(Hidden::reveal);
    if user_data.is_some_and(|it| STANDARD.decode(it).is_err())
        && call.settings.disputed("launch-template-user-data", 2) == 0
    {
        return Err(not_base64());
    }
    let description = call.params.text("VersionDescription");
    if description.as_ref().is_some_and(|it| it.chars().count() > 255) {
        return Err(Fault::invalid("A version description has at most 255 characters."));
    }
    Ok(Version { data, description, created: call.now, by: call.settings.caller_arn() })
}

fn render(template: &Record<LaunchTemplate>, number: u64, version: &Version) -> Xml {
    Xml::new()
        .text("launchTemplateId", &template.id)
        .text("launchTemplateName", &template.name)
        .text("versionNumber", number)
        .maybe("versionDescription", version.description.as_ref())
        .text("createTime", version.created)
        .text("createdBy", &version.by)
        .text("defaultVersion", number == template.default)
        .nest("launchTemplateData", version.data.render())
        .nest("operator", Xml::new().text("managed", false))
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateLaunchTemplateVersion", |call| {
        call.params.flag("ResolveAlias")?;
        let mut version = read(call)?;
        let template = launch_template::target(call)?;
        if let Some(source) = call.params.text("SourceVersion") {
            let source = number(template, &source)?;
            if let Some(base) = template.versions.get(&source) {
                version.data = version.data.over(&base.data);
            }
        }
        let id = template.id.clone();
        let number = template.latest + 1;
        call.change::<LaunchTemplate>(&id, |it| {
            it.latest = number;
            it.versions.insert(number, version.clone());
        });
        let template = call.ec2.launch_templates.get(&id);
        let template = template.ok_or_else(|| LaunchTemplate::unknown(&id))?;
        Ok(Xml::new().nest("launchTemplateVersion", render(template, number, &version)))
    })
}

const FILTERS: &[&str] = &[
    "create-time",
    "ebs-optimized",
    "host-resource-group-arn",
    "http-endpoint",
    "http-protocol-ipv4",
    "http-tokens",
    "iam-instance-profile",
    "image-id",
    "instance-type",
    "is-default-version",
    "kernel-id",
    "license-configuration-arn",
    "network-card-index",
    "ram-disk-id",
];

fn values(template: &LaunchTemplate, number: u64, version: &Version, filter: &str) -> Vec<String> {
    let data = &version.data;
    match filter {
        "create-time" => one(version.created),
        "ebs-optimized" => data.ebs_optimized.map(truth).unwrap_or_default(),
        "iam-instance-profile" => {
            let arn = data.profile.as_ref().and_then(|it| it.arn.clone());
            arn.into_iter().collect()
        }
        "image-id" => data.image.iter().cloned().collect(),
        "instance-type" => data.kind.iter().cloned().collect(),
        "is-default-version" => truth(number == template.default),
        _ => Vec::new(),
    }
}

/// The versions of a template, the newest first; or the latest and the default one of all.
fn describe(call: &mut Call<'_>) -> Answer {
    let asked = call.params.list("LaunchTemplateVersion");
    let bound = |name: &str| -> Result<Option<u64>, Fault> {
        let text = call.params.text(name);
        let number = |it: String| {
            it.parse().map_err(|_| Fault::invalid(format!("Value ({it}) for {name} is invalid.")))
        };
        text.map(number).transpose()
    };
    let (least, most) = (bound("MinVersion")?, bound("MaxVersion")?);
    call.params.flag("ResolveAlias")?;
    call.params.flag("IncludeManagedResources")?;
    let named = launch_template::named(&call.params)?;
    let filters = Filters::among(&call.params, FILTERS, false)?;
    let page = paging::read(call, PAGES)?;
    if !asked.is_empty() && (least.is_some() || most.is_some()) {
        return Err(Fault::combination(
            "Versions cannot be used together with MinVersion and MaxVersion.",
        ));
    }
    let scene = &call.scene;
    let templates: Vec<_> = match &named {
        None if asked.is_empty() || asked.iter().any(|it| !it.starts_with('$')) => {
            return Err(Fault::client(
                "MissingParameter",
                "Either a launch template ID or a launch template name must be specified in the \
                 request, unless only $Latest and $Default versions are asked for.",
            ));
        }
        None => scene.ec2.launch_templates.all_seen(scene.in_lists()).collect(),
        Some(Named::Id(id)) => {
            let seen = scene.ec2.launch_templates.seen(id, scene.by_id());
            vec![seen.ok_or_else(|| LaunchTemplate::unknown(id))?]
        }
        Some(Named::Name(name)) => {
            let mut seen = scene.ec2.launch_templates.all_seen(scene.by_id());
            let found = seen.find(|it| it.name == *name);
            vec![found.ok_or_else(|| launch_template::unknown_name(name))?]
        }
    };
    let mut all = Vec::new();
    for template in templates {
        let numbers = asked.iter().map(|it| number(template, it)).collect::<Result<Vec<_>, _>>()?;
        for (number, version) in &template.versions {
            let wanted = (asked.is_empty() || numbers.contains(number))
                && least.is_none_or(|it| *number >= it)
                && most.is_none_or(|it| *number <= it);
            if wanted && filters.keep(&Tags::new(), |it| values(template, *number, version, it)) {
                let key = format!("{} {:020}", template.id, u64::MAX - number);
                all.push((key, render(template, *number, version)));
            }
        }
    }
    let cut = paging::cut(page, all);
    Ok(Xml::new().list("launchTemplateVersionSet", cut.items).maybe("nextToken", cut.next))
}

/// What cannot be deleted is told in a good answer; the default version cannot.
fn delete(call: &mut Call<'_>) -> Answer {
    let asked = call.params.list("LaunchTemplateVersion");
    if asked.is_empty() {
        return Err(Fault::missing("launchTemplateVersion"));
    }
    if asked.len() > MOST_DELETED {
        return Err(Fault::invalid(format!("At most {MOST_DELETED} versions can be deleted.")));
    }
    let template = launch_template::target(call)?.clone();
    let about = |version: &str| {
        Xml::new()
            .text("launchTemplateId", &template.id)
            .text("launchTemplateName", &template.name)
            .text("versionNumber", version)
    };
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for version in asked {
        let refused = match number(&template, &version) {
            Ok(found) if found == template.default => Some((
                "unexpectedError",
                format!("The version {found} is the default version and cannot be deleted."),
            )),
            Ok(found) => {
                call.change::<LaunchTemplate>(&template.id, |it| {
                    it.versions.remove(&found);
                });
                gone.push(about(&found.to_string()));
                None
            }
            Err(fault) => Some(("launchTemplateVersionDoesNotExist", fault.message)),
        };
        if let Some((code, message)) = refused {
            let error = Xml::new().text("code", code).text("message", message);
            let shown = version.parse::<u64>().unwrap_or_default().to_string();
            kept.push(about(&shown).nest("responseError", error));
        }
    }
    Ok(Xml::new()
        .list("successfullyDeletedLaunchTemplateVersionSet", gone)
        .list("unsuccessfullyDeletedLaunchTemplateVersionSet", kept))
}

/// What a template would have to say for an instance like this one; where it is is left out.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetLaunchTemplateData.html>
fn of_instance(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InstanceId")?;
    let instance = call.find::<Instance>(&id)?;
    let own = instance.tags.iter().filter(|it| !it.0.starts_with("aws:"));
    let tags: Tags = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    let profile = instance.profile.as_ref();
    let eni = call.ec2.network_interfaces.get(&instance.interface);
    let data = LaunchData {
        image: Some(instance.image.clone()),
        kind: Some(instance.kind.clone()),
        key_name: instance.key_name.clone(),
        user_data: instance.user_data.clone(),
        groups: eni.map(|it| it.groups.clone()).unwrap_or_default(),
        profile: profile.map(|it| Profile { arn: Some(it.arn.clone()), name: None }),
        monitoring: Some(instance.monitoring),
        no_termination: Some(instance.protection.termination),
        no_stop: Some(instance.protection.stop),
        shutdown: Some(instance.shutdown.clone()),
        ebs_optimized: Some(instance.ebs_optimized),
        tags: if tags.is_empty() { Vec::new() } else { vec![("instance".to_owned(), tags)] },
        metadata: instance.metadata.as_wanted(),
        credits: instance.credits.clone(),
        recovery: Some(instance.recovery.clone()),
        ..LaunchData::default()
    };
    Ok(Xml::new().nest("launchTemplateData", data.render()))
}
