//! `docs/quickstart-parameters.md` has every parameter of the AWS quickstart, and what it names exists.

use std::collections::BTreeSet;

use clctl_spec::{explain, schema};
use serde_json::Value;

use crate::common::sure;

const PAGE: &str = include_str!("../../../docs/quickstart-parameters.md");
const CHAINS: &str = include_str!("../../data/chains.json");

const COLUMNS: [&str; 5] =
    ["parameter", "templates", "quickstart default", "field", "what is different"];
const CHAIN_COLUMNS: [&str; 3] = ["quickstart", "clctl", "what is different"];
const CHAIN_NAMES: &str =
    "/properties/spec/properties/nodes/properties/chains/items/properties/name/enum";
/// What stands where there is nothing.
const NOTHING: &str = "–";

/// The parameters of the quickstart in its order: name, whether the template for a new VPC has it, and
/// whether the one for a VPC that exists does.
const PARAMETERS: [(&str, bool, bool); 47] = [
    ("AvailabilityZones", true, false),
    ("VPCCIDR", true, true),
    ("PublicSubnet1CIDR", true, false),
    ("PublicSubnet2CIDR", true, false),
    ("PrivateSubnet1CIDR", true, false),
    ("PrivateSubnet2CIDR", true, false),
    ("RemoteAccessCIDR", true, true),
    ("VPCTenancy", true, false),
    ("KeyPairName", true, true),
    ("BastionAMIOS", true, true),
    ("BastionInstanceType", true, true),
    ("ChainlinkNodeInstanceType", true, true),
    ("ChainlinkNodeRootVolumeSize", true, true),
    ("NumBastionHosts", true, true),
    ("BastionHostName", true, true),
    ("BastionTenancy", true, true),
    ("EnableBanner", true, true),
    ("BastionBanner", true, true),
    ("EnableTCPForwarding", true, true),
    ("EnableX11Forwarding", true, true),
    ("BlockchainNetwork", true, true),
    ("ChainlinkNodeGUIEmail", true, true),
    ("ChainlinkNodeGUIPassword", true, true),
    ("BlockchainNodeUrl", true, true),
    ("NodeWalletPassword", true, true),
    ("UseSSLCertificate", true, true),
    ("SSLCertificateARN", true, true),
    ("DBName", true, true),
    ("DBAutoMinorVersionUpgrade", true, true),
    ("DBBackupRetentionPeriod", true, true),
    ("DBMultiAZ", true, true),
    ("DBEngineVersion", true, true),
    ("DBInstanceClass", true, true),
    ("DBMasterUsername", true, true),
    ("DBMasterUserPassword", true, true),
    ("DBPort", true, true),
    ("EnableAmazonDevOpsGuru", true, true),
    ("AdministratorAccountId", true, true),
    ("EmailAddress", true, true),
    ("QSS3BucketName", true, true),
    ("QSS3KeyPrefix", true, true),
    ("QSS3BucketRegion", true, true),
    ("PrivateSubnet1ID", false, true),
    ("PrivateSubnet2ID", false, true),
    ("PublicSubnet1ID", false, true),
    ("PublicSubnet2ID", false, true),
    ("VPCID", false, true),
];

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows of the table that has these columns.
fn table<'a, const N: usize>(text: &'a str, columns: [&str; N]) -> Vec<[&'a str; N]> {
    text.lines()
        .skip_while(|line| cells(line) != columns)
        .skip(2) // the names of the columns, and the line below them
        .take_while(|line| line.starts_with('|'))
        .map(|line| sure(cells(line).try_into()))
        .collect()
}

/// What stands in backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The part of the page below a heading.
fn section(heading: &str) -> &'static str {
    let (_, rest) = sure(PAGE.split_once(&format!("\n## {heading}\n")).ok_or(heading));
    rest.split("\n## ").next().unwrap_or_default()
}

