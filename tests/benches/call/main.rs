//! A create through the client against a bare POST of the same bytes with the same HTTP library,
//! to the same server on this machine.
//!
//! The client adds the permit, the signature, the timeouts and the envelope; a typed call also adds
//! the preflight check, JSON and the typed response. The rate limit is off, since it would dominate
//! the result. The server runs in its own process, so its work is not measured.
//!
//! Besides criterion's figures the bench prints ratios from short alternating runs, so that other
//! load on the machine affects all of them alike. If the vendor's SDKs are installed
//! (`tests/sdks/install.sh`), they make the same create and report their own processor time.

mod callers;
mod official;
mod server;
mod usage;

use std::{error::Error, time::Duration};

use bytes::Bytes;
use criterion::Criterion;
use serde_json::value::RawValue;
use tokio::runtime::{Builder, Runtime};

use self::{
    callers::{Bare, ThroughClient},
    server::ServerProcess,
    usage::Usage,
};

const ROUNDS: usize = 101;
const CALLS_A_ROUND: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    if server::is_server() {
        return server::run();
    }
    let server = ServerProcess::start()?;
    let client = ThroughClient::new(&server.url)?;
    let bare = Bare::new(&client, &server.url)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let callers = Callers {
        runtime,
        client,
        bare,
    };
    callers.check()?;

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("call");
    group.bench_function("client", |bench| bench.iter(|| callers.client()));
    group.bench_function("client, typed", |bench| bench.iter(|| callers.typed()));
    group.bench_function("bare", |bench| bench.iter(|| callers.bare()));
    group.finish();
    criterion.final_summary();
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
    if std::env::args().any(|argument| argument == "--bench") {
        print_ratios(&callers);
        official::print_ratios(&server.url, || callers.typed())?;
    }
    Ok(())
}

struct Callers {
    runtime: Runtime,
    client: ThroughClient,
    bare: Bare,
}

impl Callers {
    fn client(&self) -> Option<Box<RawValue>> {
        self.runtime.block_on(self.client.call())
    }

    fn typed(&self) -> Option<String> {
        self.runtime.block_on(self.client.call_typed())
    }

    fn bare(&self) -> Option<Bytes> {
        self.runtime.block_on(self.bare.call())
    }

    fn check(&self) -> Result<(), &'static str> {
        let all = self.client().and(self.typed()).and(self.bare());
        all.map(drop)
            .ok_or("the server sent an unexpected response")
    }
}

/// The usage of one round for each of the three ways.
struct Round {
    client: Usage,
    typed: Usage,
    bare: Usage,
}

fn print_ratios(callers: &Callers) {
    let round = |_| Round {
        client: usage::of(CALLS_A_ROUND, || callers.client()),
        typed: usage::of(CALLS_A_ROUND, || callers.typed()),
        bare: usage::of(CALLS_A_ROUND, || callers.bare()),
    };
    let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    print_ratio("typed call, wall", &rounds, |round| {
        Some([round.typed.wall_us, round.bare.wall_us])
    });
    print_ratio("typed call, CPU", &rounds, |round| {
        Some([round.typed.cpu_us?, round.bare.cpu_us?])
    });
    print_ratio("call, wall", &rounds, |round| {
        Some([round.client.wall_us, round.bare.wall_us])
    });
    print_ratio("call, CPU", &rounds, |round| {
        Some([round.client.cpu_us?, round.bare.cpu_us?])
    });
}

/// Prints the median round.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn print_ratio(name: &str, rounds: &[Round], of: fn(&Round) -> Option<[f64; 2]>) {
    let ratio = |[client, bare]: &[f64; 2]| client / bare;
    let mut pairs: Vec<_> = rounds.iter().filter_map(of).collect();
    pairs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    match pairs.get(pairs.len() / 2) {
        Some(pair @ [client, bare]) => {
            let ratio = ratio(pair);
            println!("{name}: client {client:.1} µs, bare {bare:.1} µs, ratio {ratio:.2}");
        }
        None => println!("{name}: not available on this system"),
    }
}
