//! Parameters, after
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>.

use serde_json::{Value, json};

use crate::client::{Answer, Client};

fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn kind(answer: &Answer) -> String {
    value(answer)["__type"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_parameter_is_put_once_unless_it_is_overwritten() {
    let client = Client::calm();
    let first = json!({ "Name": "/a/b", "Value": "1", "Type": "String" });
    assert_eq!(value(&client.ssm("PutParameter", first.clone()).await.good())["Version"], 1);
    assert_eq!(kind(&client.ssm("PutParameter", first).await), "ParameterAlreadyExists");
    let over = json!({ "Name": "/a/b", "Value": "2", "Overwrite": true });
    assert_eq!(value(&client.ssm("PutParameter", over).await.good())["Version"], 2);
    let tagged = json!({
        "Name": "/a/b", "Value": "2", "Overwrite": true, "Tags": [{ "Key": "a", "Value": "1" }]
    });
    assert_eq!(kind(&client.ssm("PutParameter", tagged).await), "ValidationException");
    for (name, expected) in [("/a/b", "2"), ("/a/b:1", "1")] {
        let got = client.ssm("GetParameter", json!({ "Name": name })).await.good();
        assert_eq!(value(&got)["Parameter"]["Value"], expected);
    }
    let missing = client.ssm("GetParameter", json!({ "Name": "/a/b:3" })).await;
    assert_eq!(kind(&missing), "ParameterVersionNotFound");
}

#[tokio::test(start_paused = true)]
async fn names_and_values_have_rules() {
    let client = Client::calm();
    let deep = "/x".repeat(16);
    let long = "x".repeat(4097);
    for (name, text, code) in [
        ("/aws/x", "1", "AccessDeniedException"),
        ("ssm-x", "1", "ValidationException"),
        ("a/b", "1", "ValidationException"),
        ("/a b", "1", "ValidationException"),
        (&deep, "1", "HierarchyLevelLimitExceededException"),
        ("/a", "", "ValidationException"),
        ("/a", "{{ssm:x}}", "ValidationException"),
        ("/a", &long, "ValidationException"),
    ] {
        let put = json!({ "Name": name, "Value": text, "Type": "String" });
        assert_eq!(kind(&client.ssm("PutParameter", put).await), code, "{name}");
    }
    let untyped = json!({ "Name": "/a", "Value": "1" });
    assert_eq!(kind(&client.ssm("PutParameter", untyped).await), "ValidationException");
    let policy = json!({ "Name": "/a", "Value": "1", "Type": "String", "Policies": "[]" });
    let refused = client.ssm("PutParameter", policy).await;
    assert_eq!((refused.status, kind(&refused).as_str()), (501, "ClctlSimulatorUnsupported"));
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html>
#[tokio::test(start_paused = true)]
async fn a_path_is_read_in_pages_of_ten_and_secrets_stay_closed() {
    let client = Client::calm();
    for number in 10..22 {
        let name = format!("/p/{number}");
        let put = json!({ "Name": name, "Value": "v", "Type": "SecureString" });
        client.ssm("PutParameter", put).await.good();
    }
    let deep = json!({ "Name": "/p/x/y", "Value": "v", "Type": "String" });
    client.ssm("PutParameter", deep).await.good();
    let path = json!({ "Path": "/p", "WithDecryption": true });
    let page = value(&client.ssm("GetParametersByPath", path).await.good());
    assert_eq!(page["Parameters"].as_array().unwrap().len(), 10);
    assert_eq!(page["Parameters"][0]["Value"], "v");
    let next = json!({ "Path": "/p", "WithDecryption": true, "NextToken": page["NextToken"] });
    let rest = value(&client.ssm("GetParametersByPath", next).await.good());
    assert_eq!(rest["Parameters"].as_array().unwrap().len(), 2);
    let closed = client.ssm("GetParameter", json!({ "Name": "/p/10" })).await.good();
    assert_ne!(value(&closed)["Parameter"]["Value"], "v");
    let many = json!({ "Path": "/p", "MaxResults": 11 });
    assert_eq!(kind(&client.ssm("GetParametersByPath", many).await), "ValidationException");
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html>
#[tokio::test(start_paused = true)]
async fn parameters_are_found_by_their_tags_and_paths() {
    let client = Client::calm();
    let tags = json!([{ "Key": "env", "Value": "one" }]);
    let put = json!({ "Name": "/a/b", "Value": "1", "Type": "String", "Tags": tags });
    client.ssm("PutParameter", put).await.good();
    let found = async |key: &str, option: &str, values: &[&str]| {
        let filter = json!([{ "Key": key, "Option": option, "Values": values }]);
        client.ssm("DescribeParameters", json!({ "ParameterFilters": filter })).await
    };
    for (key, option, wanted, count) in [
        ("tag:env", "Equals", "one", 1),
        ("tag:env", "Equals", "two", 0),
        ("tag:env", "BeginsWith", "o", 1),
        ("Path", "Recursive", "/", 1),
        ("Path", "OneLevel", "/a", 1),
        ("Path", "OneLevel", "/", 0),
        ("Name", "BeginsWith", "/a", 1),
        ("Type", "Equals", "String", 1),
    ] {
        let answer = value(&found(key, option, &[wanted]).await.good());
        assert_eq!(answer["Parameters"].as_array().unwrap().len(), count, "{key} {wanted}");
    }
    assert_eq!(kind(&found("Nonsense", "Equals", &["x"]).await), "InvalidFilterKey");
    assert_eq!(kind(&found("tag:env", "Contains", &["x"]).await), "InvalidFilterOption");
    let nobody = Client::calm();
    let filter = json!({ "ParameterFilters": [{ "Key": "Nonsense", "Values": ["x"] }] });
    assert_eq!(kind(&nobody.ssm("DescribeParameters", filter).await), "InvalidFilterKey");
    let on = json!({ "ResourceType": "Parameter", "ResourceId": "/a/b" });
    let mut more = on.clone();
    more["Tags"] = json!([{ "Key": "k", "Value": "v" }]);
    client.ssm("AddTagsToResource", more).await.good();
    let mut fewer = on.clone();
    fewer["TagKeys"] = json!(["env"]);
    client.ssm("RemoveTagsFromResource", fewer).await.good();
    let left = value(&client.ssm("ListTagsForResource", on).await.good());
    assert_eq!(left["TagList"], json!([{ "Key": "k", "Value": "v" }]));
    let other = json!({ "ResourceType": "Parameter", "ResourceId": "/nope" });
    assert_eq!(kind(&client.ssm("ListTagsForResource", other).await), "InvalidResourceId");
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
#[tokio::test(start_paused = true)]
async fn a_name_has_a_length() {
    let client = Client::calm();
    for operation in ["GetParameters", "DeleteParameters"] {
        for name in [String::new(), "a".repeat(2049)] {
            let answer = client.ssm(operation, json!({ "Names": [name] })).await;
            assert_eq!(kind(&answer), "ValidationException", "{operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_name_what_was_not_there() {
    let client = Client::calm();
    let put = json!({ "Name": "/a", "Value": "1", "Type": "String" });
    client.ssm("PutParameter", put).await.good();
    let both = client.ssm("DeleteParameters", json!({ "Names": ["/a", "/b"] })).await.good();
    let expected = json!({ "DeletedParameters": ["/a"], "InvalidParameters": ["/b"] });
    assert_eq!(value(&both), expected);
    let gone = client.ssm("DeleteParameter", json!({ "Name": "/a" })).await;
    assert_eq!(kind(&gone), "ParameterNotFound");
    assert!(client.simulator.with(|world| world.objects()).iter().all(|it| it.id != "/a"));
}
