//! What a permit costs: in memory, through a file, through a Redis server; with nobody waiting and
//! with a hundred thousand; and whether 64 processes on one server get the rate, and each a share.
//!
//! Figures stand beside one taken in the same run: two readings of the clock, which no permit can
//! do without, the shortest line, a bare `PING`, the best there can be.

mod costs;
mod crowd;
mod line;

use std::error::Error;

use mps_tests::worker;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Does nothing but for a worker, which goes on until it is ended.
    runtime.block_on(worker::work())?;
    // Cargo passes `--bench` when it means to measure, and nothing when it only tries the code.
    let measures = std::env::args().any(|argument| argument == "--bench");
    costs::in_memory(&runtime, if measures { 200_001 } else { 1 })?;
    for waiting in [1_000, 10_000, 100_000] {
        line::print_cost(if measures { waiting } else { 20 })?;
    }
    runtime.block_on(costs::shared(if measures { 300 } else { 1 }))?;
    if measures {
        runtime.block_on(crowd::print_shares())?;
    }
    Ok(())
}
