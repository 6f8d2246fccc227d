//! Signals that ask the program to stop: the first one ends the command in order, the second one
//! ends the process at once.

use std::{io, process};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};
use tokio::sync::watch;

use crate::exit::Exit;

/// The signals received so far.
#[derive(Clone)]
pub(crate) struct Signals(watch::Receiver<bool>);

impl Signals {
    /// Starts to listen: from here on no signal ends the process by default.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(false);
        match SignalStreams::listen() {
            Ok(streams) => {
                tokio::spawn(forward(streams, sender));
            }
            // Without a handler a signal ends the process, as it does by default.
            Err(error) => tracing::warn!(%error, "cannot listen to signals"),
        }
        Self(receiver)
    }

    /// Waits until a signal was received; waits for ever if signals cannot be listened to.
    pub(crate) async fn received(&mut self) {
        if self.0.wait_for(|received| *received).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn forward(mut streams: SignalStreams, sender: watch::Sender<bool>) {
    streams.next().await;
    // Fails only when the command has ended.
    let _ended = sender.send(true);
    streams.next().await;
    process::exit(i32::from(Exit::Interrupted as u8));
}

/// The signals that ask the program to stop.
#[cfg(unix)]
struct SignalStreams {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl SignalStreams {
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
struct SignalStreams(CtrlC);

#[cfg(windows)]
impl SignalStreams {
    fn listen() -> io::Result<Self> {
        ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
