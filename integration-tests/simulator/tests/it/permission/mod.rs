//! What the policies of whoever calls allow, after
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html> and,
//! for what each call needs,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>.

mod callers;
mod databases;
mod every_operation;
mod iam;
mod instances;
mod keys;
mod logs;
mod monitoring;
mod networks;
mod parameters;
mod records;
mod rules;
mod secrets;
mod tags;

use clctl_simulator::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";

/// The administrator, and a role with a key of its own in the same world.
async fn both(settings: Settings, statements: &Value) -> (Client, Client) {
    let principals = [("AKIAROLE".to_owned(), ROLE.to_owned())].into();
    let admin = Client::new(Settings { principals, ..settings });
    admin.role("r").await;
    allow(&admin, statements).await;
    let simulator = admin.simulator.clone();
    let role = Client { simulator, region: "us-east-1", key: "AKIAROLE" };
    (admin, role)
}

/// Both, where the role may do nothing yet.
async fn calm() -> (Client, Client) {
    both(Settings::calm(), &json!([who_am_i()])).await
}

/// A policy has to have a statement; everybody may do this anyway.
fn who_am_i() -> Value {
    json!({ "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" })
}

async fn allow(admin: &Client, statements: &Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let put = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    admin.iam("PutRolePolicy", &put).await.good();
}

/// An answer that refuses an action on a resource, in the words of its service.
#[track_caller]
fn denied(answer: &Answer, action: &str, resource: &str) {
    let kind: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = kind["__type"].as_str().map_or_else(|| answer.code(), str::to_owned);
    let expected = if action.starts_with("SNS:") {
        (403, "AuthorizationError")
    } else if answer.body.contains("<ErrorResponse") {
        (403, "AccessDenied")
    } else if answer.body.contains("<Response") {
        (403, "UnauthorizedOperation")
    } else {
        (400, "AccessDeniedException")
    };
    assert_eq!((answer.status, code.as_str()), expected, "{}", answer.body);
    let who = "arn:aws:sts::123456789012:assumed-role/r/clctl-session";
    let text =
        format!("User: {who} is not authorized to perform: {action} on resource: {resource} ");
    assert!(answer.body.contains(&text), "{action} on {resource}: {}", answer.body);
}

/// A narrow permission.
struct Grant {
    action: &'static str,
    on: String,
    /// What a refusal calls the resource.
    said: String,
    conditions: Vec<(&'static str, String)>,
}

/// The permission to do something with one thing.
fn to(action: &'static str, on: impl Into<String>) -> Grant {
    let on = on.into();
    Grant { action, said: on.clone(), on, conditions: Vec::new() }
}

impl Grant {
    /// Only when a key has this very value.
    fn when(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.conditions.push((key, value.into()));
        self
    }

    fn said(mut self, name: impl Into<String>) -> Self {
        self.said = name.into();
        self
    }

    fn statement(&self) -> Value {
        let Self { action, on, conditions, .. } = self;
        let tests: serde_json::Map<String, Value> =
            conditions.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": on });
        if !tests.is_empty() {
            statement["Condition"] = json!({ "StringEquals": tests });
        }
        statement
    }

    /// The same with another value in one of its conditions, or about something else.
    fn beside(&self) -> Vec<Value> {
        let mut all: Vec<_> = self
            .conditions
            .iter()
            .map(|(key, _)| {
                let mut statement = self.statement();
                statement["Condition"]["StringEquals"][*key] = json!("other");
                statement
            })
            .collect();
        if self.on != "*" {
            let mut elsewhere = self.statement();
            elsewhere["Resource"] = json!(format!("{}-other", self.on));
            all.push(elsewhere);
        }
        all
    }
}

/// A call that takes exactly these permissions: each is missed in turn, and each is useless when
/// it is about another thing or under another condition.
async fn takes(
    (admin, role): &(Client, Client),
    grants: &[Grant],
    call: impl AsyncFn(&Client) -> Answer,
) -> Answer {
    let policy = |missing: Option<usize>, instead: Option<&Value>| {
        let kept = grants.iter().enumerate().filter(|it| Some(it.0) != missing);
        let kept = kept.map(|it| it.1.statement());
        Value::Array(kept.chain(instead.cloned()).chain([who_am_i()]).collect())
    };
    for (at, grant) in grants.iter().enumerate() {
        allow(admin, &policy(Some(at), None)).await;
        denied(&call(role).await, grant.action, &grant.said);
        for other in grant.beside() {
            allow(admin, &policy(Some(at), Some(&other))).await;
            denied(&call(role).await, grant.action, &grant.said);
        }
    }
    allow(admin, &policy(None, None)).await;
    call(role).await.good()
}

/// `parameter/x` of a service in the account.
fn arn(service: &str, rest: &str) -> String {
    let region = if service == "iam" { "" } else { "us-east-1" };
    format!("arn:aws:{service}:{region}:123456789012:{rest}")
}
