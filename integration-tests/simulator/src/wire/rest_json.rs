//! REST-JSON: the operation is in the method and the path, and its members are in the path, the query and a
//! JSON object.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>. They are read into one object, so that
//! members that nobody has read are found and refused as everywhere.

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

use super::{
    respond,
    rest::{decoded, labels, query},
};
use crate::fault::Fault;

/// What a parameter of the query is in the object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum As {
    Text,
    Number,
}

/// A parameter: its name in the query, its name among the members, what it is.
pub(crate) type Parameter = (&'static str, &'static str, As);

/// How an operation is asked for.
#[derive(Debug)]
pub(crate) struct Route {
    method: &'static str,
    /// With the members in braces: `/backup-vaults/{BackupVaultName}`.
    path: &'static str,
    pub(crate) operation: &'static str,
    query: &'static [Parameter],
}

/// An operation without parameters in the query.
pub(crate) const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
) -> Route {
    Route { method, path, operation, query: &[] }
}

impl Route {
    /// With these parameters in the query.
    pub(crate) const fn with(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    /// The members in the path, if it is this one's.
    fn labels(&self, method: &str, path: &str) -> Option<Vec<(String, String)>> {
        labels(self.path, path).filter(|_| method == self.method)
    }

    /// A parameter of the query as a member; one that the operation has not keeps its name, and is found.
    fn member(&self, name: &str, text: String) -> (String, Value) {
        match self.query.iter().find(|it| it.0 == name) {
            Some((_, member, As::Number)) => {
                let number = text.parse::<i64>().map_or_else(|_| text.into(), Value::from);
                ((*member).to_owned(), number)
            }
            Some((_, member, As::Text)) => ((*member).to_owned(), text.into()),
            None => (name.to_owned(), text.into()),
        }
    }
}

/// Stands for a body that is no object: it is none of JSON's.
const NO_OBJECT: &[u8] = b"-";

/// The operation that is asked for, with its members as one object; what no route leads to is called as it
/// was asked.
pub(crate) fn read(routes: &[Route], request: &Request<Bytes>, body: &[u8]) -> (String, Bytes) {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let found = routes.iter().find_map(|it| Some((it, it.labels(method, path)?)));
    let Some((route, labels)) = found else {
        return (format!("{method} {path}"), Bytes::from_static(b"{}"));
    };
    let operation = route.operation.to_owned();
    let body = if body.is_empty() { b"{}" } else { body };
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return (operation, Bytes::from_static(NO_OBJECT));
    };
    for (name, text) in query(request) {
        // A plus sign in a query is a plus sign: https://smithy.io/2.0/spec/http-bindings.html
        members.extend([route.member(&decoded(name), decoded(text))]);
    }
    members.extend(labels.into_iter().map(|(name, value)| (name, value.into())));
    (operation, Value::Object(members).to_string().into())
}

/// Writes an answer; nothing at all where the operation has none.
pub(crate) fn answer(request_id: &str, result: Result<Value, Fault>) -> Response<Bytes> {
    const TYPE: &str = "application/json";
    match result {
        Ok(Value::Null) => respond(200, TYPE, request_id, Bytes::new()),
        Ok(value) => respond(200, TYPE, request_id, value.to_string()),
        Err(fault) => {
            let body = json!({ "message": fault.message }).to_string();
            let mut response = respond(fault.status, TYPE, request_id, body);
            if let Ok(code) = HeaderValue::from_str(&fault.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route] = &[
        route("GET", "/plans/", "ListPlans").with(&[("maxResults", "MaxResults", As::Number)]),
        route("GET", "/plans/{PlanId}/", "GetPlan"),
        route("PUT", "/plans/{PlanId}/parts/", "CreatePart"),
        route("POST", "/tags/{ResourceArn}", "TagResource"),
    ];

    fn ask(method: &str, target: &str, body: &str) -> (String, String) {
        let request = Request::builder().method(method).uri(target).body(Bytes::new()).unwrap();
        let (operation, members) = read(ROUTES, &request, body.as_bytes());
        (operation, String::from_utf8(members.to_vec()).unwrap())
    }

    #[test]
    fn members_come_from_everywhere() {
        let both = |operation: &str, members: &str| (operation.to_owned(), members.to_owned());
        assert_eq!(ask("GET", "/plans?maxResults=5", ""), both("ListPlans", r#"{"MaxResults":5}"#));
        assert_eq!(ask("GET", "/plans/a%2Fb", ""), both("GetPlan", r#"{"PlanId":"a/b"}"#));
        assert_eq!(
            ask("PUT", "/plans/a/parts/", r#"{"Name":"x"}"#),
            both("CreatePart", r#"{"Name":"x","PlanId":"a"}"#)
        );
        assert_eq!(
            ask("POST", "/tags/arn%3Aaws%3Ax", r#"{"Tags":{"a":"b"}}"#),
            both("TagResource", r#"{"ResourceArn":"arn:aws:x","Tags":{"a":"b"}}"#)
        );
        assert_eq!(ask("GET", "/plans/a?x=%2B", ""), both("GetPlan", r#"{"PlanId":"a","x":"+"}"#));
    }

    #[test]
    fn what_nothing_leads_to_is_called_as_it_was_asked() {
        assert_eq!(ask("PATCH", "/plans/a", "").0, "PATCH /plans/a");
        assert_eq!(ask("GET", "/plans/a/b", "").0, "GET /plans/a/b");
        assert_eq!(ask("PUT", "/plans/a/parts", "[1]").1, "-");
    }
}
