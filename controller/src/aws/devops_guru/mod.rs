//! DevOps Guru: what it looks at, and whom it tells. An account has one of each in a region, and shares it.

mod channel;
mod collection;

pub use self::{
    channel::{NotificationChannel, NotificationChannelConfig, NotificationChannelOutputs},
    collection::{ResourceCollection, ResourceCollectionConfig, ResourceCollectionOutputs},
};
