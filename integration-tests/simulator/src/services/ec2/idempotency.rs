//! Client tokens: a call that is repeated with its token is answered again, not done again.
//!
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, scene::Call};
use crate::{Time, fault::Fault, wire::xml::Xml};

const LONGEST: usize = 64;
const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(24);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    print: String,
    answer: Xml,
    at: Time,
}

/// The tokens used in a region, by operation and token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tokens(BTreeMap<String, Used>);

/// Runs `work`, unless the client token says that it was run already.
///
/// The first answer is given again, whatever became of the object since. Without a token the call
/// is not idempotent.
pub(super) fn once(
    call: &mut Call<'_>,
    operation: &str,
    work: impl FnOnce(&mut Call<'_>) -> Answer,
) -> Answer {
    let Some(token) = call.params.text("ClientToken").filter(|it| !it.is_empty()) else {
        return work(call);
    };
    if token.chars().count() > LONGEST || !token.is_ascii() {
        let text = format!(
            "Value ({token}) for parameter clientToken is invalid. Client tokens must be at most {LONGEST} ASCII characters"
        );
        return Err(Fault::client("InvalidClientToken", text));
    }
    let now = call.now;
    let print = call.params.fingerprint(&["ClientToken", "Version"]);
    let key = format!("{operation}/{token}");
    call.ec2.tokens.0.retain(|_, used| now.since(used.at) <= REMEMBERED);
    if let Some(used) = call.ec2.tokens.0.get(&key) {
        if used.print != print {
            return Err(Fault::client(
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request. \
                 Do not reuse a client token with different requests, unless the requests are \
                 identical.",
            ));
        }
        call.params.read_all();
        return Ok(used.answer.clone());
    }
    let answer = work(call)?;
    call.ec2.tokens.0.insert(key, Used { print, answer: answer.clone(), at: now });
    Ok(answer)
}
