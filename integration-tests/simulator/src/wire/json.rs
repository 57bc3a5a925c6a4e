//! JSON 1.0 and 1.1: the operation in `X-Amz-Target`, a JSON object each way.
//!
//! As with the query protocols, members that nobody has read are found and refused.

use std::{cell::RefCell, collections::BTreeSet, fmt};

use bytes::Bytes;
use http::Response;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::respond;
use crate::fault::Fault;

/// The members of one request.
pub(crate) struct Members {
    values: Map<String, Value>,
    read: RefCell<BTreeSet<String>>,
}

/// Names only: a value may be a secret.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Members {
    /// Reads a body; an empty one is an empty object.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let text: &[u8] = if body.is_empty() { b"{}" } else { body };
        match serde_json::from_slice(text) {
            Ok(Value::Object(values)) => Ok(Self { values, read: RefCell::default() }),
            Ok(_) | Err(_) => {
                Err(Fault::client("SerializationException", "the request is not a JSON object"))
            }
        }
    }

    /// A member, if it is given.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Fault> {
        self.read.borrow_mut().insert(name.to_owned());
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                Fault::client("SerializationException", format!("{name}: {error}"))
            }),
        }
    }

    /// A member that has to be given.
    pub(crate) fn need<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        self.get(name)?.ok_or_else(|| {
            let member: String = name
                .chars()
                .take(1)
                .flat_map(char::to_lowercase)
                .chain(name.chars().skip(1))
                .collect();
            Fault::client(
                "ValidationException",
                format!(
                    "1 validation error detected: Value null at '{member}' failed to satisfy \
                     constraint: Member must not be null"
                ),
            )
        })
    }

    /// The first member that nobody has read.
    pub(crate) fn unread(&self) -> Option<&str> {
        let read = self.read.borrow();
        self.values.keys().find(|it| !read.contains(*it)).map(String::as_str)
    }
}

/// Which of the two versions of the protocol a service speaks; they differ in what they are called.
///
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>,
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
#[derive(Debug, Clone, Copy)]
pub(crate) enum Version {
    Former,
    Latter,
}

impl Version {
    fn content_type(self) -> &'static str {
        match self {
            Self::Former => "application/x-amz-json-1.0",
            Self::Latter => "application/x-amz-json-1.1",
        }
    }
}

/// Writes an answer.
pub(crate) fn answer(
    version: Version,
    request_id: &str,
    result: Result<Value, Fault>,
) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(value) => (200, value),
        Err(fault) => (fault.status, json!({ "__type": fault.code, "message": fault.message })),
    };
    respond(status, version.content_type(), request_id, body.to_string())
}
