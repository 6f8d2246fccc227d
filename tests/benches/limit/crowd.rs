//! Many processes that share a limit through one Redis server.

use std::{collections::HashMap, error::Error, time::Duration};

use mps_core::{
    clock::{Clock as _, SystemClock},
    limit::internals::{START_TOLERANCE, WINDOW},
};
use mps_tests::{
    redis::RedisServer,
    window::most_in_any_second,
    worker::{self, LIMIT, Worker},
};

const PROCESSES: u32 = 64;
const MEASURED: Duration = Duration::from_secs(20);
/// Time until all processes run and have started once.
const SETTLING: Duration = Duration::from_secs(10);

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
pub(crate) async fn print_shares() -> Result<(), Box<dyn Error>> {
    let Some(server) = RedisServer::start()? else {
        return Ok(());
    };
    let (folder, clock) = (tempfile::tempdir()?, SystemClock::new());
    let log = folder.path().join("log");
    let workers = (0..PROCESSES).map(|_| Worker::start([], server.url(), &log));
    let workers = workers.collect::<Result<Vec<_>, _>>()?;
    clock.sleep(SETTLING).await;
    let settled = worker::starts(&log)?;
    let from = settled
        .iter()
        .map(|(us, _)| *us)
        .max()
        .ok_or("no process started")?;
    clock.sleep(MEASURED + Duration::from_secs(1)).await;
    drop(workers);

    let all = worker::starts(&log)?;
    let until = from + u64::try_from(MEASURED.as_micros())?;
    let measured: Vec<_> = all
        .iter()
        .filter(|(us, _)| (from..until).contains(us))
        .collect();
    let mut shares = HashMap::new();
    for (_, who) in &measured {
        *shares.entry(*who).or_insert(0_u32) += 1;
    }
    let starts = u32::try_from(measured.len())?;
    let everybody = shares.len() == usize::try_from(PROCESSES)?;
    let smallest = shares.values().copied().min().filter(|_| everybody);
    let smallest = smallest.unwrap_or_default();
    let rate = f64::from(starts) / MEASURED.as_secs_f64();
    let best = f64::from(LIMIT) / (WINDOW + START_TOLERANCE).as_secs_f64();
    let fair = f64::from(starts) / f64::from(PROCESSES);
    let most = most_in_any_second(&all.iter().map(|(us, _)| *us).collect::<Vec<_>>());
    println!(
        "{PROCESSES} processes for {MEASURED:?}: {rate:.2}/s, {:.1} % of the best ({best:.2}/s); \
         most in one second {most}; smallest share {smallest}, fair {fair:.1}, ratio {:.2}",
        100.0 * rate / best,
        f64::from(smallest) / fair
    );
    Ok(())
}
