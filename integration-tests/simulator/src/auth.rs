//! Who calls, where, and which service: the credential scope of signature version 4.
//!
//! Signatures are not verified: nobody has a secret here. The scope is what routes a request.

use http::{Request, header::AUTHORIZATION};
use percent_encoding::percent_decode_str;

use crate::{Settings, fault::Fault};

/// What the credential scope of a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// Why a request has no scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// Nothing says who calls.
    Missing,
    /// Something does, but not as it should.
    Garbled(String),
}

/// Reads the scope from the `Authorization` header, or from the query of a presigned request.
pub(crate) fn scope<B>(request: &Request<B>) -> Result<Scope, Unsigned> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let text = header.to_str().map_err(|_| Unsigned::Garbled("not text".to_owned()))?;
        let rest = text
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or_else(|| Unsigned::Garbled(format!("unsupported algorithm in '{text}'")))?;
        let part = |name: &str| {
            rest.split(',').find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='))
        };
        for name in ["Credential", "SignedHeaders", "Signature"] {
            if part(name).is_none_or(str::is_empty) {
                return Err(Unsigned::Garbled(format!(
                    "Authorization header requires '{name}' parameter. Authorization={text}"
                )));
            }
        }
        return credential(part("Credential").unwrap_or_default());
    }
    let presigned = request.uri().query().unwrap_or_default().split('&').find_map(|it| {
        let value = it.strip_prefix("X-Amz-Credential=")?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    });
    presigned.map_or(Err(Unsigned::Missing), |it| credential(&it))
}

fn credential(text: &str) -> Result<Scope, Unsigned> {
    let parts: Vec<_> = text.split('/').collect();
    match parts.as_slice() {
        [key, _date, region, service, "aws4_request"]
            if ![key, region, service].iter().any(|it| it.is_empty()) =>
        {
            Ok(Scope {
                key: (*key).to_owned(),
                region: (*region).to_owned(),
                service: (*service).to_owned(),
            })
        }
        _ => Err(Unsigned::Garbled(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/aws4_request, got '{text}'"
        ))),
    }
}

/// Which way of saying no a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Ec2,
    Query,
    Json,
    /// REST, with a JSON object each way.
    Rest,
}

/// Refuses a request without scope.
pub(crate) fn unsigned(manner: Manner, why: &Unsigned) -> Fault {
    let json = matches!(manner, Manner::Json | Manner::Rest);
    let status = if manner == Manner::Json { 400 } else { 403 };
    match why {
        Unsigned::Missing => {
            let code = if json {
                "MissingAuthenticationTokenException"
            } else {
                "MissingAuthenticationToken"
            };
            let text = match manner {
                Manner::Ec2 => {
                    "The request must contain either a valid (registered) AWS access key ID or X.509 certificate."
                }
                Manner::Query | Manner::Json | Manner::Rest => {
                    "Request is missing Authentication Token"
                }
            };
            Fault::new(status, code, text)
        }
        Unsigned::Garbled(what) => {
            let code = if json { "IncompleteSignatureException" } else { "IncompleteSignature" };
            Fault::new(status, code, what.clone())
        }
    }
}

/// Refuses a key that is not good.
pub(crate) fn key(manner: Manner, settings: &Settings, key: &str) -> Result<(), Fault> {
    if settings.expired_keys.iter().any(|it| it == key) {
        let text = "The security token included in the request is expired";
        return Err(match manner {
            Manner::Ec2 => Fault::new(400, "RequestExpired", "Request has expired."),
            Manner::Query => Fault::new(403, "ExpiredToken", text),
            Manner::Json => Fault::new(400, "ExpiredTokenException", text),
            Manner::Rest => Fault::new(403, "ExpiredTokenException", text),
        });
    }
    let listed = settings.valid_keys.iter().any(|it| it == key);
    if settings.valid_keys.is_empty() || listed || settings.principals.contains_key(key) {
        return Ok(());
    }
    Err(unknown_key(manner))
}

/// What a service says to a key that is nobody's.
pub(crate) fn unknown_key(manner: Manner) -> Fault {
    let text = "The security token included in the request is invalid.";
    match manner {
        Manner::Ec2 => Fault::new(
            401,
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        Manner::Query => Fault::new(403, "InvalidClientTokenId", text),
        Manner::Json => Fault::new(400, "UnrecognizedClientException", text),
        Manner::Rest => Fault::new(403, "UnrecognizedClientException", text),
    }
}
