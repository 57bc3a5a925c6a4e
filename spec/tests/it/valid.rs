//! What may be written, and what becomes of it.

use clctl_spec::{
    ChainlinkNode, Code, Document, EnvironmentName, NatGateways, NewVpc, Severity, Vpc, Zone,
    parse, parse_bytes,
};
use ipnet::Ipv4Net;
use proptest::prelude::*;

use crate::common::{examples, refused, shown, sure};

const MINIMAL: &str = include_str!("../../../examples/minimal.yaml");
const NODE: &str = include_str!("../../../examples/node.yaml");
const FULL: &str = include_str!("../../../examples/full.yaml");

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

fn network(node: &ChainlinkNode) -> (&NewVpc, [Zone<'_>; 2]) {
    let Vpc::Create(vpc) = &node.spec.network.vpc else { unreachable!("the VPC exists") };
    (vpc, vpc.zones(&node.spec.availability_zones))
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
    for (name, text) in examples() {
        let document = one(&text);
        assert!(document.warnings.is_empty(), "{name}: {:?}", document.warnings);
        assert!(
            text.starts_with("# yaml-language-server: $schema=../spec/node.schema.json\n"),
            "{name}"
        );
        let account = document.node.spec.aws.account_id;
        assert!(account.is_none_or(|account| account.as_str() == "123456789012"));
    }
}

#[test]
fn defaults_make_the_quickstart_network() {
    let node = one(MINIMAL).node;
    assert_eq!(node.metadata.name.as_str(), "minimal");
    let (vpc, [a, b]) = network(&node);
    assert_eq!(vpc.cidr, net("10.0.0.0/16"));
    assert!(vpc.enable_dns_support && vpc.enable_dns_hostnames);
    assert_eq!(vpc.nat_gateways, NatGateways::OnePerZone);
    assert_eq!(
        (a.name.as_str(), a.public, a.private),
        ("us-east-1a", net("10.0.128.0/20"), net("10.0.0.0/19"))
    );
    assert_eq!(
        (b.name.as_str(), b.public, b.private),
        ("us-east-1b", net("10.0.144.0/20"), net("10.0.32.0/19"))
    );
    assert_eq!(node.spec.aws.dev_ops_guru_tag_key.as_str(), "devops-guru-clctl");
    assert!(node.spec.access.allowed_cidrs.is_empty() && node.spec.gui.allowed_cidrs.is_empty());
}

#[test]
fn the_full_example_writes_the_defaults_of_its_range() {
    let written = one(FULL);
    let without: String = FULL
        .lines()
        .filter(|line| !line.contains("Subnets: ["))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_ne!(without, FULL);
    assert_eq!(one(&without).node, written.node);
}

#[test]
fn the_complete_form_says_the_same_again() {
    for (_, text) in examples() {
        let node = one(&text).node;
        let json = sure(serde_json::to_string_pretty(&node));
        assert_eq!(one(&json).node, node);
    }
}

#[test]
fn the_complete_form_is_stable() {
    insta::assert_json_snapshot!("complete", one(MINIMAL).node);
    insta::assert_json_snapshot!("complete_full", one(FULL).node);
}

#[test]
fn nothing_written_is_the_same_as_null() {
    let text = with("  network: ~\n  access:\n  database: null\n  gui: {}\n");
    assert_eq!(one(&text).node, one(MINIMAL).node);
    let text = with("  network:\n    vpc:\n      create:\n        cidr:\n        natGateways: ~\n");
    assert_eq!(one(&text).node, one(MINIMAL).node);
}

#[test]
fn zones_of_any_order_keep_their_ranges_by_position() {
    let text = MINIMAL.replace("[us-east-1a, us-east-1b]", "[us-east-1d, us-east-1b]");
    let node = one(&text).node;
    let (_, [first, second]) = network(&node);
    assert_eq!((first.name.letter(), first.private), ('d', net("10.0.0.0/19")));
    assert_eq!((second.name.letter(), second.private), ('b', net("10.0.32.0/19")));
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
        "spec": {
            "aws": {"region": "us-east-1"},
            "availabilityZones": ["us-east-1a", "us-east-1b"],
            "nodes": {"adminEmail": "oracles@example.com", "chains": [{
                "name": "ethereum-sepolia-testnet",
                "rpc": [{
                    "name": "primary",
                    "httpUrl": {"secret": "sepolia-http"},
                    "webSocketUrl": {"secret": "sepolia-websocket"},
                }],
            }]},
        },
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
    let text = with(
        "  access:\n    allowedCidrs: &here [203.0.113.0/24]\n  gui:\n    allowedCidrs: *here\n",
    );
    let spec = one(&text).node.spec;
    assert_eq!(spec.access.allowed_cidrs, spec.gui.allowed_cidrs);
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
        "  network: {vpc: {create: {cidr: 172.17.0.0/16, natGateways: Single}}}\n  access:\n    allowedCidrs: [0.0.0.0/0]\n    allowFromAnywhere: true\n",
    );
    let document = one(&text);
    let codes: Vec<_> = document.warnings.iter().map(clctl_spec::Problem::code).collect();
    assert_eq!(codes, [Code::DockerRange, Code::OpenAccepted]);
    assert!(document.warnings.iter().all(|problem| problem.severity() == Severity::Warning));
    let text = with("  network: {vpc: {create: {cidr: 8.8.0.0/16}}}\n");
    assert_eq!(one(&text).warnings[0].code(), Code::PublicRange);
}

