//! The tools for those who keep the specification: what an import brings in and leaves alone,
//! and how a difference is classified.
//!
//! Both work on a small specification and a description that matches it, under
//! `fixtures/spec_tools/`; every test changes one of the two.

#![cfg(test)]

mod add;
mod bad_input;
mod checkout;
mod class;
mod columns;
mod diff;
mod families;
mod import;
mod release;
mod seen;
mod support;
mod texts;
mod truth;
mod whole;
