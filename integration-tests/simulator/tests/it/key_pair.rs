//! Key pairs, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html> and its sisters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clctl_simulator::Settings;

use crate::client::{Answer, Client};

/// Made with `ssh-keygen` for this test; nobody has the private keys.
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQClj4Pb/AV/23Xa/ZXSkbtGZGpL6jHmL9oISTYhWPUpIxIso9Nt3skOMGcbzWEolDDQK/pdoy1U1M5pc9GtDfXagCo0QCgiWyWaxby4YoBYP19ilaS2aOddk+J8+uabd60jEraEH9s6Ga7kPB9TSfudd03rrLGQmFKHV5GZ+ePAQQ==";
const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcGii0oVoRSVPTKJlMQaDiXSo+D396YLQ0Zc1/mIybg";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOHNinvRqDZS3ZeyujRLOiyTORMHNcD9HAjwj+/KLqdkAUdCmLKlWsF2KClzVn+HiZF83SUxZUnTCjFNsYfR5D0=";

async fn import(client: &Client, name: &str, key: &str) -> Answer {
    let material = STANDARD.encode(key);
    client.ec2("ImportKeyPair", &[("KeyName", name), ("PublicKeyMaterial", &material)]).await
}

fn answering(fact: &str, answer: u64) -> Client {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    Client::new(settings)
}

#[tokio::test(start_paused = true)]
async fn a_public_key_is_imported_and_read_back() {
    let client = Client::calm();
    let material = STANDARD.encode(format!("{RSA} me@here\n"));
    let params = [
        ("KeyName", "operator"),
        ("PublicKeyMaterial", &*material),
        ("TagSpecification.1.ResourceType", "key-pair"),
        ("TagSpecification.1.Tag.1.Key", "team"),
        ("TagSpecification.1.Tag.1.Value", "nodes"),
    ];
    let made = client.ec2("ImportKeyPair", &params).await.good();
    assert_eq!(made.text("keyName"), "operator");
    let id = made.text("keyPairId");
    assert!(id.starts_with("key-0"), "{id}");
    let plain = client.ec2("DescribeKeyPairs", &[("KeyPairId.1", &id)]).await.good();
    assert_eq!((plain.text("keyType"), plain.text("publicKey")), ("rsa".into(), String::new()));
    assert_eq!(plain.text("value"), "nodes");
    let whole = [("KeyName.1", "operator"), ("IncludePublicKey", "true")];
    let whole = client.ec2("DescribeKeyPairs", &whole).await.good();
    assert_eq!(whole.text("publicKey"), format!("{RSA} operator"));
    let other = answering("imported-key-comment", 1);
    import(&other, "operator", &format!("{RSA} me@here")).await.good();
    let whole = other.ec2("DescribeKeyPairs", &[("IncludePublicKey", "true")]).await.good();
    assert_eq!(whole.text("publicKey"), format!("{RSA} me@here"));
}

