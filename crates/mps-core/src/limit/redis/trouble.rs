//! What a failed question means.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::limit::{Unavailable, shared::Trouble};

/// Sorts a failure of the server at `address` into what may pass and what will not.
pub(super) fn trouble(address: &str, error: &RedisError) -> Trouble {
    let what = format!("the rate limiter's Redis server at {address}");
    let detail = one_line(error);
    match error.kind() {
        ErrorKind::AuthenticationFailed => Trouble::Lasting(refused(&what)),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => Trouble::Passing(
            Unavailable::new(format!("{what} is read-only: {detail}"))
                .with_hint("it is a replica; name the primary"),
        ),
        ErrorKind::Server(_) | ErrorKind::Extension => by_code(&what, error, &detail),
        ErrorKind::Io => Trouble::Passing(
            Unavailable::new(format!("{what} cannot be reached: {detail}")).with_hint(
                "check that it is up, its address and the network; nothing starts without it",
            ),
        ),
        _ => Trouble::Lasting(Unavailable::new(format!("{what} cannot be used: {detail}"))),
    }
}

fn by_code(what: &str, error: &RedisError, detail: &str) -> Trouble {
    match error.code() {
        Some("NOAUTH" | "WRONGPASS") => Trouble::Lasting(refused(what)),
        Some("NORUNID") => Trouble::Lasting(
            Unavailable::new(format!(
                "{what} does not tell its run_id, without which a restart goes unnoticed"
            ))
            .with_hint("use Redis or Valkey"),
        ),
        Some("NOPERM") => Trouble::Lasting(not_permitted(what, detail)),
        // What a script is refused has no code of its own in Redis 7.
        _ if detail.contains("can't run this command") => {
            Trouble::Lasting(not_permitted(what, detail))
        }
        _ => Trouble::Passing(
            Unavailable::new(format!("{what} refuses the question: {detail}"))
                .with_hint("nothing starts until it answers"),
        ),
    }
}

fn not_permitted(what: &str, detail: &str) -> Unavailable {
    Unavailable::new(format!("{what} does not permit the script: {detail}"))
        .with_hint("allow its user EVALSHA, SCRIPT LOAD, TIME, INFO, GET and SET on mps:limit:*")
}

fn refused(what: &str) -> Unavailable {
    Unavailable::new(format!("{what} refuses the user or the password"))
        .with_hint("check both in its address")
}

/// What the server said, without what it may have repeated from a long script.
fn one_line(error: &RedisError) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}
