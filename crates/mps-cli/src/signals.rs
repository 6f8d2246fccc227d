//! Signals that ask the program to stop.
//!
//! A thread of its own receives them, so that a command is interrupted even while it is blocked. The
//! phase decides the reaction:
//!
//! | phase | first signal | second signal |
//! |---|---|---|
//! | a create is on the wire | a message; the create is finished | exit 9 with the in-doubt page |
//! | the command works within [`Phase::race`] | the command ends itself | exit at once |
//! | anything else | exit at once | - |

use std::{io, process, thread, time::Duration};

use mps_core::clock::SystemClock;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::{exit::Exit, output::Output, phase::Phase};

/// The time in which a command may end itself after a signal, before the process is ended.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// A signal that asks the program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The terminal was closed.
    HangUp,
    /// Ctrl-C.
    Interrupt,
    /// Sent by `kill`, `timeout` and service managers.
    Terminate,
}

impl Signal {
    /// Returns the exit code of a command that the signal ended.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::HangUp => Exit::HungUp,
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
        }
    }

    /// Returns the signal's usual name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Starts the thread that receives signals. Until it is ready, a signal ends the process by default.
pub(crate) fn listen(phase: Phase, output: Output) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let listening = runtime.and_then(|runtime| {
        // Registers the handlers, so that no signal is lost between here and the thread's start.
        let signals = runtime.block_on(async { SignalStreams::listen() })?;
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(react(signals, phase, output)))
    });
    if let Err(error) = listening {
        // Without handlers a signal ends the process, as it does by default.
        tracing::warn!(%error, "cannot listen to signals");
    }
}

async fn react(mut signals: SignalStreams, phase: Phase, output: Output) {
    let first = signals.next().await;
    if !phase.interrupt(first, &output) {
        leave(&phase, first, &output);
    }
    let clock = SystemClock::shared();
    loop {
        tokio::select! {
            _ = signals.next() => leave(&phase, first, &output),
            // A command that is blocked, for example in a write to a full pipe, cannot end itself.
            () = clock.sleep(END_TIMEOUT) => {
                if phase.is_overdue() {
                    leave(&phase, first, &output);
                }
            }
        }
    }
}

/// Ends the process, and reports a task or a doubtful create first.
fn leave(phase: &Phase, signal: Signal, output: &Output) {
    let failure = phase.failure_at_exit(signal);
    output.failure(&failure);
    process::exit(i32::from(failure.exit() as u8));
}

/// The signals that ask the program to stop.
#[cfg(unix)]
struct SignalStreams {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` if SIGHUP is ignored, as under `nohup`: then it stays ignored.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl SignalStreams {
    fn listen() -> io::Result<Self> {
        let hang_up = if is_hang_up_ignored() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    async fn next(&mut self) -> Signal {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hang_up => Signal::HangUp,
        }
    }
}

/// Returns whether this process was started with SIGHUP ignored. Without `/proc` that cannot be read
/// by safe code, and SIGHUP counts as not ignored.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is signal 1, the lowest bit.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// The events of a console that correspond to signals.
#[cfg(windows)]
struct SignalStreams {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl SignalStreams {
    fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

        Ok(Self {
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Ctrl-Break is what another program can send to this one, as SIGTERM elsewhere.
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Terminate,
            _ = self.close.recv() => Signal::HangUp,
            _ = self.shutdown.recv() => Signal::Terminate,
        }
    }
}
