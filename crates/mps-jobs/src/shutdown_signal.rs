//! The signals that ask a program to stop.

use std::io;

/// Waits until this process is asked to stop: by SIGINT (Ctrl-C) or SIGTERM on Unix, by Ctrl-C,
/// Ctrl-Break, the closed console or the shutdown of the system on Windows.
///
/// The `shutdown` of [`Jobs::run`](crate::Jobs::run) in a program of its own: a create on the wire is
/// then finished and recorded, while the default action of SIGTERM would leave it in doubt. Listens
/// from its first poll on, once for the whole process: later signals do not end it either.
///
/// # Errors
/// Returns the error of the system if it lets no handler be set. A run with this `shutdown` then ends at
/// once.
///
/// # Panics
/// Panics outside of a Tokio runtime with its I/O driver, which every client needs as well.
///
/// # Cancel safety
/// Cancel safe: a signal that comes between two calls is ignored.
///
/// # Examples
/// ```no_run
/// use mps_jobs::{Jobs, aigc::Aigc};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let jobs = Jobs::open("clips.db").await?;
/// println!("{}", jobs.run(Aigc::from_env()?, mps_jobs::shutdown_signal()).await?);
/// # Ok(())
/// # }
/// ```
pub async fn shutdown_signal() -> io::Result<()> {
    wait().await
}

#[cfg(unix)]
async fn wait() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn wait() -> io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

    let (mut interrupt, mut terminate) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = close.recv() => {}
        _ = shutdown.recv() => {}
    }
    Ok(())
}
