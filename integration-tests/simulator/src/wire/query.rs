//! The query protocols: EC2's own and the one of STS and others.
//!
//! A request is a flat list of names such as `Filter.1.Value.2`. Readers note what they read, so
//! that a parameter nobody read is found and refused loudly instead of being ignored.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use bytes::Bytes;
use http::Response;
use percent_encoding::percent_decode_str;

use super::{respond, xml::Xml};
use crate::fault::Fault;

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Params {
    values: BTreeMap<String, String>,
    read: RefCell<BTreeSet<String>>,
}

impl Params {
    /// Reads a form: `a=b&c=d`, percent-encoded.
    pub(crate) fn parse(form: &str) -> Self {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let values = form
            .split('&')
            .filter(|it| !it.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        Self { values, read: RefCell::default() }
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { params: self, prefix: String::new() }
    }

    /// Every parameter with its value; none counts as read by this.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|it| (it.0.as_str(), it.1.as_str()))
    }

    /// The first parameter that nobody has read.
    pub(crate) fn unread(&self) -> Option<&str> {
        let read = self.read.borrow();
        self.values.keys().find(|it| !read.contains(*it)).map(String::as_str)
    }

    /// Whether any parameter's name begins with one of these.
    pub(crate) fn has_any(&self, beginnings: &[&str]) -> bool {
        self.values.keys().any(|it| beginnings.iter().any(|beginning| it.starts_with(beginning)))
    }

    /// Whether any parameter is a member of a list whose name ends so.
    pub(crate) fn has_list(&self, ending: &str) -> bool {
        self.values.keys().any(|it| it.contains(ending))
    }

    /// Everything that was asked, without `except`, in one line: equal requests, equal lines.
    pub(crate) fn fingerprint(&self, except: &[&str]) -> String {
        let kept: Vec<_> =
            self.values.iter().filter(|it| !except.contains(&it.0.as_str())).collect();
        format!("{kept:?}")
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self { values: pairs.into_iter().collect(), read: RefCell::default() }
    }
}

/// Reads parameters, or those below a prefix.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    params: &'a Params,
    prefix: String,
}

impl Reader<'_> {
    fn full(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    /// The name under which AWS's error texts know a parameter.
    fn spoken(&self, name: &str) -> String {
        let full = self.full(name);
        let mut letters = full.chars();
        letters.next().map(|it| it.to_ascii_lowercase()).into_iter().chain(letters).collect()
    }

    /// A text, if it is given.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let full = self.full(name);
        let value = self.params.values.get(&full).cloned();
        self.params.read.borrow_mut().insert(full);
        value
    }

    /// A text that has to be given.
    pub(crate) fn need(&self, name: &str) -> Result<String, Fault> {
        self.text(name)
            .filter(|it| !it.is_empty())
            .ok_or_else(|| Fault::missing(&self.spoken(name)))
    }

    /// A truth value, if it is given.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("true" | "True" | "TRUE" | "1") => Ok(Some(true)),
            Some("false" | "False" | "FALSE" | "0") => Ok(Some(false)),
            Some(other) => Err(Fault::invalid(format!(
                "Value ({other}) for parameter {} is invalid. The parameter must be true or false",
                self.spoken(name)
            ))),
        }
    }

    /// The `Value` of an attribute, if it is given: `EnableDnsSupport.Value=true`.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<bool>, Fault> {
        self.flag(&format!("{name}.Value"))
    }

    /// A number, if it is given.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Fault> {
        self.text(name)
            .map(|it| {
                it.parse().map_err(|_| {
                    Fault::invalid(format!(
                        "Value ({it}) for parameter {} is invalid. The parameter must be an integer",
                        self.spoken(name)
                    ))
                })
            })
            .transpose()
    }

    /// A list of texts: `VpcId.1`, `VpcId.2`.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.indices(name)
            .into_iter()
            .filter_map(|index| self.text(&format!("{name}.{index}")))
            .collect()
    }

    /// A list of structures: a reader for each of `Filter.1`, `Filter.2`.
    pub(crate) fn structs(&self, name: &str) -> Vec<Self> {
        self.indices(name)
            .into_iter()
            .map(|index| Self {
                params: self.params,
                prefix: self.full(&format!("{name}.{index}")),
            })
            .collect()
    }

    /// A structure, if any of it is given: `SecurityGroupRule.IpProtocol`.
    pub(crate) fn structure(&self, name: &str) -> Option<Self> {
        self.given(name).then(|| self.below(name))
    }

    /// A structure, whether or not any of it is given.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { params: self.params, prefix: self.full(name) }
    }

    /// Whether anything below `name`, or `name` itself, is given.
    pub(crate) fn given(&self, name: &str) -> bool {
        let full = self.full(name);
        let below = format!("{full}.");
        self.params.values.keys().any(|it| *it == full || it.starts_with(&below))
    }

    fn indices(&self, name: &str) -> BTreeSet<u32> {
        let below = format!("{}.", self.full(name));
        let of = |key: &String| key.strip_prefix(&below)?.split('.').next()?.parse::<u32>().ok();
        self.params.values.keys().filter_map(of).collect()
    }

    /// Takes every parameter as read: the answer does not depend on them any more.
    pub(crate) fn read_all(&self) {
        self.params.read.borrow_mut().extend(self.params.values.keys().cloned());
    }

    /// The request as one line; see [`Params::fingerprint`].
    pub(crate) fn fingerprint(&self, except: &[&str]) -> String {
        self.params.fingerprint(except)
    }
}

