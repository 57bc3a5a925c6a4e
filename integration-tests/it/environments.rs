//! Environments beside each other and beside what is somebody else's, and specs that change.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use clctl::{
    aws::{Aws, ConnectError, Mode, kinds},
    engine::{Class, Error, KeepReason, Plan, Scope},
    store::Store,
};
use clctl_simulator::{Fate, Seed, Settings};
use serde_json::json;

use crate::{
    harness::{Bench, SETTLED, Wanted, steps},
    stand::one_of_each,
    truth::{Thing, Truth},
};

fn small() -> Wanted {
    Wanted::graph("small", one_of_each)
}

/// A new account, its region as AWS makes it, and a record in a file.
async fn untouched() -> Bench {
    let bench = Bench::calm();
    bench.set_store(Store::open(tempfile::tempdir().unwrap().path()).unwrap());
    bench.somebody().ec2("DescribeVpcs", &[]).await.good();
    bench
}

/// Each environment needs three, and an account has five unless it asks for more.
fn enough_addresses(bench: &Bench) {
    bench.simulator.with(|world| world.settings_mut().quotas.addresses = 10);
}

/// What there is in the second world and not in the first.
fn made(before: &Truth, after: &Truth) -> Vec<String> {
    let new = after.ids().into_iter().filter(|id| !before.ids().contains(id));
    new.map(ToOwned::to_owned).collect()
}

/// These things are in the world as they were.
#[track_caller]
fn unchanged(bench: &Bench, before: &Truth, ids: &[String], when: &str) {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // Names, unlike ids, are the same in every region.
    let regions: BTreeSet<&str> = before.things().iter().map(|it| it.region.as_str()).collect();
    let now = bench.truth().only(&ids).of_regions(&regions);
    assert_eq!(now.ids(), before.clone().only(&ids).ids(), "{when}");
    now.is_like(&before.clone().only(&ids), when);
}

#[tokio::test(start_paused = true)]
async fn two_environments_of_one_account_and_region_do_not_touch_each_other() {
    let bench = untouched().await;
    enough_addresses(&bench);
    let nothing = bench.truth();
    let first = Wanted::usual();
    let second = Wanted::with(&[("name: demo", "name: demo-2")]);
    bench.apply(&first).await.complete();
    bench.somebody().wait(SETTLED).await;
    let (one, ids) = (bench.truth(), made(&nothing, &bench.truth()));
    bench.apply(&second).await.complete();
    unchanged(&bench, &one, &ids, "after the second was applied");
    bench.is_settled(&first).await;
    bench.is_settled(&second).await;
    bench.delete(&second).await.complete();
    unchanged(&bench, &one, &ids, "after the second was deleted");
    bench.is_settled(&first).await;
    bench.delete(&first).await.complete();
    assert_eq!(bench.truth().ids(), nothing.ids());
}

