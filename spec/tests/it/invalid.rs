//! What is wrong with the files in `invalid/`, as a user sees it: one snapshot each.

use std::{collections::BTreeSet, fs, path::Path};

use clctl_spec::{Code, Invalid, Severity, parse_bytes};
use miette::Diagnostic;
use proptest::prelude::*;

use crate::common::{refused, shown, sure};

fn bytes_refused(bytes: &[u8]) -> Invalid {
    match parse_bytes("n", bytes) {
        Ok(_) => unreachable!("{bytes:?} is taken"),
        Err(invalid) => invalid,
    }
}

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid");
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "yaml"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).unwrap_or_default())
        })
        .collect();
    files.sort();
    assert!(files.len() > 30);
    files
}

#[test]
fn reports() {
    for (name, text) in corpus() {
        let invalid = refused(&name, &text);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../invalid/snapshots" }, {
            insta::assert_snapshot!(name.trim_end_matches(".yaml"), shown(&invalid));
        });
    }
}

#[test]
fn every_problem_is_shown_at_its_place() {
    for (name, text) in corpus() {
        let invalid = refused(&name, &text);
        let report = shown(&invalid);
        let mut last = 0;
        for problem in invalid.problems() {
            let place = problem.place().to_string();
            assert!(place.starts_with(&name));
            let empty = text.is_empty() || problem.code() == Code::Empty;
            assert!(empty || report.contains(&format!("[{place}]")), "{place} is not in\n{report}");
            assert!(report.contains(problem.code().as_str()), "{report}");
            assert!(problem.line() >= last, "{place} is out of order in\n{report}");
            last = problem.line();
            assert!(!problem.message().contains('\n'), "{}", problem.message());
            assert!(!problem.message().ends_with('.'), "{}", problem.message());
        }
    }
}

#[test]
fn columns_count_characters() {
    let text = "é: 1\r\n\"ñ\": {ü: 1, \"ö💥\": x}\r\n";
    let invalid = refused("n", text);
    let unknown = invalid.problems().iter().filter(|problem| problem.code() == Code::UnknownField);
    assert_eq!(
        unknown.map(|problem| problem.place().to_string()).collect::<Vec<_>>(),
        ["n:1:1", "n:2:1"]
    );
    let text = "kind: ChainlinkNode\nmetadata: {name: a, labels: {\"ö💥\": \"é\", k: no}}\n";
    let invalid = refused("n", text);
    let quotes = invalid.problems().iter().find(|problem| problem.code() == Code::NeedsQuotes);
    assert_eq!(quotes.map(|problem| problem.place().to_string()).as_deref(), Some("n:2:44"));
    assert!(shown(&invalid).contains("[n:2:44]"), "{}", shown(&invalid));
}

/// Values of unknown fields, of chapters that are not built, and whatever follows a syntax error.
#[test]
fn what_could_be_a_secret_is_never_shown() {
    for (name, text) in corpus().into_iter().filter(|(_, text)| text.contains("hunter2")) {
        let invalid = refused(&name, &text);
        let json = sure(serde_json::to_string(invalid.problems()));
        let mut sources = String::new();
        for problem in invalid.problems() {
            let source = sure(problem.source_code().ok_or("no source"));
            // All of it, a piece at a time: more is not shown at once.
            for start in (0..text.len()).step_by(400) {
                let length = 800.min(text.len() - start);
                let piece = sure(source.read_span(&(start, length).into(), 0, 0));
                sources.push_str(&String::from_utf8_lossy(piece.data()));
                sources.push('\n');
            }
        }
        for form in [shown(&invalid), format!("{invalid:?}"), format!("{invalid}"), json, sources] {
            assert!(!form.contains("hunter2"), "{name} shows a secret:\n{form}");
        }
    }
}

#[test]
fn every_code_is_in_the_corpus_and_explained() {
    let mut seen = BTreeSet::from([Code::Encoding.as_str()]);
    for (name, text) in corpus() {
        seen.extend(refused(&name, &text).problems().iter().map(|p| p.code().as_str()));
    }
    for code in Code::ALL {
        assert!(code.as_str().starts_with("spec::"));
        assert!(code.explanation().ends_with('.'), "{code}");
        // Warnings alone make no file invalid.
        let warning = code.severity() == Severity::Warning;
        assert!(warning || seen.contains(code.as_str()), "{code} is not in the corpus");
    }
}

#[test]
fn problems_are_plain_data() {
    let invalid = refused("node.yaml", "kind: ChainlinkNode\nspec: {aws: {regoin: x}}\n");
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_json_snapshot!(invalid.problems());
    });
}

