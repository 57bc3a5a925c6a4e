//! Instance classes, and where each is on offer.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html> (memory
//! and sizes), <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html> (storage).
//! Not every zone has every class; which lacks which, nobody publishes: the newest generations are
//! not in the last zone of a region that has more than three.

use super::{
    Answer, Operation,
    call::Call,
    engine::{Engine, Version},
};
use crate::{fault::Fault, services::ec2, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("DescribeOrderableDBInstanceOptions", false, describe)];

/// A family of classes: its sizes, GiB of memory of its `large`, whether Aurora has it, and whether
/// it is one of the newest.
struct Family(&'static str, &'static [&'static str], u32, Engines, bool);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engines {
    Both,
    Postgres,
}

const SMALL: &[&str] = &["micro", "small", "medium", "large", "xlarge", "2xlarge"];
const LARGE: &[&str] =
    &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];

const FAMILIES: &[Family] = &[
    Family("t3", SMALL, 8, Engines::Both, false),
    Family("t4g", SMALL, 8, Engines::Both, false),
    Family("m5", LARGE, 8, Engines::Postgres, false),
    Family("m6g", LARGE, 8, Engines::Postgres, false),
    Family("m6i", LARGE, 8, Engines::Postgres, false),
    Family("m7g", LARGE, 8, Engines::Postgres, true),
    Family("m7i", LARGE, 8, Engines::Postgres, true),
    Family("m8g", LARGE, 8, Engines::Postgres, true),
    Family("r5", LARGE, 16, Engines::Both, false),
    Family("r6g", LARGE, 16, Engines::Both, false),
    Family("r6i", LARGE, 16, Engines::Both, false),
    Family("r7g", LARGE, 16, Engines::Both, true),
    Family("r7i", LARGE, 16, Engines::Both, true),
    Family("r8g", LARGE, 16, Engines::Both, true),
];

/// The class of Aurora that grows and shrinks by itself.
pub(super) const SERVERLESS: &str = "db.serverless";
const ANY_SIZE: Family = Family("serverless", &[], 0, Engines::Both, false);

/// Memory in MiB of a size, where `large` has so many GiB.
fn memory(size: &str, large: u32) -> u64 {
    let large = u64::from(large) * 1024;
    match size {
        "micro" => large / 8,
        "small" => large / 4,
        "medium" => large / 2,
        "large" => large,
        "xlarge" => large * 2,
        other => {
            let times = other.trim_end_matches("xlarge").parse::<u64>().unwrap_or(1);
            large * 2 * times
        }
    }
}

fn family_of(class: &str) -> Option<(&'static Family, &'static str)> {
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    let family = FAMILIES.iter().find(|it| it.0 == family)?;
    let size = family.1.iter().find(|it| **it == size)?;
    Some((family, size))
}

/// Whether an engine runs on a class.
fn runs(engine: Engine, family: &Family, size: &str) -> bool {
    match engine {
        Engine::Postgres => true,
        // The smallest burstable ones are too small for Aurora:
        // <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html>.
        Engine::Aurora => {
            family.3 == Engines::Both
                && !["micro", "small"].contains(&size)
                && !(family.1 == SMALL && ["xlarge", "2xlarge"].contains(&size))
        }
    }
}

/// Bytes of memory that PostgreSQL has on a class.
pub(super) fn bytes(class: &str) -> Option<u64> {
    if class == SERVERLESS {
        return Some(4 << 30);
    }
    let (family, size) = family_of(class)?;
    Some(memory(size, family.2) << 20)
}

/// The zones of a region that have a class.
fn zones(region: &str, family: &Family) -> Vec<String> {
    let mut zones = ec2::zone_names(region);
    if family.4 && zones.len() > 3 {
        zones.pop();
    }
    zones
}

/// Refuses a class that an engine does not run on, and gives the zones that have it.
pub(super) fn check(region: &str, class: &str, version: &Version) -> Result<Vec<String>, Fault> {
    if class == SERVERLESS && version.engine == Engine::Aurora {
        return Ok(ec2::zone_names(region));
    }
    let known = family_of(class).filter(|it| runs(version.engine, it.0, it.1));
    match known {
        Some((family, _)) => Ok(zones(region, family)),
        None if !class.starts_with("db.") => {
            Err(Fault::invalid(format!("Invalid DB Instance class: {class}")))
        }
        None => Err(Fault::combination(format!(
            "RDS does not support creating a DB instance with the following combination: \
             DBInstanceClass={class}, Engine={}, EngineVersion={}, LicenseModel=postgresql-license. \
             For supported combinations of instance class and database engine version, see the \
             documentation.",
            version.engine.name(),
            version.name()
        ))),
    }
}

/// Storage there is: name, whether its operations can be chosen, whether its throughput can.
const STORAGE: &[(&str, bool, bool)] =
    &[("gp2", false, false), ("gp3", true, true), ("io1", true, false), ("io2", true, false)];

