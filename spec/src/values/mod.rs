//! What stands in a single field: texts and numbers with rules, and lists of them. Each is checked once,
//! where it enters.

pub(crate) mod arn;
pub(crate) mod bounded;
pub(crate) mod chains;
pub(crate) mod cidr;
pub(crate) mod cidrs;
pub(crate) mod cron;
pub(crate) mod instance;
pub(crate) mod names;
pub(crate) mod text;
pub(crate) mod toml;
pub(crate) mod url;
pub(crate) mod whole;
pub(crate) mod window;
