//! What is looked up before anything is declared: it is nobody's object, and what is made depends on it.

use crate::engine::{CallError, Class};

use super::{
    answers::{another, required, text},
    clients::Aws,
    ec2::ImageId,
};

/// What was looked up.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// The newest image of Amazon Linux 2023 for x86-64; or why nobody knows.
    pub newest_image: Result<ImageId, String>,
}

/// Where AWS says which image is the newest
/// (<https://docs.aws.amazon.com/linux/al2023/ug/naming-and-versioning.html>).
const PARAMETER: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// How such parameters are named in policies: they are nobody's account's.
pub const PARAMETERS: &str = "arn:*:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*";
/// What reads it.
const READS: &str = "ssm:GetParameter";

impl Lookups {
    /// Looks everything up, once for everything that is declared. What cannot be looked up is no failure: what is
    /// there does not depend on it.
    pub async fn of(aws: &Aws) -> Self {
        let newest_image = newest_image(aws).await.map_err(|error| {
            let hint = match error.class {
                Class::Denied => ": allow ssm:GetParameter on it, or write `imageId`",
                Class::Throttled
                | Class::Server
                | Class::NoAnswer
                | Class::NotYetVisible
                | Class::Busy
                | Class::InUse
                | Class::NotFound
                | Class::Exists
                | Class::TokenMismatch
                | Class::Quota
                | Class::Capacity
                | Class::Expired
                | Class::ReadOnly
                | Class::Rejected => ": try again, or write `imageId`",
            };
            format!("the newest image could not be looked up in {PARAMETER}: {error}{hint}")
        });
        Self { newest_image }
    }

    /// This image, looked up by somebody else.
    pub fn found(image: &str) -> Self {
        Self { newest_image: Ok(ImageId::new(image)) }
    }
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
