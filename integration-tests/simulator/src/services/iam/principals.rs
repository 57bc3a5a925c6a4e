//! Principals in policies: kept as unique ids, shown as names.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>:
//! when a policy is put, the ARN of a role becomes the role's unique id. It is shown as the ARN for
//! as long as that very role exists, and as the bare id afterwards, whatever is called so by then.
//!
//! Every service with policies of its own uses the two functions of [`Iam`] here:
//!
//! ```rust,ignore
//! fn seal(&self, settings: &Settings, document: &Value, eyes: Eyes) -> Result<Value, Stranger>
//! fn unseal(&self, settings: &Settings, document: &Value, eyes: Eyes) -> Value
//! ```
//!
//! with [`Stranger::fault`] for a refusal in the words of the service. Both take a whole document
//! and touch nothing but `Principal` and `NotPrincipal`. `seal` is for putting: what it gives is to
//! be kept. `unseal` is for showing: with the eyes of the call a role that is too new shows as its
//! id. The sealed form is also what the evaluation of policies compares the caller with.

use serde_json::Value;

use super::{Iam, role::Role};
use crate::{
    Settings,
    fault::Fault,
    shelf::{Eyes, Record},
};

/// The unique id of the user who is the account's administrator.
pub(crate) const ADMINISTRATOR: &str = "AIDACKCEVSQ6C2EXAMPLE";

/// The services that a policy may name, without `.amazonaws.com`.
const SERVICES: &[&str] = &[
    "autoscaling",
    "backup",
    "cloudtrail",
    "cloudwatch",
    "config",
    "delivery.logs",
    "devops-guru",
    "ec2",
    "ecs-tasks",
    "elasticloadbalancing",
    "events",
    "events.rds",
    "firehose",
    "kms",
    "lambda",
    "logdelivery.elasticloadbalancing",
    "logs",
    "monitoring.rds",
    "rds",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "spot",
    "spotfleet",
    "sqs",
    "ssm",
    "states",
    "vpc-flow-logs",
];

/// A principal that a policy must not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// There is none of that name: `"AWS":"arn:…"`.
    Unknown(String),
    /// There may be, but not in this simulator.
    Unmodelled(String),
}

impl Stranger {
    /// The refusal, with the code and the words that the service has for an unknown principal.
    pub(crate) fn fault(self, code: &'static str, words: &str) -> Fault {
        match self {
            Self::Unknown(who) => Fault::client(code, format!("{words}: {who}")),
            Self::Unmodelled(who) => Fault::unsupported(format!("the principal {who}")),
        }
    }
}

impl Iam {
    /// A document as it is kept: each role of the account as its unique id.
    ///
    /// Refuses who is unknown: roles that do not exist (or, where the world says so, that the
    /// replica behind `eyes` does not know yet), users but the caller, services nobody has heard
    /// of, and ids of who was deleted.
    pub(crate) fn seal(
        &self,
        settings: &Settings,
        document: &Value,
        eyes: Eyes,
    ) -> Result<Value, Stranger> {
        principals(document, &mut |kind, who| match kind {
            "AWS" => self.seal_one(settings, who, eyes),
            "Service" => service(who).map(|()| who.to_owned()),
            _ => Err(Stranger::Unmodelled(spoken(kind, who))),
        })
    }

    /// A document as it is shown: each unique id of a role that exists as the role's ARN.
    pub(crate) fn unseal(&self, settings: &Settings, document: &Value, eyes: Eyes) -> Value {
        let shown = principals(document, &mut |kind, who| {
            let name = match kind {
                "AWS" if who == ADMINISTRATOR => Some(settings.caller_arn()),
                "AWS" => {
                    let mut roles = self.roles.all_seen(eyes);
                    let role = roles.find(|it| it.unique == who && self.is_true(it));
                    role.map(|it| it.arn(settings))
                }
                _ => None,
            };
            Ok::<_, Stranger>(name.unwrap_or_else(|| who.to_owned()))
        });
        let shown = shown.unwrap_or_else(|_| document.clone());
        match settings.disputed("principals-in-a-list-of-one", 2) {
            0 => shown,
            _ => single(&shown),
        }
    }

