//! A create through the client against a bare POST of the same bytes with the same HTTP library,
//! to the same server on this machine.
//!
//! What the client adds is the preflight check, the JSON, the permit, the signature, the
//! timeouts and the envelope; the rate limit itself is lifted, or it would be all there is to see.
//! The server is a process of its own, so that its work is nobody's.
//!
//! Besides criterion's figures it prints ratios, taken from short runs in turns, so that whatever
//! else the machine does falls on both alike.

mod callers;
mod server;
mod usage;

use std::{error::Error, time::Duration};

use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};

use self::{
    callers::{Bare, ThroughClient},
    server::ServerProcess,
    usage::Usage,
};

const ROUNDS: usize = 101;
const CALLS_A_ROUND: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    if server::is_asked_for() {
        return server::run();
    }
    let server = ServerProcess::start()?;
    let client = ThroughClient::new(&server.url)?;
    let bare = Bare::new(&client, &server.url)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let answers = (
        runtime.block_on(client.call()),
        runtime.block_on(bare.call()),
    );
    if let (None, _) | (_, None) = answers {
        return Err("the server does not answer as it should".into());
    }

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    compare(&mut criterion, &runtime, &client, &bare);
    criterion.final_summary();
    // Cargo passes `--bench` when it means to measure, and nothing when it only tries the code.
    if std::env::args().any(|argument| argument == "--bench") {
        print_ratios(&runtime, &client, &bare);
    }
    Ok(())
}

fn compare(criterion: &mut Criterion, runtime: &Runtime, client: &ThroughClient, bare: &Bare) {
    let mut group = criterion.benchmark_group("call");
    group.bench_function("client", |bench| {
        bench.iter(|| runtime.block_on(client.call()));
    });
    group.bench_function("bare", |bench| {
        bench.iter(|| runtime.block_on(bare.call()));
    });
    group.finish();
}

fn print_ratios(runtime: &Runtime, client: &ThroughClient, bare: &Bare) {
    let round = |_| {
        [
            usage::of(CALLS_A_ROUND, || runtime.block_on(client.call())),
            usage::of(CALLS_A_ROUND, || runtime.block_on(bare.call())),
        ]
    };
    let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    print_ratio("wall", &rounds, |usage| Some(usage.wall));
    print_ratio("CPU", &rounds, |usage| usage.cpu);
}

/// The median round, in microseconds a call, by what `of` takes from a round's usage.
#[expect(clippy::print_stdout, reason = "what a bench is for")]
fn print_ratio(name: &str, rounds: &[[Usage; 2]], of: fn(&Usage) -> Option<Duration>) {
    let micros = |usage: &Usage| Some(of(usage)?.as_secs_f64() * 1e6 / f64::from(CALLS_A_ROUND));
    let pairs = rounds
        .iter()
        .map(|[client, bare]| Some((micros(client)?, micros(bare)?)));
    let Some(mut pairs) = pairs.collect::<Option<Vec<_>>>() else {
        println!("call: this system does not tell {name} time");
        return;
    };
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    if let Some((client, bare)) = pairs.get(pairs.len() / 2) {
        let ratio = client / bare;
        println!("call, {name}: client {client:.1} µs, bare {bare:.1} µs, ratio {ratio:.2}");
    }
}
