//! Shared helpers of the tests: a search for leaked secrets, shared limits, transports with delays,
//! waits with a bound, and processes (`mps`, Redis and PostgreSQL servers, workers that share a limit, the vendor's SDKs, a browser).
//!
//! # Example
//! ```
//! use mps_tests::window::most_in_any_second;
//!
//! assert_eq!(most_in_any_second(&[0, 999_999, 1_000_000]), 2);
//! ```

pub mod arrivals;
pub mod bounded;
pub mod browser;
pub mod capture;
#[cfg(unix)]
pub mod commands;
pub mod delay;
#[cfg(doctest)]
pub mod documents;
pub mod front;
pub mod official;
pub mod ports;
#[cfg(unix)]
pub mod postgres;
pub mod process;
pub mod redis;
pub mod shared_limit;
pub mod window;
#[cfg(unix)]
pub mod worker;
