//! What models can do: the tables, and requests held to them.

#![cfg(test)]

mod arbitrary;
mod billing;
mod by_hand;
mod matrix;
mod others;
mod request;
mod storyboard;
mod tables;
mod versions;
