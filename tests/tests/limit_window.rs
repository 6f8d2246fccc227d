//! Two hundred creates at once: the service must see each of them once and no second with more than
//! ten of them.
//!
//! The clock is paused and jumps from timer to timer, so twenty seconds of limits pass in no time
//! and in the same way on every machine. The tests judge the emulator's request log, and the
//! emulator refuses an eleventh start in any second, so a window over the limit would show twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{cell::Cell, collections::HashSet, time::Duration};

use mps_core::{
    Client, ClientBuilder,
    clock::{SharedClock, SystemClock, timeout},
    limit::{Limiter as _, LocalLimiter, internals::START_TOLERANCE},
    retry::RetryPolicy,
};
use mps_emulator::{Emulator, InProcess, Outcome, Service};
use mps_models::CreateAigcVideoTask;
use mps_tests::{
    delay::{DelayedLimiter, DelayedTransport, Delays},
    window::most_in_any_second,
};
use tokio::task::JoinSet;

const CREATES: usize = 200;
const LIMIT: usize = 10;
/// Ten at once, then ten in every 1.05 s (the window and the tolerance): 9.5 a second.
const SHORTEST: Duration = Duration::from_millis(19 * 1_050);
const SEEDS: std::ops::Range<u64> = 0..8;
const FOREVER: Duration = Duration::from_secs(3_600);

/// The arrival of a caller and the time after which it leaves without an answer.
struct Caller {
    arrives: Duration,
    leaves_after: Duration,
}

fn at_once() -> Caller {
    Caller {
        arrives: Duration::ZERO,
        leaves_after: FOREVER,
    }
}

struct World {
    clock: SharedClock,
    service: Service,
    /// Numbers the requests, so that no two are alike.
    asked: Cell<usize>,
}

impl World {
    fn new() -> Self {
        let clock = SystemClock::shared();
        let service = Emulator::builder().clock(clock.clone()).service();
        Self {
            clock,
            service,
            asked: Cell::new(0),
        }
    }

    fn client(&self) -> ClientBuilder {
        self.service.client().unwrap().deadline(FOREVER)
    }

    fn delays(&self, seed: u64, longest: Duration) -> Delays {
        Delays::new(self.clock.clone(), seed, longest)
    }

    fn late_transport(&self, delays: Delays) -> DelayedTransport<InProcess> {
        DelayedTransport::new(InProcess::new(self.service.clone()), delays)
    }

    /// Lets every caller create a video of its own. Returns the ids of the tasks that arrived in time.
    async fn fire(&self, client: Client, caller: impl FnMut() -> Caller) -> Vec<String> {
        self.fire_some(client, CREATES, caller).await
    }

    async fn fire_some(
        &self,
        client: Client,
        count: usize,
        mut caller: impl FnMut() -> Caller,
    ) -> Vec<String> {
        let mut calls = JoinSet::new();
        for _ in 0..count {
            let number = self.asked.replace(self.asked.get() + 1);
            let (client, clock, caller) = (client.clone(), self.clock.clone(), caller());
            let request = CreateAigcVideoTask::new().prompt(format!("take {number} of a cat"));
            calls.spawn(async move {
                clock.sleep(caller.arrives).await;
                let output = timeout(&*clock, caller.leaves_after, client.send(&request)).await?;
                output.unwrap().body.task_id
            });
        }
        calls.join_all().await.into_iter().flatten().collect()
    }

    fn arrivals_us(&self) -> Vec<u64> {
        let requests = self.service.requests();
        requests.iter().map(|request| request.at_us).collect()
    }

    fn last_arrival(&self) -> Duration {
        let last = self.arrivals_us().into_iter().max();
        Duration::from_micros(last.unwrap_or_default())
    }

    fn count(&self, outcome: Outcome) -> usize {
        let requests = self.service.requests();
        let same = requests.iter().filter(|request| request.outcome == outcome);
        same.count()
    }

