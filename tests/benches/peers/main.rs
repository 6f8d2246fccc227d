//! One create, by this client and by others, against one server on this machine: processor time (user
//! and system) of a call as a ratio to a bare POST by reqwest.
//!
//! The others are the vendor's SDKs that are installed (`tests/sdks/install.sh`; Go's where the machine
//! has Go), and four floors below any client: the bytes of a finished request over a TCP connection of
//! the standard library and of tokio, over one HTTP/1 connection of hyper, and by the pooled client of
//! hyper-util. Five rounds; every round runs all of them in turn, so that other load affects them alike.
//! The table has medians and ranges.

#[path = "../call/callers.rs"]
mod callers;
mod floors;
#[path = "../call/server.rs"]
mod server;
#[path = "../call/usage.rs"]
#[expect(dead_code, reason = "wall time says nothing about a polling server")]
mod usage;

use std::{error::Error, path::Path};

use mps_tests::official::{Caller, Sdk};
use tokio::runtime::{Builder, Runtime};

use self::{
    callers::{Bare, SECRET_ID, SECRET_KEY, ThroughClient},
    floors::{HyperClient, HyperConnection, StdTcp, TokioTcp},
    server::ServerProcess,
};

const ROUNDS: usize = 5;
const CALLS: u32 = 2_000;
const REQUEST: &str = "../spec/examples/CreateAigcVideoTask/documentation.request.json";
/// The row that all others are divided by.
const BASE: &str = "reqwest, bare POST";

/// Calls in microseconds of processor time, by row.
type Round = Vec<(&'static str, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    if server::is_server() {
        return server::run();
    }
    let server = ServerProcess::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let peers = Peers::new(&server.url, &runtime)?;
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
    if !std::env::args().any(|argument| argument == "--bench") {
        peers.round(&runtime, 1)?;
        return Ok(());
    }
    let sdks = [
        ("official SDK, Go", Sdk::go()),
        ("official SDK, Python", Sdk::python()),
        ("official SDK, Node.js", Sdk::node()),
    ];
    // The first calls fill caches.
    peers.round(&runtime, CALLS)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = peers.round(&runtime, CALLS)?;
        for (name, sdk) in &sdks {
            if let Some(sdk) = sdk {
                round.push((name, cost(sdk, &server.url)?));
            }
        }
        rounds.push(round);
    }
    print(&rounds);
    Ok(())
}

/// Everything that sends the request from this process.
struct Peers {
    client: ThroughClient,
    bare: Bare,
    std_tcp: StdTcp,
    tokio_tcp: TokioTcp,
    connection: HyperConnection,
    hyper_client: HyperClient,
}

impl Peers {
    fn new(url: &str, runtime: &Runtime) -> Result<Self, Box<dyn Error>> {
        let client = ThroughClient::new(url)?;
        let bare = Bare::new(&client, url)?;
        let (headers, body) = (&bare.headers, &bare.body);
        Ok(Self {
            std_tcp: StdTcp::new(url, headers, body)?,
            tokio_tcp: runtime.block_on(TokioTcp::new(url, headers, body))?,
            connection: runtime.block_on(HyperConnection::new(url, headers, body))?,
            hyper_client: HyperClient::new(url, headers, body),
            client,
            bare,
        })
    }

    fn round(&self, runtime: &Runtime, calls: u32) -> Result<Round, &'static str> {
        let mut round = Round::new();
        let mut row = |name, call: &dyn Fn() -> bool| {
            if !call() {
                return Err("the server sent an unexpected response");
            }
            let cpu = usage::of(calls, call).cpu_us;
            round.push((name, cpu.ok_or("this system reports no processor time")?));
            Ok(())
        };
        row(BASE, &|| runtime.block_on(self.bare.call()).is_some())?;
        row("mps-core, typed", &|| {
            runtime.block_on(self.client.call_typed()).is_some()
        })?;
        row("mps-core, untyped", &|| {
            runtime.block_on(self.client.call()).is_some()
        })?;
        row("floor: std TCP", &|| self.std_tcp.call().is_some())?;
        row("floor: tokio TCP", &|| {
            runtime.block_on(self.tokio_tcp.call()).is_some()
        })?;
        row("floor: hyper connection", &|| {
            runtime.block_on(self.connection.call()).is_some()
        })?;
        row("floor: hyper-util client", &|| {
            runtime.block_on(self.hyper_client.call()).is_some()
        })?;
        Ok(round)
    }
}

fn cost(sdk: &Sdk, url: &str) -> Result<f64, Box<dyn Error>> {
    let caller = Caller {
        address: floors::address(url),
        secret_id: SECRET_ID,
        secret_key: SECRET_KEY,
    };
    let request = Path::new(env!("CARGO_MANIFEST_DIR")).join(REQUEST);
    let request = request.to_str().ok_or("the path is not text")?;
    let seen = sdk.run(caller, "cost", request)?;
    let cost = seen.get("cpu_us").and_then(serde_json::Value::as_f64);
    cost.ok_or_else(|| format!("the SDK was refused: {seen}").into())
}

/// Prints a row for each peer: the ratio to the base of the same round, and the median processor time.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn print(rounds: &[Round]) {
    println!("| CPU of a create | ratio | range | µs |\n|---|---|---|---|");
    let names = rounds.first().into_iter().flatten().map(|(name, _)| *name);
    for name in names {
        let of = |round: &Round, wanted: &str| {
            let found = round.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, micros)| *micros)
        };
        let micros = sorted(rounds.iter().filter_map(|round| of(round, name)));
        let ratios = sorted(
            rounds
                .iter()
                .filter_map(|round| Some(of(round, name)? / of(round, BASE)?)),
        );
        if let (Some(ratio), [least, .., most], Some(micros)) =
            (median(&ratios), &*ratios, median(&micros))
        {
            println!("| {name} | {ratio:.2} | {least:.2}-{most:.2} | {micros:.1} |");
        }
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() / 2).copied()
}
