//! Calls per second of the emulator on one core, with signature checks, compared with the same web
//! framework sending a constant response.
//!
//! Each server is a process with a single thread, so its processor time is the cost of its responses.
//! The rate per core follows from it, however busy the machine is. The servers alternate, so that
//! other load affects both alike.

mod load;
mod server;

use std::error::Error;

use self::{load::Load, server::ServerProcess};

const ROUNDS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(kind) = server::requested() {
        return server::run(&kind);
    }
    let emulator = ServerProcess::start(server::EMULATOR)?;
    let (load, answer) = Load::describing_a_task(&emulator)?;
    let constant = ServerProcess::start(server::CONSTANT)?;
    constant.set_response(&answer)?;
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
    let rounds = if std::env::args().any(|argument| argument == "--bench") {
        ROUNDS
    } else {
        1
    };
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        pairs.push([load.cost_ns(&emulator)?, load.cost_ns(&constant)?]);
    }
    print(&mut pairs);
    Ok(())
}

/// Prints the median round.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn print(pairs: &mut [[f64; 2]]) {
    let ratio = |[emulator, constant]: &[f64; 2]| emulator / constant;
    pairs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    let Some(pair @ [emulator, constant]) = pairs.get(pairs.len() / 2) else {
        return;
    };
    let a_second = |nanoseconds: f64| 1e9 / nanoseconds;
    println!(
        "calls a second on one core: emulator {:.0}, constant {:.0}, ratio of cost {:.2}",
        a_second(*emulator),
        a_second(*constant),
        ratio(pair),
    );
}
