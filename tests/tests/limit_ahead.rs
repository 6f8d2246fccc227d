//! Gates that need time before each start: they are asked before the slot, no second exceeds the
//! limit, and the rate stays. The clock is paused and jumps from timer to timer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use mps_core::{
    BoxFuture, CallOptions, Client, Gate, GateError, Intent,
    clock::{SharedClock, SystemClock},
    limit::{Limiter, LocalLimiter, PermitRequest, Stacked, internals::START_TOLERANCE},
};
use mps_emulator::{Emulator, Outcome, Service};
use mps_models::{CreateAigcVideoTask, Effect};
use mps_tests::{delay::Delays, window::most_in_any_second};
use tokio::task::JoinSet;

const LIMIT: usize = 10;
const CREATES: usize = 200;
const ROUND: Duration = Duration::from_millis(1_050);
const FOREVER: Duration = Duration::from_secs(3_600);
/// Starts a second that must be reached, whatever the gate takes.
const RATE: f64 = 9.4;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A gate that takes a while, and asks to be called that much earlier.
#[derive(Debug)]
struct SlowGate {
    clock: SharedClock,
    takes: Duration,
    /// Added to each call.
    delays: Delays,
    lead: Duration,
    /// When each call began, relative to its slot: the time before it and the time after it.
    asked: Mutex<Vec<(Duration, Duration)>>,
    not_sent: AtomicU32,
}

impl SlowGate {
    fn new(clock: &SharedClock, takes: Duration, lead: Duration) -> Arc<Self> {
        let delays = Delays::new(clock.clone(), 0, Duration::ZERO);
        Self::varying(clock, takes, delays, lead)
    }

    fn varying(clock: &SharedClock, takes: Duration, delays: Delays, lead: Duration) -> Arc<Self> {
        Arc::new(Self {
            clock: clock.clone(),
            takes,
            delays,
            lead,
            asked: Mutex::default(),
            not_sent: AtomicU32::new(0),
        })
    }

    fn missed(&self) -> u32 {
        self.not_sent.load(Relaxed)
    }
}

impl Gate for SlowGate {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        let (now, slot) = (self.clock.monotonic(), intent.slot_time());
        let asked = (slot.saturating_sub(now), now.saturating_sub(slot));
        self.asked.lock().unwrap().push(asked);
        Box::pin(async {
            self.clock.sleep(self.takes + self.delays.next()).await;
            Ok(())
        })
    }

    fn lead(&self) -> Duration {
        self.lead
    }

    fn not_sent(&self, _: &Intent) {
        self.not_sent.fetch_add(1, Relaxed);
    }
}

struct World {
    clock: SharedClock,
    service: Service,
}

impl World {
    fn new() -> Self {
        let clock = SystemClock::shared();
        let service = Emulator::builder().clock(clock.clone()).service();
        Self { clock, service }
    }

    fn client(&self, limiter: impl Limiter + 'static) -> Client {
        let client = self.service.client().unwrap().deadline(FOREVER);
        client.limiter(limiter).build().unwrap()
    }

    /// Sends `count` creates at once, all through the gate.
    async fn fire(&self, client: &Client, gate: &Arc<SlowGate>, count: usize) {
        let mut calls = JoinSet::new();
        for number in 0..count {
            let (client, gate) = (client.clone(), gate.clone());
            calls.spawn(async move {
                let request = CreateAigcVideoTask::new().prompt(format!("take {number}"));
                let options = CallOptions::new().gate(gate);
                client.send_with(&request, options).await.unwrap();
            });
        }
        calls.join_all().await;
    }

    fn arrivals_us(&self) -> Vec<u64> {
        let requests = self.service.requests();
        let mut arrivals: Vec<_> = requests.iter().map(|request| request.at_us).collect();
        arrivals.sort_unstable();
        arrivals
    }

