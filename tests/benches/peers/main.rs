//! One create, by this client and by others, against one server on this machine: processor time (user
//! and system) of a call as a ratio to a bare POST by reqwest.
//!
//! The others are the vendor's SDKs that are installed (`tests/sdks/install.sh`; Go's where the machine
//! has Go), and four floors below any client: the bytes of a finished request over a TCP connection of
//! the standard library and of tokio, over one HTTP/1 connection of hyper, and by the pooled client of
//! hyper-util. Five rounds of 21 slices; every slice runs all of them in turn, so that other load affects
//! them alike, and the median slice is what a round says of a row. An SDK runs once in a round, as a process
//! of its own, between two slices. The table has medians and ranges of the rounds.

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
/// Slices of a round. Odd, so that one is the median.
const SLICES: usize = 21;
/// Calls of a row in a slice.
const CALLS: u32 = 500;
/// An SDK runs before each slice with a multiple of this number.
const SLICES_BETWEEN_SDKS: usize = 7;
const REQUEST: &str = "../spec/examples/CreateAigcVideoTask/documentation.request.json";
/// The row that all others are divided by.
const BASE: &str = "reqwest, bare POST";

/// Microseconds of processor time that a call takes, by name.
type Costs = Vec<(&'static str, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    if server::is_server() {
        return server::run();
    }
    let server = ServerProcess::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let peers = Peers::new(&server.url, &runtime)?;
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
    if !std::env::args().any(|argument| argument == "--bench") {
        peers.slice(&runtime, 1)?;
        return Ok(());
    }
    let sdks = [
        ("official SDK, Go", Sdk::go()),
        ("official SDK, Python", Sdk::python()),
        ("official SDK, Node.js", Sdk::node()),
    ];
    // The first calls fill caches.
    peers.slice(&runtime, CALLS)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(&peers, &runtime, &sdks, &server.url)?);
    }
    print(&rounds);
    print_missing(&sdks);
    Ok(())
}

/// An SDK with the name of its row; `None` if it is not installed.
type NamedSdk = (&'static str, Option<Sdk>);

fn round(
    peers: &Peers,
    runtime: &Runtime,
    sdks: &[NamedSdk],
    url: &str,
) -> Result<Costs, Box<dyn Error>> {
    let mut slices = Vec::new();
    let mut of_sdks = Costs::new();
    let mut sdks = sdks.iter();
    for slice in 0..SLICES {
        if slice % SLICES_BETWEEN_SDKS == 0
            && let Some((name, Some(sdk))) = sdks.next()
        {
            of_sdks.push((name, cost(sdk, url)?));
        }
        slices.push(peers.slice(runtime, CALLS)?);
    }
    let mut round: Costs = names(&slices)
        .filter_map(|name| Some((name, median(&sorted(in_order(&slices, name)))?)))
        .collect();
    round.append(&mut of_sdks);
    Ok(round)
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

    fn slice(&self, runtime: &Runtime, calls: u32) -> Result<Costs, &'static str> {
        let mut costs = Costs::new();
        let mut row = |name, call: &dyn Fn() -> bool| {
            if !call() {
                return Err("the server sent an unexpected response");
            }
            let cpu = usage::of(calls, call).cpu_us;
            costs.push((name, cpu.ok_or("this system reports no processor time")?));
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
        Ok(costs)
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
fn print(rounds: &[Costs]) {
    println!("| CPU of a create | ratio | range | µs |\n|---|---|---|---|");
    let base = in_order(rounds, BASE);
    for name in names(rounds) {
        let micros = in_order(rounds, name);
        let ratios = sorted(micros.iter().zip(&base).map(|(micros, base)| micros / base));
        if let (Some(ratio), [least, .., most], Some(micros)) =
            (median(&ratios), &*ratios, median(&sorted(micros)))
        {
            println!("| {name} | {ratio:.2} | {least:.2}-{most:.2} | {micros:.1} |");
        }
    }
}

/// Prints a row for each SDK that is not installed.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn print_missing(sdks: &[NamedSdk]) {
    for (name, _) in sdks.iter().filter(|(_, sdk)| sdk.is_none()) {
        println!("| {name} | not installed | | |");
    }
}

fn names(all: &[Costs]) -> impl Iterator<Item = &'static str> {
    all.first().into_iter().flatten().map(|(name, _)| *name)
}

/// Returns what each of the measurements says of a name.
fn in_order(all: &[Costs], name: &str) -> Vec<f64> {
    let of = |costs: &Costs| {
        costs
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, micros)| *micros)
    };
    all.iter().filter_map(of).collect()
}

fn sorted(numbers: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() / 2).copied()
}
