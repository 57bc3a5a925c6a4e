//! Calls of AWS from an instance, with the credentials of its role, as the AWS CLI and the agents make them.

use std::fmt::Write as _;

use bytes::Bytes;
use clctl_simulator::{Delivery, World};
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Who calls, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) region: &'a str,
    pub(crate) key: &'a str,
}

/// How often a call is attempted: `AWS_MAX_ATTEMPTS`.
const ATTEMPTS: u32 = 5;

/// What came back: the text of a good answer, or why there is none.
type Answer = Result<String, String>;

impl Caller<'_> {
    /// A call of EC2.
    pub(crate) fn ec2(self, world: &mut World, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query(world, ("ec2", "2016-11-15"), action, params)
    }

    /// A call of RDS.
    pub(crate) fn rds(self, world: &mut World, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query(world, ("rds", "2014-10-31"), action, params)
    }

    fn query(
        self,
        world: &mut World,
        (service, version): (&str, &str),
        action: &str,
        params: &[(&str, &str)],
    ) -> Answer {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in params {
            let _ = write!(form, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        self.send(world, service, ("application/x-www-form-urlencoded", None), &form)
    }

    /// A call of a service that speaks JSON.
    pub(crate) fn json(
        self,
        world: &mut World,
        (service, target): (&str, &str),
        operation: &str,
        body: &Value,
    ) -> Answer {
        let target = format!("{target}.{operation}");
        self.send(world, service, ("application/x-amz-json-1.1", Some(&target)), &body.to_string())
    }

    fn send(
        self,
        world: &mut World,
        service: &str,
        (kind, target): (&str, Option<&str>),
        body: &str,
    ) -> Answer {
        let Self { region, key } = self;
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, \
                 SignedHeaders=host, Signature=00"
            );
            let mut request = Request::post(format!("https://{service}.{region}.amazonaws.com/"))
                .header("content-type", kind)
                .header("authorization", authorization);
            if let Some(target) = target {
                request = request.header("x-amz-target", target);
            }
            let request = request.body(Bytes::copy_from_slice(body.as_bytes()));
            let request = request.map_err(|error| error.to_string())?;
            let now = world.now();
            let reply = world.handle(now, &request);
            let status = reply.response.status().as_u16();
            let text = String::from_utf8_lossy(reply.response.body()).into_owned();
            match (reply.delivery, status) {
                (Delivery::Arrives, 200) => return Ok(text),
                (Delivery::Arrives, 400..500) => {
                    why = text;
                    // Asked too often: once more.
                    if !why.contains("Throttling") && !why.contains("RequestLimitExceeded") {
                        break;
                    }
                }
                (Delivery::Arrives | Delivery::Reset | Delivery::Lost, _) => {
                    "no answer".clone_into(&mut why);
                }
            }
        }
        Err(why)
    }
}

/// The text of the first element of that name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    elements(xml, name).next()
}

/// The texts of all elements of that name.
pub(crate) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.match_indices(&open).map(|it| it.0 + open.len()).collect::<Vec<_>>();
    parts.into_iter().filter_map(move |at| xml[at..].split_once(&close)).map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_name() {
        let xml = "<a><b>1</b><c/><b>2</b></a>";
        assert_eq!(elements(xml, "b").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(element(xml, "b"), Some("1"));
        assert_eq!(element(xml, "d"), None);
    }
}
