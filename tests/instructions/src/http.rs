//! A typed create over a socket, and a bare POST of the same bytes by the same HTTP library. What the
//! client adds to the library is the difference. Not in CI, because the library takes long to build.

#[expect(dead_code, reason = "the bench makes typed calls only")]
#[path = "../../benches/call/callers.rs"]
mod callers;
#[path = "../../benches/call/server.rs"]
mod server;
#[expect(dead_code, reason = "the bench compares processor time alone")]
#[path = "../../benches/call/usage.rs"]
mod usage;

use std::error::Error;

use tokio::runtime::{Builder, Runtime};

use self::{
    callers::{Bare, ThroughClient},
    server::ServerProcess,
};
use crate::{Outcome, repeat};

const ROUNDS: usize = 41;

/// Serves if this process is the server. Returns whether it was.
pub(crate) fn served() -> Result<bool, Box<dyn Error>> {
    let is_server = server::is_server();
    if is_server {
        server::run()?;
    }
    Ok(is_server)
}

/// Both callers of a server in a process of its own.
struct Callers {
    runtime: Runtime,
    client: ThroughClient,
    bare: Bare,
    _server: ServerProcess,
}

impl Callers {
    fn new() -> Result<Self, Box<dyn Error>> {
        let server = ServerProcess::start()?;
        let client = ThroughClient::new(&server.url)?;
        let callers = Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            bare: Bare::new(&client, &server.url)?,
            client,
            _server: server,
        };
        match (callers.create(), callers.post()) {
            (true, true) => Ok(callers),
            _ => Err("the server sent an unexpected response".into()),
        }
    }

    fn create(&self) -> bool {
        self.runtime.block_on(self.client.call_typed()).is_some()
    }

    fn post(&self) -> bool {
        self.runtime.block_on(self.bare.call()).is_some()
    }
}

pub(crate) fn create(times: u32) -> Outcome {
    let callers = Callers::new()?;
    repeat(times, || callers.create());
    Ok(())
}

pub(crate) fn bare(times: u32) -> Outcome {
    let callers = Callers::new()?;
    repeat(times, || callers.post());
    Ok(())
}

/// Prints the processor time of both, in rounds that alternate, so that other load affects both.
#[expect(clippy::print_stderr, reason = "a result for people")]
pub(crate) fn ratio(times: u32) -> Outcome {
    let callers = Callers::new()?;
    let round = |_| {
        let create = usage::of(times, || callers.create()).cpu_us?;
        let bare = usage::of(times, || callers.post()).cpu_us?;
        Some((create / bare, create, bare))
    };
    let mut rounds: Vec<_> = (0..ROUNDS).filter_map(round).collect();
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at = |index: usize| rounds.get(index).ok_or("no processor times on this system");
    let (low, high) = (at(ROUNDS / 10)?.0, at(ROUNDS - 1 - ROUNDS / 10)?.0);
    let (ratio, create, bare) = at(ROUNDS / 2)?;
    eprintln!("create {create:.1} µs, bare {bare:.1} µs, ratio {ratio:.2} ({low:.2}-{high:.2})");
    Ok(())
}
