//! One call and its caller: the gate before a request leaves, and calls that are dropped in every
//! phase.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[cfg(test)]
mod drain;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
