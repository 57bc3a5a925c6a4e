//! A Network Load Balancer: it takes connections at addresses that stay, one in each zone, and hands them on to the
//! node that is active, in whichever zone that is.
//!
//! Its interfaces stay for some minutes after it is gone, and keep subnets, security groups and addresses from going
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-delete.html>).

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, SubnetMapping,
};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Creation, Declared, Delta, Field, Found, Identity, Kind,
        Outputs, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        ec2::{EipId, SecurityGroupId, SubnetId, VpcId},
        tagging,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, TAGS, UNTAGS, as_tags,
    attributes::{self, Attributes},
    balancers::{
        self, Balancer, DELETES, DELETION_PROTECTION, LIST, MAKES, MAKES_ROLE, PATIENCE, SETS,
        SETS_ADDRESSES, SETS_GROUPS, SETS_SUBNETS, SHOWS, made, named, see_to_role, set_attributes,
    },
    load_balancer::LoadBalancerOutputs,
    look::find,
    object_name, retag, texts,
};

/// A Network Load Balancer.
pub struct NetworkLoadBalancer;

/// Where a [`NetworkLoadBalancer`] is in a zone.
#[derive(Clone, Debug)]
pub struct Place<S: Stage = Resolved> {
    /// The subnet that its interface there is in.
    pub subnet: S::In<SubnetId>,
    /// The address it is reached at there. One without is somebody's doing.
    pub eip: Option<S::In<EipId>>,
}

/// The settable part of a [`NetworkLoadBalancer`].
#[derive(Clone, Debug)]
pub struct NetworkLoadBalancerConfig<S: Stage = Resolved> {
    /// The VPC it is in, which follows from its subnets.
    pub vpc: S::In<VpcId>,
    /// Whether it is reached from the internet: `internal` or `internet-facing`.
    pub scheme: String,
    /// Where it is, by zone.
    pub zones: BTreeMap<String, Place<S>>,
    /// The groups its interfaces are in. One that is made without gets none ever
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>).
    pub security_groups: Vec<S::In<SecurityGroupId>>,
    /// Which addresses it has.
    pub ip_address_type: String,
    /// Whether what comes in in one zone reaches targets in others.
    pub cross_zone: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// The rest of how it takes connections.
    pub attributes: BTreeMap<String, String>,
    /// What has to be there before it can be reached.
    pub needs: S::After,
    /// Its tags.
    pub tags: Tags,
}

config! { NetworkLoadBalancerConfig {
    vpc: Replace,
    scheme: Replace,
    zones: InPlace,
    security_groups: InPlace,
    ip_address_type: InPlace,
    cross_zone: InPlace,
    deletion_protection: InPlace,
    attributes: InPlace,
    needs: InPlace,
    tags: InPlace,
} }

impl<S: Stage> NetworkLoadBalancerConfig<S> {
    /// How a load balancer takes connections where nobody says anything.
    pub fn usual_attributes() -> BTreeMap<String, String> {
        attributes::usual(ATTRIBUTES)
    }
}

