//! Amazon resource names: whose, and where.

use crate::{
    log::{Log, Quoted},
    names::{AccountId, AwsRegion, NameError, Partition, name},
    problem::{Code, Draft},
    tree::Span,
};

/// The parts of an ARN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        if next()? != "arn" {
            return None;
        }
        let (partition, service) = (next()?, next()?);
        let (region, account) = (next()?, next()?);
        Some(Self { partition, service, region, account, resource: next()? })
    }

    /// The name of the secret it is of, with the six characters AWS appends.
    pub(crate) fn secret(self) -> Option<&'a str> {
        let is_name: fn(&str) -> bool = |it| it.strip_prefix("secret:").is_some_and(is_path);
        self.is("secretsmanager", is_name).then(|| self.resource.trim_start_matches("secret:"))
    }

    /// The name of the database snapshot it is of.
    pub(crate) fn snapshot(self) -> Option<&'a str> {
        fn name(resource: &str) -> Option<&str> {
            let resource = resource.strip_prefix("cluster-").unwrap_or(resource);
            resource.strip_prefix("snapshot:").map(snapshot_name)
        }
        self.is("rds", |it| name(it).is_some()).then(|| name(self.resource)).flatten()
    }

    fn is(&self, service: &str, resource: fn(&str) -> bool) -> bool {
        let global = service == "iam";
        self.partition.starts_with("aws")
            && self.partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && self.service == service
            && if global {
                self.region.is_empty()
            } else {
                self.region.parse::<AwsRegion>().is_ok()
            }
            && self.account.parse::<AccountId>().is_ok()
            && resource(self.resource)
    }
}

/// The name of a snapshot without what AWS puts before those it makes itself.
pub(crate) fn snapshot_name(name: &str) -> &str {
    let name = name.strip_prefix("rds:").unwrap_or(name);
    name.strip_prefix("awsbackup:").unwrap_or(name)
}

/// Where an environment is: what the ARNs it names are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'a> {
    pub(crate) partition: Option<Partition>,
    pub(crate) region: Option<&'a AwsRegion>,
    pub(crate) account: Option<&'a AccountId>,
}

impl Home<'_> {
    /// Reports an ARN of elsewhere. `regional` says whether the region has to be the same.
    pub(crate) fn check(&self, arn: &str, at: Span, what: &str, log: &Log) {
        let Some(arn) = Arn::of(arn) else { return };
        let foreign = |kind: &str, theirs: &str, ours: &str, help: String| {
            let message = format!("{what} is of {kind} {theirs}, and the environment of {ours}");
            let draft = Draft::new(Code::ForeignArn, at, message);
            log.report(draft.label(format!("another {kind}")).help(help));
        };
        if let Some(ours) = self.partition.filter(|ours| ours.as_str() != arn.partition) {
            let help = format!("an ARN of its own begins with `arn:{ours}:`");
            foreign("partition", arn.partition, ours.as_str(), help);
        } else if let Some(ours) =
            self.region.filter(|ours| !arn.region.is_empty() && ours.as_str() != arn.region)
        {
            let help = format!("AWS takes only what is in the same region: use one of {ours}");
            foreign("region", arn.region, ours.as_str(), help);
        }
    }

    /// Reports an ARN of another account.
    pub(crate) fn check_account(&self, arn: &str, at: Span, what: &str, log: &Log) {
        let Some(arn) = Arn::of(arn) else { return };
        if let Some(ours) = self.account.filter(|ours| ours.as_str() != arn.account) {
            let message =
                format!("{what} is of account {}, and the environment of {ours}", arn.account);
            let draft = Draft::new(Code::ForeignArn, at, message).label("another account");
            log.report(draft.help("use one of the same account, or correct `aws.accountId`"));
        }
    }
}

const ARN: &str = "arn:aws[a-z-]*";

macro_rules! arn {
    ($(#[$doc:meta])+ $name:ident, $service:literal, $what:literal, $pattern:literal, $example:literal, $resource:expr) => {
        name! {
            $(#[$doc])+
            $name, pattern format!("^{ARN}:{}:{}$", $service, $pattern), longest 2048, |text| {
                let resource: fn(&str) -> bool = $resource;
                if Arn::of(text).is_some_and(|arn| arn.is($service, resource)) {
                    return Ok(());
                }
                let message = format!("{} is not the ARN of {}", Quoted(text), $what);
                Err(NameError::new(message, concat!("it looks like `", $example, "`")))
            }
        }
    };
}

/// Letters, digits and what AWS allows beside them in names within ARNs.
fn is_path(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=,.@-".contains(&b))
}

arn! {
    /// The ARN of an IAM role.
    RoleArn, "iam", "an IAM role", ":[0-9]{12}:role/[A-Za-z0-9/_+=,.@-]+",
    "arn:aws:iam::123456789012:role/clctl", |it| it.strip_prefix("role/").is_some_and(is_path)
}

arn! {
    /// The ARN of a certificate in AWS Certificate Manager.
    CertificateArn, "acm", "a certificate", "[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9/_+=,.@-]+",
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    |it| it.strip_prefix("certificate/").is_some_and(is_path)
}

arn! {
    /// The ARN of a KMS key; aliases may come to mean another key.
    KmsKeyArn, "kms", "a KMS key", "[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9/_+=,.@-]+",
    "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    |it| it.strip_prefix("key/").is_some_and(is_path)
}

arn! {
    /// The ARN of an SNS topic.
    TopicArn, "sns", "an SNS topic", "[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+",
    "arn:aws:sns:us-east-1:123456789012:oncall",
    |it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
