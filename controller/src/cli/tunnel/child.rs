//! A program that runs until it ends or is ended, with what it has started itself.

use std::{
    io,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use super::way::Invocation;

/// How often it is asked whether it has ended.
const OFTEN: Duration = Duration::from_millis(100);
/// How long it may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// How a program stands to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Somebody works in it.
    InFront,
    /// It passes on a port, and may ask somebody something at the terminal.
    Beside,
    /// It passes on a port and starts others, which end with it: it leads a group of its own. The AWS CLI leaves
    /// its plugin behind when it is ended alone.
    Apart,
}

/// A running program. It is ended when this goes out of scope.
pub(super) struct Running {
    child: Child,
    stands: Stands,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Starts it. Nothing but its arguments and our environment is handed to it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(of: &Invocation, stands: Stands) -> io::Result<Self> {
        let mut command = Command::new(of.program);
        command.args(&of.args);
        if stands != Stands::InFront {
            // What it says is about the data, and there is none.
            command.stdin(Stdio::null()).stdout(to_stderr()?);
        }
        #[cfg(unix)]
        if stands == Stands::Apart {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        Ok(Self { child: command.spawn()?, stands, ended: None })
    }

    /// Ends when it has ended.
    ///
    /// # Errors
    /// If the system does not say.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.look()? {
                return Ok(status);
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended)
    }

    /// Asks it to end, and ends it if it does not.
    pub(super) async fn end(mut self) {
        self.signal(Signal::Term);
        drop(tokio::time::timeout(GRACE, self.ended()).await);
        // What it has started may outlive it: that is what the group is for.
        self.signal(Signal::Kill);
        drop(tokio::time::timeout(GRACE, self.ended()).await);
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        use rustix::process::{Pid, Signal as Of, kill_process, kill_process_group};

        let signal = match signal {
            Signal::Term => Of::TERM,
            Signal::Kill => Of::KILL,
        };
        let pid = Pid::from_child(&self.child);
        // Whoever has gone meanwhile needs no signal. A group keeps its number for as long as anybody is in it.
        let sent = match self.stands {
            Stands::Apart => kill_process_group(pid, signal),
            Stands::InFront | Stands::Beside if self.ended.is_none() => kill_process(pid, signal),
            Stands::InFront | Stands::Beside => return,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "nobody was there to be ended");
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: Signal) {
        drop(self.child.kill());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.signal(Signal::Term);
        }
    }
}

/// How a program is asked to end.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Term,
    Kill,
}

#[cfg(unix)]
fn to_stderr() -> io::Result<Stdio> {
    use std::os::fd::AsFd;

    Ok(Stdio::from(io::stderr().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn to_stderr() -> io::Result<Stdio> {
    Ok(Stdio::null())
}