#[test]
fn the_templates_have_42_and_41_parameters() {
    assert_eq!(PARAMETERS.iter().filter(|(_, in_new, _)| *in_new).count(), 42);
    assert_eq!(PARAMETERS.iter().filter(|(_, _, in_existing)| *in_existing).count(), 41);
    let names: BTreeSet<&str> = PARAMETERS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(names.len(), PARAMETERS.len(), "a parameter is there twice");
}

#[test]
fn every_parameter_has_one_row_in_the_order_of_the_quickstart() {
    let rows: Vec<_> =
        table(PAGE, COLUMNS).iter().map(|[name, templates, ..]| (*name, *templates)).collect();
    let wanted: Vec<_> = PARAMETERS
        .iter()
        .map(|(name, in_new, in_existing)| match (in_new, in_existing) {
            (true, true) => (*name, "both"),
            (true, false) => (*name, "new"),
            (false, true) => (*name, "existing"),
            (false, false) => unreachable!("{name} is in no template"),
        })
        .collect();
    assert_eq!(rows, wanted);
}

#[test]
fn every_row_has_fields_that_exist_or_a_reason() {
    for [name, _, default, field, different] in table(PAGE, COLUMNS) {
        assert!(!default.is_empty(), "{name} has no default");
        if field == NOTHING {
            assert!(!different.is_empty(), "{name} has neither a field nor a reason");
            continue;
        }
        for written in field.split(", ") {
            let path = written.strip_prefix('`').and_then(|path| path.strip_suffix('`'));
            let path = sure(path.ok_or((name, written)));
            assert!(path.starts_with("spec.") || path.starts_with("metadata."), "{name}: {path}");
            assert_eq!(sure(explain(path)).path, path, "{name}");
        }
    }
}

#[test]
fn every_path_of_the_page_exists() {
    for path in code(PAGE) {
        if path.starts_with("spec.") || path.starts_with("metadata.") {
            assert_eq!(sure(explain(path)).path, path);
        }
    }
}

#[test]
fn every_network_of_the_quickstart_has_a_chain_that_lives_or_none() {
    let schema = schema();
    let names = schema.pointer(CHAIN_NAMES).and_then(Value::as_array);
    let living: BTreeSet<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
    let known: Vec<Value> = sure(serde_json::from_str(CHAINS));
    let rows = table(section("Moving from the quickstart"), CHAIN_COLUMNS);

    for [network, chain, different] in &rows {
        for name in code(chain).chain(code(different)) {
            assert!(living.contains(name), "{network}: there is no chain {name}");
        }
        let own = sure(known.iter().find(|it| it["quickstart"] == *network).ok_or(network));
        let successor = known.iter().find(|it| it["id"] == own["successor"]);
        let alive = [Some(own), successor]
            .into_iter()
            .flatten()
            .filter_map(|it| it["name"].as_str())
            .find(|name| living.contains(name));
        let wanted = alive.map_or(NOTHING.to_owned(), |name| format!("`{name}`"));
        assert_eq!(*chain, wanted, "{network}");
        let is_told = alive == own["name"].as_str() || !different.is_empty();
        assert!(is_told, "{network} is another chain, and nothing says why");
    }

    let listed: BTreeSet<&str> = rows.iter().map(|[network, ..]| *network).collect();
    let wanted: BTreeSet<&str> =
        known.iter().filter_map(|chain| chain["quickstart"].as_str()).collect();
    assert_eq!(listed, wanted);
    assert_eq!(rows.len(), 22);
}

/// Whoever writes a parameter where a field belongs is told of a field the page names for it.
#[test]
fn the_parser_knows_the_parameters_as_the_page_does() {
    let rows = table(PAGE, COLUMNS);
    let known = clctl_spec::quickstart_parameters();
    assert_eq!(rows.len(), known.len());
    for ([name, _, _, written, _], (parameter, field)) in rows.iter().zip(known) {
        assert_eq!(name, parameter);
        let told = field.map_or(*written == NOTHING, |field| code(written).any(|it| it == field));
        assert!(told, "{name}: {field:?} is told, and on the page stands {written}");
    }
}
