//! What a user has before clctl comes, so that there is something to deploy into.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Region;
use crate::{
    World,
    random::Rng,
    services::{self, Around},
};

/// The public key of somebody who keeps the other half to himself.
const SOMEBODY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcGii0oVoRSVPTKJlMQaDiXSo+D396YLQ0Zc1/mIybg";

/// Something to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// A VPC 10.42.0.0/16 with two public and two private subnets in two zones, an internet
    /// gateway, and a route table each for the public and the private subnets.
    Network,
    /// The same with a NAT gateway, which is the way out of the private subnets, and with tags on
    /// the subnets: `tier`, `public` or `private`, and `shared`, `yes`.
    OpenNetwork,
}

impl World {
    /// Puts something into the settings' own region, as if it had been there for long; gives the
    /// ids of what it made, by name.
    ///
    /// What AWS refuses (a quota) is not made; nothing is undone then.
    pub fn seed(&mut self, seed: Seed) -> Vec<(String, String)> {
        let region = self.settings.region.clone();
        match seed {
            Seed::Network => self.network(&region),
            Seed::OpenNetwork => self.open_network(&region),
        }
    }

    /// Imports a key pair of a person's into a region, unless it is there.
    pub fn bring_key_pair(&mut self, region: &str, name: &str) {
        self.region(region);
        let now = self.now;
        let Some(Region { ec2, kms, .. }) = self.regions.get_mut(region) else { return };
        let around = Around { settings: &self.settings, region, iam: &self.iam, kms };
        let import =
            [("KeyName", name.to_owned()), ("PublicKeyMaterial", STANDARD.encode(SOMEBODY))];
        let import = import.map(|(key, value)| (key.to_owned(), value)).to_vec();
        // What the world draws does not depend on it; that it is there already is fine.
        ec2.act(around, Rng::new(1), now, true, ("ImportKeyPair", import)).ok();
    }

    /// Makes a hosted zone of a person's, with an id that is known, unless it is there.
    pub fn bring_hosted_zone(&mut self, id: &str, name: &str) {
        services::bring_hosted_zone(self, id, name);
    }

    /// Brings a certificate of a person's into a region, issued a month ago, unless it is there.
    pub fn bring_certificate(&mut self, region: &str, arn: &str, domain: &str) {
        let now = self.now;
        self.region(region).acm.bring(now, arn, domain);
    }

    fn network(&mut self, region: &str) -> Vec<(String, String)> {
        let mut made = Vec::new();
        let vpc =
            self.build(region, "CreateVpc", "vpc", "user-vpc", &[("CidrBlock", "10.42.0.0/16")]);
        let gateway =
            self.build(region, "CreateInternetGateway", "internet-gateway", "user-igw", &[]);
        let vpc_id = [("VpcId", vpc.as_str())];
        self.build(
            region,
            "AttachInternetGateway",
            "",
            "",
            &[("InternetGatewayId", &gateway), ("VpcId", &vpc)],
        );
        let zones = services::ec2::zone_names(region);
        for (kind, first) in [("public", 0), ("private", 10)] {
            let name = format!("user-{kind}");
            let table = self.build(region, "CreateRouteTable", "route-table", &name, &vpc_id);
            if kind == "public" {
                let route = [
                    ("RouteTableId", table.as_str()),
                    ("DestinationCidrBlock", "0.0.0.0/0"),
                    ("GatewayId", &gateway),
                ];
                self.build(region, "CreateRoute", "", "", &route);
            }
            for (zone, number) in zones.iter().take(2).zip(first..) {
                let cidr = format!("10.42.{number}.0/24");
                let letter = zone.trim_start_matches(region);
                let name = format!("user-{kind}-{letter}");
                let place =
                    [("VpcId", vpc.as_str()), ("CidrBlock", &cidr), ("AvailabilityZone", zone)];
                let subnet = self.build(region, "CreateSubnet", "subnet", &name, &place);
                let pair = [("RouteTableId", table.as_str()), ("SubnetId", &subnet)];
                self.build(region, "AssociateRouteTable", "", "", &pair);
                made.push((name, subnet));
            }
            made.push((name, table));
        }
        made.push(("user-vpc".to_owned(), vpc));
        made.push(("user-igw".to_owned(), gateway));
        made
    }

    fn open_network(&mut self, region: &str) -> Vec<(String, String)> {
        let mut made = self.network(region);
        let id = |name: &str| {
            let found = made.iter().find(|it| it.0 == name);
            found.map(|it| it.1.clone()).unwrap_or_default()
        };
        let (subnet, table) = (id("user-public-a"), id("user-private"));
        for (name, subnet) in made.iter().filter(|it| it.1.starts_with("subnet-")) {
            let tier = if name.starts_with("user-public") { "public" } else { "private" };
            let tags = [
                ("ResourceId.1", subnet.as_str()),
                ("Tag.1.Key", "tier"),
                ("Tag.1.Value", tier),
                ("Tag.2.Key", "shared"),
                ("Tag.2.Value", "yes"),
            ];
            self.build(region, "CreateTags", "", "", &tags);
        }
        let domain = [("Domain", "vpc")];
        let address = self.build(region, "AllocateAddress", "elastic-ip", "user-nat", &domain);
        let place = [("SubnetId", subnet.as_str()), ("AllocationId", &address)];
        let nat = self.build(region, "CreateNatGateway", "natgateway", "user-nat", &place);
        let route = [
            ("RouteTableId", table.as_str()),
            ("DestinationCidrBlock", "0.0.0.0/0"),
            ("NatGatewayId", &nat),
        ];
        self.build(region, "CreateRoute", "", "", &route);
        made.push(("user-nat".to_owned(), nat));
        made.push(("user-nat-address".to_owned(), address));
        made
    }

    /// Does one call of the user's, with a name for what it makes; gives the id of that.
    fn build(
        &mut self,
        region: &str,
        action: &str,
        kind: &str,
        name: &str,
        params: &[(&str, &str)],
    ) -> String {
        self.region(region);
        let mut all: Vec<_> = params.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        if !kind.is_empty() {
            for (parameter, value) in
                [("ResourceType", kind), ("Tag.1.Key", "Name"), ("Tag.1.Value", name)]
            {
                all.push((format!("TagSpecification.1.{parameter}"), value.to_owned()));
            }
        }
        let chance = self.rng.fork();
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return String::new() };
        let Region { ec2, kms, .. } = place;
        let around = Around { settings: &self.settings, region, iam: &self.iam, kms };
        let answer = ec2.act(around, chance, now, true, (action, all));
        answer.ok().and_then(|it| it.first_id()).unwrap_or_default()
    }
}
