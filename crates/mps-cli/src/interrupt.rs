//! Ctrl-C, and what `kill`, `timeout` and service managers send: the first asks to stop, the second
//! leaves at once.

use std::{io, process};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};
use tokio::sync::watch;

use crate::failure::Exit;

/// Whether the user asked to stop.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Starts to listen: from here on no signal ends the program by itself.
    pub(crate) fn listen() -> Self {
        let (asked, receiver) = watch::channel(false);
        match Signals::listen() {
            Ok(signals) => {
                tokio::spawn(obey(signals, asked));
            }
            // Then a signal ends the program as it ends any other.
            Err(error) => tracing::warn!(%error, "signals cannot be listened to"),
        }
        Self(receiver)
    }

    /// Completes once the user has asked to stop, and never when that cannot be known.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn obey(mut signals: Signals, asked: watch::Sender<bool>) {
    signals.next().await;
    // Without a receiver the command is over anyway.
    let _command_is_over = asked.send(true);
    signals.next().await;
    process::exit(i32::from(Exit::Interrupted as u8));
}

/// The signals that ask to stop.
#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
