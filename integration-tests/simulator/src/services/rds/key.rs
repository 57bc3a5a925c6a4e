//! The key that storage is encrypted under.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html>: it has to
//! be there and enabled, and the caller has to be allowed to let RDS use it, which it does by a
//! grant.

use super::call::Call;
use crate::{
    fault::Fault,
    services::kms::{Unusable, Use, Who},
};

/// The key that is used where none is named.
const OWN: &str = "alias/aws/rds";

/// What the caller needs on the key.
const ACTIONS: &[&str] = &["kms:CreateGrant", "kms:DescribeKey"];

/// The ARN of the key that is named, or of the service's own.
pub(super) fn usable(call: &Call<'_>, named: Option<&str>) -> Result<String, Fault> {
    let via = format!("rds.{}.amazonaws.com", call.region);
    let context = vec![("kms:ViaService", via), ("kms:GrantIsForAWSResource", "true".to_owned())];
    let by = Use { who: Who::Caller, actions: ACTIONS, context };
    let key = named.unwrap_or(OWN);
    let looks = (call.site(), call.by_id());
    match call.neighbours.kms.usable_from(looks, call.identity, key, &by) {
        Ok(usable) => Ok(usable.arn),
        Err(Unusable::Unsupported(fault)) => Err(fault),
        Err(
            Unusable::NotFound(_)
            | Unusable::Disabled(_)
            | Unusable::PendingDeletion(_)
            | Unusable::Denied(_),
        ) => Err(inaccessible(key)),
    }
}

fn inaccessible(key: &str) -> Fault {
    Fault::client(
        "KMSKeyNotAccessibleFault",
        format!(
            "The specified KMS key [{key}] does not exist, is not enabled or you do not have \
             permissions to access it."
        ),
    )
}
