//! What is rendered for the examples, and for whatever a spec allows.

use std::{collections::BTreeMap, fmt::Write as _};

use clctl_spec::{Document, parse};
use proptest::prelude::*;
use toml::Table;

use super::*;

const EXAMPLES: [(&str, &str); 8] = [
    ("aurora", include_str!("../../../examples/aurora.yaml")),
    ("existing-vpc", include_str!("../../../examples/existing-vpc.yaml")),
    ("full", include_str!("../../../examples/full.yaml")),
    ("minimal", include_str!("../../../examples/minimal.yaml")),
    ("no-load-balancer", include_str!("../../../examples/no-load-balancer.yaml")),
    ("node", include_str!("../../../examples/node.yaml")),
    ("private-chain", include_str!("../../../examples/private-chain.yaml")),
    ("several-chains", include_str!("../../../examples/several-chains.yaml")),
];

fn read(text: &str) -> Document {
    match parse("node.yaml", text) {
        Ok(mut documents) => documents.remove(0),
        Err(invalid) => panic!("{invalid:?}\n{text}"),
    }
}

fn announced() -> Vec<String> {
    vec!["192.0.2.10:6690".to_owned()]
}

fn render(document: &Document) -> Result<UserData, Error> {
    node(&NodeInputs {
        environment: document.node.metadata.name.as_str(),
        spec: &document.node.spec,
        uid: "0123456789abcdef",
        secrets_path: "/clctl/example/",
        log_group: "/clctl/example/nodes",
        database: "clctl-example-database",
        announce: &announced(),
        secret_versions: &BTreeMap::from([(
            "keystore-password".to_owned(),
            "0123-4567".to_owned(),
        )]),
    })
}

fn render_bastion(document: &Document, addresses: usize) -> Result<UserData, Error> {
    let addresses: Vec<String> = (1..=addresses).map(|it| format!("eipalloc-{it}")).collect();
    bastion(&BastionInputs {
        bastion: document.node.spec.access.bastion.as_ref().unwrap(),
        log_group: "/clctl/example/bastion",
        addresses: &addresses,
    })
}

fn file<'a>(data: &'a UserData, path: &str) -> &'a str {
    data.files().iter().find(|file| file.path == path).map(|file| &*file.content).unwrap()
}

fn config(data: &UserData) -> Table {
    file(data, "/etc/clctl/config.toml").parse().unwrap()
}

/// What differs from one environment to another.
fn shown(data: &UserData) -> String {
    let files = data
        .files()
        .iter()
        .filter(|file| file.path.starts_with("/etc/clctl") || file.path.starts_with("/etc/ssh"));
    let files = files.map(|File { path, mode, content }| format!("== {path} {mode}\n{content}"));
    files.collect::<Vec<_>>().join("\n")
}

/// `minimal.yaml` with lines added below `nodes:`, which is its last chapter.
fn minimal_with(lines: &str) -> Document {
    read(&format!("{}{lines}", EXAMPLES[3].1))
}

#[test]
fn what_differs_from_one_environment_to_another() {
    for (name, text) in EXAMPLES {
        let document = read(text);
        let data = render(&document).unwrap();
        insta::assert_snapshot!(format!("node_{name}"), shown(&data));
        if let Some(bastion) = &document.node.spec.access.bastion {
            let count = usize::try_from(bastion.count.get()).unwrap();
            let data = render_bastion(&document, count).unwrap();
            insta::assert_snapshot!(format!("bastion_{name}"), shown(&data));
        }
    }
}

#[test]
fn the_whole_of_it() {
    insta::assert_snapshot!("user_data", render(&read(EXAMPLES[3].1)).unwrap().as_str());
    let bastion = render_bastion(&read(EXAMPLES[2].1), 1).unwrap();
    insta::assert_snapshot!("bastion_user_data", bastion.as_str());
}

/// What a YAML parser that is not ours finds in it, against what was meant.
fn assert_written(data: &UserData) {
    #[derive(serde::Deserialize)]
    struct Config {
        write_files: Vec<Written>,
        runcmd: Vec<Vec<String>>,
    }
    #[derive(serde::Deserialize)]
    struct Written {
        path: String,
        permissions: String,
        content: String,
    }
    let config: Config = serde_saphyr::from_str(data.as_str()).unwrap();
    assert_eq!(config.runcmd, [START]);
    assert_eq!(config.write_files.len(), data.files().len());
    for (found, meant) in config.write_files.iter().zip(data.files()) {
        assert_eq!((&*found.path, &*found.permissions), (meant.path, meant.mode));
        assert_eq!(found.content, meant.content, "{}", meant.path);
    }
}

#[test]
fn every_file_is_written_as_it_was_meant() {
    for (_, text) in EXAMPLES {
        let document = read(text);
        assert_written(&render(&document).unwrap());
        if document.node.spec.access.bastion.is_some() {
            assert_written(&render_bastion(&document, 1).unwrap());
        }
    }
}