    /// Whether a role that a replica still shows exists in truth, too.
    fn is_true(&self, role: &Record<Role>) -> bool {
        self.roles.get(&role.id).is_some_and(|it| it.unique == role.unique)
    }

    fn seal_one(&self, settings: &Settings, who: &str, eyes: Eyes) -> Result<String, Stranger> {
        let unknown = || Stranger::Unknown(spoken("AWS", who));
        let account = &settings.account;
        let known = |role: &&Record<Role>| {
            let seen = self.roles.seen(&role.id, eyes).is_some_and(|it| it.unique == role.unique);
            seen || !settings.lag.dependents
        };
        if who == "*" || who == ADMINISTRATOR {
            return Ok(who.to_owned());
        }
        if who.len() == 12 && who.bytes().all(|it| it.is_ascii_digit()) {
            return Ok(match settings.disputed("account-as-principal", 2) {
                0 => format!("arn:aws:iam::{who}:root"),
                _ => who.to_owned(),
            });
        }
        if is_unique_id(who) {
            let role = self.roles.all().filter(known).find(|it| it.unique == who);
            return role.map(|it| it.unique.clone()).ok_or_else(unknown);
        }
        let parts: Vec<_> = who.splitn(6, ':').collect();
        let ["arn", "aws", service, "", owner, path] = parts.as_slice() else {
            return Err(unknown());
        };
        if owner.len() != 12 || !owner.bytes().all(|it| it.is_ascii_digit()) {
            return Err(unknown());
        }
        let (kind, name) = path.split_once('/').unwrap_or((path, ""));
        match (*service, kind) {
            ("iam", "root") if name.is_empty() => Ok(who.to_owned()),
            _ if *owner != account.as_str() => Err(Stranger::Unmodelled(spoken("AWS", who))),
            ("iam", "role") => {
                let role = self.roles.all().filter(known).find(|it| it.arn(settings) == who);
                role.map(|it| it.unique.clone()).ok_or_else(unknown)
            }
            ("iam", "user") if who == settings.caller_arn() => Ok(ADMINISTRATOR.to_owned()),
            ("sts", "assumed-role") => {
                let role = name.split_once('/').map(|it| it.0);
                let exists = self.roles.all().filter(known).any(|it| Some(it.id.as_str()) == role);
                if exists { Ok(who.to_owned()) } else { Err(unknown()) }
            }
            _ => Err(unknown()),
        }
    }
}

