//! clctl
fn main() {}
