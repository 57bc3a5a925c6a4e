//! What has to hold before a group launches nodes that may take the database over.

use crate::engine::{CallError, Class};

use super::{
    super::{
        clients::Aws,
        ec2::{self, Role, Word},
        identity::TAG_LAST_IMAGE,
        image::{IMAGE_TAG, is_older, may_have_migrated, version},
        rds,
    },
    group::AutoScalingGroupConfig,
};

/// Sees to it that the database can be had back before the group of this name can launch another node than those
/// that had it: a group launches when it has to, not when it is convenient. An error as long as it is not so, or where
/// the nodes would refuse the database.
pub(super) async fn made_way_for(
    aws: &Aws,
    name: &str,
    want: &AutoScalingGroupConfig,
) -> Result<(), CallError> {
    let (Some(database), Some(image)) = (&want.database.0, &want.image.0) else { return Ok(()) };
    let running = ec2::running(aws, vec![name.to_owned()]).await?;
    let last = rds::last_image(aws, database).await?;
    let mut had: Vec<Option<&str>> = running.iter().map(|it| ec2::tag(it, IMAGE_TAG)).collect();
    // As long as nodes run, they themselves say who has it.
    let newer = if running.is_empty() {
        last.as_deref().filter(|last| is_older(image, last))
    } else {
        let claims = |it: &&_| Word::of(|key| ec2::tag(it, key)).role == Some(Role::Active);
        let mut claiming = running.iter().filter(claims).filter_map(|it| ec2::tag(it, IMAGE_TAG));
        claiming.find(|it| is_older(image, it))
    };
    if let Some(newer) = newer {
        return Err(refused(image, newer));
    }
    had.extend(last.as_deref().map(Some));
    // The same one, or the way back.
    let is_fine = |had: Option<&str>| had.is_some_and(|had| had == image || is_older(image, had));
    if !had.into_iter().all(is_fine) {
        rds::saved(aws, database, &want.template, image).await?;
    }
    if last.as_deref() == Some(image) {
        return Ok(());
    }
    rds::say_last_image(aws, database, image).await
}

fn refused(image: &str, newer: &str) -> CallError {
    let (version, why) = (version(newer), may_have_migrated(newer, image));
    let unless = format!(
        "if {version} certainly never was active, take the tag {TAG_LAST_IMAGE} off the database"
    );
    let message = format!("Chainlink {version} {why}; {unless}");
    CallError::new(super::group::UPDATE, Class::Rejected, "OlderRelease", message)
}
