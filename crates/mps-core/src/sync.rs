//! Locks, threads and disks, for the crates of this workspace.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "file-limit")]
mod network;
#[cfg(any(feature = "file-limit", feature = "tls"))]
mod worker;

#[cfg(feature = "file-limit")]
pub use self::network::network_file_system;
#[cfg(any(feature = "file-limit", feature = "tls"))]
pub use self::worker::Worker;

/// Locks `mutex`, also after a panic in another thread that held it.
///
/// Every value that this workspace keeps behind a mutex is valid between any two statements, so a
/// panic elsewhere is no reason to panic here.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
