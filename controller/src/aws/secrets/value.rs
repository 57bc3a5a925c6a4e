//! The value of a secret on its way in: the one thing that is never shown.

use std::fmt;

use crate::engine::{CallError, Class, PhysicalId};

use super::super::{answers::required, clients::Aws};

/// The value of a secret. It has no text but for AWS.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// Takes a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    pub(in crate::aws) fn reveal(&self) -> &str {
        &self.0
    }

    /// What nodes take for the text of it, or of this field of it, if it is a JSON object; nothing if they would take
    /// none. A line that somebody has ended is a line.
    pub(in crate::aws) fn text(&self, field: Option<&str>) -> Option<Self> {
        let text = match field {
            None => self.0.clone(),
            Some(field) => {
                let object: serde_json::Value = serde_json::from_str(&self.0).ok()?;
                object.as_object()?.get(field)?.as_str()?.to_owned()
            }
        };
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let is_one = !line.is_empty() && !line.chars().any(char::is_control);
        is_one.then(|| Self(line.to_owned()))
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

/// The call that gets a value. It changes nothing, and no run that only looks may make it.
pub(in crate::aws) const GET: &str = "secretsmanager:GetSecretValue";

/// That nobody takes a text from a secret, in words that do not show it.
pub(in crate::aws) fn no_text(secret: &str, field: Option<&str>) -> CallError {
    let what = field.map_or_else(
        || format!("{secret} holds no text of one line"),
        |field| format!("{secret} is no JSON object with a text of one line in the field {field}"),
    );
    CallError::new(GET, Class::Rejected, "NoText", what)
}

/// The call that puts a value.
pub(in crate::aws) const PUT: &str = "secretsmanager:PutSecretValue";

impl Aws {
    /// The value of a secret: of this version, or the one that counts.
    pub(in crate::aws) async fn secret_value(
        &self,
        secret: &str,
        version: Option<&str>,
    ) -> Result<SecretValue, CallError> {
        if version == Some("") {
            let why = format!("nobody has put a value into {secret} yet: clctl secret put does");
            return Err(CallError::new(GET, Class::Rejected, "NoValue", why));
        }
        let call = || {
            let call = self.secrets.get_secret_value().secret_id(secret);
            call.set_version_id(version.map(ToOwned::to_owned)).send()
        };
        let answer = self.read(GET, call).await?;
        Ok(SecretValue(required(GET, "SecretString", answer.secret_string)?))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_as_nodes_take_it() {
        let of = |value: &str, field| {
            let text = SecretValue::new(value.to_owned()).text(field);
            text.map(|text| text.reveal().to_owned())
        };
        let object = r#"{"password": "p\u00e4ss\n", "port": 5432, "empty": "", "two": "a\nb"}"#;
        assert_eq!(of("pass word\n", None).as_deref(), Some("pass word"));
        assert_eq!(of(object, Some("password")).as_deref(), Some("päss"));
        for (value, field) in [
            ("", None),
            ("a\n\n", None),
            ("plain", Some("password")),
            ("[]", Some("password")),
            (object, Some("port")),
            (object, Some("empty")),
            (object, Some("two")),
            (object, Some("none")),
        ] {
            assert_eq!(of(value, field), None, "{value} {field:?}");
        }
    }
}
