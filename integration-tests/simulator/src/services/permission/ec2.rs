//! What permissions a request of EC2 needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>; tags at
//! creation need `ec2:CreateTags`, too:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>.

use super::{Need, Subject, unknown};
use crate::{
    World,
    auth::Scope,
    fault::Fault,
    services::{Asked, ec2::Ec2},
    shelf::Tags,
    wire::query::{Params, Reader},
};

/// What an action is about.
struct About {
    action: &'static str,
    /// The type of what it makes.
    makes: Option<&'static str>,
    /// The parameters that name what there is, one or a list, each with its type; nothing where
    /// the id tells the type.
    names: &'static [(&'static str, Option<&'static str>)],
}

const fn makes(
    action: &'static str,
    kind: &'static str,
    names: &'static [(&'static str, Option<&'static str>)],
) -> About {
    About { action, makes: Some(kind), names }
}

const fn on(action: &'static str, names: &'static [(&'static str, Option<&'static str>)]) -> About {
    About { action, makes: None, names }
}

type Named = (&'static str, Option<&'static str>);

const ADDRESS: Named = ("AllocationId", Some("elastic-ip"));
/// What an association joins to something: a table, an address.
const ASSOCIATION: Named = ("AssociationId", None);
const DHCP: Named = ("DhcpOptionsId", Some("dhcp-options"));
const ENDPOINT: Named = ("VpcEndpointId", Some("vpc-endpoint"));
const FLOW_LOG: Named = ("FlowLogId", Some("vpc-flow-log"));
const GATEWAY: Named = ("InternetGatewayId", Some("internet-gateway"));
const GROUP: Named = ("GroupId", Some("security-group"));
const INSTANCE: Named = ("InstanceId", Some("instance"));
const INTERFACE: Named = ("NetworkInterfaceId", Some("network-interface"));
const LAUNCH_TEMPLATE: Named = ("LaunchTemplateId", Some("launch-template"));
const NAT_GATEWAY: Named = ("NatGatewayId", Some("natgateway"));
const RESOURCE: Named = ("ResourceId", None);
const SUBNET: Named = ("SubnetId", Some("subnet"));
const TABLE: Named = ("RouteTableId", Some("route-table"));
const VPC: Named = ("VpcId", Some("vpc"));