    /// Asserts that every id is a task of its own, and that the account pays for these tasks only.
    fn assert_each_was_executed_once(&self, ids: &[String]) {
        let bill = self.service.bill();
        let billed: HashSet<_> = bill.items.iter().map(|item| &item.task_id).collect();
        assert_eq!(billed, ids.iter().collect());
        assert_eq!(billed.len(), ids.len(), "no two share a task");
        assert_eq!(usize::try_from(bill.creates).unwrap(), ids.len());
        assert_eq!(bill.duplicates, 0);
        assert_eq!(self.count(Outcome::Executed), ids.len());
    }

    /// Asserts that the service saw no second over the limit and refused nothing.
    fn assert_no_second_exceeded_the_limit(&self) {
        assert!(most_in_any_second(&self.arrivals_us()) <= LIMIT);
        assert_eq!(self.count(Outcome::Refused), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_starts_at_the_limit_and_loses_no_create() {
    let world = World::new();
    let ids = world.fire(world.client().build().unwrap(), at_once).await;
    assert_eq!(ids.len(), CREATES);
    world.assert_each_was_executed_once(&ids);
    world.assert_no_second_exceeded_the_limit();
    assert_eq!(most_in_any_second(&world.arrivals_us()), LIMIT);
    assert_eq!(world.last_arrival(), SHORTEST);
}

/// A permit is used within the tolerance or requested again, however late its caller runs.
#[tokio::test(start_paused = true)]
async fn permits_that_arrive_too_late_are_not_used() {
    for seed in SEEDS {
        let world = World::new();
        let limiter = DelayedLimiter::new(
            LocalLimiter::without_warm_up(world.clock.clone()),
            world.delays(seed, 2 * START_TOLERANCE),
        );
        let client = world.client().limiter(limiter).build().unwrap();
        let ids = world.fire(client, at_once).await;
        assert_eq!(ids.len(), CREATES, "seed {seed}");
        world.assert_each_was_executed_once(&ids);
        world.assert_no_second_exceeded_the_limit();
        assert!(
            world.last_arrival() > SHORTEST + START_TOLERANCE,
            "seed {seed}: no permit was late"
        );
    }
}

/// No delay up to the start tolerance, on the machine and on the wire together, puts more than the
/// limit into one second, not even as the service sees it.
#[tokio::test(start_paused = true)]
async fn delays_within_the_tolerance_exceed_no_limit_at_the_service() {
    for seed in SEEDS {
        let world = World::new();
        let delays = world.delays(seed, START_TOLERANCE / 2);
        let limiter = DelayedLimiter::new(
            LocalLimiter::without_warm_up(world.clock.clone()),
            delays.clone(),
        );
        let client = world.client().limiter(limiter);
        let client = client.transport(world.late_transport(delays));
        let ids = world.fire(client.build().unwrap(), at_once).await;
        assert_eq!(ids.len(), CREATES, "seed {seed}");
        world.assert_each_was_executed_once(&ids);
        world.assert_no_second_exceeded_the_limit();
        assert!(
            world.last_arrival() <= SHORTEST + START_TOLERANCE,
            "seed {seed}"
        );
    }
}

/// A client cannot rule out delays on the wire beyond the tolerance. Then the starts still keep the
/// limit, the service refuses surplus arrivals, and a refused create is safe to repeat.
#[tokio::test(start_paused = true)]
async fn delays_beyond_the_tolerance_cost_refusals_but_lose_and_repeat_no_create() {
    let mut refused = 0;
    for seed in SEEDS {
        // The client's jitter is the same in every run, too.
        fastrand::seed(seed);
        let world = World::new();
        let transport = world.late_transport(world.delays(seed, 10 * START_TOLERANCE));
        let client = world.client().transport(transport.clone());
        let client = client.retry(RetryPolicy::default().max_attempts(10));
        let ids = world.fire(client.build().unwrap(), at_once).await;
        assert_eq!(ids.len(), CREATES, "seed {seed}");
        world.assert_each_was_executed_once(&ids);
        assert!(
            most_in_any_second(&transport.starts_us()) <= LIMIT,
            "seed {seed}"
        );
        refused += world.count(Outcome::Refused);
    }
    assert!(refused > 0, "no delay was long enough to matter");
}

/// Callers that leave while they wait, or while their request is on its way, take nothing from the
/// others: no task, no slot, no time.
#[tokio::test(start_paused = true)]
async fn callers_that_leave_neither_exceed_the_limit_nor_delay_others() {
    const ARRIVALS: Duration = Duration::from_secs(5);
    for seed in SEEDS {
        let world = World::new();
        let transport = world.late_transport(world.delays(seed, START_TOLERANCE));
        let client = world.client().transport(transport).build().unwrap();
        let arrives = world.delays(seed, ARRIVALS);
        // Some leave so soon that no other caller is behind them yet, some later, most never.
        let mut leaves_after = [
            START_TOLERANCE,
            SHORTEST,
            FOREVER,
            FOREVER,
            FOREVER,
            FOREVER,
        ]
        .map(|longest| world.delays(seed, longest))
        .into_iter()
        .cycle();
        let caller = || Caller {
            arrives: arrives.next(),
            leaves_after: leaves_after.next().map_or(FOREVER, |delays| delays.next()),
        };
        let ids = world.fire(client, caller).await;
        assert!(
            (1..CREATES).contains(&ids.len()),
            "seed {seed}: no caller left"
        );
        world.assert_each_was_executed_once(&ids);
        world.assert_no_second_exceeded_the_limit();
        assert!(
            world.last_arrival() <= ARRIVALS + SHORTEST + START_TOLERANCE,
            "seed {seed}"
        );
    }
}

/// A burst of refusals widens by one step, whose end comes within seconds.
#[tokio::test(start_paused = true)]
async fn the_rate_is_back_seconds_after_a_burst_of_refusals() {
    let world = World::new();
    let limiter = LocalLimiter::without_warm_up(world.clock.clone());
    // Another process has used up the first second.
    let other = world.client().build().unwrap();
    let client = world.client().limiter(limiter.clone()).build().unwrap();
    let (others, ids) = tokio::join!(
        world.fire_some(other, LIMIT, at_once),
        world.fire_some(client, LIMIT, at_once),
    );
    assert_eq!(others.len() + ids.len(), 2 * LIMIT);
    let stats = limiter.stats("CreateAigcVideoTask").unwrap();
    assert!(stats.throttled > 0);
    world.clock.sleep(Duration::from_secs(27)).await;
    let stats = limiter.stats("CreateAigcVideoTask").unwrap();
    assert_eq!(stats.tolerance, START_TOLERANCE);
}

/// Processes that share the limit through a file.
#[cfg(unix)]
mod file {
    use std::sync::Arc;

    use mps_core::{clock::MachineClock, limit::FileLimiter};

    use super::*;

    /// A machine on the test's clock.
    #[derive(Debug)]
    struct Machine(SharedClock);

    impl MachineClock for Machine {
        fn now(&self) -> Duration {
            self.0.monotonic()
        }

        fn boot(&self) -> &'static str {
            "the only one"
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_processes_start_at_the_limit_and_lose_no_create() {
        /// A new file says nothing about earlier starts.
        const WAIT_AFTER_LOSS: Duration = Duration::from_millis(1_100);
        let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
        let process = || {
            let machine = Arc::new(Machine(world.clock.clone()));
            let clock = world.clock.clone();
            let limiter = FileLimiter::on_machine_clock(folder.path(), "account", clock, machine);
            world.client().limiter(limiter).build().unwrap()
        };
        let (one, two, three) = tokio::join!(
            world.fire(process(), at_once),
            world.fire(process(), at_once),
            world.fire(process(), at_once),
        );
        let ids = [one, two, three].concat();
        assert_eq!(ids.len(), 3 * CREATES);
        world.assert_each_was_executed_once(&ids);
        world.assert_no_second_exceeded_the_limit();
        let rounds = u32::try_from(3 * CREATES / LIMIT - 1).unwrap();
        let shortest = WAIT_AFTER_LOSS + rounds * Duration::from_millis(1_050);
        // Timers are whole milliseconds, and a file that another process holds is requested again.
        let took = world.last_arrival();
        assert!(shortest <= took && took < shortest * 21 / 20, "{took:?}");
    }
}
