//! STS: who am I.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>: no permission
//! is needed for it, so that no denial applies.

use super::permission::Caller;
use crate::{
    World,
    fault::Fault,
    wire::{query::Params, xml::Xml},
};

pub(crate) const VERSION: &str = "2011-06-15";
pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The only one there is.
pub(crate) const OPERATION: &str = "GetCallerIdentity";

pub(super) fn ask(
    world: &World,
    caller: &Caller,
    operation: &str,
    params: &Params,
) -> Result<Xml, Fault> {
    if operation != OPERATION {
        return Err(Fault::unsupported(format!("the operation sts:{operation}")));
    }
    let reader = params.reader();
    reader.text("Action");
    if let Some(other) = reader.text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of STS")));
    }
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {operation}")));
    }
    Ok(Xml::new()
        .text("Arn", caller.arn())
        .text("UserId", caller.user_id())
        .text("Account", &world.settings.account))
}
