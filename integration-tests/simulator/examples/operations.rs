//! What the simulator models, a line for each operation: `ec2:CreateVpc`.

use std::io::{self, Write as _};

use clctl_simulator::operations;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (service, operation) in operations() {
        writeln!(out, "{service}:{operation}")?;
    }
    Ok(())
}
