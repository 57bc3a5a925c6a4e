//! A world on a loopback port, for the AWS CLI, boto3 and whatever else speaks AWS.
//!
//! `cargo run -p clctl-simulator --example serve -- 127.0.0.1:4599 calm 60` answers on that port,
//! in a calm world, sixty times as fast as the clock on the wall.

use std::io::{self, Write as _};

use clctl_simulator::{Settings, Simulator, serve};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:4599".to_owned());
    let settings = match args.next().as_deref() {
        None | Some("realistic") => Settings::default(),
        Some("calm") => Settings::calm(),
        Some(seed) => Settings::stormy(seed.parse().unwrap_or_default()),
    };
    let speed = args.next().and_then(|it| it.parse().ok()).unwrap_or(1.0);
    let settings = Settings { speed, ..settings };
    let listener = TcpListener::bind(address).await?;
    writeln!(io::stdout(), "http://{} {settings}", listener.local_addr()?)?;
    let simulator = Simulator::in_memory(settings);
    // Nobody can prove here that a domain is his.
    let certificate =
        "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
    simulator.with(|world| world.bring_certificate("us-east-1", certificate, "*.example.com"));
    serve(simulator, listener, std::future::pending()).await
}
