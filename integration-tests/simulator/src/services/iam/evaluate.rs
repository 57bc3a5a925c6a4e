//! Whether policies allow an action.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: all
//! is denied that nothing allows, and a denial that is said outright is stronger than any allowance.
//! Pure: documents and a request go in, a decision comes out.

use super::{
    condition::Context,
    document::{Among, Document, Effect, Statement, Version, Who},
    pattern,
};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Somebody of an account.
    Aws {
        account: String,
        /// `arn:aws:iam::123456789012:role/x`; for the account itself its root.
        arn: String,
        /// `AROA…`; documents whose principals are sealed name it so.
        unique: String,
        /// `arn:aws:sts::123456789012:assumed-role/x/session`, when a role's session calls.
        session: Option<String>,
    },
    /// A service of AWS: `ec2.amazonaws.com`.
    Service(String),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// `service:Operation`
    pub(crate) action: String,
    /// An ARN, or `*` when the action has no resource.
    pub(crate) resource: String,
    pub(crate) context: Context,
}

/// What policies make of a request, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    ImplicitlyDenied,
    Allowed,
    ExplicitlyDenied,
}

/// What a document with principals makes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) decision: Decision,
    /// Whether it leaves the matter to the policies of the principal's account: it allows the
    /// account, not the principal.
    pub(crate) delegated: bool,
}

/// What policies of a principal make of a request.
pub(crate) fn identity<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    request: &Request,
) -> Decision {
    let all = documents.into_iter().flat_map(|document| {
        let statements = document.statements.iter();
        statements.filter(|it| applies(document, it, request)).map(|it| it.effect)
    });
    decide(all)
}

/// What the policy of a resource, or a role's trust policy, makes of a request.
pub(crate) fn resource(document: &Document, principal: &Principal, request: &Request) -> Grant {
    let mut direct = Vec::new();
    let mut delegated = false;
    for statement in document.statements.iter().filter(|it| applies(document, it, request)) {
        match (named(statement.who.as_ref(), principal), statement.effect) {
            (Named::Not, _) => {}
            // Denying an account denies everybody in it.
            (Named::Itself, effect) | (Named::Account, effect @ Effect::Deny) => {
                direct.push(effect);
            }
            (Named::Account, Effect::Allow) => delegated = true,
        }
    }
    Grant { decision: decide(direct), delegated }
}

/// What both make of a request within one account: either may allow, either may deny.
pub(crate) fn together(identity: Decision, resource: Grant) -> Decision {
    identity.max(resource.decision)
}

fn decide(effects: impl IntoIterator<Item = Effect>) -> Decision {
    let one = |it: Effect| match it {
        Effect::Allow => Decision::Allowed,
        Effect::Deny => Decision::ExplicitlyDenied,
    };
    effects.into_iter().map(one).max().unwrap_or(Decision::ImplicitlyDenied)
}

/// The keys that conditions look at in those statements that are about what is asked.
pub(crate) fn keys<'a>(
    document: &'a Document,
    request: &'a Request,
) -> impl Iterator<Item = &'a str> {
    let about = document.statements.iter().filter(|it| is_about(document, it, request));
    about.flat_map(|it| it.conditions.iter()).map(|it| it.key.as_str())
}

fn applies(document: &Document, statement: &Statement, request: &Request) -> bool {
    let variables = document.version == Version::Current;
    let mut conditions = statement.conditions.iter();
    is_about(document, statement, request)
        && conditions.all(|it| it.holds(&request.context, variables))
}

/// Whether a statement is about the action and the resource, whatever its conditions are.
fn is_about(document: &Document, statement: &Statement, request: &Request) -> bool {
    let variables = document.version == Version::Current;
    let context = &request.context;
    let action = |it: &String| {
        pattern::fill(it, context, false)
            .is_some_and(|it| it.matches_ignoring_case(&request.action))
    };
    let resource = |it: &String| {
        let filled = pattern::fill(it, context, variables);
        it == "*" || filled.is_some_and(|it| it.matches(&request.resource))
    };
    // A trust policy has no resource; a key's statement without action has no effect.
    let on_this = match &statement.resources {
        Some(among) => is_among(among, resource),
        None => true,
    };
    let to_do_this = statement.actions.as_ref().is_some_and(|it| is_among(it, action));
    on_this && to_do_this
}

fn is_among<T>(among: &Among<T>, like: impl Fn(&T) -> bool) -> bool {
    match among {
        Among::These(all) => all.iter().any(like),
        Among::AllBut(all) => !all.iter().any(like),
    }
}

/// How a statement names a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Not,
    Account,
    Itself,
}

