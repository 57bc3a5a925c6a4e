//! The services of AWS that endpoints lead to.
//!
//! Names and types: <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>,
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>. There are more in
//! AWS; a service that is not listed here is refused as not modelled, never as unknown.

use super::{
    Answer, Operation, availability_zone,
    filters::{Filters, one},
    paging, read,
    scene::Call,
};
use crate::{fault::Fault, random, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeVpcEndpointServices", describe)];

/// Services behind an interface: their names, and their host names where these differ.
const INTERFACES: &[(&str, &str)] = &[
    ("acm-pca", "acm-pca"),
    ("autoscaling", "autoscaling"),
    ("backup", "backup"),
    ("cloudformation", "cloudformation"),
    ("cloudtrail", "cloudtrail"),
    ("devops-guru", "devops-guru"),
    ("ebs", "ebs"),
    ("ec2", "ec2"),
    ("ec2messages", "ec2messages"),
    ("ecr.api", "api.ecr"),
    ("ecr.dkr", "*.dkr.ecr"),
    ("elasticfilesystem", "elasticfilesystem"),
    ("elasticloadbalancing", "elasticloadbalancing"),
    ("events", "events"),
    ("execute-api", "*.execute-api"),
    ("kinesis-streams", "kinesis"),
    ("kms", "kms"),
    ("lambda", "lambda"),
    ("logs", "logs"),
    ("monitoring", "monitoring"),
    ("rds", "rds"),
    ("secretsmanager", "secretsmanager"),
    ("servicequotas", "servicequotas"),
    ("sns", "sns"),
    ("sqs", "sqs"),
    ("ssm", "ssm"),
    ("ssmmessages", "ssmmessages"),
    ("states", "states"),
    ("sts", "sts"),
    ("synthetics", "synthetics"),
    ("tagging", "tagging"),
    ("xray", "xray"),
];

/// Services behind a gateway, and the lists of their addresses in us-east-1.
const GATEWAYS: &[(&str, &str)] = &[("dynamodb", "pl-02cd2c6b"), ("s3", "pl-63a5400a")];

/// How a service is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// By a route to the list of its addresses.
    Gateway {
        /// The id of the list.
        prefix_list: String,
    },
    /// By addresses in one's own subnets.
    Interface {
        /// The name it has outside.
        private_name: String,
    },
}

impl Reach {
    /// What the API calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Gateway { .. } => "Gateway",
            Self::Interface { .. } => "Interface",
        }
    }
}

/// A service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) reach: Reach,
}

/// The services of a region.
fn all(region: &str) -> Vec<Service> {
    let full = |short: &str| format!("com.amazonaws.{region}.{short}");
    let gateways = GATEWAYS.iter().map(|(short, list)| {
        let prefix_list = match region {
            "us-east-1" => (*list).to_owned(),
            // What it is elsewhere is AWS's to say; any good id does.
            _ => format!("pl-{:08x}", random::fold(0, &full(short)) & 0xffff_ffff),
        };
        Service { name: full(short), reach: Reach::Gateway { prefix_list } }
    });
    let interfaces = INTERFACES.iter().map(|(short, host)| {
        let private_name = format!("{host}.{region}.amazonaws.com");
        Service { name: full(short), reach: Reach::Interface { private_name } }
    });
    gateways.chain(interfaces).collect()
}

/// The lists of addresses that AWS keeps in a region.
pub(super) fn prefix_lists(region: &str) -> Vec<String> {
    let list = |it: Service| match it.reach {
        Reach::Gateway { prefix_list } => Some(prefix_list),
        Reach::Interface { .. } => None,
    };
    all(region).into_iter().filter_map(list).collect()
}

/// The service of that name.
pub(super) fn named(region: &str, name: &str) -> Result<Service, Fault> {
    if let Some(service) = all(region).into_iter().find(|it| it.name == name) {
        return Ok(service);
    }
    let here = format!("com.amazonaws.{region}.");
    if name.starts_with(&here) || name.starts_with("com.amazonaws.vpce.") {
        return Err(Fault::unsupported(format!("the endpoint service {name}")));
    }
    let text = format!("The Vpc Endpoint Service '{name}' does not exist");
    Err(Fault::client("InvalidServiceName", text))
}

const FILTERS: &[&str] =
    &["owner", "service-name", "service-region", "service-type", "supported-ip-address-types"];

fn describe(call: &mut Call<'_>) -> Answer {
    let region = call.region;
    let names = call.params.list("ServiceName");
    let filters = Filters::among(&call.params, FILTERS, true)?;
    let page = paging::read(call, 5..=1000)?;
    let wanted: Vec<Service> = if names.is_empty() {
        all(region)
    } else {
        names.iter().map(|it| named(region, it)).collect::<Result<_, _>>()?
    };
    let kept = wanted.into_iter().filter(|it| {
        filters.keep(&Tags::new(), |filter| match filter {
            "owner" => one("amazon"),
            "service-name" => one(&it.name),
            "service-region" => one(region),
            "service-type" => one(it.reach.name()),
            "supported-ip-address-types" => one("ipv4"),
            _ => Vec::new(),
        })
    });
    let cut = paging::cut(page, kept.map(|it| (it.name.clone(), it)).collect());
    let zones = availability_zone::zones(region);
    let detail = |it: &Service| {
        let private_name = match &it.reach {
            Reach::Gateway { .. } => None,
            Reach::Interface { private_name } => Some(private_name),
        };
        let names = private_name.map(|it| Xml::new().text("privateDnsName", it));
        let short = it.name.rsplit_once(&format!("{region}.")).map_or("", |it| it.1);
        let base = match &it.reach {
            Reach::Gateway { .. } => format!("{short}.{region}.amazonaws.com"),
            Reach::Interface { .. } => format!("{short}.{region}.vpce.amazonaws.com"),
        };
        Xml::new()
            .text("serviceName", &it.name)
            .text("serviceId", format!("vpce-svc-0{:016x}", random::fold(1, &it.name)))
            .list("serviceType", [Xml::new().text("serviceType", it.reach.name())])
            .text("serviceRegion", region)
            .texts("availabilityZoneSet", zones.iter().map(|it| &it.name))
            .texts("availabilityZoneIdSet", zones.iter().map(|it| &it.id))
            .text("owner", "amazon")
            .texts("baseEndpointDnsNameSet", [base])
            .maybe("privateDnsName", private_name)
            .list("privateDnsNameSet", names)
            .text("vpcEndpointPolicySupported", true)
            .text("acceptanceRequired", false)
            .text("managesVpcEndpoints", false)
            .texts("supportedIpAddressTypeSet", ["ipv4"])
            .nest("tagSet", Xml::new())
    };
    Ok(Xml::new()
        .texts("serviceNameSet", cut.items.iter().map(|it| &it.name))
        .list("serviceDetailSet", cut.items.iter().map(detail))
        .maybe("nextToken", cut.next))
}
