use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use mps_emulator::{BucketUrls, Fault, RateLimit};

use super::duration;

#[derive(Args, Debug)]
pub(crate) struct Emulator {
    /// Address to listen on, on this machine only; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Key pair of an account; the first named one is the default account, which has an invented
    /// pair otherwise
    #[arg(long = "account", value_name = "ID:KEY", value_parser = key_pair)]
    pub(crate) accounts: Vec<KeyPair>,
    /// Keep tasks, bill and request log in this file, and take up again what it holds
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Make ids, invented keys and times the same in every run
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Write each request as a line of JSON to this file, or to stdout if it is `-`
    #[arg(long, value_name = "FILE|-")]
    pub(crate) log: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tasks: Tasks,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Let requests go wrong: a rule as the control API takes it, such as
    /// '{"kind":"reply_lost","times":1}'
    #[arg(long = "fault", value_name = "JSON", value_parser = fault, help_heading = "Faults")]
    pub(crate) faults: Vec<Fault>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Tasks")]
pub(crate) struct Tasks {
    /// How long a task waits before it runs
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    pub(crate) queue_time: Duration,
    /// How long a task runs before it is done
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) render_time: Duration,
    /// Let tasks take as long as those of the service do: minutes, by family and model
    #[arg(long, conflicts_with_all = ["queue_time", "render_time"])]
    pub(crate) realistic_times: bool,
    /// Address to tell of a result in a bucket of the caller's
    #[arg(long, value_name = "KIND", default_value = "local")]
    pub(crate) bucket_urls: BucketAddress,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Clock")]
pub(crate) struct Pace {
    /// Let so many seconds pass in one, for tasks, results and signatures [default: 1, or as in the
    /// state file]
    #[arg(long, value_name = "RATE")]
    pub(crate) clock_rate: Option<f64>,
    /// Let time stand still until the control API lets it go on
    #[arg(long)]
    pub(crate) freeze: bool,
    /// Also take signatures that are fresh by the machine's time, as those of the official SDKs are
    /// when the clock was moved
    #[arg(long)]
    pub(crate) accept_machine_time: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// How the documented limits on calls a second are kept
    #[arg(long, value_name = "FLAVOUR", default_value = "sliding-window")]
    pub(crate) rate_limit: Flavour,
    /// How many tasks of an account may wait or run at once [default: any number]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Flavour {
    /// No second, wherever it begins, holds more starts than the limit
    SlidingWindow,
    /// Each second of the wall clock holds as many starts as the limit
    FixedWindow,
    /// As many starts as the limit at once, then one by one
    TokenBucket,
    /// No limit
    Off,
}

impl From<Flavour> for RateLimit {
    fn from(flavour: Flavour) -> Self {
        match flavour {
            Flavour::SlidingWindow => Self::SlidingWindow,
            Flavour::FixedWindow => Self::FixedWindow,
            Flavour::TokenBucket => Self::TokenBucket,
            Flavour::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum BucketAddress {
    /// That of the real storage, where nothing can be fetched
    Faithful,
    /// The emulator's own
    Local,
}

impl From<BucketAddress> for BucketUrls {
    fn from(address: BucketAddress) -> Self {
        match address {
            BucketAddress::Faithful => Self::Faithful,
            BucketAddress::Local => Self::Local,
        }
    }
}

/// The emulator takes any pair, but a person may type a real one.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}

fn key_pair(text: &str) -> Result<KeyPair, String> {
    match text.split_once(':') {
        Some((id, key)) if !id.is_empty() && !key.is_empty() => Ok(KeyPair {
            secret_id: id.to_owned(),
            secret_key: key.to_owned(),
        }),
        _ => Err("write it as ID:KEY".to_owned()),
    }
}

fn fault(text: &str) -> Result<Fault, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
