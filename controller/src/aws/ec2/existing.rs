//! A network of somebody else's that the file names: which VPC it is, which subnets, which route tables. It is
//! looked at, and nothing of it is ever changed.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, SubnetState, VpcCidrBlockStateCode, VpcState};
use ipnet::Ipv4Net;

use crate::engine::{CallError, Class};

use super::{
    super::{
        answers::{parsed, required, text},
        clients::Aws,
        lookups::unlearned,
        tags::filter,
    },
    route_table::{LIST as TABLES, RouteTableId},
    subnet::{LIST as SUBNETS, SubnetId},
    vpc::{LIST as VPCS, VpcId},
};

/// What of a network of somebody else's is asked for.
#[derive(Clone, Debug)]
pub struct AskedNetwork<'a> {
    /// Which VPC.
    pub vpc: AskedVpc<'a>,
    /// Which subnets are private.
    pub private_subnets: AskedSubnets<'a>,
    /// Which subnets are public, if any are needed.
    pub public_subnets: Option<AskedSubnets<'a>>,
    /// The zones they are in, in the order of the subnets.
    pub zones: [&'a str; 2],
    /// Whether the route tables of the private subnets are needed.
    pub route_tables: bool,
}

/// Tags by which something is found.
pub type AskedTags<'a> = BTreeMap<&'a str, &'a str>;

