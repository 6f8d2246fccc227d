//! The request to stop: nothing new is started after it.

use tokio::sync::watch;

/// The side that requests the stop.
pub(super) struct Stopper(watch::Sender<bool>);

/// The side that stops. Clones share it.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

pub(super) fn new() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

/// Returns a stop that is not requested as long as the first value is kept.
pub(crate) fn never() -> (impl Sized, Stop) {
    new()
}

impl Stopper {
    pub(super) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits until the stop is requested, or the run was dropped.
    pub(super) async fn requested(&self) {
        let mut stop = self.0.clone();
        // An error means that the run was dropped.
        drop(stop.wait_for(|stop| *stop).await);
    }
}
