//! `spec.encryption`: the key everything is encrypted with.

use crate::{
    arn::{Home, KmsKeyArn},
    chapter::{chapter, choice, in_place, refused},
    log::Log,
    whole::Whole,
};

const KEYS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html";
const ROTATION: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html";
const DELETION: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html";
const STAYS: &str = "the database keeps the key it was made with";

chapter! {
    /// How everything is encrypted: database, secrets, logs, disks, messages, backups.
    pub struct Encryption, EncryptionFields {
        chapters {
            /// The KMS key: a new one, or one that exists. A new one by default.
            key: Key, refused(STAYS, KEYS).by_default("a new one: {create: {}}").example("{create: {}}");
        }
    }
}

choice! {
    /// The KMS key: a new one, or one that exists.
    pub enum Key, KeyFields, default Create(NewKey) {
        /// A key of the environment's own. The default.
        create: Create(NewKey), refused(STAYS, KEYS);
        /// The ARN of a key of yours, symmetric and in the same region. Its policy has to let the services use
        /// it that clctl names when they cannot.
        existing: Existing(KmsKeyArn), refused(STAYS, KEYS);
    }
}

chapter! {
    /// A key of the environment's own.
    pub struct NewKey, NewKeyFields {
        default {
            /// How often AWS gives the key new material. What was encrypted before stays readable.
            rotation_period_in_days: Whole<90, 2560> = Whole::of(365), in_place(ROTATION).unit("days");
            /// How long a key that is to be deleted can be taken back. After that, whatever is encrypted with it is
            /// lost. It is never begun while anything that is kept needs the key.
            deletion_window_in_days: Whole<7, 30> = Whole::of(30), in_place(DELETION).effect("nothing in AWS changes; it counts when it is deleted").unit("days");
        }
    }
}

impl EncryptionFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let key = self.key.given().and_then(|key| key.value.existing.given());
        if let Some(arn) = key {
            home.check(arn.value.as_str(), arn.span, "the key", log);
        }
    }
}
