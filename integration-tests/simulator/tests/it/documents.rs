//! `docs/simulator.md` says what the code does.

use std::{fs, path::Path};

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_disputed_fact_is_listed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(here.join("../../docs/simulator.md")).unwrap();
    let mut code = String::new();
    sources(&here.join("src"), &mut code);
    let facts = code.split("disputed(\"").skip(1).filter_map(|it| it.split_once('"'));
    let missing: Vec<_> =
        facts.map(|it| it.0).filter(|it| !page.contains(&format!("| `{it}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let listed = page.split("| `").filter_map(|it| it.split_once('`')).map(|it| it.0);
    let gone: Vec<_> = listed
        .filter(|it| it.contains('-') && !it.contains(' '))
        .filter(|it| !code.contains(&format!("disputed(\"{it}\"")))
        .collect();
    assert!(gone.is_empty(), "{gone:?}");
}
