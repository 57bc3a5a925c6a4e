//! Somebody with access to the account who does things at the same time, and puts in order afterwards
//! what only they can.
//!
//! Their calls do not count as calls of a run: they meet no fate and no hook.

use std::collections::BTreeMap;

use bytes::Bytes;
use clctl_simulator::{Object, World};
use http::Request;

use super::{
    draw::{Act, Rng},
    invariants::address,
    specs::{NAME, NEIGHBOUR, REGION},
};
use crate::truth::Truth;

/// What makes an object somebody's.
pub(super) const UID: &str = "clctl.dev/uid";
/// The node it stands for.
pub(super) const ADDRESS: &str = "clctl.dev/address";
/// Which object of its node it is.
pub(super) const ORDINAL: &str = "clctl.dev/replacement";

pub(super) type Tags = BTreeMap<String, String>;

/// Somebody.
#[derive(Debug, Default)]
pub(super) struct Human {
    /// Objects of somebody else's that carry copies of our tags: the tags they had, and the object
    /// the copies are of.
    pub(super) copies: BTreeMap<Object, (Tags, Object)>,
    /// Objects of ours that have lost our owner tag: the tags they had.
    pub(super) lost: BTreeMap<Object, Tags>,
    /// Copies that nothing told from ours any more: the tags they had.
    kept: BTreeMap<Object, Tags>,
    /// What was put into ours, in order.
    pub(super) children: Vec<String>,
    /// Whether they did anything since all was put in order.
    pub(super) acted: bool,
}

/// What somebody did.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) says: String,
    /// Whether what came to be by it is somebody else's from now on.
    pub(super) owns: bool,
}

/// Calls that put something into an object of ours of this kind, and what takes that away again.
const CHILDREN: &[(&str, &str, &str)] = &[
    ("vpc", "CreateSubnet", "VpcId"),
    ("vpc", "CreateSecurityGroup", "VpcId"),
    ("vpc", "CreateRouteTable", "VpcId"),
    ("subnet", "CreateNetworkInterface", "SubnetId"),
];

/// What takes away what has an id that begins so.
const UNDO: &[(&str, &str, &str)] = &[
    ("eni-", "DeleteNetworkInterface", "NetworkInterfaceId"),
    ("subnet-", "DeleteSubnet", "SubnetId"),
    ("sg-", "DeleteSecurityGroup", "GroupId"),
    ("rtb-", "DeleteRouteTable", "RouteTableId"),
];

/// What nobody can take back: storage only grows
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html>).
const LASTING: &[&str] = &["AllocatedStorage"];

impl Human {
    /// Does something of this sort to an environment, if it can be done.
    pub(super) fn act(
        &mut self,
        act: Act,
        world: &mut World,
        uid: &str,
        rng: &mut Rng,
    ) -> Option<Deed> {
        let things = world.tagged();
        let ours: Vec<&(Object, Tags)> =
            things.iter().filter(|(_, tags)| is_of(tags, uid)).collect();
        match act {
            Act::Drift => drift(world, uid, rng).map(|says| Deed { says, owns: false }),
            Act::CopyTags => {
                // The marker is one by its name: copies of its tags mean nothing.
                let is_node = |tags: &Tags| tags.get(ADDRESS).and_then(|it| address(it)).is_some();
                let nodes: Vec<&(Object, Tags)> =
                    ours.iter().filter(|(_, tags)| is_node(tags)).copied().collect();
                let (from, tags) = rng.pick(&nodes).copied()?;
                let likes: Vec<&(Object, Tags)> = things
                    .iter()
                    .filter(|(it, tags)| {
                        it.kind == from.kind
                            && it.region == from.region
                            && !tags.contains_key(UID)
                            && !self.lost.contains_key(it)
                    })
                    .collect();
                let (onto, had) = rng.pick(&likes).copied()?;
                world.retag(onto, tags, &[]).then(|| {
                    self.copies.insert(onto.clone(), (had.clone(), from.clone()));
                    let says = format!("the tags of {} are copied onto {}", from.id, onto.id);
                    Deed { says, owns: false }
                })
            }
            Act::TakeTag => {
                let (from, tags) = rng.pick(&ours).copied()?;
                if self.copies.contains_key(from) {
                    return None;
                }
                world.retag(from, &Tags::new(), &[UID.to_owned()]).then(|| {
                    self.lost.insert(from.clone(), tags.clone());
                    Deed { says: format!("{} loses its owner tag", from.id), owns: false }
                })
            }
            Act::Child => {
                let (kind, action, parameter) = rng.pick(CHILDREN)?;
                let parents: Vec<&(Object, Tags)> =
                    ours.into_iter().filter(|(it, _)| it.kind == *kind).collect();
                let (parent, _) = rng.pick(&parents).copied()?;
                let mut params = vec![(*parameter, parent.id.clone())];
                match *action {
                    "CreateSubnet" => params.push(("CidrBlock", corner(world, &parent.id)?)),
                    "CreateSecurityGroup" => {
                        let name = format!("theirs-{}", rng.below(1_000_000));
                        params.push(("GroupName", name.clone()));
                        params.push(("GroupDescription", name));
                    }
                    _ => {}
                }
                let body = ec2(world, action, &params)?;
                let id = UNDO.iter().find_map(|(prefix, ..)| {
                    let (_, after) = body.split_once(&format!("Id>{prefix}"))?;
                    let id = format!("{prefix}{}", after.split('<').next()?);
                    (id != parent.id).then_some(id)
                })?;
                self.children.push(id.clone());
                Some(Deed { says: format!("{id} is put into {}", parent.id), owns: true })
            }
        }
    }

