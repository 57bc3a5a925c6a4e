//! What permissions a request of Secrets Manager needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>.
//! A secret may have a policy, which may allow or deny like those of the caller:
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access.html>.

use super::{Need, request::Request, unknown};
use crate::fault::Fault;

/// Operations on a secret.
const ON_SECRETS: &[&str] = &[
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetResourcePolicy",
    "GetSecretValue",
    "ListSecretVersionIds",
    "PutResourcePolicy",
    "PutSecretValue",
    "RestoreSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
];

/// Stands for the six random characters at the end of the ARN of a secret that has none yet.
const ANY: &str = "-000000";

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let needs = match request.operation() {
        "GetRandomPassword" | "ListSecrets" => Vec::new(),
        "CreateSecret" => match request.text("Name") {
            None => Vec::new(),
            Some(name) => {
                let on = |action: &str| {
                    let arn = request.arn(&format!("secret:{name}{ANY}"));
                    Need::new(action, arn).with("secretsmanager:Name", name).spoken(name)
                };
                let tag = (!request.tags().is_empty()).then_some("secretsmanager:TagResource");
                [action.as_str()].into_iter().chain(tag).map(on).collect()
            }
        },
        operation if ON_SECRETS.contains(&operation) => {
            request.text("SecretId").map(|it| on_secret(request, it)).into_iter().collect()
        }
        _ => return unknown(&action),
    };
    Ok(request.complete(needs))
}

fn on_secret(request: &Request<'_>, named: &str) -> Need {
    let action = request.action();
    let settings = request.site().settings;
    let known = request.region().map(|it| &it.secrets);
    let known = known.and_then(|it| it.judged(settings, request.site().region, named));
    let mut need = match known {
        Some(subject) => {
            let arn = subject.arn.clone();
            Need::on(action, subject).with("secretsmanager:SecretId", arn)
        }
        None if named.starts_with("arn:") => Need::new(action, named),
        None => Need::new(action, request.arn(&format!("secret:{named}{ANY}"))).spoken(named),
    };
    for member in ["ForceDeleteWithoutRecovery", "RecoveryWindowInDays"] {
        if let Some(value) = request.shown(member) {
            need = need.with(&format!("secretsmanager:{member}"), value);
        }
    }
    need
}
