//! The events of the cache. No event contains a key or a token.
//!
//! | name | level | fields |
//! |---|---|---|
//! | event `mps.credentials` | debug | `lifetime_s` |
//! | event `mps.credentials_failed` | warn | `reason` |

use std::time::Duration;

use tracing::{debug, warn};

use crate::credentials::CredentialsError;

pub(super) fn given(lifetime: Option<Duration>) {
    let lifetime_s = lifetime.map(|lifetime| lifetime.as_secs());
    debug!(name: "mps.credentials", lifetime_s, "the provider gave credentials");
}

pub(super) fn failed(reason: &CredentialsError) {
    warn!(
        name: "mps.credentials_failed",
        reason = %reason,
        "credentials could not be had or renewed"
    );
}
