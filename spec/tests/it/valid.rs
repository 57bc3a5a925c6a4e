//! What may be written, and what becomes of it.

use clctl_spec::{
    ChainlinkNode, Code, Document, EnvironmentName, NatGateways, Network, NewNetwork, Severity,
    parse, parse_bytes,
};
use ipnet::Ipv4Net;
use proptest::prelude::*;

use crate::common::{refused, shown, sure};

const MINIMAL: &str = include_str!("../../../examples/minimal.yaml");
const NODE: &str = include_str!("../../../examples/node.yaml");
const PRODUCTION: &str = include_str!("../../../examples/production.yaml");

fn one(text: &str) -> Document {
    let mut documents = match parse("node.yaml", text) {
        Ok(documents) => documents,
        Err(invalid) => {
            let problems: Vec<_> = invalid.problems().iter().map(ToString::to_string).collect();
            unreachable!("{invalid}: {problems:#?}\n{text}")
        }
    };
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn network(node: &ChainlinkNode) -> &NewNetwork {
    let Network::Create(network) = &node.spec.network;
    network
}

fn net(text: &str) -> Ipv4Net {
    sure(text.parse())
}

/// The minimal node with more under `spec`.
fn with(spec: &str) -> String {
    format!("{MINIMAL}{spec}")
}

#[test]
fn examples_are_valid_and_without_warnings() {
    for text in [MINIMAL, NODE, PRODUCTION] {
        let document = one(text);
        assert!(document.warnings.is_empty(), "{:?}", document.warnings);
        assert!(document.not_built.is_empty(), "{:?}", document.not_built);
        let account = document.node.spec.aws.account_id;
        assert!(account.is_none_or(|account| account.as_str() == "123456789012"));
    }
}

#[test]
fn defaults_make_the_quickstart_network() {
    let node = one(MINIMAL).node;
    assert_eq!(node.metadata.name.as_str(), "minimal");
    let network = network(&node);
    assert_eq!(network.cidr, net("10.0.0.0/16"));
    assert!(network.enable_dns_support && network.enable_dns_hostnames);
    assert_eq!(network.nat_gateways, NatGateways::OnePerZone);
    let [a, b] = &network.zones;
    assert_eq!(
        (a.name.as_str(), a.public, a.private),
        ("us-east-1a", net("10.0.128.0/20"), net("10.0.0.0/19"))
    );
    assert_eq!(
        (b.name.as_str(), b.public, b.private),
        ("us-east-1b", net("10.0.144.0/20"), net("10.0.32.0/19"))
    );
    assert_eq!(node.spec.aws.dev_ops_guru_tag_key.as_str(), "devops-guru-clctl");
    assert!(node.spec.access.bastion_cidrs.is_empty() && node.spec.access.gui_cidrs.is_empty());
}

#[test]
fn the_production_example_writes_the_defaults_of_its_range() {
    let written = one(PRODUCTION);
    let without: String = PRODUCTION
        .lines()
        .filter(|line| !line.contains("Subnets: ["))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_ne!(without, PRODUCTION);
    assert_eq!(one(&without).node, written.node);
}

#[test]
fn the_complete_form_says_the_same_again() {
    for text in [MINIMAL, NODE, PRODUCTION] {
        let node = one(text).node;
        let json = sure(serde_json::to_string_pretty(&node));
        assert_eq!(one(&json).node, node);
    }
}

#[test]
fn the_complete_form_is_stable() {
    insta::assert_json_snapshot!("complete", one(NODE).node);
}

#[test]
fn nothing_written_is_the_same_as_null() {
    let text = with("  network: ~\n  access:\n  database: null\n");
    assert_eq!(one(&text).node, one(MINIMAL).node);
    assert!(one(&text).not_built.is_empty());
    let text = with("  network:\n    vpc:\n      create:\n        cidr:\n    natGateways: ~\n");
    assert_eq!(one(&text).node, one(MINIMAL).node);
}

#[test]
fn zones_of_any_order_keep_their_ranges_by_position() {
    let text = MINIMAL.replace("[us-east-1a, us-east-1b]", "[us-east-1d, us-east-1b]");
    let node = one(&text).node;
    let [first, second] = &network(&node).zones;
    assert_eq!((first.name.letter(), first.private), ('d', net("10.0.0.0/19")));
    assert_eq!((second.name.letter(), second.private), ('b', net("10.0.32.0/19")));
}

#[test]
fn chapters_that_are_not_built_are_told_with_their_place() {
    let text = with(
        "  database:\n    password: hunter2\n  policies: {deletion: {database: Keep}}\n  nodes: 3\n",
    );
    let document = one(&text);
    let told: Vec<_> = document.not_built.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "node.yaml:10:3: `spec.database` is not built yet",
            "node.yaml:12:3: `spec.policies` is not built yet",
            "node.yaml:13:3: `spec.nodes` is not built yet",
        ]
    );
    let json = sure(serde_json::to_value(&document.not_built));
    assert_eq!(
        json[0],
        serde_json::json!({"path": "spec.database", "file": "node.yaml", "line": 10, "column": 3})
    );
    assert!(!format!("{document:?}").contains("hunter2"));
    assert!(document.place("spec.database").is_some());
    assert!(document.place("spec.database.password").is_none());
}