/// The fingerprints are OpenSSL's and OpenSSH's own, by the commands in
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>.
#[tokio::test(start_paused = true)]
async fn fingerprints_are_those_the_documents_say() {
    for (fact, answer, key, fingerprint) in [
        ("imported-rsa-fingerprint", 0, RSA, "42:a6:ed:a7:de:50:63:56:3c:4f:73:1e:32:04:2e:ea"),
        ("imported-rsa-fingerprint", 1, RSA, "a0:c9:ff:3c:1b:14:4e:72:c4:39:22:56:77:45:9a:ab"),
        ("ed25519-fingerprint-padding", 0, ED25519, "QalIbP3fHkZ61g8pjPpQB9cPb/jw2IJJ89dNR+likz4="),
        ("ed25519-fingerprint-padding", 1, ED25519, "QalIbP3fHkZ61g8pjPpQB9cPb/jw2IJJ89dNR+likz4"),
    ] {
        let client = answering(fact, answer);
        let made = import(&client, "one", key).await.good();
        assert_eq!(made.text("keyFingerprint"), fingerprint, "{fact} {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_key_of_a_kind_ec2_takes_is_refused() {
    let client = Client::calm();
    let cut = RSA.get(..RSA.len() - 8).unwrap();
    let mixed = ED25519.replace("ssh-ed25519", "ssh-rsa");
    for key in ["", "nonsense", "ssh-rsa AAAA", cut, ECDSA, &*mixed] {
        let refused = import(&client, "one", key).await;
        let code = if key.is_empty() { "MissingParameter" } else { "InvalidKey.Format" };
        assert_eq!(refused.code(), code, "{key}");
    }
    let pem = "-----BEGIN PUBLIC KEY-----\n";
    assert_eq!(import(&client, "one", pem).await.code(), "ClctlSimulatorUnsupported");
    let bare = [("KeyName", "one"), ("PublicKeyMaterial", RSA)];
    let refused = client.ec2("ImportKeyPair", &bare).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
    for name in ["schlüssel", " one", &*"x".repeat(256)] {
        assert_eq!(import(&client, name, RSA).await.code(), "InvalidParameterValue", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_good_once_in_a_region_and_case_matters() {
    let mut client = Client::calm();
    import(&client, "operator", RSA).await.good();
    assert_eq!(import(&client, "operator", ED25519).await.code(), "InvalidKeyPair.Duplicate");
    import(&client, "Operator", RSA).await.good();
    client.region = "eu-west-1";
    import(&client, "operator", RSA).await.good();
    client.simulator.with(|world| world.settings_mut().quotas.key_pairs = 1);
    assert_eq!(import(&client, "other", RSA).await.code(), "ResourceLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn pairs_are_found_by_filter_name_and_id() {
    let client = Client::calm();
    let one = import(&client, "one", RSA).await.good();
    let two = import(&client, "two", ED25519).await.good();
    let (one_id, two_id) = (one.text("keyPairId"), two.text("keyPairId"));
    let tag = [("ResourceId.1", &*two_id), ("Tag.1.Key", "team"), ("Tag.1.Value", "nodes")];
    client.ec2("CreateTags", &tag).await.good();
    for (name, value, found) in [
        ("key-name", "on*", vec!["one"]),
        ("key-pair-id", &*two_id, vec!["two"]),
        ("fingerprint", &*one.text("keyFingerprint"), vec!["one"]),
        ("tag:team", "nodes", vec!["two"]),
        ("tag-key", "team", vec!["two"]),
        ("key-name", "One", vec![]),
    ] {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = client.ec2("DescribeKeyPairs", &of).await.good();
        assert_eq!(answer.texts("keyName"), found, "{name}");
    }
    let both = [("KeyName.1", "two"), ("KeyPairId.1", &*one_id), ("KeyPairId.2", &*two_id)];
    let both = client.ec2("DescribeKeyPairs", &both).await.good();
    assert_eq!(both.texts("keyName"), ["one", "two"]);
    for (name, value, code) in [
        ("KeyName.1", "three", "InvalidKeyPair.NotFound"),
        ("KeyPairId.1", "key-0123456789abcdef0", "InvalidKeyPair.NotFound"),
        ("KeyPairId.1", "three", "InvalidKeyPairId.Malformed"),
        ("MaxResults", "5", "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(client.ec2("DescribeKeyPairs", &[(name, value)]).await.code(), code, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_deleted_by_name_or_id_and_again_without_complaint() {
    let client = Client::calm();
    let id = import(&client, "one", RSA).await.good().text("keyPairId");
    import(&client, "two", RSA).await.good();
    for named in [("KeyPairId", &*id), ("KeyPairId", &*id), ("KeyName", "two"), ("KeyName", "two")]
    {
        let gone = client.ec2("DeleteKeyPair", &[named]).await.good();
        assert_eq!(gone.text("return"), "true");
    }
    assert!(client.ec2("DescribeKeyPairs", &[]).await.good().texts("keyName").is_empty());
    import(&client, "one", RSA).await.good();
    let refused = client.ec2("DeleteKeyPair", &[]).await;
    assert_eq!(refused.code(), "MissingParameter");
    let client = answering("delete-missing-key-pair", 1);
    let refused = client.ec2("DeleteKeyPair", &[("KeyName", "two")]).await;
    assert_eq!(refused.code(), "InvalidKeyPair.NotFound");
}
