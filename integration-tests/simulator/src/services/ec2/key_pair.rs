//! Key pairs, of which EC2 holds the public key.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteKeyPair.html>. Keys that EC2
//! makes itself are not modelled: no private key is ever here.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one},
    public_key::PublicKey,
    read,
    resource::{Drift, Resource, tag_set, tagged},
    scene::{Call, Scene},
    tags, write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("ImportKeyPair", import),
    read("DescribeKeyPairs", list),
    write("DeleteKeyPair", delete),
];

const LONGEST_NAME: usize = 255;

/// A key pair.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeyPair {
    pub(super) name: String,
    key_type: String,
    fingerprint: String,
    /// The public key in one line.
    public_key: String,
    created: Time,
}

impl Kind for KeyPair {
    const TYPE: &'static str = "key-pair";
    const PREFIX: &'static str = "key";
    const NOUN: &'static str = "key pair ID";
    const NOT_FOUND: &'static str = "InvalidKeyPair.NotFound";
    const MALFORMED: &'static str = "InvalidKeyPairId.Malformed";
}

impl Resource for KeyPair {
    const SET: &'static str = "keySet";
    const IDS: &'static str = "KeyPairId";
    const FILTERS: &'static [&'static str] = &["fingerprint", "key-name", "key-pair-id"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.key_pairs
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.key_pairs
    }

    fn values(pair: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "fingerprint" => one(&pair.fingerprint),
            "key-name" => one(&pair.name),
            "key-pair-id" => one(&pair.id),
            _ => Vec::new(),
        }
    }

    fn render(pair: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new()
            .text("keyPairId", &pair.id)
            .text("keyName", &pair.name)
            .text("keyFingerprint", &pair.fingerprint)
            .text("keyType", &pair.key_type)
            .text("createTime", pair.created)
            .nest("tagSet", tag_set(pair))
    }
}

fn named<'a>(scene: &'a Scene<'_>, name: &str) -> Option<&'a Record<KeyPair>> {
    scene.ec2.key_pairs.all().find(|it| it.name == name)
}

fn unknown_name(name: &str) -> Fault {
    Fault::client(KeyPair::NOT_FOUND, format!("The key pair '{name}' does not exist"))
}

fn import(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<KeyPair>(call)?;
    let name = call.params.need("KeyName")?;
    let material = call.params.need("PublicKeyMaterial")?;
    if !name.is_ascii() || name.len() > LONGEST_NAME || name.trim() != name {
        return Err(Fault::invalid(format!(
            "Value ({name}) for parameter KeyName is invalid. Up to {LONGEST_NAME} ASCII \
             characters are allowed, without spaces at the beginning and the end."
        )));
    }
    let key = PublicKey::read(call, &material)?;
    if named(call, &name).is_some() {
        let text = format!("The keypair '{name}' already exists.");
        return Err(Fault::client("InvalidKeyPair.Duplicate", text));
    }
    if call.ec2.key_pairs.all().count() >= call.settings.quotas.key_pairs as usize {
        let text = "The maximum number of key pairs has been reached.";
        return Err(Fault::client("ResourceLimitExceeded", text));
    }
    let comment = match call.settings.disputed("imported-key-comment", 2) {
        0 => name.clone(),
        _ => key.comment.clone(),
    };
    let now = call.now;
    let body = KeyPair {
        key_type: key.algorithm.key_type().to_owned(),
        fingerprint: key.fingerprint(call),
        public_key: key.line(&comment),
        created: now,
        name,
    };
    let record = call.make(tags, body);
    let xml = Xml::new()
        .text("keyName", &record.name)
        .text("keyFingerprint", &record.fingerprint)
        .text("keyPairId", &record.id)
        .nest("tagSet", tag_set(&record));
    call.add(now, record);
    Ok(xml)
}

/// A list without pages, of pairs named by name, by id, or not at all.
fn list(call: &mut Call<'_>) -> Answer {
    let scene = &call.scene;
    let names = call.params.list("KeyName");
    let ids = call.params.list(KeyPair::IDS);
    let filters = Filters::read::<KeyPair>(&call.params)?;
    let whole = call.params.flag("IncludePublicKey")?.unwrap_or_default();
    let shelf = &scene.ec2.key_pairs;
    let mut found: Vec<&Record<KeyPair>> = Vec::new();
    if names.is_empty() && ids.is_empty() {
        found.extend(shelf.all_seen(scene.in_lists()));
    }
    for name in &names {
        let mut all = shelf.all_seen(scene.by_id());
        found.push(all.find(|it| it.name == *name).ok_or_else(|| unknown_name(name))?);
    }
    for id in &ids {
        KeyPair::check(id)?;
        found.push(shelf.seen(id, scene.by_id()).ok_or_else(|| KeyPair::unknown(id))?);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.id == b.id);
    found.retain(|it| filters.keep(&it.tags, |name| KeyPair::values(it, scene, name)));
    let items = found.into_iter().map(|it| {
        let key = whole.then_some(&it.public_key);
        KeyPair::render(it, scene).maybe("publicKey", key)
    });
    Ok(Xml::new().list(KeyPair::SET, items))
}

/// Deleting a pair that is not there is answered like deleting one that is; the reference has no
/// word on it.
fn delete(call: &mut Call<'_>) -> Answer {
    let (name, id) = (call.params.text("KeyName"), call.params.text("KeyPairId"));
    let found = match (&name, &id) {
        (None, None) => return Err(Fault::missing("KeyName or KeyPairId")),
        (Some(_), Some(_)) => {
            return Err(Fault::combination(
                "The parameters KeyName and KeyPairId may not be used together",
            ));
        }
        (Some(name), None) => named(call, name).ok_or_else(|| unknown_name(name)),
        (None, Some(id)) => {
            KeyPair::check(id)?;
            call.find::<KeyPair>(id)
        }
    };
    let found = match found {
        Ok(pair) => Some(pair.id.clone()),
        Err(_) if call.settings.disputed("delete-missing-key-pair", 2) == 0 => None,
        Err(fault) => return Err(fault),
    };
    if let Some(id) = &found {
        call.remove::<KeyPair>(id);
    }
    Ok(Xml::new().text("return", true).maybe("keyPairId", found.or(id)))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<KeyPair>(ec2, key)
        .map(|it| {
            let says = format!("{} is deleted", it.id);
            Drift::new(says, "DeleteKeyPair", &[("KeyPairId", &it.id)])
        })
        .collect()
}
