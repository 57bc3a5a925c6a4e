//! Nothing of the credentials is ever printed or kept.

use std::{fs, path::Path};

use clctl_simulator::Settings;

use super::support::{Place, QUICK, Ran, Served, spec};

const CANARIES: [&str; 3] =
    ["AKIACANARYKEYID00001", "canary-secret-access-key", "canary-session-token"];

fn clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {what}:\n{text}");
    }
}

fn clean_run(args: &[&str], ran: &Ran) {
    clean(&format!("{args:?}"), &ran.out);
    clean(&format!("{args:?}"), &ran.err);
}

fn clean_folder(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            clean_folder(&path);
        } else {
            clean(&path.display().to_string(), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn nothing_of_the_credentials_is_printed_or_kept() {
    let world = Served::new(Settings { speed: 2000.0, ..Settings::calm() });
    let place = Place::new()
        .with("AWS_ENDPOINT_URL", &world.url)
        .with("AWS_ACCESS_KEY_ID", CANARIES[0])
        .with("AWS_SECRET_ACCESS_KEY", CANARIES[1])
        .with("AWS_SESSION_TOKEN", CANARIES[2]);
    let file = place.write("node.yaml", &spec("secret", QUICK));
    let deny = |what: &[&str]| {
        world.simulator.with(|world| {
            world.settings_mut().denied = what.iter().map(ToString::to_string).collect();
        });
    };
    let run = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(["-f", &file, "--show-calls", "-vvv"]);
        let ran = place.run(&args);
        assert!(ran.err.contains("call"), "{args:?}: {ran}");
        clean_run(&args, &ran);
        ran
    };
    run(&["diff"]).ends(1);
    deny(&["ec2:CreateSubnet"]);
    run(&["doctor"]).ends(7);
    run(&["apply", "--skip-preflight"]).ends(6);
    deny(&["sts:*", "ec2:*", "ssm:*"]);
    run(&["diff"]);
    deny(&[]);
    super::exits::age(&place);
    run(&["apply"]).ends(0);
    run(&["diff", "-o", "json"]).ends(0);
    run(&["describe"]).ends(0);
    run(&["delete", "--yes"]).ends(0);
    world.simulator.with(|world| {
        world.settings_mut().expired_keys = vec![CANARIES[0].to_owned()];
    });
    run(&["diff"]).ends(4);
    clean_folder(&place.state());
}
