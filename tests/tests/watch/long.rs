//! The length of the runs.

use std::env;

/// Returns the number of repetitions: `short` by default, `long` if `MPS_TEST_LONG` is set.
pub(crate) fn repetitions(short: usize, long: usize) -> usize {
    if env::var_os("MPS_TEST_LONG").is_some_and(|value| !value.is_empty()) {
        long
    } else {
        short
    }
}