impl<S: Stage> Field for Place<S> {
    type Resolved = Place;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let eip = self.eip.as_ref().map(|eip| ("eip".to_owned(), eip.cell(outputs)));
        let subnet = ("subnet".to_owned(), self.subnet.cell(outputs));
        Cell::Map(std::iter::once(subnet).chain(eip).collect())
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.subnet.refs(visit);
        if let Some(eip) = &self.eip {
            eip.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.subnet.uses(visit);
        if let Some(eip) = &self.eip {
            eip.uses(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Place, Address> {
        let eip = self.eip.as_ref().map(|eip| eip.resolve(outputs)).transpose()?;
        Ok(Place { subnet: self.subnet.resolve(outputs)?, eip })
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        (&self.subnet, &self.eip) == (&other.subnet, &other.eip)
    }
}

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
/// What else is about connections, with what is usual.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("secondary_ips.auto_assigned.per_subnet", "0"),
];

impl Resource for NetworkLoadBalancer {
    type Cloud = Aws;
    type Config = NetworkLoadBalancerConfig;
    type Outputs = LoadBalancerOutputs;

    const ABOUT: Kind = Kind {
        name: "network-load-balancer",
        ids: "arn:*:elasticloadbalancing:*:loadbalancer/net/*",
        summary: "Takes connections of other nodes, under addresses that stay",
        cloudformation: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        // The old one has the addresses.
        replacement: Replacement::DeleteFirst,
        creation: Creation::Key,
        typical: Duration::from_mins(3),
        typical_removal: Duration::from_secs(5),
        patience: PATIENCE,
        outage: "nodes of other operators do not reach this one for some minutes, under the same addresses then; off-chain reporting may miss rounds",
        // What comes from the internet goes back by the routes.
        stands_on: &["route-table"],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LIST, SHOWS, LISTS_TAGS],
            write: &[
                MAKES_ROLE,
                MAKES,
                SETS,
                SETS_ADDRESSES,
                SETS_GROUPS,
                SETS_SUBNETS,
                TAGS,
                UNTAGS,
                DELETES,
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(aws, scope).await
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &NetworkLoadBalancerConfig,
    ) -> Result<PhysicalId, CallError> {
        see_to_role(aws).await?;
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let call = || {
            aws.elb
                .create_load_balancer()
                .name(&name)
                .r#type(LoadBalancerTypeEnum::Network)
                .scheme(LoadBalancerSchemeEnum::from(want.scheme.as_str()))
                .ip_address_type(IpAddressType::from(want.ip_address_type.as_str()))
                .set_subnet_mappings(Some(want.zones.values().map(mapping).collect()))
                .set_security_groups(Some(texts(&want.security_groups, SecurityGroupId::as_str)))
                .set_tags(Some(tags.clone()))
                .send()
        };
        made(aws.write(MAKES, call).await?.load_balancers)
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &NetworkLoadBalancerConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        named(aws, me).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &NetworkLoadBalancerConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let arn = have.id.0.as_str();
        if delta.take(field!(NetworkLoadBalancerConfig.ip_address_type)) {
            balancers::set_addresses(aws, arn, &want.ip_address_type).await?;
        }
        if delta.take(field!(NetworkLoadBalancerConfig.security_groups)) {
            balancers::set_groups(aws, arn, &want.security_groups).await?;
        }
        let mut set: Vec<(&str, String)> = Vec::new();
        if delta.take(field!(NetworkLoadBalancerConfig.cross_zone)) {
            set.push((CROSS_ZONE, want.cross_zone.to_string()));
        }
        if delta.take(field!(NetworkLoadBalancerConfig.deletion_protection)) {
            set.push((DELETION_PROTECTION, want.deletion_protection.to_string()));
        }
        if delta.take(field!(NetworkLoadBalancerConfig.attributes)) {
            set.extend(attributes::missing(&want.attributes, &have.config.attributes));
        }
        set_attributes(aws, arn, set).await?;
        if delta.take(field!(NetworkLoadBalancerConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id, retagging).await?;
        }
        // Last, because an address that was in use is refused until its old interface is gone.
        if delta.take(field!(NetworkLoadBalancerConfig.zones)) {
            for zones in steps(&have.config.zones, &want.zones) {
                let call = || {
                    let call = aws.elb.set_subnets().load_balancer_arn(arn);
                    call.set_subnet_mappings(Some(zones.values().map(mapping).collect())).send()
                };
                aws.write(SETS_SUBNETS, call).await?;
            }
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&NetworkLoadBalancerConfig<Declared>>,
    ) -> Option<NetworkLoadBalancerConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(NetworkLoadBalancerConfig { tags, ..have.config.clone() })
    }

    fn protection(have: &Found<Self>) -> Option<String> {
        have.config.deletion_protection.then(|| {
            let arn = &have.id;
            format!(
                "somebody has protected it from deletion: lift that (aws elbv2 modify-load-balancer-attributes --load-balancer-arn {arn} --attributes Key={DELETION_PROTECTION},Value=false), and delete then"
            )
        })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        balancers::delete(aws, &have.id).await
    }
}

fn mapping(place: &Place) -> SubnetMapping {
    let eip = place.eip.as_ref().map(ToString::to_string);
    SubnetMapping::builder().subnet_id(place.subnet.as_str()).set_allocation_id(eip).build()
}

/// How to get from some zones to others: a zone whose subnet or address changes has to be left first
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html>), and something has to
/// stay.
fn steps(
    have: &BTreeMap<String, Place>,
    want: &BTreeMap<String, Place>,
) -> Vec<BTreeMap<String, Place>> {
    let (mut now, mut steps) = (have.clone(), Vec::new());
    let new = want.iter().filter(|(zone, _)| !have.contains_key(*zone));
    now.extend(new.map(|(zone, place)| (zone.clone(), place.clone())));
    if now.len() > have.len() {
        steps.push(now.clone());
    }
    for zone in have.iter().filter(|(zone, place)| want.get(*zone) != Some(*place)).map(|it| it.0) {
        now.remove(zone);
        if !now.is_empty() {
            steps.push(now.clone());
        }
        if let Some(place) = want.get(zone) {
            now.insert(zone.clone(), place.clone());
            steps.push(now.clone());
        }
    }
    steps
}

/// The place that is told of, and its zone.
fn place(zone: &types::AvailabilityZone) -> Result<(String, Place), CallError> {
    let name = text(LIST, "ZoneName", zone.zone_name())?;
    let subnet = SubnetId::new(text(LIST, "SubnetId", zone.subnet_id())?);
    let addresses = zone.load_balancer_addresses().iter();
    let mut ids = addresses.filter_map(types::LoadBalancerAddress::allocation_id);
    Ok((name.to_owned(), Place { subnet, eip: ids.next().map(EipId::new) }))
}

impl Balancer for NetworkLoadBalancer {
    const TYPE: LoadBalancerTypeEnum = LoadBalancerTypeEnum::Network;

