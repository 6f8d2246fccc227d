//! The emulator from outside: as a function under a test clock, and on a socket. Nothing sleeps.

mod auth;
mod call;
mod control;
mod limits;
mod raw;
mod refusals;
mod results;
mod server;
mod tasks;
mod vectors;
