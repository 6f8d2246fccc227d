//! The cost of a permit in memory, through a file and through a Redis server, with no queue and with
//! 100,000 callers in it; and the rate and shares of 64 processes on one server.
//!
//! Each figure is printed beside a lower bound from the same run: two clock readings, the shortest
//! queue, or a bare `PING`.

mod costs;
mod crowd;
mod line;

use std::error::Error;

use mps_tests::worker;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Returns at once unless this process is a worker, which runs until it is killed.
    runtime.block_on(worker::work())?;
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
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
