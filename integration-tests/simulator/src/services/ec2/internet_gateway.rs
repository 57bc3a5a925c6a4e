//! Internet gateways and their attachment.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>: one
//! gateway per VPC, one VPC per gateway.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::one,
    read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    scene::{Call, Scene},
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateInternetGateway", create),
    read("DescribeInternetGateways", describe::<InternetGateway>),
    write("AttachInternetGateway", attach),
    write("DetachInternetGateway", detach),
    write("DeleteInternetGateway", delete),
];

/// An internet gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct InternetGateway {
    attachment: Option<Attachment>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Attachment {
    vpc: String,
    ready: Time,
}

impl InternetGateway {
    pub(super) fn is_attached_to(&self, vpc: &str) -> bool {
        self.attachment.as_ref().is_some_and(|it| it.vpc == vpc)
    }
}

impl Attachment {
    /// AWS calls an attachment `available`, although the model lists `attached`.
    fn state(&self, now: Time) -> &'static str {
        if now < self.ready { "attaching" } else { "available" }
    }
}

impl Kind for InternetGateway {
    const TYPE: &'static str = "internet-gateway";
    const PREFIX: &'static str = "igw";
    const NOUN: &'static str = "internetGateway ID";
    const NOT_FOUND: &'static str = "InvalidInternetGatewayID.NotFound";
    const MALFORMED: &'static str = "InvalidInternetGatewayId.Malformed";
}

impl Resource for InternetGateway {
    const SET: &'static str = "internetGatewaySet";
    const IDS: &'static str = "InternetGatewayId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] =
        &["attachment.state", "attachment.vpc-id", "internet-gateway-id", "owner-id"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.internet_gateways
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.internet_gateways
    }

    fn values(gateway: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let attachment = gateway.attachment.iter();
        match filter {
            "attachment.state" => attachment.map(|it| it.state(scene.now).to_owned()).collect(),
            "attachment.vpc-id" => attachment.map(|it| it.vpc.clone()).collect(),
            "internet-gateway-id" => one(&gateway.id),
            "owner-id" => one(&scene.settings.account),
            _ => Vec::new(),
        }
    }

    fn render(gateway: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let attachment =
            |it: &Attachment| Xml::new().text("vpcId", &it.vpc).text("state", it.state(scene.now));
        Xml::new()
            .text("internetGatewayId", &gateway.id)
            .text("ownerId", &scene.settings.account)
            .list("attachmentSet", gateway.attachment.iter().map(attachment))
            .nest("tagSet", tag_set(gateway))
    }
}

/// Makes the gateway of a default VPC.
pub(super) fn make_attached(scene: &mut Scene<'_>, vpc: &str) -> String {
    let attachment = Some(Attachment { vpc: vpc.to_owned(), ready: scene.now });
    let record = scene.make(Tags::new(), InternetGateway { attachment });
    scene.add(scene.now, record)
}

/// Whether traffic to this gateway goes anywhere from that VPC.
pub(super) fn leads_out(ec2: &Ec2, gateway: &str, vpc: &str) -> bool {
    ec2.internet_gateways.get(gateway).is_some_and(|it| it.is_attached_to(vpc))
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<InternetGateway>(call)?;
    let most = call.settings.quotas.internet_gateways as usize;
    if call.ec2.internet_gateways.all().count() >= most {
        let text = "The maximum number of internet gateways has been reached.";
        return Err(Fault::client("InternetGatewayLimitExceeded", text));
    }
    let now = call.now;
    let record = call.make(tags, InternetGateway { attachment: None });
    let id = call.add(now, record);
    Ok(Xml::new().nest("internetGateway", made::<InternetGateway>(call, &id)?))
}

fn attach(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InternetGatewayId")?;
    let vpc = call.params.need("VpcId")?;
    let gateway = call.find::<InternetGateway>(&id)?;
    call.find::<Vpc>(&vpc)?;
    if let Some(other) = &gateway.attachment {
        let text = format!("resource {id} is already attached to network {}", other.vpc);
        return Err(Fault::client("Resource.AlreadyAssociated", text));
    }
    if let Some(other) = call.ec2.internet_gateways.all().find(|it| it.is_attached_to(&vpc)) {
        return Err(match call.settings.disputed("attach-second-internet-gateway", 2) {
            0 => Fault::invalid(format!("Network {vpc} already has an internet gateway attached")),
            _ => Fault::client(
                "Resource.AlreadyAssociated",
                format!("resource {} is already attached to network {vpc}", other.id),
            ),
        });
    }
    let span = call.settings.durations.attachment;
    let ready = call.after(span);
    let now = call.now;
    call.ec2.internet_gateways.note(format!("{id}/{vpc}"), |it| *it = life(now, ready), now);
    call.change::<InternetGateway>(&id, |it| it.attachment = Some(Attachment { vpc, ready }));
    Ok(Xml::new().text("return", true))
}

fn life(created: Time, ready: Time) -> crate::Life {
    crate::Life { created, ready: Some(ready), deleted: None }
}

fn detach(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InternetGatewayId")?;
    let vpc = call.params.need("VpcId")?;
    let gateway = call.find::<InternetGateway>(&id)?;
    call.find::<Vpc>(&vpc)?;
    if !gateway.is_attached_to(&vpc) {
        let text = format!("resource {id} is not attached to network {vpc}");
        return Err(Fault::client("Gateway.NotAttached", text));
    }
    let mapped =
        call.ec2.network_interfaces.all().any(|it| it.vpc == vpc && it.public_ip.is_some());
    if mapped {
        let text = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public \
             address(es) before detaching the gateway."
        );
        return Err(Fault::client("DependencyViolation", text));
    }
    let now = call.now;
    let part = format!("{id}/{vpc}");
    call.ec2.internet_gateways.note(part, |it| it.deleted = Some(now), now);
    call.change::<InternetGateway>(&id, |it| it.attachment = None);
    Ok(Xml::new().text("return", true))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InternetGatewayId")?;
    if call.find::<InternetGateway>(&id)?.attachment.is_some() {
        let text = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", text));
    }
    call.remove::<InternetGateway>(&id);
    Ok(Xml::new().text("return", true))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<InternetGateway>(ec2, key)
        .map(|it| match &it.attachment {
            Some(Attachment { vpc, .. }) => Drift::new(
                format!("{} is detached from {vpc}", it.id),
                "DetachInternetGateway",
                &[("InternetGatewayId", &it.id), ("VpcId", vpc)],
            ),
            None => Drift::new(
                format!("{} is deleted", it.id),
                "DeleteInternetGateway",
                &[("InternetGatewayId", &it.id)],
            ),
        })
        .collect()
}