/// Every action but those that look around.
const ABOUT: &[About] = &[
    makes("AllocateAddress", "elastic-ip", &[]),
    on("AssociateAddress", &[ADDRESS, INSTANCE, INTERFACE]),
    on("AssociateDhcpOptions", &[DHCP, VPC]),
    on("AssociateRouteTable", &[TABLE, SUBNET, ("GatewayId", Some("internet-gateway"))]),
    on("AttachInternetGateway", &[GATEWAY, VPC]),
    on("AuthorizeSecurityGroupEgress", &[GROUP]),
    on("AuthorizeSecurityGroupIngress", &[GROUP]),
    makes("CreateDhcpOptions", "dhcp-options", &[]),
    makes("CreateFlowLogs", "vpc-flow-log", &[RESOURCE]),
    makes("CreateInternetGateway", "internet-gateway", &[]),
    makes("CreateLaunchTemplate", "launch-template", &[]),
    on("CreateLaunchTemplateVersion", &[LAUNCH_TEMPLATE]),
    makes("CreateNatGateway", "natgateway", &[SUBNET, ADDRESS]),
    makes(
        "CreateNetworkInterface",
        "network-interface",
        &[SUBNET, ("SecurityGroupId", Some("security-group"))],
    ),
    on("CreateRoute", &[TABLE]),
    makes("CreateRouteTable", "route-table", &[VPC]),
    makes("CreateSecurityGroup", "security-group", &[VPC]),
    makes("CreateSubnet", "subnet", &[VPC]),
    on("CreateTags", &[RESOURCE]),
    makes("CreateVpc", "vpc", &[]),
    makes(
        "CreateVpcEndpoint",
        "vpc-endpoint",
        &[VPC, TABLE, SUBNET, ("SecurityGroupId", Some("security-group"))],
    ),
    on("DeleteDhcpOptions", &[DHCP]),
    on("DeleteFlowLogs", &[FLOW_LOG]),
    on("DeleteInternetGateway", &[GATEWAY]),
    on("DeleteKeyPair", &[("KeyName", Some("key-pair")), ("KeyPairId", Some("key-pair"))]),
    on("DeleteLaunchTemplate", &[LAUNCH_TEMPLATE]),
    on("DeleteLaunchTemplateVersions", &[LAUNCH_TEMPLATE]),
    on("DeleteNatGateway", &[NAT_GATEWAY]),
    on("DeleteNetworkInterface", &[INTERFACE]),
    on("DeleteRoute", &[TABLE]),
    on("DeleteRouteTable", &[TABLE]),
    on("DeleteSecurityGroup", &[GROUP]),
    on("DeleteSubnet", &[SUBNET]),
    on("DeleteTags", &[RESOURCE]),
    on("DeleteVpc", &[VPC]),
    on("DeleteVpcEndpoints", &[ENDPOINT]),
    on("DeleteVolume", &[("VolumeId", Some("volume"))]),
    // Some that look, and at one thing.
    on("DescribeInstanceAttribute", &[INSTANCE]),
    on("DescribeSecurityGroupReferences", &[GROUP]),
    on("DescribeVpcAttribute", &[VPC]),
    on("DetachInternetGateway", &[GATEWAY, VPC]),
    on("DisassociateAddress", &[ASSOCIATION]),
    on("DisassociateRouteTable", &[ASSOCIATION]),
    on("GetConsoleOutput", &[INSTANCE]),
    on("GetLaunchTemplateData", &[INSTANCE]),
    makes("ImportKeyPair", "key-pair", &[]),
    on("ModifyInstanceAttribute", &[INSTANCE, ("GroupId", Some("security-group"))]),
    on("ModifyInstanceMetadataOptions", &[INSTANCE]),
    on("ModifyLaunchTemplate", &[LAUNCH_TEMPLATE]),
    on(
        "ModifyNetworkInterfaceAttribute",
        &[INTERFACE, ("SecurityGroupId", Some("security-group"))],
    ),
    on("ModifySecurityGroupRules", &[GROUP, ("SecurityGroupRule", Some("security-group-rule"))]),
    on("ModifySubnetAttribute", &[SUBNET]),
    on("ModifyVpcAttribute", &[VPC]),
    on(
        "ModifyVpcEndpoint",
        &[
            ENDPOINT,
            ("AddRouteTableId", Some("route-table")),
            ("RemoveRouteTableId", Some("route-table")),
            ("AddSubnetId", Some("subnet")),
            ("RemoveSubnetId", Some("subnet")),
            ("AddSecurityGroupId", Some("security-group")),
            ("RemoveSecurityGroupId", Some("security-group")),
        ],
    ),
    on("RebootInstances", &[INSTANCE]),
    on("ReleaseAddress", &[ADDRESS]),
    on("ReplaceRoute", &[TABLE]),
    on("ReplaceRouteTableAssociation", &[ASSOCIATION, TABLE]),
    on("RevokeSecurityGroupEgress", &[GROUP]),
    on("RevokeSecurityGroupIngress", &[GROUP]),
    makes(
        "RunInstances",
        "instance",
        &[
            SUBNET,
            ("KeyName", Some("key-pair")),
            ("LaunchTemplate.LaunchTemplateId", Some("launch-template")),
            ("SecurityGroupId", Some("security-group")),
        ],
    ),
    on("StartInstances", &[INSTANCE]),
    on("StopInstances", &[INSTANCE]),
    on("TerminateInstances", &[INSTANCE]),
    on("UpdateSecurityGroupRuleDescriptionsEgress", &[GROUP]),
    on("UpdateSecurityGroupRuleDescriptionsIngress", &[GROUP]),
];

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let operation = asked.operation.as_str();
    let action = format!("ec2:{operation}");
    let about = ABOUT.iter().find(|it| it.action == operation);
    let params = Params::parse(&asked.form);
    let reader = params.reader();
    let mut needs = match about {
        Some(about) => Place { world, scope }.needs(about, &params),
        // A look around has no resource.
        None if operation.starts_with("Describe") => Vec::new(),
        // EC2 itself says that the action is missing.
        None if operation.is_empty() => return Ok(Vec::new()),
        None => return unknown(&action),
    };
    // A request that names nothing is about everything. Of one that names only what is not there EC2
    // says so itself.
    let mut names = about.into_iter().flat_map(|it| it.names);
    if needs.is_empty() && names.all(|it| values(&params, it.0).is_empty()) {
        needs.push(Need::new(action, "*"));
    }
    if operation == "RunInstances" {
        needs.extend(to_run(world, scope, &reader));
    }
    let region = |it: Need| it.with("ec2:Region", scope.region.as_str());
    let mut needs: Vec<_> = needs.into_iter().map(region).collect();
    // <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html#flow-logs-iam-user>
    let role = reader.text("DeliverLogsPermissionArn");
    if let Some(arn) = role.filter(|_| operation == "CreateFlowLogs") {
        let tags = world.iam.role_of(&world.settings, &arn).map(|it| it.tags.clone());
        let need = Need::on("iam:PassRole", Subject::new(arn, tags.unwrap_or_default()));
        needs.push(need.with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"));
    }
    Ok(needs)
}