#[test]
fn what_is_not_utf8_is_told_with_its_place() {
    let invalid = bytes_refused(b"kind: x\nname: \xe9\n");
    let [problem] = invalid.problems() else { unreachable!() };
    assert_eq!((problem.code(), problem.place().to_string().as_str()), (Code::Encoding, "n:2:7"));
    assert!(!shown(&invalid).contains("kind"));
    let invalid = bytes_refused(b"\xff\xfek\0i\0");
    assert_eq!(invalid.problems()[0].help(), Some("this is UTF-16: save the file as UTF-8"));
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let invalid = refused("n", &"# \n".repeat(400_000));
    assert_eq!(invalid.problems()[0].code(), Code::TooLarge);
    let invalid = refused("n", &"- x\n".repeat(150_000));
    assert!(invalid.problems().iter().any(|problem| problem.code() == Code::TooLarge));
}

/// However long a line or a value is, and however many problems and documents there are.
#[test]
fn no_file_makes_a_report_that_nobody_reads() {
    let node = include_str!("../../../examples/minimal.yaml");
    let rpc = "{name: a, httpUrl: {secret: a}, webSocketUrl: {secret: b}, x: 1, y: 2, z: 3}";
    let bombs = format!("rpc: [&e {rpc}{}]}}", ", *e".repeat(490));
    let items = "      - *c\n".repeat(490);
    for (what, text) in [
        (
            "a long line before",
            format!("{{\"status\": \"{}\", \"regoin\": 1}}", "a".repeat(70_000)),
        ),
        (
            "a long list",
            format!("{node}  gui: {{allowedCidrs: [{}]}}\n", "10.0.0.0/8, ".repeat(40_000)),
        ),
        (
            "many keys",
            format!(
                "{{{}}}",
                (0..20_000).fold(String::new(), |all, i| all + &format!("k{i}: 1, "))
            ),
        ),
        (
            "aliases",
            format!("spec:\n  nodes:\n    chains:\n      - &c {{name: a, {bombs}\n{items}"),
        ),
        ("many documents", "---\nkind: x\n".repeat(4000)),
        ("many broken documents", "---\n[\n".repeat(8000)),
        ("many tags", "- !a x\n".repeat(8000)),
        ("many aliases", format!("[{}]", "*a, ".repeat(900))),
        (
            "many unknown chains",
            format!("spec: {{nodes: {{chains: [{}]}}}}", "{name: c, rpc: []}, ".repeat(16_000)),
        ),
        ("a long text", format!("{node}    extraToml: |\n{}", "      x = 1\n".repeat(60_000))),
    ] {
        let invalid = refused("n", &text);
        let report = shown(&invalid);
        assert!(report.len() < 500_000, "{what}: {} bytes", report.len());
        assert!(invalid.problems().len() <= 302, "{what}: {}", invalid.problems().len());
    }
}

#[test]
fn reports_have_no_control_characters_of_the_file() {
    let text = "kind: \"\\e[31mred\"\n\"\\e]0;x\\a\": 1\n";
    let invalid = refused("n", text);
    assert!(!shown(&invalid).contains('\u{1b}'));
    let raw = "kind: ChainlinkNode\nfoo\u{9b}31m: 1\n";
    let invalid = refused("n", raw);
    assert!(!shown(&invalid).contains('\u{9b}'), "{}", shown(&invalid));
}

const SECRETS: &str = "  secrets:
    password: hunter2
    list: [hunter2, {a: \"hunter2\"}]
    text: |
      hunter2
  pasword: 'hunter2'
status: {x: hunter2}
";

proptest! {
    /// However a file is damaged, what stands in such places stays hidden. (An explicit key, `? x`, is
    /// not among the damages: names of fields are shown.)
    #[test]
    fn no_damage_brings_a_secret_to_light(
        at in 0usize..2000,
        insert in proptest::sample::select(vec![
            "", "x", ":", ": ", "\n", "\n  ", "- ", "\n- ", "[", "]", "{", "}", ",", "'", "\"", "|\n", ">", "#",
            "\t", "\n---\n", "\n...\n", "&a ", "*a", "!x ", "é", "\0", "\r", "%", "@", "`", "<<: ",
        ]),
        cut: bool,
    ) {
        let whole = format!("{}{SECRETS}", include_str!("../../../examples/minimal.yaml"));
        let at = at % whole.len();
        let (before, after) = whole.split_at(at);
        let text = if cut { format!("{before}{insert}") } else { format!("{before}{insert}{after}") };
        if let Err(invalid) = clctl_spec::parse("n", &text) {
            for form in [shown(&invalid), format!("{invalid:?}"), sure(serde_json::to_string(invalid.problems()))] {
                prop_assert!(!form.contains("hunter2"), "{}\n{}", text, form);
            }
        }
    }
}
