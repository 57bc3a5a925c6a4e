//! Every change that somebody might make behind clctl's back to one object of each kind: what `diff`
//! calls it, that `apply` repairs it, and that everything is then as it was.
//!
//! The simulator lists the changes of settings, each kind deletes itself, and tags are changed on
//! whatever has them: a new kind joins by being listed. `docs/drift.md` is written from what
//! happens here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use clctl::{
    aws::{Aws, Mode, kinds},
    engine::{AnyKind, Creation, OnChange},
};
use clctl_simulator::{Deed, World};

pub(crate) use clctl::sandbox::NO_DIFFERENCE as NOT_COMPARED;

use crate::{
    generated::is_checked_in,
    harness::{Bench, SETTLED, Wanted, steps, virtually},
    samples::SAMPLES,
    stand::{Variant, one_of_each},
    truth::Truth,
};

/// What AWS lets somebody set, and neither the simulator nor clctl knows.
const UNSEEN: &[(&str, &str)] = &[
    ("vpc", "secondary and IPv6 ranges, DHCP options where none are declared"),
    ("subnet", "DNS64, the type of host names, IPv6, its network ACL"),
    ("eip", "reverse DNS"),
    ("nat-gateway", "secondary addresses"),
    ("route-table", "propagation from a virtual private gateway"),
    ("vpc-endpoint", "the type of addresses, DNS options"),
    ("iam-role", "a permissions boundary"),
    ("kms-key", "grants, aliases beside its own"),
    ("secret", "rotation, replicas in other regions"),
    ("topic", "delivery status, archive and data protection policies"),
    ("log-group", "subscription filters, data protection"),
    (
        "load-balancer",
        "access and connection logs, what happens without WAF, zonal shift, capacity units",
    ),
    (
        "network-load-balancer",
        "zonal shift, capacity units, what its groups mean for PrivateLink, access logs",
    ),
    ("listener", "certificates beside the one declared"),
    ("backup-vault", "a lock, notifications"),
    ("backup-plan", "advanced settings, scans and indexes"),
    (
        "auto-scaling-group",
        "lifecycle hooks, scaling policies, scheduled actions, classic load balancers and notifications of others, a warm pool, the longest life of instances",
    ),
];

/// A change, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// The kinds that `diff` names.
    kinds: String,
    /// What somebody did.
    says: String,
    /// What `diff` says.
    diff: Vec<String>,
    /// What `apply` writes.
    writes: Vec<String>,
}

/// Environments between which everything is changed: an endpoint has two forms, names are resolved as
/// long as there are host names, and a gateway stays as long as somebody uses it.
fn environments() -> Vec<Wanted> {
    let mut all = vec![Wanted::graph("drift", one_of_each)];
    let plain =
        SAMPLES.iter().filter(|it| ["vpc", "internet-gateway", "secret"].contains(&it.kind));
    let endpoints = SAMPLES.iter().filter(|sample| sample.kind == "vpc-endpoint").skip(1);
    all.extend(plain.chain(endpoints).map(|sample| sample.wanted(Variant::Usual)));
    all
}

/// A world in which everything has become visible.
async fn settled(wanted: &Wanted) -> World {
    let bench = Bench::standing(wanted).await;
    bench.somebody().wait(SETTLED).await;
    bench.world()
}

