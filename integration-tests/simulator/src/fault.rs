//! A refusal, before a wire protocol gives it its form.

use std::borrow::Cow;

/// An error answer: HTTP status, AWS's code, AWS's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

/// The code of everything this simulator does not model.
pub(crate) const UNSUPPORTED: &str = "ClctlSimulatorUnsupported";

impl Fault {
    pub(crate) fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// The caller's mistake.
    pub(crate) fn client(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// Something AWS has and this simulator has not: never ignored, always said.
    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new(501, UNSUPPORTED, format!("the simulator does not model {what}"))
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::client(
            "MissingParameter",
            format!("The request must contain the parameter {parameter}"),
        )
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterValue", message)
    }

    pub(crate) fn combination(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterCombination", message)
    }

    /// Whether the request itself is at fault, whatever the world looks like.
    pub(crate) fn is_about_the_request(&self) -> bool {
        self.code == UNSUPPORTED
            || self.code.ends_with(".Malformed")
            || matches!(
                &*self.code,
                "MissingParameter"
                    | "InvalidParameterValue"
                    | "InvalidParameterCombination"
                    | "InvalidParameter"
                    | "InvalidClientToken"
                    | "FilterLimitExceeded"
                    | "InvalidNextToken"
                    | "InvalidVpc.Range"
                    | "InvalidVpcRange"
                    | "InvalidSubnet.Range"
                    | "InvalidID"
                    | "InvalidKey.Format"
            )
    }
}
