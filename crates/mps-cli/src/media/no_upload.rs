//! In place of uploads, in a build without the feature `media`.

use super::{Bucket, Connection, Context, Failure, LocalFile};

/// Refuses a local file.
///
/// # Errors
/// Always returns a usage error that names the feature.
pub(super) fn must_be_possible(flag: &str) -> Result<(), Failure> {
    let message =
        format!("{flag}: this build cannot upload a local file: it lacks the feature media");
    Err(Failure::usage(message).hint("give a URL, or build mps with --features media"))
}

/// Never made.
pub(super) enum Storage {}

impl Storage {
    pub(super) fn new(_: &Connection, _: &Context) -> Result<Self, Failure> {
        Err(Failure::internal("this build cannot upload"))
    }

    #[expect(clippy::unused_async, reason = "the one that uploads is")]
    pub(super) async fn offer(
        &self,
        _: &Bucket,
        _: &str,
        _: Option<&LocalFile>,
    ) -> Result<String, Failure> {
        match *self {}
    }
}
