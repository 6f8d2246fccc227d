//! The capability tables, and requests that are checked against them.

#![cfg(test)]

mod arbitrary;
mod billing;
mod by_hand;
mod matrix;
mod others;
mod request;
mod sites;
mod storyboard;
mod tables;
mod versions;
