//! Tests of the public API: the service as a function under a test clock, and on a socket.
//!
//! Each module is marked as test code, since lints would treat helpers as library code otherwise.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod auth;
#[cfg(test)]
#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod call;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod connection_faults;
#[cfg(test)]
mod control;
#[cfg(test)]
mod download_faults;
#[cfg(test)]
mod downloads;
#[cfg(test)]
mod families;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod framing;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod list;
#[cfg(test)]
mod local_service;
#[cfg(test)]
mod many;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod results;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod server;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
mod spec;
#[cfg(test)]
mod state_file;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod thousands;
#[cfg(test)]
mod vectors;
