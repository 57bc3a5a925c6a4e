//! What every kind has to keep, tested on a sample of each.

use std::collections::BTreeSet;

use clctl::{
    aws::{Mode, kinds},
    engine::{Class, Creation, Done, OnChange, PhysicalId, Scope, Seen, Step},
};

use crate::{
    harness::{Bench, WINDOW, name, steps},
    samples::SAMPLES,
    stand::{SAMPLE, Variant},
    truth::{Thing, Truth},
};

/// What comes and goes with the settings of others.
const PARTS: &[&str] =
    &["security-group-rule", "network-interface", "subscription", "devops-guru-channel"];

#[test]
fn every_kind_has_a_sample() {
    let mut samples: Vec<&str> = SAMPLES.iter().map(|sample| sample.kind).collect();
    samples.dedup();
    let kinds: Vec<&str> = kinds::all().iter().map(|kind| kind.about().name).collect();
    assert_eq!(samples, kinds);
}

#[tokio::test(start_paused = true)]
async fn what_is_created_is_as_declared_and_a_second_apply_writes_nothing() {
    for sample in SAMPLES {
        sample.bench().await.is_settled(&sample.wanted(Variant::Usual)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_set_in_place_is_named_and_set_once_and_nothing_else_is_touched() {
    for sample in SAMPLES {
        for field in sample.fields(&[OnChange::InPlace, OnChange::Interrupts]).await {
            let (bench, address) = (sample.bench().await, sample.address());
            let (wanted, when) =
                (sample.wanted(Variant::Changed(field)), format!("{address} {field}"));
            let before = bench.truth();
            let changed = bench.apply(&wanted).await.complete();
            assert_eq!(steps(&changed.plan), [format!("update {address} {field}")]);
            for (step, done) in &changed.report.done {
                let expected = if name(step) == address { Done::Changed } else { Done::Kept };
                assert_eq!(*done, expected, "{when}: {}", name(step));
            }
            let sets = bench.events().iter().filter(|it| it.starts_with("Changed")).count();
            assert_eq!(sets, 1, "{when}");
            let own =
                |thing: &&Thing| !PARTS.contains(&thing.kind.as_str()) && !thing.is_launched();
            let ids = |things: &Truth| -> Vec<String> {
                things.things().iter().filter(own).map(|thing| thing.id.clone()).collect()
            };
            assert_eq!(ids(&bench.truth()), ids(&before), "{when}");
            bench.is_settled(&wanted).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_cannot_be_set_makes_the_object_anew_and_removes_the_old_one() {
    for sample in SAMPLES {
        for field in sample.fields(&[OnChange::Replace]).await {
            let (bench, address) = (sample.bench().await, sample.address());
            let (wanted, when) =
                (sample.wanted(Variant::Changed(field)), format!("{address} {field}"));
            let facet = sample.kind().about().creation == Creation::Facet;
            let object = if facet { format!("security-group/{SAMPLE}") } else { address.clone() };
            let (before, old) = (bench.truth(), bench.truth().id(&object));
            let replaced = bench.apply(&wanted).await.complete();
            let said = steps(&replaced.plan);
            let of = format!("replace {address} ");
            let named = said.iter().filter_map(|it| it.strip_prefix(&of));
            let named: Vec<&str> = named.flat_map(|fields| fields.split(',')).collect();
            assert!(named.contains(&field), "{when}: {said:?}");
            let after = bench.truth();
            assert_ne!(after.id(&object), old, "{when}");
            assert!(!after.ids().contains(&old.as_str()), "{when}");
            assert_eq!(after.owned(), before.owned(), "{when}");
            bench.is_settled(&wanted).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_gone_and_may_be_removed_again() {
    for sample in SAMPLES {
        let (bench, without) = (sample.bench().await, sample.wanted(Variant::Absent));
        let removed = bench.apply(&without).await.complete();
        let said = steps(&removed.plan);
        if said.is_empty() && sample.kind().about().creation == Creation::Facet {
            // It ends with what it is a facet of.
            continue;
        }
        assert!(said.contains(&format!("remove {}", sample.address())), "{said:?}");
        assert!(said.iter().all(|step| step.starts_with("remove ")), "{said:?}");
        bench.is_settled(&without).await;
        let session = bench.connect(&without, Mode::ReadWrite).await.unwrap();
        let mut removals = removed.plan.removals.iter().map(|removal| &removal.seen);
        let seen = removals.find(|seen| name_of(seen.as_ref()) == sample.address()).unwrap();
        let again = sample.kind().delete(&session.aws, seen.as_ref()).await;
        let fine = again.as_ref().err().is_none_or(|error| error.class == Class::NotFound);
        assert!(fine, "{}: {again:?}", sample.kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_leaves_nothing_behind() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        let (before, wanted) = (bench.truth(), sample.wanted(Variant::Usual));
        bench.apply(&wanted).await.complete();
        bench.delete(&wanted).await.complete();
        let again = bench.delete(&wanted).await.complete();
        assert!(again.writes.is_empty(), "{}: {:?}", sample.kind, again.writes);
        // Of what can be taken back, something lasts for as long as that.
        bench.somebody().wait(WINDOW).await;
        assert_eq!(bench.truth().ids(), before.ids(), "{}", sample.kind);
    }
}

fn said(operations: &[&str]) -> BTreeSet<String> {
    operations.iter().map(|operation| (*operation).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_kind_makes_the_writes_it_says_and_says_none_that_it_does_not_make() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        bench.apply(&sample.wanted(Variant::Absent)).await.complete();
        let mut variants = vec![Variant::Usual];
        for field in sample.fields(&[OnChange::InPlace, OnChange::Interrupts]).await {
            variants.extend([Variant::Changed(field), Variant::Usual]);
        }
        let mut made = BTreeSet::new();
        for variant in variants {
            made.extend(bench.apply(&sample.wanted(variant)).await.complete().writes);
        }
        bench.meddle(sample.meddling).await;
        // The third is a recovery, where there is such a thing.
        for variant in [Variant::Usual, Variant::Absent, Variant::Usual, Variant::Absent] {
            made.extend(bench.apply(&sample.wanted(variant)).await.complete().writes);
        }
        // The marker is no kind's.
        if !sample.kind().about().calls.write.contains(&"ssm:PutParameter") {
            made.remove("ssm:PutParameter");
        }
        made.retain(|write| !sample.beside.contains(&write.as_str()));
        made.extend(said(sample.rare));
        assert_eq!(made, said(sample.kind().about().calls.write), "{}", sample.kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_makes_the_reads_it_says_and_says_none_that_it_does_not_make() {
    for sample in SAMPLES {
        let bench = sample.bench().await;
        let session = bench.connect(&sample.wanted(Variant::Usual), Mode::ReadOnly).await.unwrap();
        let (aws, kind) = (session.aws.as_ref(), sample.kind());
        let before = aws.calls.made().len();
        let all = kind.find(aws, Scope::Owned).await.unwrap();
        let seen = all.iter().find(|seen| name_of(seen.as_ref()) == sample.address()).unwrap();
        let by_id = kind.find(aws, Scope::Ids(std::slice::from_ref(seen.id()))).await.unwrap();
        assert_eq!(by_id.len(), 1, "{}", sample.kind);
        assert_eq!(by_id[0].rows(), seen.rows(), "{}", sample.kind);
        kind.blockers(aws, seen.as_ref()).await.unwrap();
        let made = aws.calls.made().split_off(before).into_iter().map(|call| call.operation);
        let mut made: BTreeSet<_> = made.collect();
        made.extend(said(sample.seldom_read));
        assert_eq!(made, said(kind.about().calls.read), "{}", sample.kind);
    }
}

fn name_of(seen: &dyn Seen) -> String {
    seen.address().map(|address| address.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_not_found_and_that_is_no_error_of_another_kind() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        let session = bench.connect(&sample.wanted(Variant::Usual), Mode::ReadOnly).await.unwrap();
        let kind = sample.kind();
        assert!(kind.find(&session.aws, Scope::Owned).await.unwrap().is_empty());
        let id = PhysicalId(sample.nowhere.to_owned());
        assert!(kind.about().is_id(&id), "{id}");
        let found = kind.find(&session.aws, Scope::Ids(std::slice::from_ref(&id))).await;
        let fine = match &found {
            Ok(found) => found.is_empty(),
            Err(error) => error.class == Class::NotFound,
        };
        assert!(fine, "{}: {:?}", sample.kind, found.err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_is_told_from_others_by_the_beginning_of_its_ids() {
    for sample in SAMPLES {
        let plan = sample.bench().await.diff(&sample.wanted(Variant::Usual)).await;
        for seen in plan.nodes.iter().filter_map(|planned| planned.seen.as_ref()) {
            let named: Vec<&str> = kinds::all()
                .iter()
                .map(|kind| kind.about())
                .filter(|about| about.creation != Creation::Facet && about.is_id(seen.id()))
                .map(|about| about.name)
                .collect();
            assert!(named.len() <= 1, "{} is one of {named:?}", seen.id());
            assert!(seen.kind().is_id(seen.id()), "{} {}", seen.kind().name, seen.id());
        }
        let steps = plan.nodes.iter().map(|planned| Step::Ensure(planned.node.address().clone()));
        assert!(steps.map(|step| name(&step)).any(|step| step == sample.address()));
    }
}
