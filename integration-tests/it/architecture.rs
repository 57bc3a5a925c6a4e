//! Who may know whom, and what every kind has.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clctl::aws::kinds;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file under a folder, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "{folder}");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// The code of a file, without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether a file names a module of the crate: `crate::aws`, also within `use crate::{…}`.
fn knows(text: &str, module: &str) -> bool {
    let text = code(text);
    text.split("crate::").skip(1).any(|after| match after.strip_prefix('{') {
        Some(braces) => first_level(braces).iter().any(|name| name == module),
        None => first_name(after) == module,
    })
}

/// The names in a group of imports, without what is in groups within it.
fn first_level(braces: &str) -> Vec<String> {
    let (mut depth, mut flat) = (0_u32, String::new());
    for letter in braces.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            letter if depth == 0 => flat.push(letter),
            _ => {}
        }
    }
    flat.split(',').map(first_name).collect()
}

fn first_name(path: &str) -> String {
    let path = path.trim_start().chars();
    path.take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn imports_are_recognised() {
    assert!(knows("use crate::aws::Aws;", "aws"));
    assert!(knows("use crate::{\n    aws::{Aws, Mode},\n    engine::plan,\n};", "aws"));
    assert!(knows("use crate::{\n    aws::{Aws, Mode},\n    engine::plan,\n};", "engine"));
    assert!(knows("use crate::{engine::plan, store};", "store"));
    assert!(!knows("use crate::{engine::{store}, render::x};", "store"));
    assert!(!knows("// crate::aws", "aws"));
}

#[test]
fn imports_point_one_way() {
    for (folder, forbidden) in [
        ("engine", &["aws", "bootstrap", "topology", "store", "sandbox", "render", "cli"][..]),
        ("aws", &["bootstrap", "topology", "store", "sandbox", "render", "cli"]),
        ("bootstrap", &["aws", "engine", "topology", "store", "sandbox", "render", "cli"]),
        ("topology", &["store", "sandbox", "render", "cli"]),
        ("preflight", &["store", "sandbox", "render", "cli"]),
        ("store", &["topology", "sandbox", "render", "cli"]),
        ("render", &["topology", "store", "sandbox", "cli"]),
    ] {
        for (name, text) in sources(&format!("controller/src/{folder}")) {
            for module in forbidden {
                assert!(!knows(&text, module), "{name} knows {module}");
            }
        }
    }
}

#[test]
fn the_engine_names_no_cloud() {
    for (name, text) in sources("controller/src/engine") {
        assert!(!code(&text).contains("aws_"), "{name}");
    }
}

/// The crates a package depends on, beside those for its tests.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_spec_knows_no_sdk_and_no_async() {
    let dependencies = dependencies("spec/Cargo.toml");
    assert!(dependencies.contains(&"serde".to_owned()), "{dependencies:?}");
    for name in dependencies {
        let fine = !name.starts_with("aws") && !["tokio", "futures", "hyper"].contains(&&*name);
        assert!(fine, "spec depends on {name}");
    }
    for (name, text) in sources("spec/src") {
        let text = code(&text);
        assert!(!text.contains("async ") && !text.contains(".await"), "{name}");
    }
}

/// Reading knows positions and no chapter; what stands in a field knows no chapter either.
#[test]
fn the_chapters_of_the_spec_are_known_to_nothing_below_them() {
    let chapters = fs::read_to_string(root().join("spec/src/chapters/mod.rs")).unwrap();
    let chapters: Vec<&str> =
        chapters.split("pub(crate) mod ").skip(1).filter_map(|it| it.split(';').next()).collect();
    assert!(chapters.contains(&"database") && chapters.len() > 10, "{chapters:?}");
    for folder in ["spec/src/reading", "spec/src/values"] {
        for (name, text) in sources(folder) {
            for chapter in &chapters {
                assert!(!knows(&text, chapter), "{name} knows the chapter {chapter}");
            }
        }
    }
}

#[test]
fn the_simulator_knows_no_sdk_and_nothing_of_clctl() {
    let dependencies = dependencies("integration-tests/simulator/Cargo.toml");
    assert!(dependencies.contains(&"hyper".to_owned()), "{dependencies:?}");
    for name in dependencies {
        assert!(!name.starts_with("aws") && !name.starts_with("clctl"), "it depends on {name}");
    }
}

#[test]
fn every_kind_is_documented() {
    let simulator = fs::read_to_string(root().join("docs/simulator.md")).unwrap();
    let simulator = simulator.to_lowercase();
    let reference = fs::read_to_string(root().join("docs/kinds.md")).unwrap();
    for kind in kinds::all().iter() {
        let about = kind.about();
        assert!(reference.contains(&format!("\n## {}\n", about.name)), "{}", about.name);
        let words = match about.name {
            "eip" => "elastic ip address".to_owned(),
            "security-group-rules" => "security group rule".to_owned(),
            name => name.replace('-', " "),
        };
        assert!(simulator.contains(&words), "docs/simulator.md says nothing of {words}");
        assert!(about.cloudformation.starts_with("AWS::"), "{}", about.name);
        assert!(!kind.fields().is_empty(), "{}", about.name);
        assert!(!about.outage.is_empty() && !about.summary.is_empty(), "{}", about.name);
    }
}

#[test]
fn nothing_is_left_to_do_and_no_emulator_is_named() {
    for folder in ["controller/src", "spec/src"] {
        for (name, text) in sources(folder) {
            for word in ["todo!", "unimplemented!", "TODO", "FIXME", "dbg!"] {
                assert!(!text.contains(word), "{name} has {word}");
            }
            for word in ["moto", "localstack"] {
                let text = text.to_ascii_lowercase();
                let mut words = text.split(|letter: char| !letter.is_alphanumeric());
                assert!(!words.any(|one| one == word), "{name} names {word}");
            }
        }
    }
}
