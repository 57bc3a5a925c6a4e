//! Answers that AWS should never give. What the fuzzer found worth keeping is in `hostile/corpus`.

use crate::hostile::{Attack, Ending, Input, Scene, Spoil, Verb, run};

/// Answers to this operation, all of them.
fn always(operation: &'static str, spoil: Spoil) -> Vec<Attack> {
    vec![Attack { operation: Some(operation), after: 0, times: 255, spoil }]
}

#[track_caller]
fn is_unknown(operation: &'static str, spoil: Spoil) {
    let told = format!("{operation} {spoil:?}");
    let input =
        Input { verb: Verb::Diff, scene: Scene::Standing, attacks: always(operation, spoil) };
    assert_eq!(run(&input), Ending::Unknown, "{told}");
}

const LISTS: &[&str] = &[
    "ec2:DescribeAddresses",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

#[test]
fn a_list_that_is_cut_short_is_no_list() {
    for list in LISTS {
        for at in [0, 60, 300, 500, 65_535] {
            is_unknown(list, Spoil::Truncate(at));
        }
    }
}

#[test]
fn a_list_whose_pages_repeat_or_do_not_end_is_no_list() {
    for list in LISTS.iter().filter(|list| **list != "ec2:DescribeAddresses") {
        is_unknown(list, Spoil::SamePage);
        is_unknown(list, Spoil::NoLastPage);
    }
}

#[test]
fn an_object_without_what_every_such_object_has_is_not_understood() {
    for list in LISTS.iter().chain(&["ec2:DescribeVpcAttribute"]) {
        for which in 0..7 {
            is_unknown(list, Spoil::DropRequired(which));
        }
    }
}

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