    /// Puts in order what clctl leaves alone by design, as its messages ask for, and gives what could
    /// not be:
    ///
    /// - Copies of our tags are taken away where another object of the node is there, or where all is to
    ///   go. Elsewhere nothing tells the copy from an object of ours any more, and it stays one.
    /// - An object that lost our owner tag gets it back, unless another one has taken its place,
    ///   because nothing in AWS or in the record spoke of it any more: then it is given to clctl to be
    ///   removed, under a name that nothing has.
    /// - An alias that is called as ours and was made to lead to somebody else's key is taken away.
    /// - What was put into ours is taken away.
    pub(super) fn put_in_order(
        &mut self,
        world: &mut World,
        uid: &str,
        all_goes: bool,
    ) -> Vec<String> {
        self.acted = false;
        let mut undone = Vec::new();
        for (object, (had, _)) in std::mem::take(&mut self.copies) {
            let things = world.tagged();
            let Some((_, tags)) = things.iter().find(|(it, _)| *it == object) else { continue };
            let mut others = things.iter().filter(|(it, _)| *it != object);
            if !all_goes && !others.any(|(_, other)| same_node(other, tags, uid)) {
                self.kept.insert(object, had);
            } else if !set_back(world, &object, tags, &had) {
                undone.push(format!("the tags of {} are not what they were", object.id));
            }
        }
        if all_goes {
            self.let_go(world, |_| true);
        }
        for alias in led_astray(world, uid) {
            if !delete_alias(world, &alias) {
                undone.push(format!("{alias} cannot be taken away"));
            }
        }
        for (object, had) in std::mem::take(&mut self.lost) {
            let things = world.tagged();
            if !things.iter().any(|(it, _)| *it == object) {
                continue;
            }
            let id = &object.id;
            let mut tags = had.clone();
            // The tags of a database are on its snapshots too.
            let is_saved = |it: &Object| it.kind.ends_with("snapshot");
            let mut others = things.iter().filter(|(it, _)| *it != object && !is_saved(it));
            if others.any(|(_, other)| same_node(other, &had, uid)) {
                let kind = had.get(ADDRESS).and_then(|it| it.split('/').next()).unwrap_or_default();
                tags = [(UID, uid.to_owned()), (ADDRESS, format!("{kind}/stray-{id}"))]
                    .into_iter()
                    .chain([("Name", String::new()), (ORDINAL, "1".to_owned())])
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect();
            }
            // An instance that has been terminated is shown for a while, and takes none.
            if !world.retag(&object, &tags, &[]) && object.kind != "instance" {
                undone.push(format!("{id} has not got its tags back"));
            }
        }
        for id in std::mem::take(&mut self.children).into_iter().rev() {
            let there = |world: &World| world.objects().iter().any(|it| it.id == id);
            if !there(world) {
                continue;
            }
            for (prefix, action, parameter) in UNDO {
                if id.starts_with(prefix) {
                    ec2(world, action, &[(*parameter, id.clone())]);
                }
            }
            if there(world) {
                undone.push(format!("{id} cannot be taken away"));
            }
        }
        undone
    }

    /// Takes our tags from copies that were left with them, and says whether there was one.
    pub(super) fn let_go(&mut self, world: &mut World, which: impl Fn(&str) -> bool) -> bool {
        let (go, stay): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.kept).into_iter().partition(|(it, _)| which(&it.id));
        self.kept = stay;
        let things = world.tagged();
        let there = things.iter().filter_map(|(it, tags)| Some((it, tags, go.get(it)?)));
        there.fold(false, |_, (it, tags, had)| {
            set_back(world, it, tags, had);
            true
        })
    }
}