/// Nothing in a script or unit comes from a spec.
#[test]
fn scripts_and_units_are_the_same_for_everybody() {
    let code = |text: &str| -> Vec<File> {
        let data = render(&read(text)).unwrap();
        data.files().iter().filter(|file| !file.path.starts_with("/etc/clctl")).cloned().collect()
    };
    let first = code(EXAMPLES[0].1);
    assert!(first.len() > 8);
    for (name, text) in EXAMPLES {
        assert_eq!(code(text), first, "{name}");
    }
}

/// Two providers each, of as many chains as one node may have.
fn chains(ids: std::ops::Range<u32>) -> String {
    let mut text = String::new();
    for id in ids {
        let _ = write!(text, "      - chainId: {id}\n        rpc:\n");
        for name in ["first", "second"] {
            let _ = write!(
                text,
                "          - name: {name}\n            httpUrl: {{secret: chain-{id}-{name}-http}}\n            \
                 webSocketUrl: {{secret: chain-{id}-{name}-ws}}\n"
            );
        }
    }
    text
}

#[test]
fn there_is_room_for_all_chains_of_a_node() {
    let few = render(&read(EXAMPLES[3].1)).unwrap();
    assert!(few.packed().len() < MOST_BYTES / 2, "{}", few.packed().len());
    let many = render(&minimal_with(&chains(700_001..700_040))).unwrap();
    assert!(many.packed().len() < MOST_BYTES, "{}", many.packed().len());
}

/// The most that a spec allows is more than EC2 takes.
#[test]
fn what_does_not_fit_is_refused() {
    let toml = |length| format!("[Tracing]\nCollectorTarget = '{}'\n", cloud_config::noise(length));
    assert!(render(&minimal_with(&extra(&toml(12_000)))).is_ok());
    let chain = serde_json::json!(toml(16_000).replace('3', "0"));
    let many = format!("        extraToml: {chain}\n{}", extra(&toml(16_000)));
    let error = render(&minimal_with(&many)).unwrap_err();
    let Error::TooLarge { file, .. } = error else { panic!("{error}") };
    assert_eq!(file, "/etc/clctl/config.toml");
}

/// Lines of a spec that add TOML to that of the node.
fn extra(toml: &str) -> String {
    format!("    extraToml: {}\n", serde_json::json!(toml))
}

#[test]
fn a_setting_has_one_writer() {
    let config = config(&render(&minimal_with(&extra("[Database]\nMaxOpenConns = 50\n"))).unwrap());
    assert_eq!(config["Database"]["MaxOpenConns"].as_integer(), Some(50));
    assert_eq!(config["Database"]["Lock"]["Enabled"].as_bool(), Some(true));
    // In another case it is the same to the node.
    let config =
        self::config(&render(&minimal_with(&extra("[database]\nMaxOpenConns = 50\n"))).unwrap());
    assert_eq!(config["Database"]["MaxOpenConns"].as_integer(), Some(50));
    assert!(config.get("database").is_none());
    for (toml, key) in [
        ("Database = 1\n", "Database"),
        ("[JobPipeline]\nMaxRunDuration = '1m'\nMAXRUNDURATION = '2m'\n", "JobPipeline."),
    ] {
        let error = render(&minimal_with(&extra(toml))).unwrap_err();
        let Error::Conflict { at, key: found } = &error else { panic!("{error}") };
        assert_eq!(at, "nodes.extraToml");
        assert!(found.starts_with(key), "{error}");
    }
}

/// At debug the node logs its URLs: the spec refuses that where one is secret.
#[test]
fn no_secret_url_is_in_the_log() {
    let debug = "    logLevel: debug\n";
    assert!(parse("node.yaml", &format!("{}{debug}", EXAMPLES[3].1)).is_err());
    let public = EXAMPLES[3]
        .1
        .replace("{secret: sepolia-http}", "{value: \"https://rpc.example.com\", public: true}")
        .replace("{secret: sepolia-websocket}", "{value: \"wss://rpc.example.com\", public: true}");
    let data = render(&read(&format!("{public}{debug}"))).unwrap();
    assert_eq!(config(&data)["Log"]["Level"].as_str(), Some("debug"));
}

#[test]
fn others_are_told_where_the_node_is() {
    let peers = minimal_with("    peerToPeer: {enabled: true}\n");
    let found = config(&render(&peers).unwrap());
    let found = &found["P2P"]["V2"];
    assert_eq!(found["AnnounceAddresses"][0].as_str(), Some("192.0.2.10:6690"));
    assert_eq!(found["ListenAddresses"][0].as_str(), Some("0.0.0.0:6690"));
    let own = minimal_with(
        "    peerToPeer: {enabled: true, port: 7000, announceAddresses: [\"203.0.113.7:7001\"]}\n",
    );
    let data = render(&own).unwrap();
    let found = &config(&data)["P2P"]["V2"];
    assert_eq!(found["AnnounceAddresses"].as_array().unwrap().len(), 1);
    assert_eq!(found["AnnounceAddresses"][0].as_str(), Some("203.0.113.7:7001"));
    assert_eq!(found["ListenAddresses"][0].as_str(), Some("0.0.0.0:7000"));
    let settings: serde_json::Value =
        serde_json::from_str(file(&data, "/etc/clctl/settings.json")).unwrap();
    assert_eq!(settings["ports"], serde_json::json!([6688, 7000]));
    let nowhere = node(&NodeInputs {
        environment: "example",
        spec: &peers.node.spec,
        secret_versions: &BTreeMap::new(),
        uid: "",
        secrets_path: "",
        log_group: "",
        database: "",
        announce: &[],
    });
    assert_eq!(nowhere, Err(Error::NothingAnnounced));
}