/// What a launch needs beside the instance: the image, the interface, the volume, and the role that it
/// hands on. An image belongs to no account of the caller's.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances>
fn to_run(world: &World, scope: &Scope, reader: &Reader<'_>) -> Vec<Need> {
    let (region, account) = (&scope.region, &world.settings.account);
    let run = |arn: String| Need::new("ec2:RunInstances", arn);
    let image = reader.text("ImageId");
    let image = image.map(|it| run(format!("arn:aws:ec2:{region}::image/{it}")));
    let mut needs: Vec<_> = image.into_iter().collect();
    for made in ["network-interface", "volume"] {
        // Those with tags of their own are there already.
        let tagged = reader.structs("TagSpecification").into_iter();
        if !tagged.filter_map(|it| it.text("ResourceType")).any(|it| it == made) {
            needs.push(run(format!("arn:aws:ec2:{region}:{account}:{made}/*")));
        }
    }
    let profile = reader.structure("IamInstanceProfile").and_then(|it| {
        let from_arn = it.text("Arn").and_then(|it| it.rsplit('/').next().map(str::to_owned));
        it.text("Name").or(from_arn)
    });
    let template = reader.structure("LaunchTemplate").and_then(|it| {
        let version = it.text("Version").unwrap_or_else(|| "$Default".to_owned());
        let named = it.text("LaunchTemplateId").or_else(|| it.text("LaunchTemplateName"))?;
        world.regions.get(region)?.ec2.profile_of(&named, &version)
    });
    let profile = profile.or(template);
    needs.extend(profile.and_then(|it| super::autoscaling::pass_role(world, &it)));
    needs
}

/// Where a request came.
struct Place<'a> {
    world: &'a World,
    scope: &'a Scope,
}

