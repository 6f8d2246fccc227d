//! The cost of permits that need no wait.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, SystemTime},
};

use mps_core::{
    BoxFuture,
    clock::{Clock, SharedClock, SystemClock},
    limit::{FileLimiter, LimitError, Limiter, LocalLimiter, PermitRequest, RedisLimiter},
};
use mps_models::Effect;
use mps_tests::redis::RedisServer;
use tokio::runtime::Runtime;

const ROUNDS: usize = 101;
/// The highest rate limit of the service.
const LIMIT: u32 = 50;

/// The system clock, a million times as fast, so that a slot is always free.
#[derive(Debug)]
struct Fast(SystemClock);

impl Clock for Fast {
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic() * 1_000_000
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn start_once(limiter: &dyn Limiter) -> Result<bool, LimitError> {
    let request = PermitRequest::new("CreateAigcVideoTask", Effect::PaidCreate, LIMIT)
        .max_wait(Duration::from_secs(60));
    Ok(limiter.acquire(request).await?.start())
}

/// Prints the median cost of a permit in memory, and of the two clock readings that it needs.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
pub(crate) fn in_memory(runtime: &Runtime, times: u32) -> Result<(), Box<dyn Error>> {
    let times = times / u32::try_from(ROUNDS)? + 1;
    let clock: SharedClock = std::sync::Arc::new(Fast(SystemClock::new()));
    let limiter = LocalLimiter::without_warm_up(clock.clone());
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let permits = runtime.block_on(async {
            let watch = SystemClock::new();
            for _ in 0..times {
                black_box(start_once(&limiter).await)?;
            }
            Ok::<_, LimitError>(watch.monotonic())
        })?;
        let watch = SystemClock::new();
        for _ in 0..times {
            black_box((clock.monotonic(), clock.monotonic()));
        }
        rounds.push(
            [permits, watch.monotonic()].map(|total| total.as_secs_f64() * 1e9 / f64::from(times)),
        );
    }
    rounds.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let [permit, readings] = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("in memory: permit {permit:.0} ns, of that two clock readings {readings:.0} ns");
    Ok(())
}

/// Prints the cost of permits through a file and through a server, and of a bare round trip to it.
pub(crate) async fn shared(permits: usize) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = FileLimiter::new(folder.path(), "account", SystemClock::shared());
    print_costs("file", costs(&file, permits).await?);
    let Some(server) = RedisServer::start()? else {
        return Ok(());
    };
    let limiter = RedisLimiter::new(&server.url(), "account", SystemClock::shared())?;
    print_costs("redis", costs(&limiter, permits).await?);
    print_costs("redis, bare PING", pings(&server, permits).await?);
    Ok(())
}

/// Returns the time of each permit that did not have to wait.
async fn costs(limiter: &dyn Limiter, permits: usize) -> Result<Vec<f64>, LimitError> {
    const WAITED: Duration = Duration::from_millis(40);
    let mut costs = Vec::new();
    while costs.len() < permits {
        let watch = SystemClock::new();
        let _in_time = start_once(limiter).await?;
        let took = watch.monotonic();
        if took < WAITED {
            costs.push(took.as_secs_f64() * 1e6);
        }
    }
    Ok(costs)
}

async fn pings(server: &RedisServer, times: usize) -> redis::RedisResult<Vec<f64>> {
    let client = redis::Client::open(server.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut costs = Vec::new();
    for _ in 0..times {
        let watch = SystemClock::new();
        redis::cmd("PING").exec_async(&mut connection).await?;
        costs.push(watch.monotonic().as_secs_f64() * 1e6);
    }
    Ok(costs)
}

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn print_costs(name: &str, mut costs: Vec<f64>) {
    costs.sort_by(f64::total_cmp);
    let percentile = |p: usize| {
        costs
            .get(costs.len() * p / 100)
            .copied()
            .unwrap_or_default()
    };
    let (p50, p99) = (percentile(50), percentile(99));
    println!("{name}: p50 {p50:.0} µs, p99 {p99:.0} µs");
}