/// Takes all their tags from what belongs to this environment: it is somebody's own then.
pub(super) fn disown(world: &mut World, uid: &str) {
    for (object, tags) in world.tagged().iter().filter(|(_, tags)| is_of(tags, uid)) {
        // AWS's own stay.
        let keys = tags.keys().filter(|key| !key.starts_with("aws:"));
        let keys: Vec<String> = keys.cloned().collect();
        assert!(world.retag(object, &Tags::new(), &keys), "{object:?}");
    }
}

/// The aliases that are called as those of the environment and lead to keys that are not of it.
fn led_astray(world: &World, uid: &str) -> Vec<String> {
    let things = world.tagged();
    let ours: Vec<&str> =
        things.iter().filter(|(_, tags)| is_of(tags, uid)).map(|(it, _)| it.id.as_str()).collect();
    let prefix = format!("alias/clctl-{NAME}-");
    let whole = world.whole().into_iter();
    let astray = whole.filter(|(it, _, body)| {
        it.id.starts_with(&prefix) && body["key"].as_str().is_some_and(|key| !ours.contains(&key))
    });
    astray.map(|(it, ..)| it.id).collect()
}

/// Ends an instance.
pub(super) fn terminate(world: &mut World, id: &str) -> bool {
    ec2(world, "TerminateInstances", &[("InstanceId.1", id.to_owned())]).is_some()
}

/// Makes one of the changes that the simulator knows of to something of this environment, and says
/// which: what those to another one bring about later would be nobody's deed.
pub(super) fn drift(world: &mut World, uid: &str, rng: &mut Rng) -> Option<String> {
    const TRIES: u32 = 8;
    let others = |world: &World| -> Vec<(Object, Tags)> {
        let of_another = |tags: &Tags| tags.contains_key(UID) && !is_of(tags, uid);
        world.tagged().into_iter().filter(|(_, tags)| of_another(tags)).collect()
    };
    (0..TRIES).find_map(|_| {
        let seed = rng.next();
        let mut trial = world.clone();
        let says = trial.drift(seed)?;
        let names = |(it, _): &(Object, Tags)| says.contains(&it.id);
        let called = says.contains(&format!("clctl-{NEIGHBOUR}-"));
        if called || others(world).iter().any(names) || LASTING.iter().any(|it| says.contains(it)) {
            return None;
        }
        world.drift(seed)
    })
}

/// Makes the tags of an object what they were.
fn set_back(world: &mut World, object: &Object, tags: &Tags, had: &Tags) -> bool {
    let more: Vec<String> = tags.keys().filter(|key| !had.contains_key(*key)).cloned().collect();
    world.retag(object, had, &more)
}

/// Whether an object is of the environment with this uid.
pub(super) fn is_of(tags: &Tags, uid: &str) -> bool {
    tags.get(UID).is_some_and(|it| it == uid)
}

/// Whether both stand for the same node of the environment.
fn same_node(one: &Tags, other: &Tags, uid: &str) -> bool {
    is_of(one, uid) && one.get(ADDRESS).is_some() && one.get(ADDRESS) == other.get(ADDRESS)
}

/// A range in a corner of the VPC.
fn corner(world: &World, vpc: &str) -> Option<String> {
    let truth = Truth::of(world);
    let thing = truth.things().iter().find(|it| it.id == vpc)?;
    let cidr: ipnet::Ipv4Net = thing.body["cidr"].as_str()?.parse().ok()?;
    cidr.subnets(28).ok()?.last().map(|it| it.to_string())
}

/// Takes an alias away, and says whether it is.
fn delete_alias(world: &mut World, alias: &str) -> bool {
    let request = Request::post(format!("http://kms.{REGION}.amazonaws.com/"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "TrentService.DeleteAlias")
        .header("authorization", authorization("kms"))
        .body(Bytes::from(serde_json::json!({ "AliasName": alias }).to_string()))
        .unwrap();
    world.handle(world.now(), &request).response.status() == 200
}

/// Somebody's name under a call.
fn authorization(service: &str) -> String {
    let credential = format!("AKIASOMEBODY/20260101/{REGION}/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0123abcd")
}

/// Makes a call of EC2's; nothing if it is refused.
fn ec2(world: &mut World, action: &str, params: &[(&str, String)]) -> Option<String> {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut form = format!("Action={action}&Version=2016-11-15");
    for (key, value) in params {
        form.extend(["&", key, "=", &encode(value)]);
    }
    let request = Request::post(format!("http://ec2.{REGION}.amazonaws.com/"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", authorization("ec2"))
        .body(Bytes::from(form))
        .unwrap();
    let reply = world.handle(world.now(), &request);
    let body = String::from_utf8_lossy(reply.response.body()).into_owned();
    (reply.response.status() == 200).then_some(body)
}
