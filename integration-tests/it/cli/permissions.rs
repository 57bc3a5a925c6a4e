//! The permissions that are documented are enough.

use clctl_simulator::Settings;

use super::support::{Place, QUICK, Served, somebody, spec};

/// Whose session has this key.
const KEY: &str = "AKIAOPERATOR";
const ROLE: &str = "arn:aws:iam::123456789012:role/operator";

#[test]
fn with_the_documented_policy_and_nothing_else_an_environment_is_made_and_removed() {
    let principals = [(KEY.to_owned(), ROLE.to_owned())].into();
    let world = Served::new(Settings { speed: 4000.0, principals, ..Settings::calm() });
    let policy = include_str!("../../../docs/iam-policy.json");
    // What is between the words counts for nothing.
    let policy = serde_json::from_str::<serde_json::Value>(policy).unwrap().to_string();
    somebody(&world, async |client| {
        client.role("operator").await;
        let put = [("RoleName", "operator"), ("PolicyName", "clctl"), ("PolicyDocument", &*policy)];
        client.iam("PutRolePolicy", &put).await.good();
    });
    let place = Place::served(&world).with("AWS_ACCESS_KEY_ID", KEY);
    let file = &place.write("node.yaml", &spec("allowed", QUICK));
    place.run(&["apply", "--yes", "-f", file]).ends(0).says("is Ready");
    place.run(&["diff", "-f", file]).ends(0);
    place.run(&["delete", "--yes", "-f", file]).ends(0).says("deleted: ");
}
