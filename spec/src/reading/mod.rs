//! From text to what is written, and to reports of what is wrong: knows positions, and no chapter.

pub(crate) mod at;
pub(crate) mod log;
pub(crate) mod problem;
pub(crate) mod quickstart;
pub(crate) mod read;
pub(crate) mod source;
pub(crate) mod suggest;
pub(crate) mod tree;
pub(crate) mod yaml;
