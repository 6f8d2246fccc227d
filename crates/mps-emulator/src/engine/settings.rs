//! What is decided once, when an emulator is made.

use crate::engine::tasks::Durations;

#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) durations: Durations,
    /// Most tasks of an account at once.
    pub(crate) concurrency: Option<usize>,
    pub(crate) bucket_urls: BucketUrls,
    /// Whether a signature is also fresh by the machine's time.
    pub(crate) accepts_machine_time: bool,
}

/// Which address the service tells of a result that went to a bucket of the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BucketUrls {
    /// That of the real storage, without a signature, as the service does:
    /// `https://BUCKET.cos.REGION.myqcloud.com/KEY`. Nothing can be fetched there, and a client
    /// that is confined to this machine will not try. The default.
    #[default]
    Faithful,
    /// The emulator's own, `/cos/BUCKET/REGION/KEY` at its endpoint, where the file can be fetched.
    Local,
}
