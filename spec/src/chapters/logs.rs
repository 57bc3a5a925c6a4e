//! `spec.logs`: what is kept of what happened, and for how long.

use crate::{
    chapter::{chapter, in_place},
    whole::one_of_numbers,
};

const RETENTION: &str = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html";

one_of_numbers! {
    /// How long CloudWatch Logs keeps what it has, in days.
    Retention, default 30,
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
}

chapter! {
    /// The logs, in CloudWatch Logs under `/clctl/<environment>/`, encrypted with the key of the environment.
    pub struct Logs, LogsFields {
        optional {
            /// How long those of the nodes are kept. As long as the others, if this is left out.
            nodes: Retention, in_place(RETENTION).unit("days");
            /// How long those of the bastion are kept: who logged in, and what was done. As long as the others,
            /// if this is left out.
            bastion: Retention, in_place(RETENTION).unit("days");
            /// How long those of the database are kept. As long as the others, if this is left out.
            database: Retention, in_place(RETENTION).unit("days");
        }
        default {
            /// How long they are kept.
            retention_in_days: Retention = Retention::default(), in_place(RETENTION).unit("days")
                .effect("what is older than a shorter time is gone for good");
        }
    }
}
