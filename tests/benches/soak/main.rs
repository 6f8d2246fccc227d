//! Five minutes of mixed calls under random faults, and what is left of them afterwards, which must
//! be nothing: no permit, no task, no connection, no memory.
//!
//! Many callers create, describe, list, wait and download at once, and now and then lose patience and
//! leave. The emulator, a process of its own, lets every kind of fault strike at random. In the end its
//! bill is held against what the callers were told: nothing paid twice, nothing paid that nobody
//! heard of as done or in doubt.

#![expect(clippy::print_stdout, reason = "what a bench is for")]

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
    caller::{Caller, Told},
    starts::Noted,
    usage::Usage,
};

const CALLERS: usize = 24;
/// How much the program may grow from the first half to the end, when all pools and caches have long
/// been filled.
const MOST_GROWTH_KIB: u64 = 4 * 1_024;
const CREATE: &str = "CreateAigcVideoTask";
const DESCRIBE: &str = "DescribeAigcVideoTask";

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo passes `--bench` when it means to measure, and nothing when it only tries the code.
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
        let limiter = Arc::new(LocalLimiter::new(clock.clone()));
        let before = Usage::of(runtime)?;
        let transport = Noted::new(&clock)?;
        let callers = self.callers(clock, transport.clone(), Arc::clone(&limiter));
        let (told, half_way) = runtime.block_on(callers)?;
        let starts = transport.starts();
        drop(transport);
        // What was told to end ends on its next turns.
        runtime.block_on(async {
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
        });
        let after = Usage::of(runtime)?;
        report(&told, &before, &half_way, &after);
        self.check_bill(&told)?;
        self.check_starts(&starts)?;
        check_limiter(&*limiter)?;
        check_usage(&before, &half_way, &after)
    }

    /// Lets them call, and takes stock half-way. Everything of theirs is gone when this returns.
    async fn callers(
        &self,
        clock: SharedClock,
        transport: Noted,
        limiter: Arc<LocalLimiter>,
    ) -> Result<(Told, Usage), Box<dyn Error>> {
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
        let mut told = Told::default();
        for caller in callers {
            told.add(&caller.await?);
        }
        Ok((told, half_way))
    }

    fn check_bill(&self, told: &Told) -> Result<(), Box<dyn Error>> {
        let bill = self.emulator.control("bill")?;
        let number = |name: &str| bill.get(name).and_then(Value::as_u64).unwrap_or(u64::MAX);
        let (creates, duplicates) = (number("creates"), number("duplicates"));
        let known = told.created..=told.created + told.in_doubt + told.left_creating;
        println!("bill: {creates} creates, {duplicates} duplicates");
        if duplicates > 0 || !known.contains(&creates) {
            return Err(format!(
                "{creates} creates are billed, {duplicates} of them twice; callers know of {known:?}"
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

/// When creates arrived, in microseconds of the emulator's.
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
        let stats = limiter.stats(action).ok_or("the limiter was never asked")?;
        println!("limiter, {action}: {stats:?}");
        if stats.waiting > 0 {
            return Err(format!("{} callers of {action} wait still", stats.waiting).into());
        }
    }
    Ok(())
}

fn report(told: &Told, before: &Usage, half_way: &Usage, after: &Usage) {
    println!("{told:?}");
    println!("before: {before:?}\nhalf-way: {half_way:?}\nafter: {after:?}");
}

fn check_usage(before: &Usage, half_way: &Usage, after: &Usage) -> Result<(), Box<dyn Error>> {
    let growth = after.memory_kib.saturating_sub(half_way.memory_kib);
    if after.tasks > 0 || after.files > before.files || growth > MOST_GROWTH_KIB {
        return Err("something is left that should be gone".into());
    }
    Ok(())
}