#[test]
fn what_an_api_server_adds_is_tolerated() {
    let text = MINIMAL.replace("  name: minimal\n", "  name: minimal\n  namespace: default\n  uid: 0b1c\n  generation: 3\n  resourceVersion: \"12\"\n  creationTimestamp: 2026-11-22T00:00:00Z\n  annotations: {a/b: '{\"x\": 1}'}\n  finalizers: [clctl.dev/node]\n  managedFields: [{manager: kubectl, fieldsV1: {f:spec: {}}}]\n  ownerReferences: []\n");
    let text = text + "status: {conditions: [{type: Ready}]}\n";
    assert_eq!(one(&text).node, one(MINIMAL).node);
}

#[test]
fn several_documents_make_several_nodes() {
    let text = format!("---\n{MINIMAL}---\n# nothing\n---\n{NODE}...\n");
    let names: Vec<_> = sure(parse("-", &text)).into_iter().map(|d| d.node.metadata.name).collect();
    assert_eq!(names.iter().map(EnvironmentName::as_str).collect::<Vec<_>>(), ["minimal", "demo"]);
}

#[test]
fn a_broken_document_leaves_the_others_sound() {
    for broken in ["a: [1\n", "\tx\n", "kind: ChainlinkNode\n", "a: 'b\n"] {
        let text = format!("{MINIMAL}---\n{broken}---\n{NODE}");
        let invalid = refused("-", &text);
        assert!(!invalid.problems().is_empty());
        let names: Vec<_> =
            invalid.into_sound().into_iter().map(|d| d.node.metadata.name.to_string()).collect();
        assert_eq!(names, ["minimal", "demo"], "{broken}");
    }
}

#[test]
fn json_is_yaml() {
    let json = serde_json::json!({
        "apiVersion": "clctl.dev/v1alpha1",
        "kind": "ChainlinkNode",
        "metadata": {"name": "minimal"},
        "spec": {"aws": {"region": "us-east-1"}, "availabilityZones": ["us-east-1a", "us-east-1b"]},
    });
    let pretty = sure(serde_json::to_string_pretty(&json));
    for text in [json.to_string(), pretty.replace("  ", "\t"), pretty.replace('\n', "\r\n")] {
        assert_eq!(one(&text).node, one(MINIMAL).node, "{text}");
    }
}

#[test]
fn line_ends_byte_order_marks_anchors_and_quotes_change_nothing() {
    for text in [
        MINIMAL.replace('\n', "\r\n"),
        format!("\u{feff}{MINIMAL}"),
        MINIMAL.replace("region: us-east-1", "region: &r !!str \"us-\\u0065ast-1\""),
        MINIMAL.trim_end().to_owned(),
        MINIMAL.replace("[us-east-1a, us-east-1b]", "\n  - us-east-1a\n  - 'us-east-1b'"),
    ] {
        assert_eq!(one(&text).node, one(MINIMAL).node, "{text}");
    }
    let text = with("  access:\n    bastionCidrs: &here [203.0.113.0/24]\n    guiCidrs: *here\n");
    let access = one(&text).node.spec.access;
    assert_eq!(access.bastion_cidrs, access.gui_cidrs);
}

#[test]
fn quoted_text_is_text_whatever_it_looks_like() {
    let text = MINIMAL.replace("name: minimal", "name: \"123\"").replace(
        "    region: us-east-1\n",
        "    region: us-east-1\n    accountId: '012345678901'\n    tags: {country: \"no\", \"on\": 'true', n: \"1\"}\n".replace("n: \"1\"", "\"n\": \"1\"").as_str(),
    );
    let node = one(&text).node;
    assert_eq!(node.metadata.name.as_str(), "123");
    assert_eq!(node.spec.aws.account_id.as_ref().map(AsRef::as_ref), Some("012345678901"));
    assert_eq!(node.spec.aws.tags.len(), 3);
}

