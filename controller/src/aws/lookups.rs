//! What is looked up before anything is declared: it is nobody's object, and what is made depends on it.

use std::collections::BTreeMap;

use crate::engine::{CallError, Class};

use super::{
    answers::{another, required, text},
    clients::Aws,
    ec2::ImageId,
    secrets::current_version,
};

/// What was looked up.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// The newest image of Amazon Linux 2023 for x86-64; or why nobody knows.
    pub newest_image: Result<ImageId, String>,
    /// The versions that count of secrets of somebody else's, by how the file names these; or why nobody knows.
    versions: BTreeMap<String, Result<String, String>>,
}

/// Where AWS says which image is the newest
/// (<https://docs.aws.amazon.com/linux/al2023/ug/naming-and-versioning.html>).
const PARAMETER: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// How such parameters are named in policies: they are nobody's account's.
pub const PARAMETERS: &str = "arn:*:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*";
/// What reads it.
const READS: &str = "ssm:GetParameter";

impl Lookups {
    /// Looks everything up, once for everything that is declared: also secrets, by their names or ARNs. What cannot be
    /// looked up is no failure: not everything depends on it.
    pub async fn of<'a>(aws: &Aws, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let newest_image = newest_image(aws).await.map_err(|error| {
            let what = format!("the newest image could not be looked up in {PARAMETER}");
            format!("{}, or write `imageId`", unlearned(&what, &error))
        });
        let mut versions = BTreeMap::new();
        for id in secrets {
            let version = match current_version(aws, id).await {
                Ok(version) => version.map_err(|why| format!("the secret {id} {why}")),
                Err(error) => {
                    Err(unlearned(&format!("the secret {id} could not be looked up"), &error))
                }
            };
            versions.insert(id.to_owned(), version);
        }
        Self { newest_image, versions }
    }

    /// This image, looked up by somebody else.
    pub fn found(image: &str) -> Self {
        Self { newest_image: Ok(ImageId::new(image)), versions: BTreeMap::new() }
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

/// Why something was not found out, and what to do about it.
fn unlearned(what: &str, error: &CallError) -> String {
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
