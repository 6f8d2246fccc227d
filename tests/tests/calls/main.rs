//! One call and its caller: the gate before a request leaves, and calls that are dropped in every
//! phase.
#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tokio's clock is paused, so these tests wait in virtual time"
    )
)]

#[cfg(test)]
mod drain;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod separate_limiters;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