/// Whether this is the unique id of a role, a user, a group or an instance profile.
pub(crate) fn is_unique_id(text: &str) -> bool {
    text.len() == 21
        && ["AROA", "AIDA", "AGPA", "AIPA"].iter().any(|it| text.starts_with(it))
        && text.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// A principal as AWS's error texts name it.
fn spoken(kind: &str, who: &str) -> String {
    format!("\"{kind}\":\"{who}\"")
}

fn service(who: &str) -> Result<(), Stranger> {
    let Some(name) = who.strip_suffix(".amazonaws.com") else {
        return Err(Stranger::Unknown(spoken("Service", who)));
    };
    let regional = name.rsplit_once('.').filter(|it| it.1.matches('-').count() >= 2);
    // Who publishes for DevOps Guru has the region before its name:
    // https://docs.aws.amazon.com/devops-guru/latest/userguide/sns-required-permissions.html
    let guru = name.strip_suffix(".devops-guru").is_some_and(|it| it.matches('-').count() >= 2);
    let known =
        guru || SERVICES.contains(&name) || regional.is_some_and(|it| SERVICES.contains(&it.0));
    if known { Ok(()) } else { Err(Stranger::Unmodelled(spoken("Service", who))) }
}

/// The document with each of its principals put into another form.
fn principals<E>(
    document: &Value,
    change: &mut impl FnMut(&str, &str) -> Result<String, E>,
) -> Result<Value, E> {
    let mut document = document.clone();
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(all)) => all.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for statement in statements {
        for element in ["Principal", "NotPrincipal"] {
            let Some(Value::Object(kinds)) = statement.get_mut(element) else { continue };
            for (kind, who) in kinds {
                match who {
                    Value::String(one) => *one = change(kind, one)?,
                    Value::Array(all) => {
                        for one in all {
                            if let Value::String(one) = one {
                                *one = change(kind, one)?;
                            }
                        }
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
                }
            }
        }
    }
    Ok(document)
}

/// The document with each list of one principal as that principal alone.
fn single(document: &Value) -> Value {
    let mut document = document.clone();
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(all)) => all.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for statement in statements {
        let Some(Value::Object(kinds)) = statement.get_mut("Principal") else { continue };
        for who in kinds.values_mut() {
            if let Value::Array(all) = who
                && let [one] = all.as_slice()
            {
                *who = one.clone();
            }
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Time, shelf::Stamp};

    const ROLE: &str = "arn:aws:iam::123456789012:role/app/node";

    fn stamp() -> Stamp {
        let at = Time::from_millis(1);
        Stamp { at, by_id: at, listed: at }
    }

    fn eyes() -> Eyes {
        Eyes { now: Time::from_millis(2), behind: 0, list: false }
    }

    fn with_role(iam: &mut Iam, unique: &str) {
        let role = Role::for_tests(unique, "/app/");
        let record = Record { id: "node".to_owned(), tags: crate::shelf::Tags::new(), body: role };
        iam.roles.add(stamp(), None, record);
    }

    fn trusting(who: &Value) -> Value {
        json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": who } }] })
    }

    #[test]
    fn a_role_is_shown_by_name_only_while_that_very_role_exists() {
        let (mut iam, settings) = (Iam::default(), Settings::calm());
        let document = trusting(&json!(ROLE));
        let unknown = iam.seal(&settings, &document, eyes());
        assert_eq!(unknown, Err(Stranger::Unknown(format!("\"AWS\":\"{ROLE}\""))));
        with_role(&mut iam, "AROAAAAAAAAAAAAAAAAA1");
        let sealed = iam.seal(&settings, &document, eyes()).unwrap();
        assert_eq!(sealed, trusting(&json!("AROAAAAAAAAAAAAAAAAA1")));
        assert_eq!(iam.unseal(&settings, &sealed, eyes()), document);
        iam.roles.remove(stamp(), "node");
        assert_eq!(iam.unseal(&settings, &sealed, eyes()), sealed);
        assert!(iam.seal(&settings, &sealed, eyes()).is_err());
        with_role(&mut iam, "AROAAAAAAAAAAAAAAAAA2");
        assert_eq!(iam.unseal(&settings, &sealed, eyes()), sealed);
        let again = iam.seal(&settings, &document, eyes()).unwrap();
        assert_eq!(again, trusting(&json!("AROAAAAAAAAAAAAAAAAA2")));
    }

    #[test]
    fn accounts_services_and_everybody_are_known_and_parts_of_names_are_not() {
        let (iam, settings) = (Iam::default(), Settings::calm());
        let root = "arn:aws:iam::123456789012:root";
        for (who, kept) in [
            (json!("123456789012"), json!(root)),
            (json!([root, "*"]), json!([root, "*"])),
            (json!("arn:aws:iam::123456789012:user/clctl"), json!(ADMINISTRATOR)),
            (json!("arn:aws:iam::999999999999:root"), json!("arn:aws:iam::999999999999:root")),
        ] {
            assert_eq!(iam.seal(&settings, &trusting(&who), eyes()), Ok(trusting(&kept)));
        }
        for who in ["arn:aws:iam::123456789012:role/*", "node", "arn:aws:iam::1:role/node"] {
            let refused = iam.seal(&settings, &trusting(&json!(who)), eyes());
            assert!(matches!(refused, Err(Stranger::Unknown(_))), "{who}");
        }
        let elsewhere = trusting(&json!("arn:aws:iam::999999999999:role/x"));
        let refused = iam.seal(&settings, &elsewhere, eyes());
        assert!(matches!(refused, Err(Stranger::Unmodelled(_))));
        for (who, good) in [
            ("ec2.amazonaws.com", true),
            ("logs.us-east-1.amazonaws.com", true),
            ("us-east-1.devops-guru.amazonaws.com", true),
            ("us-east-1.ec2.amazonaws.com", false),
            ("nonsense.amazonaws.com", false),
            ("ec2", false),
        ] {
            let document = json!({ "Statement": { "Principal": { "Service": [who] } } });
            assert_eq!(iam.seal(&settings, &document, eyes()).is_ok(), good, "{who}");
        }
    }
}
