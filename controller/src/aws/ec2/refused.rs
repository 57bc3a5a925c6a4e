//! Refusals in an answer that is good as a whole.

use aws_sdk_ec2::types::UnsuccessfulItem;

use crate::engine::CallError;

use super::super::errors::classify;

/// The refusal of the one thing that was asked for, if it was refused.
pub(super) fn refused(
    operation: &'static str,
    items: &[UnsuccessfulItem],
) -> Result<(), CallError> {
    let Some(item) = items.first() else { return Ok(()) };
    let code = item.error().and_then(|error| error.code()).unwrap_or("Unsuccessful").to_owned();
    let message = item.error().and_then(|error| error.message()).map(ToOwned::to_owned);
    Err(CallError {
        operation,
        class: classify(&code, message.as_deref().unwrap_or_default()),
        code: code.into(),
        message,
        request_id: None,
        source: None,
    })
}