/// Words without ids that are other ones in every world.
fn plain(says: &str, truth: &Truth) -> String {
    let mut said = says.to_owned();
    for thing in truth.things() {
        let digits = thing.id.bytes().filter(u8::is_ascii_hexdigit).count();
        let balances = thing.id.starts_with("arn:aws:elasticloadbalancing:");
        let is_id = digits > 16 && !thing.id.contains('/') || balances;
        if let Some(address) = thing.address().filter(|_| is_id) {
            said = said.replace(&thing.id, address);
        }
    }
    let words = said.split(' ').map(|word| match word.rsplit_once('-') {
        Some((kind, digits)) if digits.trim_end_matches([',', ':']).len() == 17 => {
            format!("{kind}-…")
        }
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Sees a change named and repaired, and everything as it was.
async fn is_repaired(bench: &Bench, wanted: &Wanted, before: &Truth, says: String) -> Row {
    bench.lose_record();
    bench.somebody().wait(SETTLED).await;
    let diff = bench.diff(wanted).await;
    assert!(!diff.is_unknown(), "{says}: {:?}", diff.unread);
    let repaired = bench.apply(wanted).await;
    assert!(repaired.is_complete(), "{says}: {}", repaired.told());
    assert_eq!(steps(&repaired.plan), steps(&diff), "{says}");
    assert_eq!(diff.is_empty(), repaired.writes.is_empty(), "{says}: {:?}", repaired.writes);
    bench.somebody().wait(SETTLED).await;
    if !diff.is_empty() {
        bench.truth().is_like(before, &says);
    }
    assert_eq!(bench.differences(wanted).await, Vec::<String>::new(), "{says}");
    let mut writes = repaired.writes;
    // The marker of a creation.
    writes.retain(|write| write != "ssm:PutParameter");
    writes.dedup();
    let kinds = diff.nodes.iter().filter(|planned| planned.change().is_some());
    let kinds: BTreeSet<&str> = kinds.map(|planned| planned.node.address().kind).collect();
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
    Row { kinds, says, diff: steps(&diff), writes }
}

/// A version that somebody has made, and made the default one.
async fn made_default(standing: &World, deed: &Deed, wanted: &Wanted, before: &Truth) -> Row {
    let bench = Bench::at(standing.clone());
    let says = format!("{}: {}, the default one", deed.call(), plain(deed.says(), before));
    let done = bench.simulator.with(|world| {
        assert!(world.does(deed), "{says}");
        let follows = |it: &Deed| it.call() == "ec2:ModifyLaunchTemplate";
        world.deeds().into_iter().filter(follows).any(|it| world.does(&it))
    });
    assert!(done, "{says}");
    is_repaired(&bench, wanted, before, says).await
}

/// Each change of a setting that the simulator knows of.
async fn settings() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for wanted in environments() {
        let standing = settled(&wanted).await;
        let before = Truth::of(&standing);
        // Tags have a test of their own.
        let tagging = |deed: &Deed| deed.call().to_lowercase().contains("tag");
        for deed in standing.deeds().into_iter().filter(|deed| !tagging(deed)) {
            let bench = Bench::at(standing.clone());
            let says = format!("{}: {}", deed.call(), plain(deed.says(), &before));
            // AWS allows some only in another state.
            let done = rows.iter().any(|row| row.says == says);
            if done || !bench.simulator.with(|world| world.does(&deed)) {
                continue;
            }
            rows.push(is_repaired(&bench, &wanted, &before, says).await);
            if deed.call() == "ec2:CreateLaunchTemplateVersion" {
                rows.push(made_default(&standing, &deed, &wanted, &before).await);
            }
        }
    }
    let unseen: Vec<&Row> = rows.iter().filter(|row| row.diff.is_empty()).collect();
    let excused = |row: &&Row| NOT_COMPARED.iter().any(|(said, _)| row.says.starts_with(said));
    let surprising: Vec<&&Row> = unseen.iter().filter(|row| !excused(row)).collect();
    assert!(surprising.is_empty(), "nobody sees {surprising:#?}");
    // A cluster of one has nobody to fail over to, and nobody has confirmed that they want to be told.
    let impossible = ["rds:FailoverDBCluster", "sns:Unsubscribe"];
    let possible = NOT_COMPARED.iter().filter(|(said, _)| !impossible.contains(said));
    for (said, _) in possible {
        assert!(unseen.iter().any(|row| row.says.starts_with(said)), "nobody does {said}");
    }
    rows
}

/// The deletion of an object of each kind, where AWS allows it.
async fn deletions() -> Vec<Row> {
    let mut rows = Vec::new();
    for sample in SAMPLES {
        let kind: &dyn AnyKind<Aws> = sample.kind();
        if kind.about().creation == Creation::Facet {
            continue;
        }
        let (bench, wanted) = (sample.bench().await, sample.wanted(Variant::Usual));
        bench.somebody().wait(SETTLED).await;
        let before = bench.truth();
        let session = bench.connect(&wanted, Mode::ReadWrite).await.unwrap();
        let plan = bench.diff(&wanted).await;
        let address = sample.address();
        let mut planned = plan.nodes.iter().filter(|it| it.node.address().to_string() == address);
        let seen = planned.next().unwrap().seen.clone().unwrap();
        kind.delete(&session.aws, seen.as_ref()).await.unwrap();
        let says = format!("{} is deleted", plain(&address, &before));
        let row = is_repaired(&bench, &wanted, &before, says).await;
        let made = [format!("create {address}"), format!("recover {address} ")];
        let named = |step: &String| made.iter().any(|made| step.starts_with(made.as_str()));
        assert!(row.diff.iter().any(named), "{}: {:?}", row.says, row.diff);
        rows.push(row);
    }
    rows
}

/// Tags that somebody sets, or takes away where there is no value.
const TAGS: &[(&str, Option<&str>)] = &[
    ("team", Some("mine")),
    ("stranger", Some("mine")),
    ("team", None),
    ("Name", Some("mine")),
    ("Name", None),
    ("devops-guru-clctl", Some("mine")),
    ("devops-guru-clctl", None),
    ("clctl.dev/environment", Some("mine")),
    ("clctl.dev/environment", None),
    ("clctl.dev/address", Some("mine")),
    ("clctl.dev/address", Some("KIND/mine")),
    ("clctl.dev/address", None),
    ("clctl.dev/replacement", Some("none")),
    ("clctl.dev/replacement", Some("0")),
    ("clctl.dev/replacement", None),
];

/// The samples whose kind has tags.
fn tagged() -> impl Iterator<Item = &'static crate::samples::Sample> {
    SAMPLES.iter().filter(|sample| sample.kind().fields().iter().any(|it| it.0 == "tags"))
}

async fn tags() -> Vec<Row> {
    let mut rows = Vec::new();
    for sample in tagged() {
        let (bench, wanted) = (sample.bench().await, sample.wanted(Variant::Usual));
        bench.somebody().wait(SETTLED).await;
        let (before, address) = (bench.truth(), sample.address());
        let thing = before.thing(&address);
        for (key, value) in TAGS {
            let value = value.map(|value| value.replace("KIND", sample.kind));
            bench.tag(thing, key, value.as_deref());
            let says = match &value {
                Some(value) => format!("{address} has the tag {key}={value}"),
                None => format!("{address} has no tag {key}"),
            };
            let row = is_repaired(&bench, &wanted, &before, says).await;
            assert_eq!(row.diff, [format!("update {address} tags")], "{}", row.says);
            assert_eq!(row.writes.len(), 1, "{}: {:?}", row.says, row.writes);
            assert!(row.writes[0].to_lowercase().contains("tag"), "{}: {:?}", row.says, row.writes);
            assert_eq!(bench.truth().ids(), before.ids(), "{}", row.says);
            rows.push(row);
        }
    }
    rows
}

/// An object that lost our owner tag is nobody's now, and nothing is done to it or beside it.
///
/// Of what has no name, only the record tells: it is kept here.
#[tokio::test(start_paused = true)]
async fn an_object_without_our_owner_tag_is_named_and_left_alone() {
    for sample in tagged() {
        let wanted = sample.wanted(Variant::Usual);
        let bench = Bench::standing(&wanted).await;
        bench.somebody().wait(SETTLED).await;
        let (before, address) = (bench.truth(), sample.address());
        bench.tag(before.thing(&address), "clctl.dev/uid", None);
        let before = bench.truth();
        bench.somebody().wait(SETTLED).await;
        let said = bench.differences(&wanted).await;
        assert!(said.contains(&format!("lost {address}")), "{address}: {said:?}");
        let outcome = bench.apply(&wanted).await;
        assert!(!outcome.is_complete(), "{address}");
        let held = outcome.report.held.values().any(|why| why.contains("lost our owner tag"));
        assert!(held, "{address}: {}", outcome.told());
        assert!(outcome.writes.is_empty(), "{address}: {:?}", outcome.writes);
        bench.truth().is_like(&before, &address);
    }
}

#[test]
fn whatever_somebody_changes_is_named_and_repaired_and_the_matrix_says_so() {
    let (settings, deletions, tags) = std::thread::scope(|scope| {
        let settings = scope.spawn(|| virtually(settings()));
        let tags = scope.spawn(|| virtually(tags()));
        let deletions = virtually(deletions());
        (settings.join().unwrap(), deletions, tags.join().unwrap())
    });
    let mut changed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for step in settings.iter().chain(&deletions).chain(&tags).flat_map(|row| &row.diff) {
        let mut words = step.split(' ').skip(1);
        let (address, fields) = (words.next().unwrap(), words.next().unwrap_or_default());
        let kind = address.split('/').next().unwrap();
        let fields = fields.split(',').map(ToOwned::to_owned);
        changed.entry(kind).or_default().extend(fields);
    }
    let (mut fixed, mut untouched) = (Vec::new(), Vec::new());
    for kind in kinds::all().iter() {
        let name = kind.about().name;
        for (field, on_change) in kind.fields() {
            let seen = changed.get(name).is_some_and(|fields| fields.contains(*field));
            // What AWS changes only by making it anew, nobody changes behind our back.
            match on_change {
                _ if seen => {}
                OnChange::Replace | OnChange::Refuse => fixed.push((name, *field)),
                OnChange::InPlace | OnChange::Interrupts => untouched.push((name, *field)),
            }
        }
    }
    untouched.retain(|it| !ORDERS.contains(it));
    assert!(untouched.is_empty(), "nobody changes {untouched:?}");
    let text = matrix(&settings, &deletions, &tags, &fixed);
    assert!(is_checked_in("docs/drift.md", &text), "not up to date; run: {REGENERATE}");
}

/// Fields that are never compared: an order, and a value that nobody reads. What the simulator does not model. What is
/// a part of a tag.
const ORDERS: &[(&str, &str)] = &[
    ("nat-gateway", "internet_gateway"),
    ("secret", "origin"),
    ("auto-scaling-group", "needs"),
    ("auto-scaling-group", "borrowed_key"),
    ("auto-scaling-group", "database"),
    ("auto-scaling-group", "image"),
    ("auto-scaling-group", "max_instance_lifetime"),
    ("auto-scaling-group", "propagated_tags"),
    // What is told and not compared; and who is stuck only where nodes say how they are.
    ("instances", "image"),
    ("instances", "stuck"),
    // Whose it is, says a tag that nobody takes away here: without it, most would be a stranger's.
    ("instances", "unmarked"),
    ("load-balancer", "needs"),
    ("load-balancer", "ip_address_type"),
    ("network-load-balancer", "needs"),
    ("network-load-balancer", "ip_address_type"),
    ("listener", "mutual_authentication"),
    ("listener-rule", "transforms"),
    ("alarm", "needs"),
    ("alarm", "other_settings"),
    ("db-event-subscription", "topic"),
    // Who was asked is not asked again, whatever has become of it.
    ("subscriptions", "receivers"),
    ("db-instance", "log_groups"),
    ("db-cluster", "log_groups"),
    ("db-cluster", "instance_parameter_group"),
    // A part of a tag.
    ("db-instance", "login"),
    ("db-cluster", "login"),
    // Nobody takes a new version back, nor storage, and changes of its type rest for hours.
    ("db-instance", "version"),
    ("db-cluster", "version"),
    ("db-instance", "allocated_storage"),
    ("db-instance", "storage_type"),
    ("db-instance", "iops"),
    ("db-instance", "storage_throughput"),
    // What the simulator knows of databases has no other group or subnet of the VPC; the contract has.
    ("db-subnet-group", "subnets"),
    ("db-instance", "security_groups"),
    ("db-cluster", "security_groups"),
];

fn matrix(settings: &[Row], deletions: &[Row], tags: &[Row], fixed: &[(&str, &str)]) -> String {
    let mut text = format!(
        "# Drift\n\n\
         Every change that somebody might make behind clctl's back to one object of each kind, as the\n\
         simulator allows it because AWS does: what `clctl diff` says then, and what `clctl apply`\n\
         writes to make it what it was. Written by a test from what happened:\n\n\
         ```sh\n{REGENERATE}\n```\n\n\
         {} changes of settings, {} deletions, {} changes of tags ({} on each of {} kinds).\n",
        settings.len(),
        deletions.len(),
        tags.len(),
        TAGS.len(),
        tags.len() / TAGS.len(),
    );
    let mut sorted: Vec<&Row> = settings.iter().chain(deletions).collect();
    sorted.sort();
    let (seen, unseen): (Vec<&Row>, Vec<&Row>) =
        sorted.into_iter().partition(|row| !row.diff.is_empty());
    text.push_str(
        "\n## Settings and deletions\n\n| what somebody does | `diff` | `apply` |\n|---|---|---|\n",
    );
    for row in seen {
        line(&mut text, row);
    }
    text.push_str("\n## Tags\n\nOn every kind that has tags, each of these is `update … tags`, and one call repairs it.\n\n");
    for (key, value) in TAGS {
        let _ = match value {
            Some(value) => writeln!(text, "- `{key}` is `{value}`"),
            None => writeln!(text, "- `{key}` is gone"),
        };
    }
    text.push_str(
        "\nWithout `clctl.dev/uid` an object is nobody's: it is named, and left alone.\n",
    );
    text.push_str("\n## Not compared\n\n");
    for row in unseen {
        let why = NOT_COMPARED.iter().find(|(call, _)| row.says.starts_with(call));
        let _ = writeln!(text, "- {}: {}", row.says, why.map_or("", |(_, why)| why));
    }
    text.push_str("\nThe simulator does not know these, and clctl does not look at them:\n\n");
    for (kind, what) in UNSEEN {
        let _ = writeln!(text, "- `{kind}`: {what}");
    }
    text.push_str("\n## What nobody can change\n\nAWS has no call that changes it; another value is another object.\n\n");
    for (kind, field) in fixed {
        let _ = writeln!(text, "- `{field}` of `{kind}`");
    }
    text
}

fn line(text: &mut String, row: &Row) {
    let list = |steps: &[String]| {
        steps.iter().map(|step| format!("`{step}`")).collect::<Vec<_>>().join("<br>")
    };
    let says = row.says.replace('|', "\\|");
    let _ = writeln!(text, "| {says} | {} | {} |", list(&row.diff), list(&row.writes));
}

const REGENERATE: &str = "CLCTL_REGENERATE=1 cargo test -p clctl --test it every_drift";
