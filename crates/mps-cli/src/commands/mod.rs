//! One module a command.

pub(crate) mod call;
pub(crate) mod check;
mod dry_run;
pub(crate) mod emulator;
pub(crate) mod family;
pub(crate) mod models;
pub(crate) mod sign;
mod task;