fn describe(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let engine = Engine::read(&call.need("Engine")?)?;
    let (version, class) = (call.text("EngineVersion"), call.text("DBInstanceClass"));
    let license = call.text("LicenseModel");
    let vpc = call.flag("Vpc")?;
    if let Some(group) = call.text("AvailabilityZoneGroup")
        && group != call.region
    {
        return Err(Fault::unsupported(format!("the zones of {group}")));
    }
    let licensed = license.is_none_or(|it| it == "postgresql-license");
    let mut all = Vec::new();
    for one in engine.on_offer(call.now) {
        if version.as_ref().is_some_and(|it| *it != one.name()) || vpc == Some(false) || !licensed {
            continue;
        }
        let serverless = class.as_ref().is_none_or(|it| it == SERVERLESS);
        if engine == Engine::Aurora && serverless {
            let xml = option(call, &one, (SERVERLESS, &ANY_SIZE), ("aurora", false, false));
            all.push((format!("{} {SERVERLESS}", one.name()), xml));
        }
        for family in FAMILIES {
            for size in family.1.iter().filter(|it| runs(engine, family, it)) {
                let name = format!("db.{}.{size}", family.0);
                if class.as_ref().is_some_and(|it| *it != name) {
                    continue;
                }
                let key = format!("{} {name}", one.name());
                match engine {
                    Engine::Aurora => {
                        all.push((
                            key,
                            option(call, &one, (&name, family), ("aurora", false, false)),
                        ));
                    }
                    Engine::Postgres => {
                        for storage in STORAGE {
                            let xml = option(call, &one, (&name, family), *storage);
                            all.push((format!("{key} {}", storage.0), xml));
                        }
                    }
                }
            }
        }
    }
    call.page(("OrderableDBInstanceOptions", "OrderableDBInstanceOption"), all)
}

fn option(
    call: &Call<'_>,
    version: &Version,
    (class, family): (&str, &Family),
    (storage, iops, throughput): (&str, bool, bool),
) -> Xml {
    let postgres = version.engine == Engine::Postgres;
    let zones = zones(call.region, family).into_iter().map(|it| Xml::new().text("Name", it));
    let modes = Xml::new().text("member", "provisioned");
    let mut xml = Xml::new()
        .text("Engine", version.engine.name())
        .text("EngineVersion", version.name())
        .text("DBInstanceClass", class)
        .text("LicenseModel", "postgresql-license")
        .text("AvailabilityZoneGroup", call.region)
        .members("AvailabilityZones", "AvailabilityZone", zones)
        .text("MultiAZCapable", postgres)
        .text("ReadReplicaCapable", postgres)
        .text("Vpc", true)
        .text("SupportsStorageEncryption", true)
        .text("StorageType", storage)
        .text("SupportsIops", iops)
        .text("SupportsStorageThroughput", throughput)
        .text("SupportsEnhancedMonitoring", true)
        .text("SupportsIAMDatabaseAuthentication", true)
        .text("SupportsPerformanceInsights", true)
        .nest("SupportedEngineModes", modes)
        .text("SupportsStorageAutoscaling", postgres)
        .text("OutpostCapable", false)
        .nest("SupportedNetworkTypes", Xml::new().text("member", "IPV4"));
    if postgres {
        let (least, most) = if storage.starts_with("io") { (100, 65_536) } else { (20, 65_536) };
        xml = xml.text("MinStorageSize", least).text("MaxStorageSize", most);
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn version(engine: Engine) -> Version {
        engine.version(None, Time::from_millis(1_767_225_600_000)).unwrap()
    }

    #[test]
    fn memory_doubles_with_the_size() {
        assert_eq!(bytes("db.t4g.micro"), Some(1 << 30));
        assert_eq!(bytes("db.m6g.large"), Some(8 << 30));
        assert_eq!(bytes("db.r6g.4xlarge"), Some(128 << 30));
        assert_eq!(bytes("db.x9.large"), None);
    }

    #[test]
    fn an_engine_runs_on_its_own_classes() {
        let check = |class, engine| check("us-east-1", class, &version(engine));
        assert!(check("db.m6g.large", Engine::Postgres).is_ok());
        assert!(check("db.r6g.large", Engine::Aurora).is_ok());
        assert!(check("db.t4g.medium", Engine::Aurora).is_ok());
        assert!(check("db.serverless", Engine::Aurora).is_ok());
        for (class, engine) in [
            ("db.m6g.large", Engine::Aurora),
            ("db.t4g.micro", Engine::Aurora),
            ("db.serverless", Engine::Postgres),
            ("db.m6g.tiny", Engine::Postgres),
        ] {
            assert_eq!(check(class, engine).unwrap_err().code, "InvalidParameterCombination");
        }
        assert_eq!(check("m6g", Engine::Postgres).unwrap_err().code, "InvalidParameterValue");
    }
}