#[test]
fn a_bastion_has_an_address() {
    let document = read(EXAMPLES[2].1);
    assert_eq!(render_bastion(&document, 2), Err(Error::Addresses { count: 1, addresses: 2 }));
}

#[test]
fn every_script_that_needs_a_grant_is_there() {
    let documents = [
        (&grants::NODE[..], render(&read(EXAMPLES[2].1)).unwrap()),
        (&grants::BASTION[..], render_bastion(&read(EXAMPLES[2].1), 1).unwrap()),
    ];
    for (needed, data) in documents {
        let code: String = data.files().iter().map(|file| &*file.content).collect();
        for grant in needed {
            assert!(!grant.actions.is_empty());
            for action in grant.actions {
                let (service, operation) = action.split_once(':').unwrap();
                // What the command line calls it; what others call is theirs.
                let mut words = String::new();
                for letter in operation.chars() {
                    if letter.is_ascii_uppercase() && !words.is_empty() {
                        words.push('-');
                    }
                    words.push(letter.to_ascii_lowercase());
                }
                let words = words.replace("d-b-", "db-");
                let calls = format!("{service} {words}");
                let of_others = ["logs", "kms"].contains(&service);
                assert_eq!(code.contains(&calls), !of_others, "{calls}");
            }
        }
    }
    // And none is called that is not granted.
    let text = concat!(
        include_str!("scripts/lib.sh"),
        include_str!("scripts/node-boot.sh"),
        include_str!("scripts/node-prepare.sh"),
        include_str!("scripts/node-run.sh"),
        include_str!("scripts/node-role.sh"),
        include_str!("scripts/node-metrics.sh"),
        include_str!("scripts/bastion-boot.sh"),
    );
    assert_eq!(text.matches("\"${aws[@]}\"").count(), 7);
}

/// Text that is hostile to shells, systemd, YAML and TOML, with whatever else there is.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("$(reboot)`id`${x}%n%%\\".to_owned()),
        Just("'''\"\"\"\\u0041".to_owned()),
        Just(": &a *b !c\n- d\n---\n# e".to_owned()),
        Just("\u{85}\u{2028}\u{feff}\u{1f600}é".to_owned()),
        "[ -~]{0,20}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_a_user_writes_reaches_the_node_as_it_is(text in hostile()) {
        let mut telemetry = Table::new();
        telemetry.insert("CollectorTarget".to_owned(), text.clone().into());
        let mut all = Table::new();
        all.insert("Tracing".to_owned(), telemetry.into());
        let spec = format!("{}{}", EXAMPLES[3].1, extra(&all.to_string()));
        // What no YAML file can say is no matter here.
        if let Ok(documents) = parse("node.yaml", &spec) {
            let data = render(&documents[0]).unwrap();
            assert_written(&data);
            let found = config(&data);
            prop_assert_eq!(found["Tracing"]["CollectorTarget"].as_str(), Some(&*text));
        }
    }

    #[test]
    fn whatever_a_banner_says_is_shown_as_it_is(text in hostile()) {
        let spec = EXAMPLES[2].1.replace(
            "      banner: |\n        Authorised use only. What you do here is recorded.\n",
            &format!("      banner: {}\n", serde_json::json!(text)),
        );
        prop_assert!(spec != EXAMPLES[2].1);
        if let Ok(documents) = parse("node.yaml", &spec) {
            let data = render_bastion(&documents[0], 1).unwrap();
            assert_written(&data);
            prop_assert_eq!(file(&data, "/etc/ssh/clctl-banner"), text);
        }
    }

    #[test]
    fn a_public_url_is_what_it_is(path in "[!#-;=?-\\[\\]_a-z~]{0,40}") {
        let url = format!("https://rpc.example.com/{path}");
        let spec = EXAMPLES[3].1.replace(
            "{secret: sepolia-http}",
            &format!("{{value: {}, public: true}}", serde_json::json!(url)),
        );
        if let Ok(documents) = parse("node.yaml", &spec) {
            let data = render(&documents[0]).unwrap();
            assert_written(&data);
            let settings: serde_json::Value =
                serde_json::from_str(file(&data, "/etc/clctl/settings.json")).unwrap();
            prop_assert_eq!(&settings["endpoints"][0]["HTTPURL"]["public"], &serde_json::json!(url));
        }
    }
}
