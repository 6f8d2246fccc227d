//! The models: every member of every struct, in both directions, driven by what the models say
//! of themselves.

#![cfg(test)]

mod actions;
mod arbitrary;
mod enums;
mod family_rules;
mod fixtures;
mod json_schema;
mod members;
mod preflight;
mod results;
mod sample;
mod service;
mod setters;
mod typed;
