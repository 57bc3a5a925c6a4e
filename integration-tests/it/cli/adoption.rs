//! What is there becomes ours, and what is ours is let go.

use serde_json::json;

use super::support::{QUICK, Stage, same, somebody, spec};

impl Stage {
    /// The id of our object of that address.
    fn id(&self, address: &str) -> String {
        let shown = self.run(&["get", address, "-o", "json"]).json();
        let items = shown["resources"].as_array().unwrap_or_else(|| panic!("{shown}"));
        items[0]["id"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
    }
}

#[test]
fn a_log_group_that_is_there_is_adopted_and_keeps_its_name_and_what_is_in_it() {
    let stage = Stage::of("mine");
    let group = "/clctl/mine/nodes";
    somebody(&stage.world, async |client| {
        client
            .logs("CreateLogGroup", json!({"logGroupName": group, "tags": {"team": "theirs"}}))
            .await
    })
    .good();
    let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{group}");
    let refused = stage.run(&["apply"]).ends(7);
    assert!(refused.err.contains("no owner tag"), "{refused}");
    assert!(refused.err.contains("adopt"), "{refused}");
    let asked = stage.run(&["adopt", "log-group/nodes", &arn]).ends(7);
    same!(stage.place, "adopt_asked", asked);
    let adopted = stage.run(&["adopt", "log-group/nodes", &arn, "--yes"]).ends(0);
    same!(stage.place, "adopted", adopted);
    stage.run(&["adopt", "log-group/nodes", &arn, "--yes"]).ends(0).says("already");
    stage.run(&["apply", "--yes"]).ends(0);
    stage.run(&["diff"]).ends(0);
    assert_eq!(stage.id("log-group/nodes"), arn);
}

#[test]
fn what_is_released_loses_our_tags_and_nothing_else_and_can_be_adopted_again() {
    let stage = Stage::of("mine");
    stage.run(&["apply"]).ends(0);
    let id = stage.id("security-group/database");
    let asked = stage.run(&["release", "security-group/database"]).ends(7);
    same!(stage.place, "release_asked", asked);
    // The world goes on meanwhile: what balances, scales and alarms makes things in its own time.
    let objects = || {
        let mut all = stage.world.objects();
        all.retain(|it| it.kind.starts_with("security-group"));
        all
    };
    let before = objects();
    let released = stage.run(&["release", "security-group/database", "--yes"]).ends(0);
    same!(stage.place, "released", released);
    assert_eq!(objects(), before);
    let described = somebody(&stage.world, async |client| {
        client.ec2("DescribeSecurityGroups", &[("GroupId.1", id.as_str())]).await
    })
    .good();
    assert!(!described.body.contains("clctl.dev/"), "{}", described.body);
    assert!(described.body.contains("PostgreSQL from the nodes"), "{}", described.body);
    stage.run(&["adopt", "security-group/database", &id, "--yes"]).ends(0);
    stage.run(&["diff"]).ends(0);
}

#[test]
fn another_environments_object_is_not_adopted() {
    let stage = Stage::of("mine");
    stage.run(&["apply"]).ends(0);
    let other = stage.place.write("other.yaml", &spec("theirs", QUICK));
    stage.place.run(&["apply", "-f", &other]).ends(0);
    let theirs = stage.id("security-group/nodes");
    let refused =
        stage.place.run(&["adopt", "security-group/nodes", &theirs, "--yes", "-f", &other]).ends(7);
    same!(stage.place, "adopt_of_another", refused);
    let mine = stage.id("security-group/database");
    let refused = stage.run(&["adopt", "security-group/nodes", &mine, "--yes"]).ends(7);
    same!(stage.place, "adopt_of_ours", refused);
    let unknown = stage.run(&["adopt", "security-group/nobody", &mine, "--yes"]).ends(2);
    same!(stage.place, "adopt_unknown", unknown);
    let nothing = stage.run(&["adopt", "security-group/nodes", "sg-0123456789abcdef0", "--yes"]);
    same!(stage.place, "adopt_nothing", nothing.ends(7));
    let facet = stage.run(&["adopt", "security-group-rules/nodes", &theirs, "--yes"]).ends(7);
    same!(stage.place, "adopt_facet", facet);
    let facet = stage.run(&["release", "security-group-rules/nodes", "--yes"]).ends(7);
    same!(stage.place, "release_facet", facet);
    stage.run(&["release", "security-group/nobody", "--yes"]).ends(2);
    stage.run(&["diff"]).ends(0);
    stage.place.run(&["diff", "-f", &other]).ends(0);
}

/// Somebody copied all tags of ours onto a group of theirs: nobody can tell which is which.
#[test]
fn of_two_that_claim_to_be_ours_one_is_released_and_all_is_well() {
    let stage = Stage::of("mine");
    stage.run(&["apply"]).ends(0);
    let (vpc, id) = (stage.id("vpc/main"), stage.id("security-group/database"));
    let copy = somebody(&stage.world, async |client| {
        let of = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", id.as_str())];
        let tags = client.ec2("DescribeTags", &of).await.good();
        let copy = client.group(&vpc, "copy").await;
        let (keys, values) = (tags.texts("key"), tags.texts("value"));
        let mut params = vec![("ResourceId.1".to_owned(), copy.clone())];
        for (n, (key, value)) in keys.into_iter().zip(values).enumerate() {
            params.push((format!("Tag.{}.Key", n + 1), key));
            params.push((format!("Tag.{}.Value", n + 1), value));
        }
        let params: Vec<(&str, &str)> =
            params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        client.ec2("CreateTags", &params).await.good();
        copy
    });
    let said = stage.run(&["diff"]).ends(7);
    assert!(said.out.contains("security-group/database comes first"), "{said}");
    assert!(said.out.contains(&id) && said.out.contains(&copy), "{said}");
    assert!(said.out.contains("clctl release"), "{said}");
    let several = stage.run(&["release", "security-group/database", "--yes"]).ends(2);
    assert!(several.err.contains(&id) && several.err.contains(&copy), "{several}");
    stage.run(&["release", "security-group/database", &copy, "--yes"]).ends(0);
    stage.run(&["diff"]).ends(0);
    assert_eq!(stage.id("security-group/database"), id);
}

/// What it refers to is still to be made: its tags say nothing of that.
#[test]
fn what_is_there_is_adopted_before_the_environment_is_made() {
    let stage = Stage::of("mine");
    let group = "/clctl/mine/nodes";
    somebody(&stage.world, async |client| {
        client.logs("CreateLogGroup", json!({"logGroupName": group})).await
    })
    .good();
    stage.run(&["adopt", "log-group/nodes", group, "--yes"]).ends(0);
    stage.run(&["apply", "--yes"]).ends(0);
    stage.run(&["diff"]).ends(0);
    let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{group}");
    assert_eq!(stage.id("log-group/nodes"), arn);
}

/// Whatever it is called: a name of its own is found again by its tags, by whoever has no record of it too.
#[test]
fn what_has_a_name_of_its_own_keeps_it_and_is_found_again() {
    let stage = Stage::with_secrets("mine");
    let key = somebody(&stage.world, async |client| {
        for name in ["/their/logs", "/clctl/mine/nodes"] {
            client.logs("CreateLogGroup", json!({"logGroupName": name})).await.good();
        }
        client.secrets("CreateSecret", json!({"Name": "theirs"})).await.good();
        let secret = json!({"Name": "/clctl/mine/http", "SecretString": "https://rpc.example.com/v2/theirs", "ClientRequestToken": "0123456789abcdef0123456789abcdef"});
        client.secrets("CreateSecret", secret).await.good();
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let role = [("RoleName", "theirs"), ("AssumeRolePolicyDocument", trust)];
        client.iam("CreateRole", &role).await.good();
        client.iam("CreateInstanceProfile", &[("InstanceProfileName", "theirs")]).await.good();
        let held = [("InstanceProfileName", "theirs"), ("RoleName", "theirs")];
        client.iam("AddRoleToInstanceProfile", &held).await.good();
        client.kms("CreateKey", json!({})).await
    })
    .good();
    let key = key.value()["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    // The instances know these by their names.
    let mut told = String::new();
    for (address, id) in [("log-group/nodes", "/their/logs"), ("secret/http", "theirs")] {
        told += &stage.run(&["adopt", address, id, "--yes"]).ends(7).err;
    }
    same!(stage.place, "adopt_under_another_name", told);
    for (address, id) in [
        ("log-group/nodes", "/clctl/mine/nodes"),
        ("secret/http", "/clctl/mine/http"),
        ("iam-role/nodes", "theirs"),
        ("instance-profile/nodes", "theirs"),
        ("kms-key/main", &key),
    ] {
        stage.run(&["adopt", address, id, "--yes"]).ends(0);
    }
    stage.run(&["apply", "--yes"]).ends(6).says("no value yet");
    let put = ["secret", "put", "websocket", "--from-stdin", "-f", &stage.file];
    stage.place.run_with_input(&put, "wss://rpc.example.com/v2/ours").ends(0);
    stage.run(&["apply", "--yes"]).ends(0);
    std::fs::remove_file(stage.place.state().join("clctl.db")).unwrap();
    stage.run(&["diff"]).ends(0);
    let listed = stage.run(&["secret", "list"]).ends(0);
    assert!(listed.out.contains("Set"), "{listed}");
    assert!(!listed.out.contains("Missing"), "{listed}");
    let put = ["secret", "put", "http", "--from-stdin", "-f", &stage.file];
    stage.place.run_with_input(&put, "https://rpc.example.com/v2/ours").ends(0);
}