impl Place<'_> {
    fn needs(&self, about: &About, params: &Params) -> Vec<Need> {
        let reader = params.reader();
        let action = format!("ec2:{}", about.action);
        let mut needs: Vec<_> = about
            .names
            .iter()
            .flat_map(|(name, kind)| values(params, name).into_iter().map(move |it| (it, *kind)))
            .filter_map(|(id, kind)| Some(Need::on(&action, self.subject(&id, kind)?)))
            .collect();
        match about.action {
            "CreateTags" => {
                let tags = tags(&reader);
                return needs.into_iter().map(|it| it.tagging(&tags)).collect();
            }
            "DeleteTags" => {
                let keys: Vec<_> = tags(&reader).into_keys().collect();
                return needs.into_iter().map(|it| it.untagging(&keys)).collect();
            }
            _ => {}
        }
        // Of a key pair the name is known before it is made.
        let name = reader.text("KeyName").filter(|_| about.action == "ImportKeyPair");
        let new = |kind: &str| self.arn(&format!("{kind}/{}", name.as_deref().unwrap_or("*")));
        let specifications = reader.structs("TagSpecification");
        let tagged =
            specifications.iter().map(|it| (it.text("ResourceType").unwrap_or_default(), tags(it)));
        let mut made: Vec<_> = tagged.collect();
        let tagging = made.clone();
        if let Some(kind) = about.makes
            && !made.iter().any(|it| it.0 == kind)
        {
            made.push((kind.to_owned(), Tags::new()));
        }
        needs.extend(made.iter().map(|it| Need::new(&action, new(&it.0)).tagging(&it.1)));
        needs.extend(tagging.iter().map(|(kind, tags)| {
            let need = Need::new("ec2:CreateTags", new(kind)).tagging(tags);
            need.with("ec2:CreateAction", about.action)
        }));
        needs
    }

    fn arn(&self, path: &str) -> String {
        format!("arn:aws:ec2:{}:{}:{path}", self.scope.region, self.world.settings.account)
    }

    /// What an id names, with its tags; of an unknown id its type has to be known.
    fn subject(&self, id: &str, kind: Option<&str>) -> Option<Subject> {
        let ec2 = self.world.regions.get(&self.scope.region).map(|it| &it.ec2);
        let known = ec2.and_then(|it| it.owner_of(id, kind));
        let (path, tags) = match (known, kind) {
            (Some(known), _) => known,
            (None, Some(kind)) => (format!("{kind}/{id}"), Tags::new()),
            (None, None) => return None,
        };
        Some(Subject::new(self.arn(&path), tags))
    }
}

/// The values of a parameter that is one or a list, also of ids inside of structures
/// (`SecurityGroupRule.1.SecurityGroupRuleId`).
fn values(params: &Params, name: &str) -> Vec<String> {
    let whole = |it: &str| {
        let Some(rest) = it.strip_prefix(name) else { return false };
        let number = |it: &str| it.parse::<u32>().is_ok();
        match rest.strip_prefix('.').map(|it| it.split_once('.').unwrap_or((it, ""))) {
            None => rest.is_empty(),
            Some((at, "")) => number(at),
            Some((at, inside)) => number(at) && inside.strip_suffix("Id") == Some(name),
        }
    };
    params.pairs().filter(|it| whole(it.0)).map(|it| it.1.to_owned()).collect()
}

fn tags(reader: &Reader<'_>) -> Tags {
    let pair = |it: Reader<'_>| (it.text("Key").unwrap_or_default(), it.text("Value"));
    let all = reader.structs("Tag").into_iter().map(pair);
    all.map(|it| (it.0, it.1.unwrap_or_default())).collect()
}

impl Ec2 {
    /// What an id belongs to: the end of its ARN, and its tags. An association belongs to what it
    /// joins to something; a key pair is known by its name.
    fn owner_of(&self, id: &str, kind: Option<&str>) -> Option<(String, Tags)> {
        let id = self.joined_by(id).unwrap_or_else(|| id.to_owned());
        if let Some((id, name)) = self.key_pair_called(&id).filter(|_| kind == Some("key-pair")) {
            return Some((format!("key-pair/{name}"), self.tags_of(&id)?.1));
        }
        let (kind, tags) = self.tags_of(&id)?;
        let name = self.key_pair_called(&id).map(|it| it.1);
        Some((format!("{kind}/{}", name.unwrap_or(id)), tags))
    }

    /// The type and the tags of what has an id.
    fn tags_of(&self, id: &str) -> Option<(String, Tags)> {
        let prefix = id.rsplit_once('-')?.0;
        let home = self.shelves().into_iter().find(|it| it.prefix() == prefix)?;
        Some((home.kind().to_owned(), home.tags(id).unwrap_or_default()))
    }
}