#[test]
fn one_name_is_an_environment_in_each_account() {
    let other = |account: &str| {
        MINIMAL.replace(
            "    region: us-east-1\n",
            &format!("    region: us-east-1\n    accountId: \"{account}\"\n"),
        )
    };
    let text = format!("{}---\n{}", other("123456789012"), other("210987654321"));
    assert_eq!(sure(parse("-", &text)).len(), 2);
    let text = format!("{}---\n{MINIMAL}", other("123456789012"));
    assert_eq!(refused("-", &text).problems()[0].code(), Code::DuplicateEnvironment);
}

#[test]
fn addresses_of_contracts_are_written_as_the_node_takes_them() {
    let text = include_str!("../../../examples/private-chain.yaml");
    let chain = &one(text).node.spec.nodes.chains[0];
    let link = chain.link_contract_address.as_ref().map(AsRef::as_ref);
    assert_eq!(link, Some("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    assert_eq!(chain.chain.id(), 1337);
}

#[test]
fn a_chain_that_is_polled_needs_no_websocket() {
    let text = MINIMAL.replace("            webSocketUrl: {secret: sepolia-websocket}\n", "");
    assert_eq!(refused("-", &text).problems()[0].code(), Code::RpcUrl);
    let half = format!("{text}        extraToml: LogBroadcasterEnabled = false\n");
    assert_eq!(refused("-", &half).problems()[0].code(), Code::RpcUrl);
    let text = format!(
        "{text}        extraToml: |\n          LogBroadcasterEnabled = false\n          [NodePool]\n          NewHeadsPollInterval = '1s'\n"
    );
    assert!(one(&text).node.spec.nodes.chains[0].rpc[0].web_socket_url.is_none());
}

#[test]
fn aurora_has_a_class_of_its_own_by_default() {
    let class = |text: &str| one(text).node.spec.database.instance_class.to_string();
    assert_eq!(class(MINIMAL), "db.m6g.large");
    assert_eq!(class(&with("  database: {engine: {aurora: {}}}\n")), "db.r6g.large");
}

#[test]
fn ranges_are_admitted_in_order() {
    let text = with("  gui: {allowedCidrs: [203.0.113.0/24, 10.0.0.0/8, 198.51.100.1/32]}\n");
    let expected = [net("10.0.0.0/8"), net("198.51.100.1/32"), net("203.0.113.0/24")];
    assert_eq!(one(&text).node.spec.gui.admitted(), expected);
}

#[test]
fn fields_know_their_place() {
    let text = with("  gui:\n    allowedCidrs:\n    - 203.0.113.0/24 # é\n    - 10.0.0.0/8\n");
    let document = one(&text);
    let place = |path: &str| document.place(path).map(ToString::to_string);
    assert_eq!(place("metadata.name").as_deref(), Some("node.yaml:6:9"));
    assert_eq!(place("spec.aws").as_deref(), Some("node.yaml:8:3"));
    assert_eq!(place("spec.aws.region").as_deref(), Some("node.yaml:9:13"));
    assert_eq!(place("spec.availabilityZones[1]").as_deref(), Some("node.yaml:10:35"));
    assert_eq!(place("spec.gui.allowedCidrs[1]").as_deref(), Some("node.yaml:22:7"));
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
        let (_, [a, b]) = network(&documents[0].node);
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
    fn damaged_files_never_panic(at in 0usize..FULL.len(), insert in "\\PC{0,3}", cut: bool) {
        let (before, after) = FULL.split_at(at);
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
