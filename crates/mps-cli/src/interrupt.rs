//! Ctrl-C, and what `kill`, `timeout` and service managers send: the first asks to stop, the second
//! leaves at once.

use std::{io, process};

use tokio::sync::watch;

use crate::failure::Exit;

/// Whether the user asked to stop.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Starts to listen.
    pub(crate) fn listen() -> Self {
        let (asked, receiver) = watch::channel(false);
        tokio::spawn(async move {
            if signalled().await.is_ok() {
                // Without a receiver the command is over anyway.
                let _command_is_over = asked.send(true);
            }
            if signalled().await.is_ok() {
                process::exit(i32::from(Exit::Interrupted as u8));
            }
        });
        Self(receiver)
    }

    /// Completes once the user has asked to stop, and never when that cannot be known.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Completes at the next signal that asks to stop.
#[cfg(unix)]
async fn signalled() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
