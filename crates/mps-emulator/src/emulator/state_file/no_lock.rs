//! Systems without a lock that ends with its process do not protect a state file.

use std::{io, path::Path};

#[derive(Debug)]
pub(crate) struct Lock;

impl Lock {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "where there are locks, they can be missing"
    )]
    pub(super) fn take(_: &Path) -> io::Result<Option<Self>> {
        Ok(Some(Self))
    }
}
