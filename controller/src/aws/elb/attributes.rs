//! Attributes: settings that no creation takes, as keys and texts
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>).

use std::{collections::BTreeMap, future::Future, str::FromStr};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::engine::CallError;

use super::super::{
    answers::{not_understood, parsed, text},
    clients::Aws,
};

/// Attributes as a service tells them.
pub(super) struct Attributes {
    operation: &'static str,
    all: BTreeMap<String, String>,
}

impl Attributes {
    /// Of a kind that has none.
    pub(super) fn none(operation: &'static str) -> Self {
        Self { operation, all: BTreeMap::new() }
    }

    /// Takes what an answer tells.
    pub(super) fn told<'a>(
        operation: &'static str,
        all: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    ) -> Result<Self, CallError> {
        let pair = |(key, value): (Option<&'a str>, Option<&'a str>)| {
            let key = text(operation, "Key", key)?;
            Ok((key.to_owned(), value.unwrap_or_default().to_owned()))
        };
        let all: Result<BTreeMap<_, _>, CallError> = all.map(pair).collect();
        Ok(Self { operation, all: all? })
    }

    /// One that every such object has.
    pub(super) fn value<T: FromStr>(&self, key: &str) -> Result<T, CallError> {
        parsed(self.operation, key, self.all.get(key).map(String::as_str))
    }

    /// Those of these keys. A region that does not know one says nothing of it, and does what is usual.
    pub(super) fn of(&self, usual: &[(&str, &str)]) -> Result<BTreeMap<String, String>, CallError> {
        let (operation, none) =
            (self.operation, usual.iter().all(|(key, _)| !self.all.contains_key(*key)));
        if none && !usual.is_empty() {
            return Err(not_understood(
                operation,
                "the answer has none of the attributes".to_owned(),
            ));
        }
        let value =
            |key: &str, usual: &str| self.all.get(key).map_or(usual, String::as_str).to_owned();
        Ok(usual.iter().map(|(key, usual)| ((*key).to_owned(), value(key, usual))).collect())
    }
}

/// What an object has of these where nobody has said anything.
pub(super) fn usual(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Those that are to be set: what is wanted and is not there.
pub(super) fn missing<'a>(
    want: &'a BTreeMap<String, String>,
    have: &BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, String)> {
    let missing = want.iter().filter(|(key, value)| have.get(*key) != Some(*value));
    let missing: Vec<_> = missing.map(|(key, value)| (key.as_str(), value.clone())).collect();
    missing.into_iter()
}

/// Sets these in one call, if there are any.
pub(super) async fn set<A, T, E, F>(
    aws: &Aws,
    operation: &'static str,
    all: Vec<(&str, String)>,
    made: impl Fn(&str, String) -> A,
    call: impl Fn(Vec<A>) -> F,
) -> Result<(), CallError>
where
    A: Clone,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if all.is_empty() {
        return Ok(());
    }
    let all: Vec<A> = all.into_iter().map(|(key, value)| made(key, value)).collect();
    aws.write(operation, || call(all.clone())).await.map(drop)
}
