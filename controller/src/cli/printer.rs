//! Printing: data to standard output, everything said about it to standard error.

use std::io::{IsTerminal, Write};

use owo_colors::{OwoColorize, Style};
use serde::Serialize;

use super::args::When;

/// Where a command prints to.
#[derive(Clone, Debug)]
pub struct Printer {
    out: bool,
    err: bool,
    /// What is said of every output of a sandbox.
    sandbox: bool,
}

impl Printer {
    /// Decides about colour.
    pub fn new(color: When, sandbox: bool) -> Self {
        let decide = |terminal: bool| match color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                !set("NO_COLOR") && (set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0") || terminal)
            }
        };
        Self {
            out: decide(std::io::stdout().is_terminal()),
            err: decide(std::io::stderr().is_terminal()),
            sandbox,
        }
    }

    /// Whether the sandbox is worked on.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// Whether standard output shows colour.
    pub fn colour(&self) -> bool {
        self.out
    }

    /// Prints data.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A reader that has gone away is no error of ours.
        drop(out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }));
        drop(out.flush());
    }

    /// Says something about the data.
    pub fn note(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        drop(writeln!(err, "{text}"));
    }

    /// Says what went wrong, with all causes.
    pub fn error(&self, error: &anyhow::Error) {
        let mut text = self.paint_err("error:", Style::new().red().bold());
        let mut last = String::new();
        for cause in error.chain() {
            let cause = cause.to_string();
            // Some causes repeat what the error above has said.
            if !last.contains(&cause) {
                text.push_str(if last.is_empty() { " " } else { "\n  caused by: " });
                text.push_str(&cause);
                last = cause;
            }
        }
        self.note(&text);
    }

    /// Warns.
    pub fn warning(&self, text: &str) {
        self.note(&format!("{} {text}", self.paint_err("warning:", Style::new().yellow().bold())));
    }

    /// Colours something for standard output.
    pub fn paint(&self, text: &str, style: Style) -> String {
        if self.out { text.style(style).to_string() } else { text.to_owned() }
    }

    /// Colours something for standard error.
    pub fn paint_err(&self, text: &str, style: Style) -> String {
        if self.err { text.style(style).to_string() } else { text.to_owned() }
    }

    /// Prints data as JSON.
    pub fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.data(&serde_json::to_string_pretty(value)?);
        Ok(())
    }

    /// Prints data as YAML.
    pub fn yaml(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.data(&serde_saphyr::to_string(value)?);
        Ok(())
    }
}
