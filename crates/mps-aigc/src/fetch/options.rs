//! Settings of downloads.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use super::{progress::DownloadProgress, slots::Slots};

/// Default number of connections at the same time.
const CONNECTIONS: usize = 4;
/// Default size of the largest file: 16 GiB.
const MAX_BYTES: u64 = 16 << 30;
/// Default minimum speed, in bytes a second.
const MIN_SPEED: u64 = 1_024;
/// Default time over which the minimum speed is measured.
const SPEED_WINDOW: Duration = Duration::from_secs(60);
/// Default deadline of a download.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

/// The behaviour of a download if a file with the name of its output exists already.
///
/// No variant replaces a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExistingFile {
    /// Fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists). The default.
    #[default]
    Refuse,
    /// Saves beside it, as `name-2.mp4`, `name-3.mp4` and so on.
    KeepBoth,
    /// Succeeds without fetching if the file has the length and the checksum that the result's host
    /// states, and fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists) otherwise, also if
    /// the host states no checksum.
    AcceptIdentical,
}

/// Settings of a download.
///
/// Clones share the bound on connections: to bound the downloads of several tasks together, use
/// clones of one value. Downloads that wait for a connection start by the expiry of their results,
/// the earliest first.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mps_aigc::{DownloadOptions, ExistingFile};
///
/// let options = DownloadOptions::new()
///     .existing(ExistingFile::KeepBoth)
///     .max_bytes(2 << 30) // default: 16 GiB
///     .deadline(Duration::from_secs(600)) // default: 2 hours
///     .on_progress(|progress| println!("{} of {:?}", progress.bytes, progress.total));
/// ```
#[derive(Clone)]
pub struct DownloadOptions {
    pub(crate) existing: ExistingFile,
    pub(crate) max_bytes: u64,
    pub(crate) min_speed: u64,
    pub(crate) speed_window: Duration,
    pub(crate) deadline: Duration,
    pub(crate) slots: Arc<Slots>,
    progress: Option<Report>,
}

/// A function that receives progress.
type Report = Arc<dyn Fn(&DownloadProgress) + Send + Sync>;

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            existing: ExistingFile::default(),
            max_bytes: MAX_BYTES,
            min_speed: MIN_SPEED,
            speed_window: SPEED_WINDOW,
            deadline: DEADLINE,
            slots: Arc::new(Slots::new(CONNECTIONS)),
            progress: None,
        }
    }
}

impl DownloadOptions {
    /// Returns the default settings, which each method names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the behaviour if the output file exists already. Default: [`ExistingFile::Refuse`].
    #[must_use]
    pub fn existing(mut self, mode: ExistingFile) -> Self {
        self.existing = mode;
        self
    }

    /// Sets the number of results that are fetched at the same time. Default: 4.
    ///
    /// The bound is shared by clones that are made after this call.
    #[must_use]
    pub fn connections(mut self, number: NonZeroUsize) -> Self {
        self.slots = Arc::new(Slots::new(number.get()));
        self
    }

    /// Sets the size of the largest result that is fetched, in bytes. Default: 16 GiB.
    ///
    /// A larger one fails with [`TooLarge`](crate::ErrorKind::TooLarge), as soon as its size is
    /// known.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the slowest transfer that is continued, in bytes a second on average over `window`.
    /// Default: 1,024 bytes a second over 60 seconds.
    ///
    /// A slower connection is closed, and the download resumed on another one. A speed of zero
    /// accepts every transfer in which a byte arrives during each window.
    #[must_use]
    pub fn min_speed(mut self, bytes_per_second: u64, window: Duration) -> Self {
        self.min_speed = bytes_per_second;
        self.speed_window = window;
        self
    }

    /// Sets the longest time for one result, with all attempts and pauses but without the wait for
    /// a connection. Default: 2 hours.
    ///
    /// A download that has not ended by then fails with
    /// [`Download`](crate::ErrorKind::Download); the received part is kept and resumed by the next
    /// download of the same result to the same name.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// Sets a function that is called with the progress of each result: at the begin of every
    /// attempt, about every 256 KiB, and at the end. None by default.
    ///
    /// It is called on the task that downloads and must return at once.
    #[must_use]
    pub fn on_progress(
        mut self,
        report: impl Fn(&DownloadProgress) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(report));
        self
    }

    pub(crate) fn report(&self, progress: &DownloadProgress) {
        if let Some(report) = &self.progress {
            report(progress);
        }
    }
}

impl fmt::Debug for DownloadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadOptions")
            .field("existing", &self.existing)
            .field("max_bytes", &self.max_bytes)
            .field("min_speed", &self.min_speed)
            .field("speed_window", &self.speed_window)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
