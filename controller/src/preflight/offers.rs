//! What AWS offers: not every zone has every type of instance, nor every class of database.

use std::collections::BTreeSet;

use clctl_spec::{Engine, NodeSpec, StorageType};

use crate::aws::{
    Aws,
    ec2::offered,
    rds::{Offer, offers},
};

use super::Check;

pub(super) async fn checks(aws: &Aws, spec: &NodeSpec) -> Vec<Check> {
    let zones: BTreeSet<String> =
        spec.availability_zones.0.iter().map(ToString::to_string).collect();
    let (mut all, database) =
        tokio::join!(instances(aws, spec, &zones), database(aws, spec, &zones));
    all.push(database);
    all
}

async fn instances(aws: &Aws, spec: &NodeSpec, zones: &BTreeSet<String>) -> Vec<Check> {
    let bastion = spec.access.bastion.as_ref().map(|bastion| bastion.instance_type.to_string());
    let mut types = BTreeSet::from([spec.nodes.instance_type.to_string()]);
    types.extend(bastion);
    match offered(aws, &types).await {
        Ok(offered) => offered
            .iter()
            .map(|(name, has)| {
                let what = format!("instance type {name}");
                in_all(&what, zones, has, "another instance type, or other `availabilityZones`")
            })
            .collect(),
        Err(error) => vec![Check::unread("instance types", &error)],
    }
}

/// Whether each of our zones has it.
fn in_all(what: &str, zones: &BTreeSet<String>, has: &BTreeSet<String>, other: &str) -> Check {
    let lacking: Vec<&str> = zones.difference(has).map(String::as_str).collect();
    if lacking.is_empty() {
        let zones: Vec<&str> = zones.iter().map(String::as_str).collect();
        return Check::pass(what, format!("is on offer in {}", zones.join(" and ")));
    }
    let message = format!("is not on offer in {}", lacking.join(" and "));
    let advice = if has.is_empty() {
        format!("write {other}: no zone of the region has it")
    } else {
        let has: Vec<&str> = has.iter().map(String::as_str).collect();
        format!("write {other}: it is on offer in {}", has.join(", "))
    };
    Check::fail(what, message, advice)
}

async fn database(aws: &Aws, spec: &NodeSpec, zones: &BTreeSet<String>) -> Check {
    let database = &spec.database;
    let (class, version) = (database.instance_class.as_str(), database.version.as_str());
    let (engine, storage, standby) = match &database.engine {
        Engine::Rds(rds) => {
            let storage = match rds.storage_type {
                StorageType::Gp3 => "gp3",
                StorageType::Io2 => "io2",
            };
            ("postgres", Some(storage), rds.multi_az)
        }
        Engine::Aurora(_) => ("aurora-postgresql", None, false),
    };
    let name = format!("database class {class} with {engine} {version}");
    let whole = version.contains('.').then_some(version);
    match offers(aws, engine, class, whole).await {
        Ok(all) => judged(&name, version, &all, (storage, standby), zones),
        // AWS refuses a class or a version that it has never heard of.
        Err(error) if error.code.starts_with("InvalidParameter") => {
            Check::fail(name, error.to_string(), "write another class, or another version")
        }
        Err(error) => Check::unread(name, &error),
    }
}

fn judged(
    name: &str,
    version: &str,
    all: &[Offer],
    (storage, standby): (Option<&str>, bool),
    zones: &BTreeSet<String>,
) -> Check {
    let begins = format!("{version}.");
    let fits = |offer: &&Offer| {
        (offer.version == version || offer.version.starts_with(&begins))
            && storage.is_none_or(|storage| offer.storage_type == storage)
            && (!standby || offer.multi_az)
    };
    let fitting: Vec<&Offer> = all.iter().filter(fits).collect();
    if fitting.is_empty() {
        let advice = "write another `instanceClass`, `version` or storage";
        return Check::fail(name, "is not on offer in the region", advice);
    }
    // AWS takes the newest of what fits; any that is in both zones will do.
    let best = fitting.iter().max_by_key(|offer| offer.zones.intersection(zones).count());
    let has = best.map(|offer| offer.zones.clone()).unwrap_or_default();
    in_all(name, zones, &has, "another `instanceClass`, or other `availabilityZones`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Outcome;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_on_offer_is_so_in_each_zone() {
        let zones = set(&["us-east-1a", "us-east-1e"]);
        let has = |has: &[&str]| in_all("instance type t3.large", &zones, &set(has), "another");
        assert_eq!(has(&["us-east-1a", "us-east-1e", "us-east-1f"]).outcome, Outcome::Pass);
        let lacks = has(&["us-east-1a", "us-east-1b"]);
        assert_eq!(lacks.outcome, Outcome::Fail);
        assert!(lacks.message.ends_with("in us-east-1e"), "{lacks:?}");
        assert!(lacks.advice.unwrap().ends_with("in us-east-1a, us-east-1b"));
    }

    #[test]
    fn a_database_is_on_offer_with_its_version_storage_and_standby() {
        let zones = set(&["us-east-1a", "us-east-1b"]);
        let offer = |version: &str, zones: &[&str], multi_az| Offer {
            version: version.to_owned(),
            zones: set(zones),
            storage_type: "gp3".to_owned(),
            multi_az,
        };
        let all = [
            offer("17.5", &["us-east-1a", "us-east-1b"], true),
            offer("16.9", &["us-east-1a"], true),
            offer("15.13", &["us-east-1a", "us-east-1b"], false),
        ];
        for (version, storage, standby, outcome) in [
            ("17", "gp3", true, Outcome::Pass),
            ("17.5", "gp3", true, Outcome::Pass),
            ("17.6", "gp3", true, Outcome::Fail),
            ("1", "gp3", true, Outcome::Fail),
            ("17", "io2", true, Outcome::Fail),
            ("16", "gp3", true, Outcome::Fail),
            ("15", "gp3", true, Outcome::Fail),
            ("15", "gp3", false, Outcome::Pass),
        ] {
            let check = judged("database", version, &all, (Some(storage), standby), &zones);
            assert_eq!(check.outcome, outcome, "{version} {storage} {check:?}");
        }
    }
}
