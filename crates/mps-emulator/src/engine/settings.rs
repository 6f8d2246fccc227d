//! Settings that do not change after the start.

use mps_models::service::Site;

use crate::engine::tasks::Durations;

#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) durations: Durations,
    /// The site whose description decides what is refused.
    pub(crate) site: Site,
    /// Most unfinished tasks of an account.
    pub(crate) concurrency: Option<usize>,
    pub(crate) bucket_urls: BucketUrls,
    /// `true` if timestamps may also be fresh by the machine's clock.
    pub(crate) accepts_machine_time: bool,
    /// `true` if signatures for another service than the specification's are accepted.
    pub(crate) accepts_any_service: bool,
}

/// The kind of URL of a result in a caller's bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BucketUrls {
    /// The real storage's URL without a signature, as the service answers:
    /// `https://BUCKET.cos.REGION.myqcloud.com/KEY`. It cannot be downloaded, and a client that is
    /// confined to this machine does not try. The default.
    #[default]
    Faithful,
    /// The emulator's own URL, `/cos/BUCKET/REGION/KEY` at its endpoint, which can be downloaded.
    Local,
}
