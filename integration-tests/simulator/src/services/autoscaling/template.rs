//! The launch template of a group.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateSpecification.html>. A group
//! tries its template before it takes it: what EC2 would refuse it refuses, in EC2's words. What becomes of
//! the template later it notices when it launches.

use serde::{Deserialize, Serialize};

use super::{
    call::{Call, invalid},
    group::Group,
};
use crate::{
    fault::{Fault, UNSUPPORTED},
    services::ec2::{Launch, Template},
    shelf::Tags,
    wire::xml::Xml,
};

/// The template of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chosen {
    pub(super) id: String,
    pub(super) name: String,
    /// As it was said: a number, `$Latest`, `$Default`.
    pub(super) version: String,
}

impl Chosen {
    pub(super) fn render(&self) -> Xml {
        Xml::new()
            .text("LaunchTemplateId", &self.id)
            .text("LaunchTemplateName", &self.name)
            .text("Version", &self.version)
    }
}

/// Reads the template that a request names, if it does.
pub(super) fn read(call: &Call<'_>) -> Result<Option<Chosen>, Fault> {
    for (member, what) in [
        ("LaunchConfigurationName", "launch configurations"),
        ("MixedInstancesPolicy", "mixed instances policies"),
        ("InstanceId", "groups made after an instance"),
    ] {
        if call.params.given(member) {
            return Err(Fault::unsupported(what));
        }
    }
    let Some(params) = call.params.structure("LaunchTemplate") else { return Ok(None) };
    let (id, name) = (params.text("LaunchTemplateId"), params.text("LaunchTemplateName"));
    let version = params.text("Version").unwrap_or_else(|| "$Default".to_owned());
    if id.is_some() == name.is_some() {
        return Err(invalid(
            "Valid requests must contain either launchTemplateId or LaunchTemplateName",
        ));
    }
    let found = call.ec2.template_called((id.as_deref(), name.as_deref()), &version);
    let (id, name) = found.map_err(|it| refused(&it))?;
    Ok(Some(Chosen { id, name, version }))
}

/// What EC2 refuses, in the words of Auto Scaling.
fn refused(fault: &Fault) -> Fault {
    if fault.code == UNSUPPORTED {
        return fault.clone();
    }
    invalid(format!("You must use a valid fully-formed launch template. {}", fault.message))
}

/// Refuses a template that nothing could be launched from in a subnet of the group.
pub(super) fn rehearse(call: &mut Call<'_>, group: &Group) -> Result<(), Fault> {
    for subnet in group.launches_in(call.ec2) {
        let template = Template { id: &group.template.id, version: &group.template.version };
        let launch = Launch { template, subnet: &subnet, tags: &Tags::new() };
        let chance = call.rng.fork();
        let tried = call.ec2.rehearse(call.around, chance, call.now, launch);
        tried.map_err(|it| refused(&it))?;
    }
    Ok(())
}
