//! The models: every member of every struct, in both directions, driven by what the models say
//! of themselves.

#![cfg(test)]

mod arbitrary;
mod enums;
mod fixtures;
mod members;
mod preflight;
mod sample;
mod service;
mod typed;