#[tokio::test(start_paused = true)]
async fn one_name_in_two_regions_is_two_environments() {
    let bench = untouched().await;
    let here = Wanted::usual();
    let there = Wanted::with(&[("us-east-1", "eu-central-1")]);
    bench.apply(&here).await.complete();
    bench.somebody().wait(SETTLED).await;
    let before = bench.truth();
    let ids: Vec<String> = before.ids().into_iter().map(ToOwned::to_owned).collect();
    let unchanged = |when: &str| unchanged(&bench, &before, &ids, when);
    bench.apply(&there).await.complete();
    unchanged("after the other region");
    bench.is_settled(&here).await;
    bench.delete(&there).await.complete();
    unchanged("after the other region is empty again");
    assert_eq!(bench.truth().of_region("eu-central-1").owned(), 0);
    bench.is_settled(&here).await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_had_before_is_there_after_all_of_it() {
    let bench = untouched().await;
    bench.simulator.with(|world| world.seed(Seed::Network));
    let before = bench.truth();
    let ids: Vec<String> = before.ids().into_iter().map(ToOwned::to_owned).collect();
    let wanted = Wanted::usual();
    bench.apply(&wanted).await.complete();
    unchanged(&bench, &before, &ids, "after apply");
    bench.delete(&wanted).await.complete();
    unchanged(&bench, &before, &ids, "after delete");
    assert_eq!(bench.truth().ids(), before.ids());
}

/// Tags get copied. What holds data, and is ours by its tags alone, is left alone and told of.
#[tokio::test(start_paused = true)]
async fn tags_alone_are_no_reason_to_remove_what_holds_data() {
    let bench = untouched().await;
    enough_addresses(&bench);
    let (ours, theirs) = (Wanted::usual(), Wanted::with(&[("name: demo", "name: demo-2")]));
    bench.apply(&theirs).await.complete();
    bench.apply(&ours).await.complete();
    bench.somebody().wait(SETTLED).await;
    let uid = |name: &str| {
        let truth = bench.truth();
        let of = |it: &&Thing| it.tags.get("clctl.dev/environment").is_some_and(|it| it == name);
        truth.things().iter().find(of).unwrap().tags["clctl.dev/uid"].clone()
    };
    let (our_uid, their_uid) = (uid("demo"), uid("demo-2"));
    // Of each kind that holds data, one of theirs gets our tags, for a node that is not declared.
    let mut copies = Vec::new();
    for kind in ["secret", "kms-key", "log-group"] {
        let truth = bench.truth();
        let of_kind = |it: &&Thing| {
            it.tags.get("clctl.dev/uid") == Some(&their_uid)
                && it.address().is_some_and(|it| it.starts_with(&format!("{kind}/")))
        };
        let thing = truth.things().iter().find(of_kind).unwrap();
        bench.tag(thing, "clctl.dev/uid", Some(&our_uid));
        bench.tag(thing, "clctl.dev/address", Some(&format!("{kind}/copied")));
        copies.push(thing.id.clone());
    }
    bench.somebody().wait(SETTLED).await;
    let kept = |plan: &Plan<Aws>| {
        let unproven = plan.kept.iter().filter(|it| it.reason == KeepReason::Unproven);
        unproven.map(|it| it.seen.address().unwrap().to_string()).collect::<Vec<_>>()
    };
    let expected = ["kms-key/copied", "log-group/copied", "secret/copied"];
    bench.is_settled(&ours).await;
    assert_eq!(kept(&bench.diff(&ours).await), expected);
    // Nor does somebody who knows nothing of what we made.
    bench.lose_record();
    assert_eq!(kept(&bench.try_removals(&ours).await.unwrap()), expected);
    bench.delete(&ours).await.complete();
    let left = bench.truth();
    for id in copies {
        assert!(left.ids().contains(&id.as_str()), "{id} is gone");
    }
}

/// Somebody takes what a node of ours would have, before it is made.
async fn is_refused(taken: &str, denied: &str, meddling: &[(&str, &str)]) {
    let wanted = Wanted::usual();
    let bench = Bench::calm();
    let deny = |all: &[&str]| {
        let all = all.iter().map(ToString::to_string).collect();
        bench.simulator.with(|world| world.settings_mut().denied = all);
    };
    deny(&[denied]);
    assert!(!bench.apply(&wanted).await.is_complete());
    deny(&[]);
    let before = bench.truth();
    bench.meddle(meddling).await;
    let theirs = made(&before, &bench.truth());
    let with = bench.truth();
    let outcome = bench.apply(&wanted).await;
    let error = outcome.error(taken);
    assert!(matches!(error, Error::Foreign { id } if theirs.contains(&id.0)), "{error}");
    let text = error.to_string();
    assert!(text.contains("no owner tag") && text.contains("left alone"), "{text}");
    unchanged(&bench, &with, &theirs, taken);
}

#[tokio::test(start_paused = true)]
async fn a_security_group_of_somebody_with_our_name_is_refused_and_left_alone() {
    let group =
        "VpcId=@vpc/main&GroupDescription=theirs&GroupName=clctl-demo-security-group-database";
    is_refused(
        "security-group/database",
        "ec2:CreateSecurityGroup",
        &[("CreateSecurityGroup", group)],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_subnet_of_somebody_in_our_range_is_refused_and_left_alone() {
    is_refused(
        "subnet/private-b",
        "ec2:CreateSubnet",
        &[("CreateSubnet", "VpcId=@vpc/main&CidrBlock=10.0.40.0/24")],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_parameter_of_somebody_where_our_marker_would_be_is_refused_and_left_alone() {
    let bench = untouched().await;
    let parameter = json!({"Name": "/clctl/demo/intent", "Value": "theirs", "Type": "String"});
    bench.somebody().ssm("PutParameter", parameter).await.good();
    let before = bench.truth();
    let outcome = bench.apply(&Wanted::usual()).await;
    assert!(!outcome.is_complete());
    let text = outcome.told();
    assert!(text.contains("/clctl/demo/intent"), "{text}");
    assert!(text.contains("left alone"), "{text}");
    assert_eq!(bench.truth().ids(), before.ids());
    bench.truth().is_like(&before, "a marker that is not ours");
    let answer = bench.somebody().ssm("GetParameter", json!({"Name": "/clctl/demo/intent"})).await;
    assert!(answer.good().body.contains("theirs"));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_put_into_our_network_blocks_a_delete_by_name_and_survives() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    let before = bench.truth();
    let interface = "SubnetId=@subnet/private-a&Description=somebody's machine";
    bench.meddle(&[("CreateNetworkInterface", interface)]).await;
    let (theirs, with) = (made(&before, &bench.truth()), bench.truth());
    let outcome = bench.delete(&wanted).await;
    let subnet = format!("remove {}", with.id("subnet/private-a"));
    let text = outcome.error(&subnet).to_string();
    assert!(text.contains(&theirs[0]) && text.contains("somebody's machine"), "{text}");
    unchanged(&bench, &with, &theirs, "a delete that was blocked");
    bench.truth().id("vpc/main");
    // The way is free.
    let id = theirs[0].clone();
    bench.somebody().ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &id)]).await.good();
    bench.delete(&wanted).await.complete();
    assert_eq!(bench.truth().owned(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_claims_to_be_ours_twice_is_quarantined_and_none_of_them_touched() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    let tags =
        bench.truth().things().iter().find(|it| it.kind == "elastic-ip").unwrap().tags.clone();
    let address = tags["clctl.dev/address"].clone();
    let mut params = vec!["TagSpecification.1.ResourceType=elastic-ip".to_owned()];
    for (n, (key, value)) in tags.iter().enumerate() {
        let n = n + 1;
        params.push(format!("TagSpecification.1.Tag.{n}.Key={key}"));
        params.push(format!("TagSpecification.1.Tag.{n}.Value={value}"));
    }
    bench.meddle(&[("AllocateAddress", &params.join("&"))]).await;
    let before = bench.truth();
    let doubled = format!("doubled {address}");
    assert!(bench.differences(&wanted).await.contains(&doubled));
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete() && outcome.writes.is_empty(), "{:?}", outcome.writes);
    assert_eq!(bench.truth().ids(), before.ids());
}

#[tokio::test(start_paused = true)]
async fn losing_the_store_between_two_commands_changes_nothing() {
    let bench = untouched().await;
    let (nothing, wanted) = (bench.truth(), Wanted::usual());
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let lose = |nth: usize| bench.set_store(Store::open(folders[nth].path()).unwrap());
    lose(0);
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    bench.somebody().wait(SETTLED).await;
    let before = bench.truth();
    lose(1);
    bench.is_settled(&wanted).await;
    bench.truth().is_like(&before, "the store was lost");
    lose(2);
    bench.delete(&wanted).await.complete();
    assert_eq!(bench.truth().ids(), nothing.ids());
}

/// From where the example lets in whom.
const BASTION: &str = "    allowedCidrs: [203.0.113.0/24]\n\n  nodes:";
const GUI: &str = "012\n    allowedCidrs: [203.0.113.0/24]";

/// From one spec to the next: the world is what it would be had there never been another.
#[tokio::test(start_paused = true)]
async fn a_spec_that_changes_leads_to_the_world_of_the_new_one() {
    let changes: &[(&str, &[(&str, &str)])] = &[
        ("one NAT gateway", &[("natGateways: OnePerZone", "natGateways: Single")]),
        ("a NAT gateway per zone", &[]),
        ("more is let in", &[(GUI, "012\n    allowedCidrs: [198.51.100.0/24, 192.0.2.1/32]")]),
        ("nobody is let in", &[(BASTION, "    allowedCidrs: []\n\n  nodes:")]),
        ("other tags", &[("team: oracles", "squad: oracles")]),
        ("as it was", &[]),
    ];
    let bench = untouched().await;
    let nothing = bench.truth();
    bench.apply(&Wanted::usual()).await.complete();
    for (what, change) in changes {
        let wanted = Wanted::with(change);
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{what}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        let fresh = Bench::standing(&wanted).await;
        fresh.somebody().wait(SETTLED).await;
        bench.truth().is_like(&fresh.truth(), what);
        bench.is_settled(&wanted).await;
        let foreign: Vec<String> = nothing.ids().into_iter().map(ToOwned::to_owned).collect();
        unchanged(&bench, &nothing, &foreign, what);
    }
}

/// The database and the instances stand in the subnets: where these would have to go first, nothing is done.
#[tokio::test(start_paused = true)]
async fn a_spec_that_would_take_the_database_along_is_refused() {
    let bench = Bench::standing(&Wanted::usual()).await;
    let before = bench.truth();
    for (what, change) in [
        ("other zones", ("[us-east-1a, us-east-1b]", "[us-east-1a, us-east-1c]")),
        ("zones swapped", ("[us-east-1a, us-east-1b]", "[us-east-1b, us-east-1a]")),
        ("another network", ("10.0.0.0/16", "10.7.0.0/16")),
        ("a smaller network", ("10.0.0.0/16", "10.0.0.0/20")),
    ] {
        let wanted = Wanted::with(&[change]);
        assert!(bench.diff(&wanted).await.is_refused(), "{what}");
        assert!(!bench.apply(&wanted).await.is_complete(), "{what}");
        bench.truth().is_like(&before, what);
    }
    bench.is_settled(&Wanted::usual()).await;
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_unknown_and_nothing_is_made_or_removed_for_it() {
    let wanted = small();
    let standing = Bench::standing(&wanted).await.world();
    // The others are asked only about what is in doubt, or to say what is in the way.
    let asked = {
        let bench = Bench::at(standing.clone());
        let session = bench.connect(&wanted, Mode::ReadOnly).await.unwrap();
        for kind in kinds::all().iter() {
            kind.find(&session.aws, Scope::Owned).await.unwrap();
        }
        session.aws.calls.made().into_iter().map(|call| call.operation).collect::<BTreeSet<_>>()
    };
    let reads = kinds::reads();
    let of_kinds = |read: &&&'static str| asked.contains(**read) && !read.starts_with("sts:");
    let reads = reads.iter().filter(of_kinds);
    for read in reads {
        let bench = Bench::at(standing.clone());
        let before = bench.truth();
        bench.simulator.with(|world| world.settings_mut().denied = vec![(*read).to_owned()]);
        let diff = bench.diff(&wanted).await;
        assert!(diff.is_unknown(), "{read}: {:?}", steps(&diff));
        let why: Vec<&String> = diff.unread.values().collect();
        assert!(why.iter().all(|why| why.contains(*read)), "{read}: {why:?}");
        // Half of it is not declared any more.
        let less = Wanted::graph("small", |_| clctl::engine::Graph::default());
        let outcome = bench.apply(&less).await;
        assert!(
            !outcome.is_complete() && outcome.writes.is_empty(),
            "{read}: {:?}",
            outcome.writes
        );
        let outcome = bench.delete(&wanted).await;
        assert!(
            !outcome.is_complete() && outcome.writes.is_empty(),
            "{read}: {:?}",
            outcome.writes
        );
        let outcome = bench.apply(&wanted).await;
        assert!(
            !outcome.is_complete() && outcome.writes.is_empty(),
            "{read}: {:?}",
            outcome.writes
        );
        assert_eq!(bench.truth().ids(), before.ids(), "{read}");
    }
}

/// The marker says whether a creation is under way that nobody sees yet.
#[tokio::test(start_paused = true)]
async fn as_long_as_the_marker_may_not_be_read_nothing_is_created() {
    let (bench, wanted) = (untouched().await, small());
    let before = bench.truth();
    let denied = "ssm:GetParameter".to_owned();
    bench.simulator.with(|world| world.settings_mut().denied = vec![denied]);
    assert!(bench.diff(&wanted).await.is_unknown());
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete() && outcome.writes.is_empty(), "{:?}", outcome.writes);
    assert!(outcome.told().contains("intent marker could not be read"), "{}", outcome.told());
    assert_eq!(bench.truth().ids(), before.ids());
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_denied_is_named_and_the_rest_goes_on_and_a_later_run_completes() {
    let wanted = small();
    let fresh = Bench::calm();
    let clean = fresh.apply(&wanted).await.complete();
    fresh.somebody().wait(SETTLED).await;
    let mut writes: Vec<&str> = clean.writes.iter().map(String::as_str).collect();
    writes.dedup();
    // Who may not make a service's role goes on: there may be one, and what needs it says so if there is none.
    writes.retain(|write| *write != "iam:CreateServiceLinkedRole");
    for denied in writes {
        let denied = denied.to_owned();
        let bench = Bench::calm();
        bench.simulator.with(|world| world.settings_mut().denied = vec![denied.clone()]);
        let outcome = bench.apply(&wanted).await;
        assert!(!outcome.is_complete(), "{denied}");
        for error in outcome.report.failed.values() {
            let Error::Call(call) = error else { panic!("{denied}: {error}") };
            assert_eq!((call.operation, call.class), (denied.as_str(), Class::Denied));
        }
        assert!(!outcome.report.failed.is_empty(), "{denied}: {}", outcome.told());
        let first = ["ssm:PutParameter", "ec2:CreateVpc"].contains(&denied.as_str());
        assert!(first || !outcome.report.done.is_empty(), "{denied}");
        bench.simulator.with(|world| world.settings_mut().denied.clear());
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{denied}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&fresh.truth(), &denied);
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_is_denied_is_named_and_a_later_run_completes() {
    let wanted = small();
    let standing = Bench::standing(&wanted).await;
    let world = standing.world();
    let clean = standing.delete(&wanted).await.complete();
    let nothing = standing.truth();
    let mut writes: Vec<&str> = clean.writes.iter().map(String::as_str).collect();
    writes.dedup();
    for denied in writes.into_iter().filter(|write| *write != "ssm:DeleteParameter") {
        let denied = denied.to_owned();
        let bench = Bench::at(world.clone());
        bench.simulator.with(|world| world.settings_mut().denied = vec![denied.clone()]);
        let outcome = bench.delete(&wanted).await;
        assert!(!outcome.is_complete(), "{denied}");
        assert!(outcome.told().contains(&denied), "{}", outcome.told());
        bench.simulator.with(|world| world.settings_mut().denied.clear());
        bench.delete(&wanted).await.complete();
        assert_eq!(bench.truth().ids(), nothing.ids(), "{denied}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_is_named_and_a_later_run_completes() {
    let wanted = Wanted::usual();
    let mut settings = Settings::calm();
    settings.quotas.addresses = 2;
    let bench = Bench::new(settings);
    let outcome = bench.apply(&wanted).await;
    let failed: Vec<&Error> = outcome.report.failed.values().collect();
    let [Error::Call(call)] = failed.as_slice() else { panic!("{}", outcome.told()) };
    assert_eq!((call.class, call.operation), (Class::Quota, "ec2:AllocateAddress"));
    // All that does not need the third address is there.
    assert!(outcome.report.done.len() > 15, "{}", outcome.told());
    bench.simulator.with(|world| world.settings_mut().quotas.addresses = 5);
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
}

/// What the sandbox signs with.
const KEY: &str = "AKIDSANDBOX";

#[tokio::test(start_paused = true)]
async fn credentials_that_expire_during_an_apply_stop_it_and_new_ones_go_on() {
    let wanted = small();
    let calls = Bench::standing(&wanted).await.simulator.calls().len();
    let intact = Bench::standing(&wanted).await;
    intact.somebody().wait(SETTLED).await;
    for at in (2..calls as u64).step_by(7) {
        let bench = Bench::calm();
        let (simulator, came) = (bench.simulator.clone(), AtomicU64::new(0));
        bench.simulator.set_hook(Arc::new(move |_| {
            if came.fetch_add(1, Ordering::Relaxed) + 1 == at {
                simulator.with(|world| world.settings_mut().expired_keys = vec![KEY.to_owned()]);
            }
            Fate::Proceed
        }));
        let outcome = bench.apply(&wanted).await;
        bench.simulator.clear_hook();
        assert!(!outcome.is_complete(), "call {at}");
        let expired =
            |error: &&Error| matches!(error, Error::Call(call) if call.class == Class::Expired);
        let mut failed = outcome.report.failed.values();
        let read = outcome.plan.unread.values().any(|why| why.contains("Expired"));
        assert!(read || failed.any(|error| expired(&error)), "call {at}: {}", outcome.told());
        // The next command says what to do.
        let refused = bench.connect(&wanted, Mode::ReadWrite).await.err().unwrap();
        assert!(matches!(refused, ConnectError::Credentials { .. }));
        assert!(refused.to_string().contains("run the same command again"), "{refused}");
        bench.simulator.with(|world| world.settings_mut().expired_keys.clear());
        bench.apply(&wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&intact.truth(), &format!("call {at}"));
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_are_refused_before_anything_is_read() {
    let bench = Bench::calm();
    let wanted = Wanted::with(&[("123456789012", "210987654321")]);
    let refused = bench.connect(&wanted, Mode::ReadWrite).await.err().unwrap();
    assert!(matches!(refused, ConnectError::Account { .. }), "{refused}");
    assert!(bench.simulator.calls().iter().all(|call| call.service == "sts"));
}