/// Which of the two query protocols a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// EC2's: the members of the answer beside `requestId`.
    Ec2,
    /// AWS query: a `Result` element and `ResponseMetadata`, in the service's name space.
    Aws {
        /// The name space of the service's answers.
        namespace: &'static str,
    },
}

const EC2: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Operations whose result has no members and is there all the same, unlike that of those which have
/// none: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>.
/// Auto Scaling and SNS have more of them:
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html>.
/// All of Elastic Load Balancing's have a result:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html>.
const HOLLOW: &[&str] = &[
    "AddTags",
    "AttachLoadBalancerTargetGroups",
    "CompleteLifecycleAction",
    "DeleteLifecycleHook",
    "DeleteListener",
    "DeleteLoadBalancer",
    "DeleteRule",
    "DeleteTargetGroup",
    "DeregisterTargets",
    "DetachLoadBalancerTargetGroups",
    "PutLifecycleHook",
    "RecordLifecycleActionHeartbeat",
    "RegisterTargets",
    "RemoveListenerCertificates",
    "RemoveTags",
    "SetInstanceProtection",
    "TagResource",
    "UntagResource",
    "UpdateRole",
];

/// Writes an answer.
pub(crate) fn answer(
    dialect: Dialect,
    operation: &str,
    request_id: &str,
    result: Result<Xml, Fault>,
) -> Response<Bytes> {
    let fault = match result {
        Ok(inside) => {
            let root = format!("{operation}Response");
            let document = match dialect {
                Dialect::Ec2 => {
                    Xml::new().text("requestId", request_id).with(inside).document(&root, Some(EC2))
                }
                Dialect::Aws { namespace } => {
                    let hollow = inside == Xml::new() && !HOLLOW.contains(&operation);
                    let result = if hollow {
                        Xml::new()
                    } else {
                        Xml::new().nest(&format!("{operation}Result"), inside)
                    };
                    result
                        .nest("ResponseMetadata", Xml::new().text("RequestId", request_id))
                        .document(&root, Some(namespace))
                }
            };
            return respond(200, "text/xml;charset=UTF-8", request_id, document);
        }
        Err(fault) => fault,
    };
    let document = match dialect {
        Dialect::Ec2 => {
            let error = Xml::new().text("Code", &fault.code).text("Message", &fault.message);
            Xml::new()
                .members("Errors", "Error", [error])
                .text("RequestID", request_id)
                .document("Response", None)
        }
        Dialect::Aws { namespace } => {
            let whose = if fault.status < 500 { "Sender" } else { "Receiver" };
            let error = Xml::new()
                .text("Type", whose)
                .text("Code", &fault.code)
                .text("Message", &fault.message);
            Xml::new()
                .nest("Error", error)
                .text("RequestId", request_id)
                .document("ErrorResponse", Some(namespace))
        }
    };
    respond(fault.status, "text/xml;charset=UTF-8", request_id, document)
}
