//! Answers that AWS should never give. What the fuzzer found worth keeping is in `hostile/corpus`.

use std::collections::BTreeSet;

use clctl::aws::kinds;

use crate::hostile::{
    Attack, Ending, Input, Scene, Spoil, Verb, asked, name, paging, required, run,
};

/// Answers to this operation, all of them.
fn always(operation: &'static str, spoil: Spoil) -> Vec<Attack> {
    vec![Attack { operation: Some(operation), after: 0, times: 255, spoil }]
}

/// Every read of every kind that a look at one object of each makes.
fn reads() -> Vec<&'static str> {
    let asked = asked(Scene::Standing);
    let reads = kinds::reads().into_iter().filter(|read| asked.contains(*read));
    let reads: Vec<_> = reads.filter(|read| *read != "sts:GetCallerIdentity").collect();
    assert!(reads.len() > 20, "{reads:?}");
    reads
}

/// Those whose answers show something.
fn granted() -> Vec<&'static str> {
    reads().into_iter().filter(|read| !REFUSED.contains(read)).collect()
}

/// Tries each and tells of all that were taken for the truth.
#[track_caller]
fn are_unknown(attacks: impl IntoIterator<Item = (&'static str, Spoil)>) {
    let mut tried = 0;
    let mut believed = Vec::new();
    for (operation, spoil) in attacks {
        tried += 1;
        let told = format!("{operation} {spoil:?}");
        let (verb, scene) = (Verb::Diff, Scene::Standing);
        let input = Input { verb, scene, attacks: always(operation, spoil) };
        match std::panic::catch_unwind(|| run(&input)) {
            Ok(Ending::Unknown) => {}
            Ok(ending) => believed.push(format!("{told}: {ending:?}")),
            Err(_) => believed.push(format!("{told}: an invariant broke")),
        }
    }
    assert!(believed.is_empty(), "of {tried}:\n{}", believed.join("\n"));
    assert!(tried > 0, "nothing was tried");
}

#[test]
fn an_answer_that_is_cut_short_is_none() {
    let at = [0, 60, 300, 500, 65_535];
    are_unknown(granted().into_iter().flat_map(|read| at.map(|at| (read, Spoil::Truncate(at)))));
}

#[test]
fn an_answer_without_anything_is_none() {
    are_unknown(granted().into_iter().map(|read| (read, Spoil::Nothing)));
    are_unknown(granted().into_iter().map(|read| (read, Spoil::ErrorAsGood(0))));
}

#[test]
fn a_list_whose_pages_repeat_or_do_not_end_is_no_list() {
    let lists: Vec<_> = reads().into_iter().filter(|read| paging(read).is_some()).collect();
    are_unknown(
        lists.iter().flat_map(|list| [(*list, Spoil::SamePage), (*list, Spoil::NoLastPage)]),
    );
}

#[test]
fn an_object_without_what_every_such_object_has_is_not_understood() {
    // Which of them an answer has is seen when it comes: counted around, so that all have their turn.
    let unsaid = |read: &&str| required(read).is_empty() && !NOTHING_REQUIRED.contains(read);
    let unsaid: Vec<_> = reads().into_iter().filter(unsaid).collect();
    assert!(unsaid.is_empty(), "what these always have is not said: {unsaid:?}");
    are_unknown(reads().into_iter().flat_map(|read| {
        let all = required(read).len();
        (0..all).map(move |which| (read, Spoil::DropRequired(u8::try_from(which).unwrap())))
    }));
}

/// Reads whose answers may be about nothing at all.
const NOTHING_REQUIRED: &[&str] = &REFUSED;

/// What is answered with a refusal, which says in its headers that there is nothing.
const REFUSED: [&str; 1] = ["backup:GetBackupVaultAccessPolicy"];

#[test]
fn an_account_that_is_not_named_as_documented_is_none() {
    for which in 0..2 {
        let attacks = always("sts:GetCallerIdentity", Spoil::DropRequired(which));
        let input = Input { verb: Verb::Apply, scene: Scene::Empty, attacks };
        assert_eq!(run(&input), Ending::Refused);
    }
    // Of another account than its name says.
    for which in 0..3 {
        let spoil = Spoil::Value(which, b"210987654321".to_vec());
        let attacks = always("sts:GetCallerIdentity", spoil.clone());
        let input = Input { verb: Verb::Apply, scene: Scene::Standing, attacks };
        let ending = run(&input);
        let said = matches!(&ending, Ending::Known { steps, .. } if steps.is_empty());
        assert!(said || ending == Ending::Refused, "{spoil:?}: {ending:?}");
    }
}

#[test]
fn an_answer_about_another_object_is_not_understood() {
    let reads = reads().into_iter().filter(|read| name(read).is_some());
    let reads = reads.filter(|read| !LISTED.contains(read));
    let attacks: Vec<_> = reads.map(|read| (read, Spoil::OtherName)).collect();
    assert!(attacks.len() > 1, "{attacks:?}");
    are_unknown(attacks);
}

/// What a look reads in lists, and only a walk by its name.
const LISTED: &[&str] = &["rds:DescribeDBClusters"];

/// What a walk reads, also what a look does not: no object is made twice, lost, or taken from others.
#[test]
fn a_walk_that_is_told_broken_answers_does_no_harm() {
    let mut tried = 0;
    for read in kinds::reads() {
        for (verb, scene) in [(Verb::Apply, Scene::Empty), (Verb::Delete, Scene::Standing)] {
            for spoil in [Spoil::DropRequired(1), Spoil::OtherName] {
                if matches!(spoil, Spoil::OtherName) && name(read).is_none() {
                    continue;
                }
                let input = Input { verb, scene, attacks: always(read, spoil) };
                let ran = std::panic::catch_unwind(|| run(&input));
                assert!(ran.is_ok(), "{input:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried}");
}

/// Values nobody expects, wherever they are: nothing is changed by a look, and nothing breaks.
#[test]
fn absurd_values_and_swapped_objects_break_nothing() {
    for read in reads() {
        for which in 0..4 {
            let spoils = [
                Spoil::Absurd(which * 3, u8::try_from(which).unwrap() * 5),
                Spoil::Swap(which, which + 9),
                Spoil::OtherId(which, which + 1),
                Spoil::Hollow(which * 2),
            ];
            for spoil in spoils {
                let attacks = always(read, spoil);
                let input = Input { verb: Verb::Diff, scene: Scene::Standing, attacks };
                let ran = std::panic::catch_unwind(|| run(&input));
                assert!(ran.is_ok(), "{input:?}");
            }
        }
    }
}

/// A password is what was asked for, or none; and what failed does not say it.
#[test]
fn a_password_that_is_none_is_never_used() {
    let mut spoils: Vec<Spoil> = ["", "short", "with\u{7}bell-0123456789012345678901", "ünïcödé"]
        .map(|value| Spoil::Value(1, value.as_bytes().to_vec()))
        .into();
    spoils.extend([Spoil::Nothing, Spoil::Truncate(40), Spoil::NoText(30), Spoil::Status(2)]);
    spoils.extend([Spoil::DropRequired(0), Spoil::Status(6), Spoil::Hollow(1)]);
    for spoil in spoils {
        let attacks = always("secretsmanager:GetRandomPassword", spoil.clone());
        let ending = run(&Input { verb: Verb::Apply, scene: Scene::Empty, attacks });
        let undone = matches!(ending, Ending::Known { undone: 1.., .. });
        assert!(undone, "{spoil:?}: {ending:?}");
    }
}

/// The fuzzer can spoil the answer to any operation of any kind.
#[test]
fn every_operation_can_be_named() {
    let codes =
        (0..=u8::MAX).flat_map(|code| [vec![0, code, 0, 1, 23], vec![0, 255, code, 0, 1, 23]]);
    let named = codes.filter_map(|bytes| {
        let input = Input::read(&bytes);
        input.attacks.first().and_then(|attack| attack.operation)
    });
    let named: BTreeSet<&str> = named.collect();
    let all: BTreeSet<&str> = kinds::reads().into_iter().chain(kinds::writes()).collect();
    assert_eq!(named, all);
}

/// What was found once is not found again.
#[test]
fn inputs_worth_keeping_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../integration-tests/it/hostile/corpus");
    let mut kept = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let input = Input::read(&std::fs::read(&path).unwrap());
        let ran = std::panic::catch_unwind(|| run(&input));
        assert!(ran.is_ok(), "{}: {input:?}", path.display());
        kept += 1;
    }
    assert!(kept > 10, "{kept}");
}

/// The same seeds in every run: what the fuzzer does, without a fuzzer.
#[test]
fn answers_spoilt_at_random_change_nothing_that_they_should_not() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_be_bytes()[3]
    };
    for n in 0..RUNS {
        let bytes: Vec<u8> = (0..6 + n % 24).map(|_| byte()).collect();
        // The example is large: now and then.
        let input = Input::read(&bytes);
        if input.scene == Scene::Example && n % 8 != 0 {
            continue;
        }
        let ran = std::panic::catch_unwind(|| run(&input));
        assert!(ran.is_ok(), "run {n}, {bytes:?}: {input:?}");
    }
}

/// About ten seconds of them.
const RUNS: usize = 300;
