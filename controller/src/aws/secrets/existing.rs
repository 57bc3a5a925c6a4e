//! Secrets of somebody else's that the file names: which version of them counts. What they hold is not looked at.

use crate::engine::CallError;

use super::{
    super::clients::Aws,
    secret::{Read, describe},
};

/// The version of a secret that counts, by its name or ARN; why it is of no use, if it is of none.
pub(in crate::aws) async fn current_version(
    aws: &Aws,
    id: &str,
) -> Result<Result<String, &'static str>, CallError> {
    let Some(Read { deleted, version, .. }) = describe(aws, id).await? else {
        return Ok(Err("is not there: make it, or name another one"));
    };
    if deleted.is_some() {
        return Ok(Err("has been deleted: restore it, or name another one"));
    }
    Ok(version.ok_or("has no value yet: put one in"))
}
