//! Names in the DNS, in the one form Route 53 keeps, and how it refuses a batch of changes.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use crate::leaf;

/// A name as Route 53 keeps it: in lower case, with a dot at the end
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>).
pub(super) fn normal(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.').to_ascii_lowercase())
}

/// A name as it is spoken: in lower case, and without the dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct DnsName(String);

leaf!(DnsName);

impl DnsName {
    /// Takes a name as somebody writes it.
    pub fn new(name: &str) -> Self {
        Self(name.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name lies in a zone.
pub(super) fn lies_in(name: &str, zone: &str) -> bool {
    let (name, zone) = (normal(name), normal(zone));
    name.strip_suffix(&zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The code of a batch of changes that is refused, and what is wrong with it, where that came in a form of its
/// own that the SDK does not read
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>).
pub(in crate::aws) fn refused_batch<E>(
    error: &SdkError<E, HttpResponse>,
) -> Option<(&'static str, String)> {
    let body = error.raw_response()?.body().bytes()?;
    messages(std::str::from_utf8(body).ok()?).map(|messages| ("InvalidChangeBatch", messages))
}

fn messages(body: &str) -> Option<String> {
    let (_, inside) = body.split_once("<InvalidChangeBatch")?;
    let messages = inside.split("<Message>").skip(1);
    let messages = messages.filter_map(|it| it.split_once("</Message>"));
    let plain = |text: &str| {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")];
        let text =
            entities.iter().fold(text.trim().to_owned(), |text, (from, to)| text.replace(from, to));
        text.replace("&amp;", "&")
    };
    let messages: Vec<String> = messages.map(|it| plain(it.0)).collect();
    Some(format!("[{}]", messages.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_a_form_of_its_own_is_understood() {
        let body = "<?xml version=\"1.0\"?>\n<InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
                    <Messages><Message>Tried to create resource record set [name=&apos;a.example.com.&apos;, type='A'] \
                    but it already exists</Message><Message>b</Message></Messages></InvalidChangeBatch>";
        let told = "[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists, b]";
        assert_eq!(messages(body).as_deref(), Some(told));
        assert_eq!(messages("<ErrorResponse/>"), None);
    }

    #[test]
    fn a_name_lies_in_the_zone_it_ends_with() {
        assert!(lies_in("Node.Example.com", "example.com."));
        assert!(lies_in("example.com", "example.com."));
        assert!(!lies_in("node.badexample.com", "example.com."));
    }
}