fn named(who: Option<&Among<Who>>, principal: &Principal) -> Named {
    let one = |it: &Who| match (it, principal) {
        (Who::Everybody, _) => Named::Itself,
        (Who::Aws(named), Principal::Aws { account, arn, unique, session }) => {
            let root = format!("arn:aws:iam::{account}:root");
            if named == arn || named == unique || session.as_ref() == Some(named) {
                Named::Itself
            } else if named == account || *named == root {
                Named::Account
            } else {
                Named::Not
            }
        }
        (Who::Service(named), Principal::Service(service)) if named == service => Named::Itself,
        (Who::Aws(_) | Who::Service(_) | Who::Other, _) => Named::Not,
    };
    match who {
        // A policy of a principal: it is about that one.
        None => Named::Itself,
        Some(Among::These(all)) => {
            let all: Vec<_> = all.iter().map(one).collect();
            if all.contains(&Named::Itself) {
                Named::Itself
            } else if all.contains(&Named::Account) {
                Named::Account
            } else {
                Named::Not
            }
        }
        Some(Among::AllBut(all)) => {
            if all.iter().all(|it| one(it) == Named::Not) {
                Named::Itself
            } else {
                Named::Not
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::document::Grammar,
        Decision::{Allowed, ExplicitlyDenied, ImplicitlyDenied},
        *,
    };

    fn request(action: &str, resource: &str, keys: &[(&str, &str)]) -> Request {
        let mut context = Context::default();
        for (key, value) in keys {
            context.set(key, *value);
        }
        Request { action: action.to_owned(), resource: resource.to_owned(), context }
    }

    fn role() -> Principal {
        Principal::Aws {
            account: "123456789012".to_owned(),
            arn: "arn:aws:iam::123456789012:role/node".to_owned(),
            unique: "AROAAAAAAAAAAAAAAAAA1".to_owned(),
            session: Some("arn:aws:sts::123456789012:assumed-role/node/s".to_owned()),
        }
    }

    fn policy(statements: &Value) -> Document {
        let whole = json!({ "Version": "2012-10-17", "Statement": statements });
        Document::parse(&whole.to_string(), Grammar::Identity).unwrap()
    }

    fn judge(statements: &Value, request: &Request) -> Decision {
        identity([&policy(statements)], request)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html>
    #[test]
    fn what_nothing_allows_is_denied_and_an_outright_denial_wins() {
        let get = request("s3:GetObject", "arn:aws:s3:::b/k", &[]);
        let allow = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
        let deny = json!({ "Effect": "Deny", "Action": "s3:Get*", "Resource": "*" });
        assert_eq!(identity([], &get), ImplicitlyDenied);
        assert_eq!(judge(&allow, &get), Allowed);
        assert_eq!(judge(&json!([allow, deny]), &get), ExplicitlyDenied);
        assert_eq!(identity([&policy(&deny), &policy(&allow)], &get), ExplicitlyDenied);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
    /// and its sisters for `NotAction`, `Resource`, `NotResource`
    #[test]
    fn actions_and_resources_match_with_wildcards_or_by_what_they_leave_out() {
        let queue = "arn:aws:sqs:us-east-1:123456789012:q1";
        let other = "arn:aws:sqs:us-east-1:123456789012:other";
        for (element, value, action, resource, expected) in [
            ("Action", "sqs:*Message", "sqs:SendMessage", queue, Allowed),
            ("Action", "SQS:sendmessage", "sqs:SendMessage", queue, Allowed),
            ("Action", "sqs:Send?essage", "sqs:SendMessage", queue, Allowed),
            ("Action", "sqs:*Message", "sqs:DeleteQueue", queue, ImplicitlyDenied),
            ("Action", "sqs:*Message", "sqs:SendMessage", other, ImplicitlyDenied),
            ("NotAction", "iam:*", "sqs:SendMessage", queue, Allowed),
            ("NotAction", "iam:*", "iam:GetRole", queue, ImplicitlyDenied),
        ] {
            let statement =
                json!({ "Effect": "Allow", element: value, "Resource": "arn:aws:sqs:*:*:q?" });
            let asked = request(action, resource, &[]);
            assert_eq!(judge(&statement, &asked), expected, "{element} {value} {action}");
        }
        let but = json!({ "Effect": "Deny", "Action": "sqs:*", "NotResource": [queue] });
        assert_eq!(judge(&but, &request("sqs:SendMessage", queue, &[])), ImplicitlyDenied);
        assert_eq!(judge(&but, &request("sqs:SendMessage", other, &[])), ExplicitlyDenied);
        // An action that has no resource is allowed on all or not at all.
        let some = json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": queue });
        assert_eq!(judge(&some, &request("sqs:ListQueues", "*", &[])), ImplicitlyDenied);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    #[test]
    fn variables_work_in_the_current_version_of_the_language_only() {
        let statement = json!({
            "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/env}/${aws:userid}/*"
        });
        let keys = [("aws:PrincipalTag/env", "prod"), ("aws:userid", "AROA:clctl")];
        let own = request("s3:GetObject", "arn:aws:s3:::b/prod/AROA:clctl/x", &keys);
        let foreign = request("s3:GetObject", "arn:aws:s3:::b/test/AROA:clctl/x", &keys);
        let untagged = request("s3:GetObject", "arn:aws:s3:::b//AROA:clctl/x", &keys[1..]);
        assert_eq!(judge(&statement, &own), Allowed);
        assert_eq!(judge(&statement, &foreign), ImplicitlyDenied);
        assert_eq!(judge(&statement, &untagged), ImplicitlyDenied);
        let old =
            Document::parse(&json!({ "Statement": statement }).to_string(), Grammar::Identity);
        assert_eq!(identity([&old.unwrap()], &own), ImplicitlyDenied);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html>
    #[test]
    fn every_condition_must_hold() {
        let statement = json!({
            "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
            "Condition": {
                "StringEquals": { "aws:RequestTag/owner": "a", "aws:ResourceTag/owner": "a" },
                "ForAllValues:StringEquals": { "aws:TagKeys": ["owner", "Name"] }
            }
        });
        let ask = |keys: &[&str], resource_owner: &str| {
            let given = [("aws:requesttag/Owner", "a"), ("aws:ResourceTag/owner", resource_owner)];
            let mut asked = request("ec2:CreateTags", "arn:aws:ec2:r:1:vpc/v", &given);
            let keys = keys.iter().map(|it| (*it).to_owned()).collect();
            asked.context.set_all("aws:TagKeys", keys);
            judge(&statement, &asked)
        };
        assert_eq!(ask(&["owner", "Name"], "a"), Allowed);
        assert_eq!(ask(&["owner"], "b"), ImplicitlyDenied);
        assert_eq!(ask(&["owner", "other"], "a"), ImplicitlyDenied);
    }

    fn of_resource(statements: &Value) -> Document {
        Document::read(&json!({ "Statement": statements }), Grammar::Resource).unwrap()
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
    #[test]
    fn a_resource_policy_names_a_principal_or_leaves_it_to_its_account() {
        let read = request("secretsmanager:GetSecretValue", "arn:x", &[]);
        let account = "arn:aws:iam::123456789012:root";
        for (who, decision, delegated) in [
            (json!("*"), Allowed, false),
            (json!({ "AWS": "*" }), Allowed, false),
            (json!({ "AWS": "AROAAAAAAAAAAAAAAAAA1" }), Allowed, false),
            (json!({ "AWS": "AROAAAAAAAAAAAAAAAAA2" }), ImplicitlyDenied, false),
            (json!({ "AWS": ["arn:aws:sts::123456789012:assumed-role/node/s"] }), Allowed, false),
            (json!({ "AWS": account }), ImplicitlyDenied, true),
            (json!({ "AWS": "123456789012" }), ImplicitlyDenied, true),
            (json!({ "AWS": "999999999999" }), ImplicitlyDenied, false),
            (json!({ "Service": "ec2.amazonaws.com" }), ImplicitlyDenied, false),
        ] {
            let statement = json!({
                "Effect": "Allow", "Principal": who, "Action": "secretsmanager:*", "Resource": "*"
            });
            let grant = resource(&of_resource(&statement), &role(), &read);
            assert_eq!(grant, Grant { decision, delegated }, "{statement}");
        }
        let deny = json!({
            "Effect": "Deny", "Principal": { "AWS": account }, "Action": "*", "Resource": "*"
        });
        let grant = resource(&of_resource(&deny), &role(), &read);
        assert_eq!(grant.decision, ExplicitlyDenied);
        let but = json!({
            "Effect": "Deny", "NotPrincipal": { "AWS": [account, "AROAAAAAAAAAAAAAAAAA1"] },
            "Action": "*", "Resource": "*"
        });
        assert_eq!(resource(&of_resource(&but), &role(), &read).decision, ImplicitlyDenied);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html>
    #[test]
    fn within_an_account_either_policy_may_allow_and_either_may_deny() {
        let allows = Grant { decision: Allowed, delegated: false };
        let denies = Grant { decision: ExplicitlyDenied, delegated: false };
        let leaves = Grant { decision: ImplicitlyDenied, delegated: true };
        assert_eq!(together(ImplicitlyDenied, allows), Allowed);
        assert_eq!(together(Allowed, leaves), Allowed);
        assert_eq!(together(ImplicitlyDenied, leaves), ImplicitlyDenied);
        assert_eq!(together(Allowed, denies), ExplicitlyDenied);
        assert_eq!(together(ExplicitlyDenied, allows), ExplicitlyDenied);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html>
    #[test]
    fn a_trust_policy_lets_a_service_assume_the_role() {
        let trust = json!({
            "Statement": [{
                "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "aws:SourceAccount": "123456789012" } }
            }]
        });
        let trust = Document::read(&trust, Grammar::Trust).unwrap();
        let ec2 = Principal::Service("ec2.amazonaws.com".to_owned());
        let rds = Principal::Service("rds.amazonaws.com".to_owned());
        let from = |account: &str| {
            request("sts:AssumeRole", "arn:aws:iam::1:role/r", &[("aws:SourceAccount", account)])
        };
        assert_eq!(resource(&trust, &ec2, &from("123456789012")).decision, Allowed);
        assert_eq!(resource(&trust, &ec2, &from("999999999999")).decision, ImplicitlyDenied);
        assert_eq!(resource(&trust, &rds, &from("123456789012")).decision, ImplicitlyDenied);
    }
}
