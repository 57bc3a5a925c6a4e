//! What is looked up before anything is declared: it is nobody's object, and what is made depends on it.

use std::collections::BTreeMap;

use crate::engine::{CallError, Class};

use super::{
    answers::{another, required, text},
    certificate::usable_certificate,
    clients::Aws,
    ec2::{AskedNetwork, ExistingNetwork, ImageId, Unfound, usable_key_pair},
    kms::usable_key,
    route53::usable_zone,
    secrets::current_version,
};

/// What is to be looked up for what is declared, beside what every environment needs.
#[derive(Clone, Debug, Default)]
pub struct Questions<'a> {
    /// Secrets of somebody else's, by their names or ARNs.
    pub secrets: Vec<&'a str>,
    /// The name of a key pair of somebody else's that opens instances over SSH.
    pub key_pair: Option<&'a str>,
    /// The ARN of a key of somebody else's that everything is encrypted with.
    pub key: Option<&'a str>,
    /// The id of a hosted zone of somebody else's, and the name that is to be made in it.
    pub hosted_zone: Option<(&'a str, &'a str)>,
    /// The certificate of somebody else's that the load balancer shows.
    pub certificate: Option<AskedCertificate<'a>>,
    /// A network of somebody else's that everything is built in.
    pub network: Option<AskedNetwork<'a>>,
}

/// A certificate that is to be looked up.
#[derive(Clone, Copy, Debug)]
pub struct AskedCertificate<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The name it has to be for, if one is written.
    pub domain: Option<&'a str>,
}

/// What was looked up.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// The newest image of Amazon Linux 2023 for x86-64; or why nobody knows.
    pub newest_image: Result<ImageId, String>,
    /// The versions that count of secrets of somebody else's, by how the file names these; or why nobody knows.
    versions: BTreeMap<String, Result<String, String>>,
    /// Whether the key pair of somebody else's can be used; or why not, or why nobody knows.
    key_pair: Result<(), String>,
    /// The same of the key of somebody else's.
    key: Result<(), String>,
    /// The same of the hosted zone of somebody else's.
    hosted_zone: Result<(), String>,
    /// The same of the certificate of somebody else's.
    certificate: Result<(), String>,
    /// What was found of the network of somebody else's.
    network: ExistingNetwork,
}

/// Why nothing is known of a network that nobody asked for.
fn unasked() -> Unfound {
    Unfound::Unread("nobody has looked the network up".to_owned())
}

/// Where AWS says which image is the newest
/// (<https://docs.aws.amazon.com/linux/al2023/ug/naming-and-versioning.html>).
const PARAMETER: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// How such parameters are named in policies: they are nobody's account's.
pub const PARAMETERS: &str = "arn:*:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*";
/// What reads it.
const READS: &str = "ssm:GetParameter";

impl Lookups {
    /// Looks everything up, once for everything that is declared. What cannot be looked up is no failure: not
    /// everything depends on it.
    pub async fn of(aws: &Aws, asked: &Questions<'_>) -> Self {
        let newest_image = async {
            newest_image(aws).await.map_err(|error| {
                let what = format!("the newest image could not be looked up in {PARAMETER}");
                format!("{}, or write `imageId`", unlearned(&what, &error))
            })
        };
        let versions = async {
            let mut versions = BTreeMap::new();
            for id in asked.secrets.iter().copied() {
                let version = current_version(aws, id).await;
                versions.insert(id.to_owned(), told(&format!("the secret {id}"), version));
            }
            versions
        };
        let key_pair = async {
            let Some(name) = asked.key_pair else { return Ok(()) };
            told(&format!("the key pair {name}"), usable_key_pair(aws, name).await)
        };
        let key = async {
            let Some(arn) = asked.key else { return Ok(()) };
            told(&format!("the key {arn}"), usable_key(aws, arn).await)
        };
        let hosted_zone = async {
            let Some((id, name)) = asked.hosted_zone else { return Ok(()) };
            told(&format!("the hosted zone {id}"), usable_zone(aws, id, name).await)
        };
        let certificate = async {
            let Some(AskedCertificate { arn, domain }) = asked.certificate else { return Ok(()) };
            told(&format!("the certificate {arn}"), usable_certificate(aws, arn, domain).await)
        };
        let network = async {
            match &asked.network {
                Some(network) => ExistingNetwork::of(aws, network).await,
                None => ExistingNetwork::unknown(&unasked()),
            }
        };
        // Side by side: every command waits for them.
        let theirs = async { tokio::join!(key_pair, key, certificate, hosted_zone, network) };
        let all = async { tokio::join!(newest_image, versions, theirs) };
        let (newest_image, versions, theirs) = Box::pin(all).await;
        let (key_pair, key, certificate, hosted_zone, network) = theirs;
        Self { newest_image, versions, key_pair, key, hosted_zone, certificate, network }
    }

