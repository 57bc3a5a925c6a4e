//! What an answer has to be before it is believed: whole, and with everything in it that AWS
//! documents to be always there.
//!
//! The SDK reads what it can: of XML that is cut short it makes a shorter list, of an element that
//! is missing a value that is missing (`aws_smithy_xml::decode::Document`: "the decoder recovers
//! from such input silently"). A short list would be objects that are gone, and a missing id an
//! object without name: neither may become a fact. What cannot be understood is as good as no
//! answer: a read is repeated, and a write may have happened.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::engine::{CallError, Class};

/// Refuses answers that are not whole.
#[derive(Debug)]
pub(super) struct WholeAnswers;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "clctl whole answers"
    }

    /// JSON the SDK checks itself, and of a failure the status says enough.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let Some(body) = answer.body().bytes().filter(|_| answer.status().is_success()) else {
            return Ok(());
        };
        if body.trim_ascii_start().starts_with(b"<") {
            check_xml(std::str::from_utf8(body)?)?;
        }
        Ok(())
    }
}

/// Why a document is none.
#[derive(Debug, thiserror::Error)]
enum NotWhole {
    #[error(transparent)]
    Token(#[from] xmlparser::Error),
    #[error("the element {0} does not end")]
    Open(String),
    #[error("the element {0} ends and did not begin")]
    Closed(String),
    #[error("there is more than one document")]
    Second,
}

/// Checks that each element ends where it should, and that nothing comes after the first.
fn check_xml(text: &str) -> Result<(), NotWhole> {
    let mut open: Vec<(&str, &str)> = Vec::new();
    let mut over = false;
    for token in Tokenizer::from(text) {
        match token? {
            Token::ElementStart { .. } if over => return Err(NotWhole::Second),
            Token::ElementStart { prefix, local, .. } => {
                open.push((prefix.as_str(), local.as_str()));
            }
            Token::ElementEnd { end: ElementEnd::Close(prefix, local), .. } => {
                if open.pop() != Some((prefix.as_str(), local.as_str())) {
                    return Err(NotWhole::Closed(local.as_str().to_owned()));
                }
                over = open.is_empty();
            }
            Token::ElementEnd { end: ElementEnd::Empty, .. } => {
                open.pop();
                over = open.is_empty();
            }
            Token::ElementEnd { end: ElementEnd::Open, .. }
            | Token::Declaration { .. }
            | Token::ProcessingInstruction { .. }
            | Token::Comment { .. }
            | Token::DtdStart { .. }
            | Token::EmptyDtd { .. }
            | Token::EntityDeclaration { .. }
            | Token::DtdEnd { .. }
            | Token::Attribute { .. }
            | Token::Text { .. }
            | Token::Cdata { .. } => {}
        }
    }
    match open.last() {
        Some((_, local)) => Err(NotWhole::Open((*local).to_owned())),
        None => Ok(()),
    }
}

/// An answer that says nothing that can be relied on.
pub(super) fn not_understood(operation: &'static str, why: String) -> CallError {
    CallError {
        operation,
        code: "UnreadableAnswer".into(),
        message: Some(why),
        request_id: None,
        class: Class::NoAnswer,
        source: None,
    }
}

/// What AWS documents to be in every answer.
pub(super) fn required<T>(
    operation: &'static str,
    element: &str,
    value: Option<T>,
) -> Result<T, CallError> {
    value.ok_or_else(|| not_understood(operation, format!("the answer has no {element}")))
}

/// A text that AWS documents to be in every answer, and that is never empty.
pub(super) fn text<T: AsRef<str>>(
    operation: &'static str,
    element: &str,
    value: Option<T>,
) -> Result<T, CallError> {
    required(operation, element, value.filter(|text| !text.as_ref().is_empty()))
}

/// A text that AWS documents to be in every answer, and to have a meaning.
pub(super) fn parsed<T: std::str::FromStr>(
    operation: &'static str,
    element: &str,
    value: Option<&str>,
) -> Result<T, CallError> {
    let text = required(operation, element, value)?;
    text.parse().map_err(|_| {
        not_understood(
            operation,
            format!("the answer says {element} is {text:?}, which it cannot be"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_whole_when_every_element_ends() {
        for whole in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<a xmlns=\"b\"><c>text &amp; more</c><c/></a>\n",
            "<n:a><n:b></n:b></n:a>",
        ] {
            assert!(check_xml(whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn a_document_cut_short_anywhere_is_none() {
        let whole = "<?xml version=\"1.0\"?><a><b c=\"d\">text</b><b/></a>";
        let start = whole.find("<a>").map_or(0, |at| at + 1);
        for end in start..whole.len() {
            assert!(check_xml(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
    }

    #[test]
    fn elements_that_cross_or_follow_the_document_are_refused() {
        for broken in ["<a><b></a></b>", "<a></b>", "<a/><a/>", "<a></a></a>"] {
            assert!(check_xml(broken).is_err(), "{broken}");
        }
    }
}
