//! Runs one hot path many times, for `cargo xtask instructions`, which counts under valgrind what
//! happens within [`measured_section`].
//!
//! `mps-instructions` without arguments prints the name of each bench; with a name it runs the bench
//! and prints how many times. The state machine of the ledger and the order of polls are compiled
//! from their files, because they are pure, and their crates need SQLite and a runtime.

mod call;
mod codegen;
mod fixture;
mod ledger;
mod permit;
mod poll;
mod preflight;
mod sign;

use std::{env, error::Error, hint::black_box};

type Outcome = Result<(), Box<dyn Error>>;

/// A hot path: its name, how many times it runs, and a function that runs it so many times.
struct Bench {
    name: &'static str,
    times: u32,
    run: fn(u32) -> Outcome,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "sign",
        times: 100,
        run: sign::run,
    },
    Bench {
        name: "typed-call",
        times: 100,
        run: call::typed,
    },
    Bench {
        name: "preflight-clean",
        times: 100,
        run: preflight::clean,
    },
    Bench {
        name: "preflight-full",
        times: 100,
        run: preflight::full,
    },
    Bench {
        name: "preflight-dirty",
        times: 100,
        run: preflight::dirty,
    },
    Bench {
        name: "permit",
        times: 100,
        run: permit::run,
    },
    Bench {
        name: "poll-step",
        times: 2_000,
        run: poll::run,
    },
    Bench {
        name: "ledger-transitions",
        times: 20,
        run: ledger::run,
    },
    Bench {
        name: "codegen-action",
        times: 2,
        run: codegen::run,
    },
];

#[expect(clippy::print_stdout, reason = "xtask reads the result from stdout")]
fn main() -> Outcome {
    let Some(name) = env::args().nth(1) else {
        for bench in BENCHES {
            println!("{}", bench.name);
        }
        return Ok(());
    };
    let bench = BENCHES.iter().find(|bench| bench.name == name);
    let bench = bench.ok_or_else(|| format!("no bench has the name {name}"))?;
    (bench.run)(bench.times)?;
    println!("{}", bench.times);
    Ok(())
}

/// Runs `work`, whose instructions are counted. A function of its own in the program, because
/// valgrind counts between its beginning and its end.
#[inline(never)]
fn measured_section<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// Runs `work` once uncounted, so that caches are filled, then counted.
fn repeat<T>(times: u32, mut work: impl FnMut() -> T) {
    drop(black_box(work()));
    for _ in 0..times {
        drop(measured_section(&mut work));
    }
}