    /// This image, looked up by somebody else.
    pub fn found(image: &str) -> Self {
        let newest_image = Ok(ImageId::new(image));
        let (key_pair, key, certificate, hosted_zone) = (Ok(()), Ok(()), Ok(()), Ok(()));
        let (versions, network) = (BTreeMap::new(), ExistingNetwork::unknown(&unasked()));
        Self { newest_image, versions, key_pair, key, hosted_zone, certificate, network }
    }

    /// What was found of the network of somebody else's, if one was looked for.
    pub fn network(&self) -> &ExistingNetwork {
        &self.network
    }

    /// Nothing: nobody has looked.
    pub fn unasked() -> Self {
        let why = || "nobody has looked it up".to_owned();
        Self { newest_image: Err(why()), key_pair: Err(why()), key: Err(why()), ..Self::found("") }
    }

    /// Whether the key pair of somebody else's, if one was looked for, can be used.
    ///
    /// # Errors
    /// Why not, or why nobody knows, in words.
    pub fn key_pair(&self) -> Result<(), String> {
        self.key_pair.clone()
    }

    /// Whether the key of somebody else's, if one was looked for, can be used.
    ///
    /// # Errors
    /// Why not, or why nobody knows, in words.
    pub fn key(&self) -> Result<(), String> {
        self.key.clone()
    }

    /// Whether the hosted zone of somebody else's, if one was looked for, can be used.
    ///
    /// # Errors
    /// Why not, or why nobody knows, in words.
    pub fn hosted_zone(&self) -> Result<(), String> {
        self.hosted_zone.clone()
    }

    /// Whether the certificate of somebody else's, if one was looked for, can be shown.
    ///
    /// # Errors
    /// Why not, or why nobody knows, in words.
    pub fn certificate(&self) -> Result<(), String> {
        self.certificate.clone()
    }

    /// The version that counts of a secret of somebody else's, by its name or ARN.
    ///
    /// # Errors
    /// Why nobody knows, in words.
    pub fn secret_version(&self, id: &str) -> Result<String, String> {
        let unasked = || Err(format!("nobody has looked the secret {id} up"));
        self.versions.get(id).cloned().unwrap_or_else(unasked)
    }
}

/// Whether something of somebody else's can be used; or why not, and what to do; or why nobody knows.
pub type Checked = Result<Result<(), String>, CallError>;

/// Whether a secret of somebody else's, by its name or ARN, can be used. What it holds is not looked at.
///
/// # Errors
/// If AWS does not say.
pub async fn secret(aws: &Aws, id: &str) -> Checked {
    Ok(current_version(aws, id).await?.map(drop).map_err(ToOwned::to_owned))
}

/// The same of a key pair, by its name.
///
/// # Errors
/// If AWS does not say.
pub async fn key_pair(aws: &Aws, name: &str) -> Checked {
    Ok(usable_key_pair(aws, name).await?.map_err(ToOwned::to_owned))
}

/// The same of a key, by its ARN.
///
/// # Errors
/// If AWS does not say.
pub async fn key(aws: &Aws, arn: &str) -> Checked {
    Ok(usable_key(aws, arn).await?.map_err(ToOwned::to_owned))
}

/// The same of a certificate, for the name that is asked for.
///
/// # Errors
/// If AWS does not say.
pub async fn certificate(aws: &Aws, asked: AskedCertificate<'_>) -> Checked {
    usable_certificate(aws, asked.arn, asked.domain).await
}

/// The same of a hosted zone, by its id, for a name that is to be made in it.
///
/// # Errors
/// If AWS does not say.
pub async fn hosted_zone(aws: &Aws, id: &str, name: &str) -> Checked {
    usable_zone(aws, id, name).await
}

/// What was found out about something; or why it is of no use; or why nobody knows.
fn told<T>(
    what: &str,
    answer: Result<Result<T, impl std::fmt::Display>, CallError>,
) -> Result<T, String> {
    match answer {
        Ok(checked) => checked.map_err(|why| format!("{what} {why}")),
        Err(error) => Err(unlearned(&format!("{what} could not be looked up"), &error)),
    }
}

/// Why something was not found out, and what to do about it.
pub(super) fn unlearned(what: &str, error: &CallError) -> String {
    if error.class == Class::Denied {
        return format!("{what}: {error}: allow {} on it", error.operation);
    }
    format!("{what}: {error}: try again")
}

async fn newest_image(aws: &Aws) -> Result<ImageId, CallError> {
    let answer = aws.read(READS, || aws.ssm.get_parameter().name(PARAMETER).send()).await?;
    let parameter = required(READS, "Parameter", answer.parameter)?;
    let told = text(READS, "Name", parameter.name())?;
    if told != PARAMETER {
        return Err(another(READS, told, PARAMETER));
    }
    let image = text(READS, "Value", parameter.value())?;
    if !image.starts_with("ami-") {
        return Err(another(READS, image, "an image"));
    }
    Ok(ImageId::new(image))
}
