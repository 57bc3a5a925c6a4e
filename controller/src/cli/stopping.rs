//! Being told to stop: by Ctrl-C, by the system, or because time is up.

use std::time::Duration;

use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::engine::{Stop, StopSignal};

use super::printer::Printer;

/// How a command is told to stop, and why it was. Ends to listen when it goes out of scope.
pub(super) struct Stopping {
    stop: StopSignal,
    why: watch::Receiver<Option<Why>>,
    leave: watch::Receiver<bool>,
    deadline: watch::Sender<Option<Instant>>,
    _listening: JoinSet<()>,
}

/// Why a command was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody pressed Ctrl-C, or the system asked.
    Signal,
    /// Time was up.
    Timeout,
}

impl Stopping {
    /// Listens for signals; for time to be up, once a deadline is set.
    ///
    /// # Errors
    /// If the system does not let us listen.
    pub(super) fn listen(printer: &Printer) -> std::io::Result<Self> {
        Self::telling(Some(printer.clone()))
    }

    /// Listens for signals that end what has nothing to finish.
    ///
    /// # Errors
    /// If the system does not let us listen.
    pub(super) fn serving() -> std::io::Result<Self> {
        Self::telling(None)
    }

    fn telling(printer: Option<Printer>) -> std::io::Result<Self> {
        let mut signals = Signals::listen()?;
        let (stop_sender, stop) = watch::channel(Stop::No);
        let (why_sender, why) = watch::channel(None);
        let (leave_sender, leave) = watch::channel(false);
        let (deadline, until) = watch::channel(None);
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let (reason, text) = tokio::select! {
                asked = signals.next() => {
                    if let (Asked::ByKey, Some(printer)) = (asked, &printer) {
                        printer.take_back_echo();
                    }
                    (Why::Signal, "stopping")
                }
                () = reached(until) => (Why::Timeout, "time is up"),
            };
            if let Some(printer) = printer {
                printer.note(&format!(
                    "{text}: calls in flight are finished and recorded; Ctrl-C {} leaves at once",
                    if reason == Why::Signal { "once more" } else { "now" }
                ));
            }
            why_sender.send_replace(Some(reason));
            stop_sender.send_replace(Stop::Now);
            signals.next().await;
            leave_sender.send_replace(true);
        });
        Ok(Self { stop, why, leave, deadline, _listening: listening })
    }

    /// Gives what follows this much time.
    pub(super) fn within(&self, timeout: Duration) {
        self.deadline.send_replace(Instant::now().checked_add(timeout));
    }

    /// What a walk listens to.
    pub(super) fn signal(&self) -> StopSignal {
        self.stop.clone()
    }

    /// Why it was told to stop, if it was.
    pub(super) fn why(&self) -> Option<Why> {
        *self.why.borrow()
    }

    /// Ends when somebody asks to stop.
    pub(super) async fn asked(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends when somebody asks a second time, and does not want to wait for calls in flight.
    pub(super) async fn leave(&self) {
        let mut leave = self.leave.clone();
        if leave.wait_for(|leave| *leave).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Ends when the deadline is reached; it may be moved meanwhile.
async fn reached(mut deadline: watch::Receiver<Option<Instant>>) {
    loop {
        let at = *deadline.borrow_and_update();
        let changed = match at {
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => return,
                changed = deadline.changed() => changed,
            },
            None => deadline.changed().await,
        };
        if changed.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Who asked the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Most likely somebody at the terminal, which shows `^C`.
    ByKey,
    /// Something else.
    BySystem,
}

/// What asks the process to end.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen: from here on a signal ends nothing by itself.
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::ByKey,
            _ = self.terminate.recv() => Asked::BySystem,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Asked {
        drop(tokio::signal::ctrl_c().await);
        Asked::BySystem
    }
}
