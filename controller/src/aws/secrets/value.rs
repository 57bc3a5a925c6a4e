//! The value of a secret on its way in: the one thing that is never shown.

use std::fmt;

use crate::engine::{CallError, PhysicalId};

use super::super::clients::Aws;

/// The value of a secret. It has no text but for AWS.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// Takes a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

/// The call that puts a value.
pub(in crate::aws) const PUT: &str = "secretsmanager:PutSecretValue";

impl Aws {
    /// Puts a value into a secret: it is the one that counts from then on.
    ///
    /// `run` names the command: the version is named after it, so that an answer that was lost and asked
    /// for again makes no second version
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>).
    ///
    /// # Errors
    /// Whatever AWS says.
    pub async fn put_secret(
        &self,
        secret: &PhysicalId,
        run: &str,
        value: &SecretValue,
    ) -> Result<(), CallError> {
        let token = self.environment.version(run, secret);
        let call = || {
            let call = self.secrets.put_secret_value().secret_id(&secret.0);
            call.client_request_token(&token).secret_string(value.reveal()).send()
        };
        // Repeated as a read is: with the same name and value a second version is none.
        self.read(PUT, call).await.map(drop)
    }
}