/// Which VPC.
#[derive(Clone, Debug)]
pub enum AskedVpc<'a> {
    /// The one of this id.
    Id(&'a str),
    /// The only one that has these tags.
    Tags(AskedTags<'a>),
}

/// Which two subnets.
#[derive(Clone, Debug)]
pub enum AskedSubnets<'a> {
    /// Those of these ids, in the order of the zones.
    Ids([&'a str; 2]),
    /// In each zone the only one of the VPC that has these tags.
    Tags(AskedTags<'a>),
}

/// What was found of a network of somebody else's; or why something was not, in words.
#[derive(Clone, Debug)]
pub struct ExistingNetwork {
    /// The VPC.
    pub vpc: Result<VpcId, String>,
    /// Its ranges of addresses.
    pub ranges: Result<Vec<Ipv4Net>, String>,
    /// Its private subnets, in the order of the zones.
    pub private_subnets: Result<[SubnetId; 2], String>,
    /// Its public subnets, in the order of the zones.
    pub public_subnets: Result<[SubnetId; 2], String>,
    /// The route tables of its private subnets, each once.
    pub private_tables: Result<Vec<RouteTableId>, String>,
}

impl ExistingNetwork {
    /// Nothing of it is known, for this reason.
    pub fn unknown(why: &str) -> Self {
        Self {
            vpc: Err(why.to_owned()),
            ranges: Err(why.to_owned()),
            private_subnets: Err(why.to_owned()),
            public_subnets: Err(why.to_owned()),
            private_tables: Err(why.to_owned()),
        }
    }

    /// Looks at it.
    pub(in crate::aws) async fn of(aws: &Aws, asked: &AskedNetwork<'_>) -> Self {
        let (vpc, ranges) = match vpc(aws, &asked.vpc).await {
            Ok(found) => found,
            Err(why) => return Self::unknown(&why),
        };
        let tables =
            async { if asked.route_tables { tables(aws, &vpc).await } else { Ok(Vec::new()) } };
        let (subnets, tables) = tokio::join!(subnets(aws, &vpc), tables);
        let choose = |side: &str, which: &AskedSubnets<'_>| {
            let subnets = subnets.as_deref().map_err(Clone::clone)?;
            chosen(side, which, &asked.zones, &vpc, subnets)
        };
        let private_subnets = choose("private", &asked.private_subnets);
        let public_subnets = match &asked.public_subnets {
            Some(which) => choose("public", which),
            None => Err("no public subnets are named: write `publicSubnets`".to_owned()),
        };
        let private_tables = private_subnets
            .clone()
            .and_then(|subnets| tables.and_then(|tables| tables_of(&subnets, &tables)));
        Self { vpc: Ok(vpc), ranges: Ok(ranges), private_subnets, public_subnets, private_tables }
    }
}

/// What was asked for, in words.
fn told(tags: &AskedTags<'_>) -> String {
    let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// Whether something has all these tags.
fn has(tags: &[types::Tag], asked: &AskedTags<'_>) -> bool {
    let has = |key: &str, value: &str| {
        tags.iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value))
    };
    asked.iter().all(|(key, value)| has(key, value))
}

/// The VPC, and its ranges of addresses.
async fn vpc(aws: &Aws, asked: &AskedVpc<'_>) -> Result<(VpcId, Vec<Ipv4Net>), String> {
    let place = format!("{} of the account {}", aws.environment.region, aws.environment.account);
    let (what, found) = match asked {
        AskedVpc::Id(id) => {
            let what = format!("the VPC {id}");
            let call = || aws.ec2.describe_vpcs().vpc_ids(*id).send();
            let found = match aws.read(VPCS, call).await {
                Ok(answer) => answer.vpcs.unwrap_or_default(),
                Err(error) if error.class == Class::NotFound => Vec::new(),
                Err(error) => {
                    return Err(unlearned(&format!("{what} could not be looked up"), &error));
                }
            };
            (what, found.into_iter().filter(|it| it.vpc_id() == Some(*id)).collect::<Vec<_>>())
        }
        AskedVpc::Tags(tags) => {
            let what = format!("a VPC with the tags {}", told(tags));
            // Which value they have is compared here: a filter takes `*` and `?` for any text.
            let filters: Vec<_> =
                tags.keys().map(|key| filter("tag-key", [(*key).to_owned()])).collect();
            let found = aws
                .pages(
                    VPCS,
                    |token| {
                        let call = aws.ec2.describe_vpcs().set_filters(Some(filters.clone()));
                        call.max_results(1000).set_next_token(token).send()
                    },
                    |page| (page.vpcs, page.next_token),
                )
                .await
                .map_err(|error| unlearned(&format!("{what} could not be looked up"), &error))?;
            (what, found.into_iter().filter(|it| has(it.tags(), tags)).collect())
        }
    };
    let vpc = match found.as_slice() {
        [vpc] => vpc,
        [] => return Err(format!("{what} is not in {place}: name another one")),
        several => {
            let ids: Vec<&str> = several.iter().filter_map(types::Vpc::vpc_id).collect();
            return Err(format!(
                "{what} is no single one: {} have them: name another tag, or write `id`",
                ids.join(", ")
            ));
        }
    };
    understood(&what, read_vpc(aws, vpc))?
}

/// What is known of a VPC; or why it is of no use.
fn read_vpc(
    aws: &Aws,
    vpc: &types::Vpc,
) -> Result<Result<(VpcId, Vec<Ipv4Net>), String>, CallError> {
    let id = text(VPCS, "vpcId", vpc.vpc_id())?;
    let owner = text(VPCS, "ownerId", vpc.owner_id())?;
    if owner != aws.environment.account {
        return Ok(Err(format!(
            "the VPC {id} belongs to the account {owner}, which shares it: clctl builds in VPCs of its own account \
             only: name another one"
        )));
    }
    let state = required(VPCS, "state", vpc.state())?;
    if *state != VpcState::Available {
        return Ok(Err(format!("the VPC {id} is {}: wait until it is available", state.as_str())));
    }
    let mut ranges = vec![parsed(VPCS, "cidrBlock", vpc.cidr_block())?];
    for association in vpc.cidr_block_association_set() {
        let state = association.cidr_block_state().and_then(|it| it.state());
        if state == Some(&VpcCidrBlockStateCode::Associated) {
            ranges.push(parsed(VPCS, "cidrBlock", association.cidr_block())?);
        }
    }
    ranges.sort();
    ranges.dedup();
    Ok(Ok((VpcId::new(id), ranges)))
}

/// Why an answer was not understood, in words.
fn understood<T>(what: &str, answer: Result<T, CallError>) -> Result<T, String> {
    answer.map_err(|error| unlearned(&format!("{what} could not be looked up"), &error))
}

/// A subnet, as far as it matters which one it is.
#[derive(Clone, Debug)]
struct Subnet {
    id: String,
    zone: String,
    available: bool,
    tags: Vec<types::Tag>,
}

/// All subnets of a VPC.
async fn subnets(aws: &Aws, vpc: &VpcId) -> Result<Vec<Subnet>, String> {
    let filters = vec![filter("vpc-id", [vpc.to_string()])];
    let read = async {
        let found = aws
            .pages(
                SUBNETS,
                |token| {
                    let call = aws.ec2.describe_subnets().set_filters(Some(filters.clone()));
                    call.max_results(1000).set_next_token(token).send()
                },
                |page| (page.subnets, page.next_token),
            )
            .await?;
        // A filter may be answered from what was a while ago.
        let of_it = found.into_iter().filter(|it| it.vpc_id() == Some(vpc.as_str()));
        of_it.map(read_subnet).collect::<Result<Vec<_>, CallError>>()
    };
    understood(&format!("the subnets of {vpc}"), read.await)
}

fn read_subnet(subnet: types::Subnet) -> Result<Subnet, CallError> {
    Ok(Subnet {
        id: text(SUBNETS, "subnetId", subnet.subnet_id())?.to_owned(),
        zone: text(SUBNETS, "availabilityZone", subnet.availability_zone())?.to_owned(),
        available: *required(SUBNETS, "state", subnet.state())? == SubnetState::Available,
        tags: subnet.tags.unwrap_or_default(),
    })
}

/// The two subnets that are asked for, in the order of the zones.
fn chosen(
    side: &str,
    which: &AskedSubnets<'_>,
    zones: &[&str; 2],
    vpc: &VpcId,
    all: &[Subnet],
) -> Result<[SubnetId; 2], String> {
    let [first, second] = zones;
    match which {
        AskedSubnets::Ids([a, b]) => {
            Ok([by_id(side, a, first, vpc, all)?, by_id(side, b, second, vpc, all)?])
        }
        AskedSubnets::Tags(tags) => {
            Ok([by_tags(side, tags, first, vpc, all)?, by_tags(side, tags, second, vpc, all)?])
        }
    }
}

fn by_id(
    side: &str,
    id: &str,
    zone: &str,
    vpc: &VpcId,
    all: &[Subnet],
) -> Result<SubnetId, String> {
    let Some(subnet) = all.iter().find(|subnet| subnet.id == id) else {
        return Err(format!("the {side} subnet {id} is not in {vpc}: name one that is"));
    };
    if subnet.zone != zone {
        return Err(format!(
            "the {side} subnet {id} is in {}, not in {zone}: write the subnets in the order of `availabilityZones`, \
             one in each",
            subnet.zone
        ));
    }
    usable(side, subnet)
}

fn by_tags(
    side: &str,
    tags: &AskedTags<'_>,
    zone: &str,
    vpc: &VpcId,
    all: &[Subnet],
) -> Result<SubnetId, String> {
    let found: Vec<&Subnet> =
        all.iter().filter(|subnet| subnet.zone == zone && has(&subnet.tags, tags)).collect();
    match found.as_slice() {
        [subnet] => usable(side, subnet),
        [] => Err(format!(
            "no subnet of {vpc} in {zone} has the tags {} of the {side} ones: tag one, or write `ids`",
            told(tags)
        )),
        several => {
            let ids: Vec<&str> = several.iter().map(|subnet| subnet.id.as_str()).collect();
            Err(format!(
                "{} in {zone} all have the tags {} of the {side} subnet: name another tag, or write `ids`",
                ids.join(", "),
                told(tags)
            ))
        }
    }
}

fn usable(side: &str, subnet: &Subnet) -> Result<SubnetId, String> {
    if subnet.available {
        Ok(SubnetId::new(&subnet.id))
    } else {
        Err(format!("the {side} subnet {} is not available yet: wait until it is", subnet.id))
    }
}

/// A route table: whose routes it has.
#[derive(Clone, Debug)]
struct Table {
    id: String,
    main: bool,
    subnets: Vec<String>,
}

/// All route tables of a VPC.
async fn tables(aws: &Aws, vpc: &VpcId) -> Result<Vec<Table>, String> {
    let filters = vec![filter("vpc-id", [vpc.to_string()])];
    let read = async {
        let found = aws
            .pages(
                TABLES,
                |token| {
                    let call = aws.ec2.describe_route_tables().set_filters(Some(filters.clone()));
                    call.max_results(100).set_next_token(token).send()
                },
                |page| (page.route_tables, page.next_token),
            )
            .await?;
        let of_it = found.into_iter().filter(|it| it.vpc_id() == Some(vpc.as_str()));
        of_it.map(|it| read_table(&it)).collect::<Result<Vec<_>, CallError>>()
    };
    understood(&format!("the route tables of {vpc}"), read.await)
}

fn read_table(table: &types::RouteTable) -> Result<Table, CallError> {
    let associations = table.associations();
    Ok(Table {
        id: text(TABLES, "routeTableId", table.route_table_id())?.to_owned(),
        main: associations.iter().any(|it| it.main() == Some(true)),
        subnets: associations
            .iter()
            .filter_map(|it| it.subnet_id().map(ToOwned::to_owned))
            .collect(),
    })
}

/// The tables that these subnets have, each once: without one of its own a subnet has the main one
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
fn tables_of(subnets: &[SubnetId; 2], all: &[Table]) -> Result<Vec<RouteTableId>, String> {
    let mut tables: Vec<RouteTableId> = Vec::new();
    for subnet in subnets {
        let own = all.iter().find(|table| table.subnets.iter().any(|it| it == subnet.as_str()));
        let table = own.or_else(|| all.iter().find(|table| table.main));
        let table = table.map(|table| RouteTableId::new(&table.id)).ok_or_else(|| {
            format!("no route table of {subnet} was found: associate one with it, or try again")
        })?;
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

    fn subnet(id: &str, zone: &str, tags: &[(&str, &str)]) -> Subnet {
        let tag =
            |(key, value): &(&str, &str)| types::Tag::builder().key(*key).value(*value).build();
        Subnet {
            id: id.to_owned(),
            zone: zone.to_owned(),
            available: true,
            tags: tags.iter().map(tag).collect(),
        }
    }

    fn choose(which: &AskedSubnets<'_>, all: &[Subnet]) -> Result<[SubnetId; 2], String> {
        chosen("private", which, &ZONES, &VpcId::new("vpc-1"), all)
    }

    #[test]
    fn subnets_stand_in_the_order_of_the_zones() {
        let all = [
            subnet("subnet-b", "us-east-1b", &[("tier", "private")]),
            subnet("subnet-a", "us-east-1a", &[("tier", "private"), ("team", "x")]),
            subnet("subnet-c", "us-east-1c", &[("tier", "private")]),
        ];
        let both = Ok([SubnetId::new("subnet-a"), SubnetId::new("subnet-b")]);
        let tags = BTreeMap::from([("tier", "private")]);
        assert_eq!(choose(&AskedSubnets::Tags(tags), &all), both);
        assert_eq!(choose(&AskedSubnets::Ids(["subnet-a", "subnet-b"]), &all), both);
        for (ids, why) in [
            (["subnet-b", "subnet-a"], "subnet-b is in us-east-1b, not in us-east-1a"),
            (["subnet-a", "subnet-d"], "subnet-d is not in vpc-1"),
        ] {
            let told = choose(&AskedSubnets::Ids(ids), &all).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn tags_are_compared_whole_and_find_one_subnet_in_each_zone() {
        let all = [
            subnet("subnet-a", "us-east-1a", &[("tier", "private")]),
            subnet("subnet-b", "us-east-1b", &[("tier", "private")]),
            subnet("subnet-c", "us-east-1b", &[("tier", "private"), ("team", "x")]),
        ];
        for (tags, why) in [
            (BTreeMap::from([("tier", "private")]), "subnet-b, subnet-c in us-east-1b all have"),
            (BTreeMap::from([("tier", "priv*")]), "no subnet of vpc-1 in us-east-1a"),
            (BTreeMap::from([("team", "x")]), "no subnet of vpc-1 in us-east-1a"),
        ] {
            let told = choose(&AskedSubnets::Tags(tags), &all).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_subnet_without_a_table_of_its_own_has_the_main_one() {
        let table = |id: &str, main, subnets: &[&str]| Table {
            id: id.to_owned(),
            main,
            subnets: subnets.iter().map(ToString::to_string).collect(),
        };
        let of =
            |all: &[Table]| tables_of(&[SubnetId::new("subnet-a"), SubnetId::new("subnet-b")], all);
        let main = table("rtb-main", true, &[]);
        let own = table("rtb-own", false, &["subnet-b"]);
        let ids = |ids: &[&str]| Ok(ids.iter().copied().map(RouteTableId::new).collect());
        assert_eq!(of(&[main.clone(), own.clone()]), ids(&["rtb-main", "rtb-own"]));
        assert_eq!(of(&[main]), ids(&["rtb-main"]));
        assert!(of(&[own]).is_err());
    }
}
