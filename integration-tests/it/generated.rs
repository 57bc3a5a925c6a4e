//! What is generated and checked in is what the code makes now.
//!
//! ```sh
//! CLCTL_REGENERATE=1 cargo test -p clctl --test it generated
//! ```

use std::{fs, path::Path};

use clctl::cli::generated;

const REGENERATE: &str = "CLCTL_REGENERATE=1 cargo test -p clctl --test it generated";

#[test]
fn what_is_generated_is_checked_in() {
    let mut files = generated();
    files.retain(|file| !is_checked_in(file.path, &file.text));
    let stale: Vec<&str> = files.iter().map(|file| file.path).collect();
    assert!(stale.is_empty(), "not up to date: {}; run: {REGENERATE}", stale.join(", "));
}

/// Whether the file of this path says this; it does after it was asked to be made anew.
pub(crate) fn is_checked_in(path: &str, text: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    if std::env::var_os("CLCTL_REGENERATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    fs::read_to_string(&path).unwrap_or_default() == text
}

#[test]
fn the_policy_allows_every_call_and_nothing_else() {
    let policy =
        generated().into_iter().find(|file| file.path.ends_with("iam-policy.json")).unwrap();
    let policy: serde_json::Value = serde_json::from_str(&policy.text).unwrap();
    let mut allowed: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    allowed.sort_unstable();
    let mut called = clctl::aws::kinds::reads();
    called.extend(clctl::aws::kinds::writes());
    // Nobody calls these: they are asked for when a group is to launch, a role is handed on, a secret is opened,
    // a backup vault is made, or DevOps Guru is told to publish to a topic.
    called.extend(["ec2:RunInstances", "iam:PassRole", "kms:Decrypt", "kms:GenerateDataKey"]);
    called.extend(["backup-storage:MountCapsule", "kms:RetireGrant", "sns:Publish"]);
    called.sort_unstable();
    // The parameter that names the newest image is read as the marker is.
    allowed.dedup();
    assert_eq!(allowed, called);
}