    fn read(
        aws: &Aws,
        from: &types::LoadBalancer,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError> {
        let zones = required(LIST, "AvailabilityZones", from.availability_zones.as_ref())?.iter();
        let scheme = required(LIST, "Scheme", from.scheme())?;
        Ok(Found {
            id: PhysicalId(arn.to_owned()),
            owner: owner_of(aws, Self::ABOUT.name, tags),
            config: NetworkLoadBalancerConfig {
                vpc: VpcId::new(text(LIST, "VpcId", from.vpc_id())?),
                scheme: scheme.as_str().to_owned(),
                zones: zones.map(place).collect::<Result<_, _>>()?,
                security_groups: balancers::groups(from),
                ip_address_type: balancers::addresses(from),
                cross_zone: told.value(CROSS_ZONE)?,
                deletion_protection: told.value(DELETION_PROTECTION)?,
                attributes: told.of(ATTRIBUTES)?,
                needs: (),
                tags: Tags::of(aws, tags),
            },
            outputs: balancers::outputs(from, arn)?,
            phase: balancers::phase(from)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zones as `zone:subnet:address`.
    fn zones(text: &str) -> BTreeMap<String, Place> {
        let one = |text: &str| {
            let [zone, subnet, eip] = text.split(':').collect::<Vec<_>>().try_into().unwrap();
            (zone.to_owned(), Place { subnet: SubnetId::new(subnet), eip: Some(EipId::new(eip)) })
        };
        text.split_whitespace().map(one).collect()
    }

    fn told(zones: &BTreeMap<String, Place>) -> String {
        let one = |(zone, place): (&String, &Place)| {
            format!("{zone}:{}:{}", place.subnet, place.eip.as_ref().unwrap())
        };
        zones.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_zone_that_changes_is_left_before_it_is_entered_again_and_one_stays_always() {
        for (have, want, expected) in [
            ("a:1:x b:2:y", "a:1:x b:2:y", &[] as &[&str]),
            ("a:1:x", "a:1:x b:2:y", &["a:1:x b:2:y"]),
            ("a:1:x b:2:y", "a:1:x", &["a:1:x"]),
            ("a:1:x b:2:y", "a:1:x b:3:y", &["a:1:x", "a:1:x b:3:y"]),
            ("a:1:x b:2:y", "a:3:x b:4:y", &["b:2:y", "a:3:x b:2:y", "a:3:x", "a:3:x b:4:y"]),
            ("a:1:x", "b:2:y", &["a:1:x b:2:y", "b:2:y"]),
        ] {
            let steps = steps(&zones(have), &zones(want));
            let steps: Vec<String> = steps.iter().map(told).collect();
            assert_eq!(steps, expected, "from {have} to {want}");
        }
    }
}
