//! What is decided once, when an emulator is made.

use crate::{results::BucketUrls, tasks::Durations};

#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) durations: Durations,
    /// Most tasks of an account at once.
    pub(crate) concurrency: Option<usize>,
    pub(crate) bucket_urls: BucketUrls,
    /// Whether a signature is also fresh by the machine's time.
    pub(crate) accepts_machine_time: bool,
}