#[test]
fn warnings_do_not_stand_in_the_way() {
    let text = with(
        "  network:\n    vpc: {create: {cidr: 172.17.0.0/16}}\n    natGateways: None\n  access:\n    bastionCidrs: [0.0.0.0/0]\n",
    );
    let document = one(&text);
    let codes: Vec<_> = document.warnings.iter().map(clctl_spec::Problem::code).collect();
    assert_eq!(codes, [Code::DockerRange, Code::NoWayOut, Code::OpenToInternet]);
    assert!(document.warnings.iter().all(|problem| problem.severity() == Severity::Warning));
    let text = with("  network: {vpc: {create: {cidr: 8.8.0.0/16}}}\n");
    assert_eq!(one(&text).warnings[0].code(), Code::PublicRange);
}

#[test]
fn access_ranges_are_sorted() {
    let text = with("  access: {guiCidrs: [203.0.113.0/24, 10.0.0.0/8, 198.51.100.1/32]}\n");
    let expected = [net("10.0.0.0/8"), net("198.51.100.1/32"), net("203.0.113.0/24")];
    assert_eq!(one(&text).node.spec.access.gui_cidrs, expected);
}

#[test]
fn fields_know_their_place() {
    let text = with("  access:\n    guiCidrs:\n    - 203.0.113.0/24 # é\n    - 10.0.0.0/8\n");
    let document = one(&text);
    let place = |path: &str| document.place(path).map(ToString::to_string);
    assert_eq!(place("metadata.name").as_deref(), Some("node.yaml:5:9"));
    assert_eq!(place("spec.aws").as_deref(), Some("node.yaml:7:3"));
    assert_eq!(place("spec.aws.region").as_deref(), Some("node.yaml:8:13"));
    assert_eq!(place("spec.availabilityZones[1]").as_deref(), Some("node.yaml:9:35"));
    assert_eq!(place("spec.access.guiCidrs[1]").as_deref(), Some("node.yaml:13:7"));
    assert_eq!(place("spec.network"), None);
}

proptest! {
    /// Any VPC that is taken has four subnets within it, apart from each other.
    #[test]
    fn every_vpc_that_is_taken_has_room(address: u32, length in 0u8..=32) {
        let vpc = sure(Ipv4Net::new(address.into(), length)).trunc();
        let text = with(&format!("  network: {{vpc: {{create: {{cidr: {vpc}}}}}}}\n"));
        let Ok(documents) = parse("-", &text) else { return Ok(()) };
        prop_assert!((16..=26).contains(&length));
        let [a, b] = &network(&documents[0].node).zones;
        let subnets = [a.public, a.private, b.public, b.private];
        for (i, subnet) in subnets.iter().enumerate() {
            prop_assert!(vpc.contains(subnet));
            for other in &subnets[..i] {
                prop_assert!(!subnet.contains(other) && !other.contains(subnet));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = parse_bytes("-", &bytes).map_err(|invalid| shown(&invalid));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC*") {
        let _ = parse("-", &text).map_err(|invalid| shown(&invalid));
    }

    /// Pieces of YAML in any order come further than arbitrary text.
    #[test]
    fn arbitrary_yaml_never_panics(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "a", "spec", "aws", "kind", "metadata", ": ", ":", "\n", "\n  ", "\n    ", "- ", "[", "]", "{", "}",
            ", ", "&a ", "*a", "!!str ", "!x ", "'", "\"", "|\n", "# é\n", "\t", "---\n", "...\n", "<<", "~",
            "0123", "é", "\r\n", "? ", "%YAML 1.2\n", "ChainlinkNode", "tags", "\u{feff}",
        ]), 0..60)
    ) {
        let _ = parse("-", &pieces.concat()).map_err(|invalid| shown(&invalid));
    }

    /// Cutting or changing a valid file anywhere panics nowhere, and errors have places in it.
    #[test]
    fn damaged_files_never_panic(at in 0usize..PRODUCTION.len(), insert in "\\PC{0,3}", cut: bool) {
        let (before, after) = PRODUCTION.split_at(at);
        let text = if cut { format!("{before}{insert}") } else { format!("{before}{insert}{after}") };
        if let Err(invalid) = parse("-", &text) {
            let lines = text.lines().count().max(1) + 1;
            for problem in invalid.problems() {
                prop_assert!(problem.line() >= 1 && problem.line() <= lines);
                prop_assert!(problem.column() >= 1);
            }
            shown(&invalid);
        }
    }
}
