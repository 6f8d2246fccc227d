//! Saves the state shortly after each change, and once more at the end.

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

use super::{StateFile, save};
use crate::{
    api::service_state::ServiceState, emulator::either::ends_first, emulator::service::Service,
};

/// Delay between a change and the save: the most that a crash loses.
const DELAY: Duration = Duration::from_millis(200);
/// Pause after a slow save, as a multiple of its duration, so that a large state does not keep the
/// machine busy.
const RESTS: u32 = 4;

/// The saving task. Saves once more when dropped, as long as the runtime lives.
#[derive(Debug)]
pub(crate) struct Saver {
    saving: JoinHandle<io::Result<()>>,
    /// Dropping the sender makes the saver finish.
    stop: watch::Sender<()>,
}

impl Saver {
    pub(crate) fn start(service: &Service, file: StateFile) -> Self {
        let (stop, stopped) = watch::channel(());
        // The first save writes the generated keys, even if the emulator is never called.
        service.0.changed.notify_one();
        Self {
            saving: tokio::spawn(run(service.0.clone(), file, stopped)),
            stop,
        }
    }

    /// Saves once more and returns the result.
    pub(crate) async fn finish(self) -> io::Result<()> {
        drop(self.stop);
        self.saving.await.map_err(io::Error::other)?
    }
}

/// Saves until stopped, and returns the result of the last save.
async fn run(
    service: Arc<ServiceState>,
    file: StateFile,
    mut stopped: watch::Receiver<()>,
) -> io::Result<()> {
    let mut pause = DELAY;
    loop {
        let change = async {
            service.changed.notified().await;
            service.clock.sleep(pause).await;
        };
        let is_last = ends_first(stopped.changed(), change).await;
        let begin = service.clock.monotonic();
        let saved = saved(&service, &file.path).await;
        if is_last {
            return saved;
        }
        let took = service.clock.monotonic().saturating_sub(begin);
        pause = DELAY.max(took.saturating_mul(RESTS));
    }
}

/// Saves on a thread for blocking work.
async fn saved(service: &Arc<ServiceState>, path: &Path) -> io::Result<()> {
    let (inner, place) = (service.clone(), path.to_owned());
    let end = spawn_blocking(move || save(&inner, &place)).await;
    let saved = end.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    saved.inspect_err(|error| {
        tracing::error!(path = %path.display(), %error, "the state could not be saved");
    })
}
