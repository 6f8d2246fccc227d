//! The limiter of all hosts that share a PostgreSQL server.

use std::sync::Arc;

use super::{LimitError, LimitStats, Limiter, Permit, PermitRequest, Unavailable, shared::Shared};
use crate::{
    BoxFuture,
    clock::SharedClock,
    postgres::{Failure, Server},
};

mod statements;
mod store;

use self::store::PostgresStore;

/// A [`Limiter`] for all processes on all hosts that use the same PostgreSQL server (14 or later),
/// schema and account: one row for each action, changed on the server's clock. Clones share one limit.
///
/// The row is in an unlogged table, `ring`, which the first request creates. A grant waits for no
/// disk, and a crash or a failover empties the table, so that no row says less than the truth.
///
/// | event | effect on paid creates and control actions |
/// |---|---|
/// | the row is lost, or the server was restarted, recovered or failed over | all wait for 1.1 s, the longest time for which a lost slot matters |
/// | the server's clock is set back | the same, or less |
/// | it is set forward by more than about 0.1 s | the next request waits for 1.1 s: a process that asked shortly before detects it, the others wait in any case |
/// | a process has not asked for 25 s, or never | it observes the server's clock for 1.1 s before its first start |
/// | the server is unreachable, slow, full, recovering or read-only | retried for up to 10 s, then [`LimitError::Unavailable`] |
/// | it refuses the password, the permission or TLS | [`LimitError::Unavailable`] at once |
///
/// Nothing but a read starts without a reply of the server. Reads wait for none of these; while the
/// server is unavailable they are limited within this process.
///
/// Replies must arrive within 50 ms, and a grant takes two round trips, so the server should be near.
/// Nothing is bound to a session: a pooler in transaction mode, such as PgBouncer, may be in between.
///
/// Connections to other machines are encrypted and verified unless the URL has `sslmode=disable`.
///
/// # Example
/// ```
/// use mps_core::{clock::SystemClock, limit::PostgresLimiter};
///
/// # fn main() -> Result<(), mps_core::limit::LimitError> {
/// let url = "postgres://mps@db.internal/jobs?sslmode=disable";
/// let limiter = PostgresLimiter::new(url, "team-video", SystemClock::shared())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresLimiter(Arc<Shared<PostgresStore>>);

impl PostgresLimiter {
    /// Returns a limiter in the server at `url`, for example `postgres://user@host:5432/database`.
    /// Opens no connection.
    ///
    /// Parameters of the URL are `sslmode` (`verify-full`, the default for other machines, or
    /// `disable`), `sslrootcert` and `passfile` (paths of files), `schema` (default `mps`), and those of
    /// the protocol, such as `application_name`.
    ///
    /// `account` distinguishes accounts, for example by [`Account::at`](super::Account::at); only a
    /// hash of it becomes part of a row.
    ///
    /// # Errors
    /// Returns [`LimitError::Unavailable`] when `url`, or a file that it names, cannot be used. The
    /// error does not repeat the URL, which may contain a password.
    pub fn new(url: &str, account: &str, clock: SharedClock) -> Result<Self, LimitError> {
        let server = Server::at(url).map_err(unavailable)?;
        Ok(Self::in_server(server, account, clock))
    }

    /// Returns a limiter in a server whose certificate is signed by an authority of your own: `pem`
    /// is the text of one or more certificates of authorities. Only these are trusted.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new), and [`LimitError::Unavailable`] when `pem` has no
    /// certificate or `url` does not ask for TLS.
    ///
    /// # Example
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mps_core::{clock::SystemClock, limit::PostgresLimiter};
    ///
    /// let authority = std::fs::read("ca.pem")?;
    /// let url = "postgres://mps@db.internal/jobs";
    /// let limiter = PostgresLimiter::with_authority(url, &authority, "account", SystemClock::shared())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_authority(
        url: &str,
        pem: &[u8],
        account: &str,
        clock: SharedClock,
    ) -> Result<Self, LimitError> {
        let server = Server::with_authority(url, pem).map_err(unavailable)?;
        Ok(Self::in_server(server, account, clock))
    }

    fn in_server(server: Server, account: &str, clock: SharedClock) -> Self {
        let store = PostgresStore::new(server, account, clock.clone());
        Self(Arc::new(Shared::new(store, clock)))
    }
}

impl Limiter for PostgresLimiter {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        self.0.acquire(request)
    }

    fn throttled(&self, action: &str) {
        self.0.throttled(action);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.0.stats(action)
    }
}

/// Returns the error of the limiter for a failure of its server.
fn unavailable(failure: Failure) -> Unavailable {
    let error = Unavailable::new(format!("the shared rate limit is unavailable: {failure}"));
    let error = match failure.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    error.with_source(failure)
}
