//! Attributes of instances, one by one.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>

use super::{
    Answer, Operation,
    image::ROOT_DEVICE,
    instance::{Instance, State, wrong_state},
    instance_type,
    network_interface::{self, NetworkInterface},
    read,
    resource::Resource as _,
    scene::Call,
    volume, write,
};
use crate::{fault::Fault, hidden::Hidden, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[read("DescribeInstanceAttribute", describe), write("ModifyInstanceAttribute", modify)];

fn describe(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InstanceId")?;
    let attribute = call.params.need("Attribute")?;
    Instance::check(&id)?;
    let scene = &call.scene;
    let instance = scene.ec2.instances.seen(&id, scene.by_id());
    let instance = instance.ok_or_else(|| Instance::unknown(&id))?;
    let eni = scene.ec2.network_interfaces.get(&instance.interface);
    let value = |it: &dyn ToString| Xml::new().text("value", it.to_string());
    let shown = match attribute.as_str() {
        "instanceType" => value(&instance.kind),
        "userData" => Xml::new().maybe("value", instance.user_data.as_ref().map(Hidden::reveal)),
        "disableApiTermination" => value(&instance.protection.termination),
        "disableApiStop" => value(&instance.protection.stop),
        "instanceInitiatedShutdownBehavior" => value(&instance.shutdown),
        "rootDeviceName" => value(&ROOT_DEVICE),
        "sourceDestCheck" => value(&eni.is_none_or(|it| it.source_dest_check)),
        "ebsOptimized" => value(&instance.ebs_optimized),
        "enaSupport" => value(&true),
        "sriovNetSupport" => value(&"simple"),
        "enclaveOptions" => Xml::new().text("enabled", false),
        "kernel" | "ramdisk" | "productCodes" => Xml::new(),
        "blockDeviceMapping" => {
            Xml::items(volume::of(scene.ec2, &id).map(|(volume, it)| it.render(&volume.id)))
        }
        "groupSet" => {
            let groups = eni.map(|it| network_interface::group_set(it, scene));
            Xml::items(groups.unwrap_or_default())
        }
        other => {
            let text = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(Fault::invalid(text));
        }
    };
    Ok(Xml::new().text("instanceId", id).nest(&attribute, shown))
}

/// One attribute a call.
fn modify(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InstanceId")?;
    let termination = call.params.attribute("DisableApiTermination")?;
    let stop = call.params.attribute("DisableApiStop")?;
    let check = call.params.attribute("SourceDestCheck")?;
    let optimized = call.params.attribute("EbsOptimized")?;
    let shutdown = call.params.text("InstanceInitiatedShutdownBehavior.Value");
    let kind = call.params.text("InstanceType.Value");
    let user_data = call.params.text("UserData.Value");
    let groups = call.params.list("GroupId");
    let flags = [termination, stop, check, optimized].iter().flatten().count();
    let texts = [&shutdown, &kind, &user_data].into_iter().flatten().count();
    match flags + texts + usize::from(!groups.is_empty()) {
        0 => return Err(Fault::combination("No attributes specified.")),
        1 => {}
        _ => return Err(Fault::combination("Fields for multiple attribute types specified")),
    }
    let instance = call.find::<Instance>(&id)?.clone();
    if instance.state.ends() {
        return Err(wrong_state(&id, instance.state, "modified"));
    }
    let still = kind.is_some() || user_data.is_some() || optimized.is_some();
    if still && instance.state != State::Stopped {
        let text = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(Fault::client("IncorrectInstanceState", text));
    }
    if let Some(kind) = &kind {
        instance_type::find(kind)?;
    }
    if let Some(other) = shutdown.as_deref().filter(|it| !matches!(*it, "stop" | "terminate")) {
        let text =
            format!("Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid.");
        return Err(Fault::invalid(text));
    }
    let groups = network_interface::groups(call, &instance.vpc, groups)?;
    call.change::<NetworkInterface>(&instance.interface, |it| {
        if !groups.is_empty() {
            it.groups = groups;
        }
        it.source_dest_check = check.unwrap_or(it.source_dest_check);
    });
    call.change::<Instance>(&id, |it| {
        it.protection.termination = termination.unwrap_or(it.protection.termination);
        it.protection.stop = stop.unwrap_or(it.protection.stop);
        it.ebs_optimized = optimized.unwrap_or(it.ebs_optimized);
        if let Some(shutdown) = shutdown {
            it.shutdown = shutdown;
        }
        if let Some(kind) = kind {
            it.kind = kind;
        }
        if let Some(text) = user_data {
            it.user_data = Some(Hidden::new(text));
        }
    });
    Ok(Xml::new().text("return", true))
}
