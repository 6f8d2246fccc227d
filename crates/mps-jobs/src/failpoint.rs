//! Ends the process at a named place, as a power cut or `kill -9` would: nothing is flushed or unlocked
//! by the program itself. For tests of crashes, in a process of their own.
//!
//! Each operation of the ledger has two places, `NAME.before` and `NAME.after` its commit; the seal has
//! `seal.before` and `seal.after` its line.

use std::sync::OnceLock;

static PLACE: OnceLock<String> = OnceLock::new();

/// Sets the place at which this process ends. The first call counts.
pub fn abort_at(place: &str) {
    PLACE.get_or_init(|| place.to_owned());
}

/// Ends the process if this is the place.
pub(crate) fn pass(operation: &str, side: &str) {
    let is_here = |place: &String| {
        place
            .strip_prefix(operation)
            .and_then(|rest| rest.strip_prefix('.'))
            == Some(side)
    };
    if PLACE.get().is_some_and(is_here) {
        std::process::abort();
    }
}
