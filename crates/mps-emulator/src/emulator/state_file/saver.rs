//! Saves the state shortly after it changes, and once more at the end.

use std::{future::poll_fn, io, path::Path, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

use super::{StateFile, save};
use crate::{api::service_state::ServiceState, emulator::service::Service};

/// How long after a change the state is saved: what a crash costs at most.
const DELAY: Duration = Duration::from_millis(200);
/// After a save that took long, so many times as long passes before the next one: a large state
/// must not keep the machine busy.
const RESTS: u32 = 4;

/// Whoever saves. Dropping it saves once more, as long as the runtime lives.
#[derive(Debug)]
pub(crate) struct Saver {
    saving: JoinHandle<io::Result<()>>,
    /// Its end tells the saver to finish.
    stop: watch::Sender<()>,
}

impl Saver {
    pub(crate) fn start(service: &Service, file: StateFile) -> Self {
        let (stop, stopped) = watch::channel(());
        // Whoever is handed the keys shall find them again, even if nothing is ever called.
        service.0.changed.notify_one();
        Self {
            saving: tokio::spawn(run(service.0.clone(), file, stopped)),
            stop,
        }
    }

    /// Saves for the last time.
    pub(crate) async fn finish(self) -> io::Result<()> {
        drop(self.stop);
        self.saving.await.map_err(io::Error::other)?
    }
}

/// Holds the file until the last save is done, and tells what came of it.
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

/// Saves where it blocks nobody.
async fn saved(service: &Arc<ServiceState>, path: &Path) -> io::Result<()> {
    let (inner, place) = (service.clone(), path.to_owned());
    let end = spawn_blocking(move || save(&inner, &place)).await;
    let saved = end.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    saved.inspect_err(|error| {
        tracing::error!(path = %path.display(), %error, "the state could not be saved");
    })
}

async fn ends_first(one: impl Future, other: impl Future) -> bool {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => other.as_mut().poll(cx).map(|_| false),
    })
    .await
}
