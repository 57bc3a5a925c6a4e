//! What is the user's own: what is in secrets reaches the database and the nodes, also when it is rotated, and what
//! depends on a secret, a key or a key pair that is of no use, or that nobody can look at, is left alone.

use serde_json::json;

use crate::harness::{Bench, SETTLED, Wanted, steps};

const NAME: &str = "oracles/all";
const PASSWORD: &str = "correct-horse-battery";
const OTHER: &str = "staple-correct-horse-battery";

/// The example with the password of its database and its URLs in one secret of the user's own.
fn wanted() -> Wanted {
    let of = |key: &str| format!("{{existing: {{id: {NAME}, key: {key}}}}}");
    let password = format!("\n  secrets:\n    databasePassword: {}\n\n  nodes:\n", of("password"));
    Wanted::with(&[
        ("\n  nodes:\n", &password),
        ("{secret: sepolia-http}", &of("http")),
        ("{secret: sepolia-websocket}", &of("socket")),
    ])
}

fn value(password: &str) -> String {
    let (http, socket) = ("https://rpc.example.com/key", "wss://rpc.example.com/key");
    // Whoever writes a file ends its last line.
    json!({ "password": format!("{password}\n"), "http": http, "socket": socket, "port": 5432 })
        .to_string()
}

/// An account that has the secret, encrypted with a key of its own.
async fn account() -> Bench {
    let bench = Bench::calm();
    let somebody = bench.somebody();
    let made = somebody.kms("CreateKey", json!({})).await.good();
    let key = made.value()["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let secret = json!({
        "Name": NAME, "SecretString": value(PASSWORD), "KmsKeyId": key,
        "ClientRequestToken": "11111111-1111-1111-1111-111111111111",
    });
    somebody.secrets("CreateSecret", secret).await.good();
    somebody.wait(SETTLED).await;
    bench
}

async fn rotate(bench: &Bench, to: String) {
    let put = json!({
        "SecretId": NAME, "SecretString": to,
        "ClientRequestToken": "22222222-2222-2222-2222-222222222222",
    });
    bench.somebody().secrets("PutSecretValue", put).await.good();
    bench.somebody().wait(SETTLED).await;
}

fn password(bench: &Bench) -> String {
    bench.truth().thing("db-instance/main").body["password"].to_string()
}

#[tokio::test(start_paused = true)]
async fn a_field_of_a_secret_opens_the_database_and_a_rotated_one_does_so_everywhere() {
    let (bench, wanted) = (account().await, wanted());
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    let at_work = || (bench.fleet.serving().len(), bench.fleet.waiting().len());
    assert_eq!(at_work(), (1, 1));
    let first = password(&bench);
    rotate(&bench, value(OTHER)).await;
    let outcome = bench.apply(&wanted).await.complete();
    let said = steps(&outcome.plan);
    assert!(said.contains(&"update db-instance/main login".to_owned()), "{said:?}");
    assert!(said.contains(&"update launch-template/nodes user_data".to_owned()), "{said:?}");
    bench.is_settled(&wanted).await;
    assert_ne!(password(&bench), first);
    assert_eq!(at_work(), (1, 1));
    assert!(!format!("{:?}", bench.events()).contains(PASSWORD));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_does_not_hold_the_field_is_set_nowhere() {
    let (bench, wanted) = (account().await, wanted());
    bench.apply(&wanted).await.complete();
    let first = password(&bench);
    rotate(&bench, json!({ "other": "field-of-nobodys-use" }).to_string()).await;
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete());
    let why = outcome.error("db-instance/main").to_string();
    assert!(why.contains(&format!("{NAME} is no JSON object with a text of one line")), "{why}");
    assert!(why.contains("in the field password") && !why.contains("nobodys"), "{why}");
    assert_eq!(password(&bench), first);
    assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_secret_that_cannot_be_looked_at_is_left_alone() {
    let wanted = wanted();
    let deny = |bench: &Bench| {
        let denied = vec!["secretsmanager:DescribeSecret".to_owned()];
        bench.simulator.with(|world| world.settings_mut().denied = denied);
    };
    let unread = |said: &[String], address: &str| {
        assert!(said.iter().any(|it| it == &format!("unread {address}")), "{said:?}");
    };
    let bench = account().await;
    bench.apply(&wanted).await.complete();
    deny(&bench);
    let plan = bench.diff(&wanted).await;
    let said = steps(&plan);
    assert!(plan.is_unknown() && plan.is_empty(), "{said:?}");
    unread(&said, "launch-template/nodes");
    // The database has the password that it had.
    assert!(!said.iter().any(|it| it.contains("db-instance")), "{said:?}");
    // Where there is no such secret, nothing is begun that needs it.
    let plan = Bench::calm().diff(&wanted).await;
    let said = steps(&plan);
    assert!(plan.is_unknown(), "{said:?}");
    unread(&said, "db-instance/main");
    unread(&said, "launch-template/nodes");
    let first = said.iter().find(|it| it.contains("vpc/main")).unwrap();
    assert_eq!(first, "create vpc/main");
}

#[tokio::test(start_paused = true)]
async fn a_key_pair_that_is_not_there_is_told_of_before_anything_is_made() {
    let bench = Bench::calm();
    let plan = bench.diff(&Wanted::with(&[("{name: operations}", "{name: operation}")])).await;
    let said = steps(&plan);
    assert!(said.contains(&"unread launch-template/nodes".to_owned()), "{said:?}");
    assert!(said.contains(&"create db-instance/main".to_owned()), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_of_no_use_is_told_of_before_anything_is_made() {
    let bench = Bench::calm();
    let somebody = bench.somebody();
    let made = somebody.kms("CreateKey", json!({})).await.good();
    let key = made.value()["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    somebody.wait(SETTLED).await;
    let with = |arn: &str| {
        let chapter = format!("\n  encryption:\n    key: {{existing: \"{arn}\"}}\n\n  nodes:\n");
        Wanted::with(&[("\n  nodes:\n", &chapter)])
    };
    let said = steps(&bench.diff(&with(&key)).await);
    assert!(said.contains(&"create log-group/nodes".to_owned()), "{said:?}");
    let (begins, id) = key.split_once('/').unwrap();
    let gone = format!("{begins}/{}", id.replace(char::is_numeric, "0"));
    somebody.kms("DisableKey", json!({ "KeyId": key })).await.good();
    somebody.wait(SETTLED).await;
    for of_no_use in [key, gone] {
        let plan = bench.diff(&with(&of_no_use)).await;
        let said = steps(&plan);
        assert!(plan.is_unknown(), "{said:?}");
        assert!(said.contains(&"unread log-group/nodes".to_owned()), "{said:?}");
        assert!(said.contains(&"create vpc/main".to_owned()), "{said:?}");
    }
}
