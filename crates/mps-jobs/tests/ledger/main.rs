//! The ledger through its public API, in memory and in files.

mod follow;
mod forget;
mod key_and_repeat;
mod money;
mod opening;
mod resolve;
mod send;
mod store;
mod support;
