//! AWS Backup: copies of the database that outlive it.

mod plan;
mod selection;
mod vault;

pub use self::{
    plan::{BackupPlan, BackupPlanArn, BackupPlanConfig, BackupPlanOutputs, BackupRule},
    selection::{BackupSelection, BackupSelectionConfig, BackupSelectionOutputs},
    vault::{BackupVault, BackupVaultArn, BackupVaultConfig, BackupVaultOutputs},
};

use std::collections::HashMap;

use crate::engine::{CallError, Class};

use super::{
    clients::Aws,
    tagging::Pairs,
    tags::{Retagging, Tags},
};

/// What tells the tags of one of its objects.
const TAGS: &str = "backup:ListTags";

/// The tags of an object; nothing if it is not there.
async fn tags(aws: &Aws, arn: &str) -> Result<Option<Pairs>, CallError> {
    let told = aws
        .pages(
            TAGS,
            |token| aws.backup.list_tags().resource_arn(arn).set_next_token(token).send(),
            |page| (page.tags.map(|tags| tags.into_iter().collect()), page.next_token),
        )
        .await;
    match told {
        Ok(mut tags) => {
            tags.sort();
            Ok(Some(tags))
        }
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tags for the call that creates an object.
fn as_tags(tags: &Tags, ordinal: u32) -> HashMap<String, String> {
    tags.to(ordinal).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Makes the tags of an object these.
async fn retag(aws: &Aws, arn: &str, retagging: Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tags: HashMap<String, String> = put.into_iter().collect();
        let call =
            || aws.backup.tag_resource().resource_arn(arn).set_tags(Some(tags.clone())).send();
        aws.write("backup:TagResource", call).await?;
    }
    if !gone.is_empty() {
        let call = || {
            let call = aws.backup.untag_resource().resource_arn(arn);
            call.set_tag_key_list(Some(gone.clone())).send()
        };
        aws.write("backup:UntagResource", call).await?;
    }
    Ok(())
}
