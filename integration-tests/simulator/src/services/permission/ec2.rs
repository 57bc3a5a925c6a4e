//! What permissions a request of EC2 needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>; tags at
//! creation need `ec2:CreateTags`, too:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>.

use super::Need;
use crate::{
    World,
    auth::Scope,
    services::{Asked, ec2::Ec2, service::Subject},
    shelf::Tags,
    wire::query::{Params, Reader},
};

/// What an action makes.
const MADE: &[(&str, &str)] = &[
    ("AllocateAddress", "elastic-ip"),
    ("CreateInternetGateway", "internet-gateway"),
    ("CreateNatGateway", "natgateway"),
    ("CreateNetworkInterface", "network-interface"),
    ("CreateRouteTable", "route-table"),
    ("CreateSecurityGroup", "security-group"),
    ("CreateSubnet", "subnet"),
    ("CreateVpc", "vpc"),
];

/// Parameters that do not name what an action is about.
const ASIDE: &[&str] = &[
    "ClientToken",
    "Description",
    "Filter.",
    "GroupDescription",
    "GroupName",
    "IpPermissions.",
    "NextToken",
    "SecurityGroupRule.",
    "Tag.",
    "TagSpecification.",
];

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Vec<Need> {
    let operation = asked.operation.as_str();
    let action = format!("ec2:{operation}");
    // Looking has no resource.
    if operation.starts_with("Describe") {
        return vec![Need::new(action, "*")];
    }
    let params = Params::parse(&asked.form);
    let reader = params.reader();
    let arn =
        |path: &str| format!("arn:aws:ec2:{}:{}:{path}", scope.region, world.settings.account);
    let ec2 = world.regions.get(&scope.region).map(|it| &it.ec2);
    let mut needs: Vec<_> = named(&params, operation)
        .into_iter()
        .filter_map(|id| {
            let (kind, id, tags) = ec2.and_then(|it| it.owner_of(&id))?;
            let subject = Subject { arn: arn(&format!("{kind}/{id}")), tags, policy: None };
            Some(Need::on(&action, subject))
        })
        .collect();
    if matches!(operation, "CreateTags" | "DeleteTags") {
        if needs.is_empty() {
            needs.push(Need::new(action, "*"));
        }
        let tags = tags(&reader);
        let change = |need: Need| match operation {
            "CreateTags" => need.tagging(&tags),
            _ => need.untagging(tags.keys().cloned().collect()),
        };
        return needs.into_iter().map(change).collect();
    }
    let mut tagged = Vec::new();
    for specification in reader.structs("TagSpecification") {
        let kind = specification.text("ResourceType").unwrap_or_default();
        let (path, tags) = (arn(&format!("{kind}/*")), tags(&specification));
        let create = Need::new("ec2:CreateTags", &path);
        needs.push(create.with("ec2:CreateAction", operation).tagging(&tags));
        needs.push(Need::new(&action, path).tagging(&tags));
        tagged.push(kind);
    }
    let made =
        MADE.iter().filter(|it| it.0 == operation && !tagged.iter().any(|kind| kind == it.1));
    needs.extend(made.map(|it| Need::new(&action, arn(&format!("{}/*", it.1)))));
    if needs.is_empty() {
        needs.push(Need::new(action, "*"));
    }
    needs
}

/// The ids that a request names as what it is about; of a route that is its table alone.
fn named(params: &Params, operation: &str) -> Vec<String> {
    let of_route = matches!(operation, "CreateRoute" | "ReplaceRoute" | "DeleteRoute");
    let about = |name: &str| {
        if of_route { name == "RouteTableId" } else { !ASIDE.iter().any(|it| name.starts_with(it)) }
    };
    params.pairs().filter(|it| about(it.0)).map(|it| it.1.to_owned()).collect()
}

fn tags(reader: &Reader<'_>) -> Tags {
    let pair = |it: Reader<'_>| (it.text("Key").unwrap_or_default(), it.text("Value"));
    let all = reader.structs("Tag").into_iter().map(pair);
    all.map(|it| (it.0, it.1.unwrap_or_default())).collect()
}

impl Ec2 {
    /// What an id belongs to: its kind, its id, its tags. An association belongs to what it joins
    /// to something; an id of nothing is taken at its word.
    fn owner_of(&self, id: &str) -> Option<(String, String, Tags)> {
        let id = self.joined_by(id).unwrap_or_else(|| id.to_owned());
        let prefix = id.rsplit_once('-')?.0;
        let home = self.shelves().into_iter().find(|it| it.prefix() == prefix)?;
        let tags = home.tags(&id).unwrap_or_default();
        Some((home.kind().to_owned(), id, tags))
    }
}
