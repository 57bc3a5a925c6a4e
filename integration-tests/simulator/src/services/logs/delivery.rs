//! Log groups that other services of AWS write to, and make if they are not there.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>

use super::{LogGroup, Logs};
use crate::shelf::{Record, Stamp, Tags};

impl Logs {
    /// Whether there is a group of that name.
    pub(crate) fn has_group(&self, name: &str) -> bool {
        self.groups.get(name).is_some()
    }

    /// Makes a group as a service does that finds none: bare of retention, key and tags.
    pub(crate) fn ensure_group(&mut self, stamp: Stamp, name: &str) {
        if self.has_group(name) {
            return;
        }
        let body = LogGroup { created: stamp.at, retention: None, key: None, protected: false };
        let record = Record { id: name.to_owned(), tags: Tags::new(), body };
        self.groups.add(stamp, Some(stamp.at), record);
    }
}
