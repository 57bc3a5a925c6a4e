//! AWS's wire protocols: how a request is read and an answer is written.
//!
//! A protocol knows nothing of what is asked; a service knows nothing of how it is written.

pub(crate) mod cbor;
pub(crate) mod json;
pub(crate) mod query;
pub(crate) mod rest;
pub(crate) mod rest_json;
pub(crate) mod xml;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

/// Builds an answer with the headers every AWS answer has.
fn respond(
    status: u16,
    content_type: &'static str,
    request_id: &str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    response
}
