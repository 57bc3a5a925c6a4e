//! Printing: data to standard output, everything said about it to standard error.

use std::{
    io::{IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use indicatif::MultiProgress;
use owo_colors::{OwoColorize, Style};
use serde::Serialize;

use crate::{engine::CallError, render::Paint};

use super::args::{Global, When};

/// Where a command prints to; clones share what is drawn on the terminal.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    out: Paint,
    err: Paint,
    /// What is said of every output of a sandbox.
    sandbox: bool,
    lively: bool,
    /// What is drawn at the end of standard error, and has to stay there.
    bars: Arc<Mutex<Option<MultiProgress>>>,
}

/// Whether a variable is set to something that means yes.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| {
        !value.is_empty() && value != "0" && !value.eq_ignore_ascii_case("false")
    })
}

impl Printer {
    /// Decides about colour and about progress that moves.
    pub(super) fn new(global: &Global) -> Self {
        let decide = |terminal: bool| {
            // Whatever its value: <https://no-color.org>.
            let never = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let colour = match global.color {
                When::Always => true,
                When::Never => false,
                When::Auto => !never && (is_set("CLICOLOR_FORCE") || terminal),
            };
            if colour { Paint::Colour } else { Paint::Plain }
        };
        let terminal = std::io::stderr().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            out: decide(std::io::stdout().is_terminal()),
            err: decide(terminal),
            sandbox: global.sandbox,
            lively: terminal && !dumb && !is_set("CI") && global.verbose == 0,
            bars: Arc::default(),
        }
    }

    /// Whether the sandbox is worked on.
    pub(super) fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// What stands before everything that is said in the sandbox.
    pub(super) fn place(&self) -> &'static str {
        if self.sandbox { "SANDBOX " } else { "" }
    }

    /// Whether progress may move: on a terminal, with somebody before it.
    pub(super) fn is_lively(&self) -> bool {
        self.lively
    }

    /// Whether standard output shows colour.
    pub(super) fn out(&self) -> Paint {
        self.out
    }

    /// Whether standard error shows colour.
    pub(super) fn err(&self) -> Paint {
        self.err
    }

    /// Takes up what is drawn at the end of standard error, or puts it down.
    pub(super) fn draw(&self, bars: Option<MultiProgress>) {
        *self.bars.lock().unwrap_or_else(PoisonError::into_inner) = bars;
    }

    /// Takes back the `^C` that a terminal has shown below what is drawn, which begins a line there
    /// and would leave the topmost line of what is drawn behind.
    pub(super) fn take_back_echo(&self) {
        let bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if bars.is_some() {
            let mut err = std::io::stderr().lock();
            drop(err.write_all(b"\r\x1b[2K\x1b[A").and_then(|()| err.flush()));
        }
    }

    /// Prints data.
    pub(super) fn data(&self, text: &str) {
        let print = || {
            let mut out = std::io::stdout().lock();
            let end = if text.ends_with('\n') { "" } else { "\n" };
            // A reader that has gone away is no error of ours.
            drop(
                out.write_all(text.as_bytes())
                    .and_then(|()| out.write_all(end.as_bytes()))
                    .and_then(|()| out.flush()),
            );
        };
        self.beside_bars(print);
    }

    /// Says something about the data.
    pub(super) fn note(&self, text: &str) {
        self.beside_bars(|| drop(writeln!(std::io::stderr().lock(), "{text}")));
    }

    fn beside_bars(&self, print: impl FnOnce()) {
        let bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    /// Says what went wrong, with all causes.
    pub(super) fn error(&self, error: &anyhow::Error) {
        let head = format!("{}error:", self.place());
        let mut text = self.paint_err(&head, Style::new().red().bold());
        let mut said = String::new();
        for cause in error.chain() {
            let below = cause.to_string();
            // Some causes repeat what an error above has said.
            if !said.contains(&below) {
                text.push_str(if said.is_empty() { " " } else { "\n  caused by: " });
                text.push_str(&below);
                said.push_str(&below);
            }
            // It says itself what was the deepest cause; between them are only layers.
            if cause.is::<CallError>() {
                break;
            }
        }
        self.note(&text);
    }

    /// Warns.
    pub(super) fn warning(&self, text: &str) {
        self.note(&format!("{} {text}", self.paint_err("warning:", Style::new().yellow().bold())));
    }

    /// Colours something for standard error.
    pub(super) fn paint_err(&self, text: &str, style: Style) -> String {
        match self.err {
            Paint::Colour => text.style(style).to_string(),
            Paint::Plain => text.to_owned(),
        }
    }

    /// Prints names, one a line, and on standard error where they are from if that is the sandbox.
    pub(super) fn names<'a>(&self, names: impl Iterator<Item = &'a str>) {
        if self.sandbox {
            self.note("SANDBOX");
        }
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            self.data(&names.join("\n"));
        }
    }

    /// Prints data as JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.data(&serde_json::to_string_pretty(value)?);
        Ok(())
    }

    /// Prints data as YAML.
    pub(super) fn yaml(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.data(&serde_saphyr::to_string(value)?);
        Ok(())
    }
}
