//! Writes the JSON Schema of `node.yaml`:
//!
//! ```sh
//! cargo run -p clctl-spec --example schema > spec/node.schema.json
//! ```

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &clctl_spec::schema())?;
    writeln!(out)
}
