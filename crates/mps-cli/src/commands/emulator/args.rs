//! The arguments of `mps emulator`.
#![expect(
    clippy::doc_markdown,
    reason = "help is shown as plain text, not as Markdown"
)]

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use mps_emulator::{BucketUrls, Fault, RateLimit};

mod keys;
mod times;

use self::keys::Hidden;
pub(crate) use self::{
    keys::{KeyPair, TemporaryKey},
    times::{Span, TaskTime, Tasks as TimedTasks},
};
use crate::{options::parse_duration as duration, suggest};

/// The arguments of `mps emulator`.
#[derive(Args, Debug)]
pub(crate) struct EmulatorArgs {
    /// Address to listen on; port 0 selects a free one. An address that other machines can reach
    /// needs --allow-host
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Also answer requests for this host name; may be repeated [default: loopback names only]
    #[arg(long = "allow-host", value_name = "NAME", value_parser = host_name)]
    pub(crate) allowed_hosts: Vec<String>,
    /// Serve HTTPS with a certificate of one day; the first line of stdout names its authority's file
    #[arg(long)]
    pub(crate) tls: bool,
    /// Accept signatures for any service, as of clients that take the service from the host name
    #[arg(long)]
    pub(crate) lenient_service: bool,
    /// Permanent key pair of an account; may be repeated. The first one is of the default account,
    /// which otherwise has a generated pair
    #[arg(long = "permanent", value_name = "ID:KEY", value_parser = Hidden(keys::key_pair))]
    pub(crate) accounts: Vec<KeyPair>,
    /// Temporary credentials of the default account; may be repeated. Calls with them must carry the
    /// token, and fail once the time has passed on the emulator's clock
    #[arg(
        long,
        value_name = "ID:KEY:TOKEN[@TIME]",
        value_parser = Hidden(keys::temporary_key)
    )]
    pub(crate) temporary: Vec<TemporaryKey>,
    /// Keep tasks, bill and request log in this file, and continue with its state
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Make ids, generated keys, durations and faults the same in every run
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Append each request as a line of JSON to this file, or write it to stdout if it is `-`
    #[arg(long, value_name = "FILE|-")]
    pub(crate) log: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tasks: Tasks,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Rule by which requests fail, as the control API accepts it; may be repeated. For example
    /// '{"kind":"reply_lost","times":1}'
    #[arg(long = "fault", value_name = "JSON", value_parser = fault, help_heading = "Faults")]
    pub(crate) faults: Vec<Fault>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Tasks")]
pub(crate) struct Tasks {
    /// Time that a task waits before it runs; repeat it for a family or model that differs:
    /// video=5s, video/Kling=1s..5s [default: 500ms]
    #[arg(long = "queue-time", value_name = "[TASKS=]TIME[..TIME]", value_parser = times::task_time)]
    pub(crate) queue_times: Vec<TaskTime>,
    /// Time that a task runs before it is done; families and models as above [default: 1s]
    #[arg(long = "render-time", value_name = "[TASKS=]TIME[..TIME]", value_parser = times::task_time)]
    pub(crate) render_times: Vec<TaskTime>,
    /// Additional waiting time of a video with OffPeak [default: 1h..8h]
    #[arg(long, value_name = "TIME[..TIME]", value_parser = times::off_peak)]
    pub(crate) off_peak_time: Option<Span>,
    /// Let tasks take as long as those of the service: minutes, by family and model; other times
    /// can be set for some of them as above
    #[arg(long)]
    pub(crate) realistic_times: bool,
    /// Kind of URL of a result that is stored in the caller's bucket
    #[arg(long, value_name = "KIND", default_value = "local")]
    pub(crate) bucket_urls: BucketAddress,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Clock")]
pub(crate) struct Pace {
    /// Virtual seconds per second, for tasks, results and signatures [default: 1, or as in the state
    /// file]
    #[arg(long, value_name = "RATE")]
    pub(crate) clock_rate: Option<f64>,
    /// Freeze time until the control API lets it continue
    #[arg(long)]
    pub(crate) freeze: bool,
    /// Also accept signatures that are fresh by the machine's time, as those of the official SDKs
    /// are after the clock was moved
    #[arg(long)]
    pub(crate) accept_machine_time: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// Enforcement of the documented limits on calls a second
    #[arg(long, value_name = "FLAVOUR", default_value = "sliding-window")]
    pub(crate) rate_limit: Flavour,
    /// Limit on the tasks of an account that wait or run at once [default: any number]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Flavour {
    /// At most as many starts as the limit in any window of one second
    SlidingWindow,
    /// As many starts as the limit in each second of the wall clock
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
    /// The real storage's, where nothing can be downloaded
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

/// Parses a host name without a scheme, port or path.
fn host_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if !text.is_empty() && text.chars().all(is_part) {
        Ok(text.to_owned())
    } else {
        Err("write a host name without scheme and port, such as emulator.example".to_owned())
    }
}

fn fault(text: &str) -> Result<Fault, String> {
    serde_json::from_str(text).map_err(|error| {
        let error = error.to_string();
        // The list of kinds ends the message.
        let known = error.rsplit_once("known: ").map(|(_, known)| known);
        let rule: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let kind = rule.as_ref().and_then(|rule| rule.get("kind")?.as_str());
        let closest = match (kind, known) {
            (Some(kind), Some(known)) => suggest::closest(kind, known.split(", ")),
            _ => None,
        };
        match closest {
            Some(closest) => format!("did you mean {closest}? {error}"),
            None => error,
        }
    })
}
