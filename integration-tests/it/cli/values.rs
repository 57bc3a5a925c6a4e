//! Values into secrets: put in through standard input, never shown, never read.

use serde_json::json;

use super::support::{Ran, Stage, same, somebody};

const URL: &str = "https://rpc.example.com/v2/canary-key-in-the-path";
const SOCKET: &str = "wss://rpc.example.com/v2/canary-key-in-the-path";
const CANARY: &str = "canary";

impl Stage {
    fn put(&self, name: &str, value: &str) -> Ran {
        let args =
            ["secret", "put", name, "--from-stdin", "-f", &self.file, "-vvv", "--show-calls"];
        self.place.run_with_input(&args, value).does_not_say(CANARY)
    }

    /// What is in the secret, as an instance would read it.
    fn value(&self, name: &str) -> String {
        let body = json!({"SecretId": format!("/clctl/values/{name}")});
        let answer =
            somebody(&self.world, async |client| client.secrets("GetSecretValue", body).await);
        answer.good().value()["SecretString"].as_str().unwrap().to_owned()
    }

    fn list(&self, form: &str) -> Ran {
        self.run(&["secret", "list", "-o", form]).ends(0)
    }
}

#[test]
fn a_value_goes_in_through_standard_input_and_is_seen_nowhere() {
    let stage = Stage::with_secrets("values");
    let early = stage.put("http", URL).ends(7);
    same!(stage.place, "secret_put_early", early.without_calls());
    let held = stage.run(&["apply"]).ends(6).says("no value yet");
    same!(stage.place, "apply_without_values", held.without_progress().err);
    same!(stage.place, "secret_list_empty", stage.list("table"));
    stage.put("http", URL).ends(0).says("a new value is in");
    stage.put("websocket", &format!("{SOCKET}\n")).ends(0);
    assert_eq!(
        (stage.value("http"), stage.value("websocket")),
        (URL.to_owned(), SOCKET.to_owned())
    );
    for form in ["table", "wide", "json", "yaml", "name"] {
        let listed = stage.list(form).does_not_say(CANARY);
        same!(stage.place, format!("secret_list_{form}"), listed);
    }
    stage.run(&["apply"]).ends(0).says("is Ready");
    // A newer one takes its place, and the nodes learn of it one after the other; a look reads no value.
    stage.put("http", &format!("{URL}-2\r\n")).ends(0);
    assert_eq!(stage.value("http"), format!("{URL}-2"));
    stage.world.simulator.forget_calls();
    stage.run(&["diff"]).ends(1).says("launch-template/nodes").does_not_say(CANARY);
    stage.run(&["describe"]).ends(0).does_not_say(CANARY);
    stage.list("json");
    let calls = stage.world.simulator.calls();
    assert!(calls.iter().all(|call| call.operation != "GetSecretValue"), "{calls:?}");
    stage.run(&["apply", "--yes"]).ends(0).says("is Ready").does_not_say(CANARY);
    for kept in files(&stage.place.state()) {
        let text = std::fs::read(&kept).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(CANARY), "{}", kept.display());
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_value_that_cannot_be_right_is_refused_and_not_shown() {
    let stage = Stage::with_secrets("values");
    stage.run(&["apply"]).ends(6);
    let mut told = String::new();
    for value in [
        "",
        "\n",
        "ftp://canary.example.com",
        "https://",
        "https://canary a",
        "https://canary\nhttps://b",
    ] {
        let ran = stage.put("http", value).ends(3);
        told += &ran.without_calls().err;
        told += "\n";
    }
    let long = format!("https://canary/{}", "x".repeat(70_000));
    told += &stage.put("http", &long).ends(3).without_calls().err;
    same!(stage.place, "secret_put_wrong", told);
    let generated = stage.put("keystore-password", "a-password-of-canary-letters").ends(7);
    same!(stage.place, "secret_put_generated", generated.without_calls());
    let unknown = stage.put("nobody", URL).ends(2);
    same!(stage.place, "secret_put_unknown", unknown.without_calls());
    // As an argument everybody on the machine would see it: there is no such way.
    stage.run(&["secret", "put", "http"]).ends(2);
    let answer = somebody(&stage.world, async |client| {
        client.secrets("ListSecretVersionIds", json!({"SecretId": "/clctl/values/http"})).await
    });
    assert_eq!(answer.good().value()["Versions"], json!([]));
}

#[test]
fn a_secret_that_is_somebody_elses_gets_no_value() {
    let stage = Stage::with_secrets("values");
    let made = somebody(&stage.world, async |client| {
        client.secrets("CreateSecret", json!({"Name": "/clctl/values/http"})).await
    });
    made.good();
    let foreign = stage.put("http", URL).ends(7);
    same!(stage.place, "secret_put_foreign", foreign.without_calls());
}

#[test]
fn a_secret_that_is_going_gets_no_value() {
    let stage = Stage::with_secrets("values");
    stage.run(&["apply"]).ends(6);
    stage.run(&["delete", "--yes"]).ends(0);
    let going = stage.put("http", URL).ends(7);
    same!(stage.place, "secret_put_deleted", going.without_calls());
}
