//! What `explain` knows, and how it is asked.

use clctl_spec::explain;

use crate::common::sure;

#[test]
fn a_path_is_written_in_several_ways() {
    let port = sure(explain("spec.database.port"));
    for path in ["database.port", "spec.database.port", ".spec.database.port"] {
        assert_eq!(sure(explain(path)), port, "{path}");
    }
    let url = sure(explain("spec.nodes.chains.rpc.httpUrl"));
    assert_eq!(sure(explain("nodes.chains[0].rpc[1].httpUrl")), url);
    assert_eq!(sure(explain("")).path, "");
    assert_eq!(sure(explain("spec.aws.tags.team")).r#type, "string");
}

#[test]
fn what_is_said_of_a_field() {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_json_snapshot!(sure(explain("database.backupRetentionPeriod")));
    });
    let subnets = sure(explain("network.vpc.create.publicSubnets"));
    assert_eq!(subnets.r#type, "[]string");
    assert!(subnets.default.is_none() && subnets.derived_default.is_some());
    assert_eq!(subnets.allowed.first().map(String::as_str), Some("2 entries"));
}

#[test]
fn a_path_that_leads_nowhere_says_where_it_ends() {
    let unknown = explain("databse.port").err();
    let unknown = sure(unknown.ok_or("found"));
    assert_eq!(
        (unknown.path.as_str(), unknown.near.as_deref()),
        ("spec.databse", Some("spec.database"))
    );
    let unknown = sure(explain("database.region").err().ok_or("found"));
    assert_eq!(unknown.near.as_deref(), Some("spec.aws.region"));
    assert!(unknown.known.iter().any(|name| name == "port"));
    assert!(explain("spec.database.port.number").is_err());
}
