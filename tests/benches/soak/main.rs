//! Mixed calls under random faults for five minutes (`SOAK_SECONDS` sets another time), followed by a
//! check that no permit, task, connection or memory is left over.
//!
//! Many callers create, describe, list, wait and download concurrently, and sometimes drop a call. The
//! emulator runs in its own process and injects every fault kind at random. At the end its bill is
//! compared with the outcomes: no create is billed twice, and every billed create is known to its
//! caller as done or in doubt.

#![expect(clippy::print_stdout, reason = "a bench prints its result")]

mod caller;
mod faults;
mod starts;
mod usage;

use std::{env, error::Error, sync::Arc, time::Duration};

use mps_aigc::{Aigc, Credentials, Endpoint};
use mps_core::{
    Client,
    clock::{SharedClock, SystemClock},
    limit::{Limiter, LocalLimiter},
};
use mps_tests::{process::EmulatorProcess, window::most_in_any_second};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use self::{
    caller::{Caller, Outcomes},
    starts::RecordingTransport,
    usage::Usage,
};

const CALLERS: usize = 24;
/// Allowed growth of memory from half-time to the end, when all pools and caches are filled.
const MAX_GROWTH_KIB: u64 = 4 * 1_024;
const CREATE: &str = "CreateAigcVideoTask";
const DESCRIBE: &str = "DescribeAigcVideoTask";

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo passes `--bench` to measure, and nothing when `cargo test` only runs the code once.
    let is_measured = env::args().any(|argument| argument == "--bench");
    let seconds = match env::var("SOAK_SECONDS") {
        Ok(seconds) => seconds.parse()?,
        Err(_) if is_measured => 300,
        Err(_) => 2,
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let soak = Soak::prepare(Duration::from_secs(seconds))?;
    soak.run(&runtime)
}

struct Soak {
    emulator: EmulatorProcess,
    duration: Duration,
}

impl Soak {
    fn prepare(duration: Duration) -> Result<Self, Box<dyn Error>> {
        let mut flags = vec![
            "--queue-time=300ms".to_owned(),
            "--render-time=700ms".to_owned(),
        ];
        flags.extend(faults::flags());
        Ok(Self {
            emulator: EmulatorProcess::start(flags)?,
            duration,
        })
    }

    fn run(&self, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
        let clock = SystemClock::shared();
        let limiter = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
        let before = Usage::of(runtime)?;
        let transport = RecordingTransport::new(&clock);
        let callers = self.callers(clock, transport.clone(), Arc::clone(&limiter));
        let (outcomes, half_way) = runtime.block_on(callers)?;
        let starts = transport.starts();
        drop(transport);
        // Cancelled tasks end at their next poll.
        runtime.block_on(async {
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
        });
        let after = Usage::of(runtime)?;
        report(&outcomes, &before, &half_way, &after);
        self.check_bill(&outcomes)?;
        self.check_starts(&starts)?;
        check_limiter(&*limiter)?;
        check_usage(&before, &half_way, &after)
    }

    /// Runs the callers and measures the usage at half-time. All callers have ended when this returns.
    async fn callers(
        &self,
        clock: SharedClock,
        transport: RecordingTransport,
        limiter: Arc<LocalLimiter>,
    ) -> Result<(Outcomes, Usage), Box<dyn Error>> {
        let client = Client::builder()
            .credentials(Credentials::new(
                &*self.emulator.secret_id,
                &*self.emulator.secret_key,
            ))
            .endpoint(Endpoint::parse(&format!(
                "http://{}",
                self.emulator.address
            ))?)
            .attempt_timeout(Duration::from_secs(3))
            .deadline(Duration::from_secs(20))
            .transport(transport)
            .limiter(limiter)
            .clock(clock.clone())
            .build()?;
        let aigc = Aigc::from(client);
        let folder = tempfile::tempdir()?;
        let end = clock.monotonic() + self.duration;
        let callers: Vec<_> = (0..CALLERS)
            .map(|number| Caller::new(number, &aigc, &clock, folder.path()))
            .map(|caller| tokio::spawn(caller.call_until(end)))
            .collect();
        clock.sleep(self.duration / 2).await;
        let half_way = Usage::here()?;
        let mut outcomes = Outcomes::default();
        for caller in callers {
            outcomes.add(&caller.await?);
        }
        Ok((outcomes, half_way))
    }

    fn check_bill(&self, outcomes: &Outcomes) -> Result<(), Box<dyn Error>> {
        let bill = self.emulator.control("bill")?;
        let number = |name: &str| bill.get(name).and_then(Value::as_u64).unwrap_or(u64::MAX);
        let (creates, duplicates) = (number("creates"), number("duplicates"));
        let known =
            outcomes.created..=outcomes.created + outcomes.in_doubt + outcomes.dropped_creates;
        println!("bill: {creates} creates, {duplicates} duplicates");
        if duplicates > 0 || !known.contains(&creates) {
            return Err(format!(
                "{creates} creates are billed, {duplicates} of them twice; the callers count {known:?}"
            )
            .into());
        }
        Ok(())
    }

    fn check_starts(&self, starts: &[u64]) -> Result<(), Box<dyn Error>> {
        let arrivals = arrivals(&self.emulator.control("requests")?);
        let (started, arrived) = (most_in_any_second(starts), most_in_any_second(&arrivals));
        println!("creates in the fullest second: {started} started, {arrived} arrived");
        if started > 10 {
            return Err(format!("{started} creates started in one second").into());
        }
        Ok(())
    }
}

/// Returns the arrival times of creates, in microseconds of the emulator's clock.
fn arrivals(log: &Value) -> Vec<u64> {
    let requests = log.get("requests").and_then(Value::as_array);
    requests
        .into_iter()
        .flatten()
        .filter(|request| request.get("action").is_some_and(|named| named == CREATE))
        .filter_map(|request| request.get("at_us")?.as_u64())
        .collect()
}

fn check_limiter(limiter: &dyn Limiter) -> Result<(), Box<dyn Error>> {
    for action in [CREATE, DESCRIBE] {
        let stats = limiter
            .stats(action)
            .ok_or("the limiter has no statistics")?;
        println!("limiter, {action}: {stats:?}");
        if stats.waiting > 0 {
            return Err(format!("{} callers of {action} are still waiting", stats.waiting).into());
        }
    }
    Ok(())
}

fn report(outcomes: &Outcomes, before: &Usage, half_way: &Usage, after: &Usage) {
    println!("{outcomes:?}");
    println!("before: {before:?}\nhalf-way: {half_way:?}\nafter: {after:?}");
}

fn check_usage(before: &Usage, half_way: &Usage, after: &Usage) -> Result<(), Box<dyn Error>> {
    let growth = after.memory_kib.saturating_sub(half_way.memory_kib);
    if after.tasks > 0 || after.files > before.files || growth > MAX_GROWTH_KIB {
        return Err("tasks, open files or memory are left over".into());
    }
    Ok(())
}
