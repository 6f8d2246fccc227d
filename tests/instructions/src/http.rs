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

use std::{error::Error, sync::Arc};

use mps_core::Client;
use tokio::runtime::{Builder, Runtime};

use self::{
    callers::{Bare, ThroughClient},
    server::ServerProcess,
};
use crate::{Outcome, pooled::Pooled, repeat};

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
    /// The same client over the prototype.
    pooled: ThroughClient,
    bare: Bare,
    _server: ServerProcess,
}

impl Callers {
    fn new() -> Result<Self, Box<dyn Error>> {
        let server = ServerProcess::start()?;
        let client = ThroughClient::new(&server.url)?;
        let pooled = Client::builder().transport(Arc::new(Pooled::new()));
        let pooled = ThroughClient::built(pooled, &server.url)?;
        let callers = Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            bare: Bare::new(&client, &server.url)?,
            client,
            pooled,
            _server: server,
        };
        match (callers.create(), callers.create_pooled(), callers.post()) {
            (true, true, true) => Ok(callers),
            _ => Err("the server sent an unexpected response".into()),
        }
    }

    fn create(&self) -> bool {
        self.runtime.block_on(self.client.call_typed()).is_some()
    }

    fn create_pooled(&self) -> bool {
        self.runtime.block_on(self.pooled.call_typed()).is_some()
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

pub(crate) fn create_pooled(times: u32) -> Outcome {
    let callers = Callers::new()?;
    repeat(times, || callers.create_pooled());
    Ok(())
}

pub(crate) fn bare(times: u32) -> Outcome {
    let callers = Callers::new()?;
    repeat(times, || callers.post());
    Ok(())
}

/// Prints the processor time of all, in rounds that alternate, so that other load affects all alike.
pub(crate) fn ratio(times: u32) -> Outcome {
    let callers = Callers::new()?;
    let round = |_| {
        let create = usage::of(times, || callers.create()).cpu_us?;
        let pooled = usage::of(times, || callers.create_pooled()).cpu_us?;
        let bare = usage::of(times, || callers.post()).cpu_us?;
        Some([create, pooled, bare])
    };
    let rounds: Vec<[f64; 3]> = (0..ROUNDS).filter_map(round).collect();
    print_ratio("create", &rounds, |[create, _, bare]| [*create, *bare])?;
    print_ratio("create, hyper", &rounds, |[_, pooled, bare]| {
        [*pooled, *bare]
    })
}

/// Prints the median round, and the range without a tenth of the rounds at each end.
#[expect(clippy::print_stderr, reason = "a result for people")]
fn print_ratio(name: &str, rounds: &[[f64; 3]], of: fn(&[f64; 3]) -> [f64; 2]) -> Outcome {
    let ratio = |[client, bare]: &[f64; 2]| client / bare;
    let mut pairs: Vec<_> = rounds.iter().map(of).collect();
    pairs.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let at = |index: usize| pairs.get(index).ok_or("no processor times on this system");
    let (low, high) = (at(ROUNDS / 10)?, at(ROUNDS - 1 - ROUNDS / 10)?);
    let median @ [client, bare] = at(ROUNDS / 2)?;
    eprintln!(
        "{name}: {client:.1} µs, bare {bare:.1} µs, ratio {:.2} ({:.2}-{:.2})",
        ratio(median),
        ratio(low),
        ratio(high)
    );
    Ok(())
}
