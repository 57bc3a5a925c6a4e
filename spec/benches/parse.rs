//! How long a file takes to be read and checked.
//!
//! ```sh
//! cargo bench -p clctl-spec
//! ```

use std::{hint::black_box, time::Duration};

use clctl_spec::parse;

#[expect(clippy::disallowed_methods, reason = "what is measured is the time of this machine")]
fn time(name: &str, text: &str) {
    let mut took: Vec<Duration> = (0..300)
        .map(|_| {
            let start = std::time::Instant::now();
            let _ = black_box(parse(black_box(name), black_box(text)));
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    let micros = |at: usize| took.get(at).map(Duration::as_micros).unwrap_or_default();
    println(&format!(
        "{name:<28} {:>8} bytes   min {:>7} µs   median {:>7} µs   max {:>7} µs",
        text.len(),
        micros(0),
        micros(150),
        micros(299)
    ));
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn println(text: &str) {
    println!("{text}");
}

fn main() {
    time("minimal.yaml", include_str!("../../examples/minimal.yaml"));
    time("full.yaml", include_str!("../../examples/full.yaml"));
    time("everything_at_once.yaml", include_str!("../tests/invalid/everything_at_once.yaml"));
    // What is far too large is refused as fast as it is read.
    let long = "a: {b: c}, ".repeat(20_000);
    time("a long line", &format!("spec: {{{long}}}"));
    let keys = (0..40_000).fold(String::new(), |all, i| all + &format!("k{i}: {i}\n"));
    time("many unknown fields", &keys);
}
