//! In place of uploads, in a build without the feature `media`.

use std::{convert::Infallible, marker::PhantomData};

use super::{Bucket, Connection, Context, Failure, LocalFile};

/// Refuses a local file, or a URL that is signed before it is sent.
///
/// # Errors
/// Always returns a usage error that names the feature.
pub(super) fn must_be_possible(what: &str) -> Result<(), Failure> {
    let failure = Failure::lacks_feature(what, "media");
    Err(failure.hint(
        "give a URL that needs no signature, or build it with: cargo install --path crates/mps-cli --features media",
    ))
}

/// Never made.
pub(super) struct Storage<'a> {
    never: Infallible,
    /// The one that uploads borrows the connection.
    _connection: PhantomData<&'a Connection>,
}

impl Storage<'_> {
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
        match self.never {}
    }
}
