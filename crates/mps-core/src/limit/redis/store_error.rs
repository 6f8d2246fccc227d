//! Classifies failures of the Redis server.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::limit::{Unavailable, shared::StoreError};

/// Classifies a failure of the server at `address` as transient or permanent.
pub(super) fn store_error(address: &str, error: &RedisError) -> StoreError {
    let server = format!("the rate limiter's Redis server at {address}");
    let detail = one_line(error);
    match error.kind() {
        ErrorKind::AuthenticationFailed => StoreError::Permanent(refused(&server)),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => StoreError::Transient(
            Unavailable::new(format!("{server} is read-only: {detail}"))
                .with_hint("use the address of the primary instead of a replica's"),
        ),
        ErrorKind::Server(_) | ErrorKind::Extension => by_code(&server, error, &detail),
        ErrorKind::Io => StoreError::Transient(
            Unavailable::new(format!("{server} cannot be reached: {detail}")).with_hint(
                "check that it is up, its address and the network: redis-cli -u URL PING",
            ),
        ),
        _ => StoreError::Permanent(Unavailable::new(format!(
            "{server} cannot be used: {detail}"
        ))),
    }
}

fn by_code(server: &str, error: &RedisError, detail: &str) -> StoreError {
    match error.code() {
        Some("NOAUTH" | "WRONGPASS") => StoreError::Permanent(refused(server)),
        Some("NORUNID") => StoreError::Permanent(
            Unavailable::new(format!(
                "{server} does not report its run_id, without which a restart goes unnoticed"
            ))
            .with_hint("use Redis or Valkey"),
        ),
        Some("NOPERM") => StoreError::Permanent(not_permitted(server, detail)),
        // Redis 7 has no code of its own for a command that a script may not run.
        _ if detail.contains("can't run this command") => {
            StoreError::Permanent(not_permitted(server, detail))
        }
        _ => StoreError::Transient(
            Unavailable::new(format!("{server} refuses the request: {detail}"))
                .with_hint("check its memory and its log: redis-cli INFO"),
        ),
    }
}

fn not_permitted(server: &str, detail: &str) -> Unavailable {
    Unavailable::new(format!("{server} does not permit the script: {detail}"))
        .with_hint("allow its user EVALSHA, SCRIPT LOAD, TIME, INFO, GET and SET on mps:limit:*")
}

fn refused(server: &str) -> Unavailable {
    Unavailable::new(format!("{server} refuses the user or the password"))
        .with_hint("check both in its URL")
}

/// Returns the first line of the server's message, which may repeat a long script.
fn one_line(error: &RedisError) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}