    /// Asserts that the limit was kept everywhere and nearly used up.
    fn assert_limit_and_rate(&self, case: &str) {
        let arrivals = self.arrivals_us();
        let requests = self.service.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.outcome == Outcome::Executed),
            "{case}"
        );
        assert!(most_in_any_second(&arrivals) <= LIMIT, "{case}");
        let (first, last) = (arrivals.first().unwrap(), arrivals.last().unwrap());
        let took = Duration::from_micros(last - first).as_secs_f64();
        let started = f64::from(u32::try_from(arrivals.len() - LIMIT).unwrap());
        assert!(started / took >= RATE, "{case}: {:.2}", started / took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_is_asked_its_lead_before_the_slot_and_the_request_leaves_at_the_slot() {
    for lead in [ms(5), ms(40), ms(300)] {
        let world = World::new();
        let gate = SlowGate::new(&world.clock, lead, lead);
        let client = world.client(LocalLimiter::new(world.clock.clone()));
        world.fire(&client, &gate, 30).await;
        let asked = gate.asked.lock().unwrap().clone();
        assert_eq!(asked, [(lead, Duration::ZERO); 30]);
        let arrivals = world.arrivals_us();
        for (number, at) in arrivals.iter().enumerate() {
            let round = u32::try_from(number / LIMIT).unwrap() + 1;
            assert_eq!(Duration::from_micros(*at), ROUND * round, "{lead:?}");
        }
        assert_eq!(gate.missed(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_passes_before_the_slot_does_not_let_the_request_leave_before_it() {
    let world = World::new();
    let gate = SlowGate::new(&world.clock, ms(10), ms(40));
    let client = world.client(LocalLimiter::new(world.clock.clone()));
    world.fire(&client, &gate, 30).await;
    assert_eq!(Duration::from_micros(world.arrivals_us()[0]), ROUND);
    world.assert_limit_and_rate("early");
}

#[tokio::test(start_paused = true)]
async fn slow_gates_keep_the_rate() {
    // The last gate takes longer than a slot lasts, so that without a lead it would never pass.
    for (takes, lead) in [(5, 5), (40, 40), (40, 0), (5, 40), (120, 100)] {
        let world = World::new();
        let gate = SlowGate::new(&world.clock, ms(takes), ms(lead));
        let client = world.client(LocalLimiter::new(world.clock.clone()));
        world.fire(&client, &gate, CREATES).await;
        world.assert_limit_and_rate(&format!("{takes} ms, {lead} ms ahead"));
        assert_eq!(gate.missed(), 0, "{takes}");
    }
}

#[tokio::test(start_paused = true)]
async fn gates_of_varying_speed_exceed_no_limit_and_learn_of_every_missed_slot() {
    let mut missed = 0;
    for seed in 0..8 {
        let world = World::new();
        let delays = Delays::new(world.clock.clone(), seed, ms(120));
        let gate = SlowGate::varying(&world.clock, Duration::ZERO, delays, ms(40));
        let client = world.client(LocalLimiter::new(world.clock.clone()));
        world.fire(&client, &gate, CREATES).await;
        assert!(most_in_any_second(&world.arrivals_us()) <= LIMIT, "{seed}");
        let asked = u32::try_from(gate.asked.lock().unwrap().len()).unwrap();
        let created = u32::try_from(world.arrivals_us().len()).unwrap();
        assert_eq!(asked, created + gate.missed(), "{seed}");
        missed += gate.missed();
    }
    assert!(missed > 0, "every gate was in time");
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_used_before_its_slot_permits_nothing() {
    let clock = SystemClock::shared();
    let limiter = LocalLimiter::new(clock.clone());
    let request = PermitRequest::new("A", Effect::PaidCreate, 1).lead(ms(40));
    let permit = limiter.acquire(request).await.unwrap();
    assert_eq!(permit.opens_in(), ms(40));
    assert!(!permit.start());
    let permit = limiter.acquire(request).await.unwrap();
    clock.sleep(permit.opens_in()).await;
    assert_eq!(permit.opens_in(), Duration::ZERO);
    assert!(permit.start());
    assert_eq!(clock.monotonic(), ROUND * 2);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_counts_to_the_slot_and_not_to_the_permit() {
    let limiter = LocalLimiter::new(SystemClock::shared());
    let request = PermitRequest::new("A", Effect::PaidCreate, 1).lead(ms(500));
    assert!(limiter.acquire(request.max_wait(ms(1_049))).await.is_err());
    assert!(limiter.acquire(request.max_wait(ROUND)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn stacked_slots_begin_together_when_the_shared_one_is_granted_ahead() {
    let world = World::new();
    let gate = SlowGate::new(&world.clock, ms(45), ms(40));
    let account = LocalLimiter::new(world.clock.clone());
    let client = world.client(Stacked::new(account, 10, world.clock.clone()));
    world.fire(&client, &gate, 30).await;
    assert_eq!(Duration::from_micros(world.arrivals_us()[0]), ROUND + ms(5));
    assert!(most_in_any_second(&world.arrivals_us()) <= LIMIT);
}

/// Processes that share the limit through a file know a slot at most 50 ms ahead.
#[cfg(unix)]
mod file {
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
    async fn four_processes_with_slow_gates_keep_the_limit_and_the_rate() {
        for (takes, lead) in [(5, 5), (40, 40), (90, 1_000)] {
            let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
            let gate = SlowGate::new(&world.clock, ms(takes), ms(lead));
            let process = || {
                let machine = Arc::new(Machine(world.clock.clone()));
                let clock = world.clock.clone();
                let path = folder.path();
                world.client(FileLimiter::on_machine_clock(path, "a", clock, machine))
            };
            let clients = [process(), process(), process(), process()];
            let [one, two, three, four] = clients.each_ref();
            tokio::join!(
                world.fire(one, &gate, CREATES),
                world.fire(two, &gate, CREATES),
                world.fire(three, &gate, CREATES),
                world.fire(four, &gate, CREATES),
            );
            assert_eq!(world.arrivals_us().len(), 4 * CREATES);
            world.assert_limit_and_rate(&format!("{takes} ms"));
            let asked = gate.asked.lock().unwrap().clone();
            let longest = asked.iter().map(|(before, _)| *before).max().unwrap();
            assert!(longest <= START_TOLERANCE, "{longest:?}");
        }
    }
}
