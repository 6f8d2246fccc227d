//! Replies of a store to one process, late ones and missing ones among them.

use mps_models::Effect;

use super::*;
use crate::{
    clock::{Clock, TestClock},
    limit::Unavailable,
};

const MS: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

type Reply = fn(Duration) -> Result<StoreDecision<()>, StoreError>;

/// A store whose replies and their delay the test decides.
#[derive(Debug)]
struct ScriptedStore {
    clock: TestClock,
    takes: Duration,
    reply: Reply,
    requests: Mutex<Vec<Duration>>,
}

impl Store for ScriptedStore {
    type SlotKey = ();

    const REPLY_WITHIN: Duration = Duration::from_secs(2);

    fn request<'a>(
        &'a self,
        _: SlotRequest<'a>,
    ) -> BoxFuture<'a, Result<SlotReply<()>, StoreError>> {
        Box::pin(async {
            let sent = self.clock.monotonic();
            self.requests.lock().unwrap().push(sent);
            self.clock.sleep(self.takes).await;
            (self.reply)(sent).map(|decision| SlotReply {
                decision,
                widening: Duration::ZERO,
            })
        })
    }

    fn timed_out(&self, _: Duration) -> Unavailable {
        Unavailable::new("silent")
    }

    fn release(&self, (): ()) {}
}

struct Case {
    clock: TestClock,
    limiter: Shared<ScriptedStore>,
}

impl Case {
    fn new(takes: Duration, reply: Reply) -> Self {
        let clock = TestClock::new(0).auto_advance();
        let store = ScriptedStore {
            clock: clock.clone(),
            takes,
            reply,
            requests: Mutex::default(),
        };
        let limiter = Shared::new(store, Arc::new(clock.clone()));
        Self { clock, limiter }
    }

    fn acquire(&self, max_wait: Duration) -> BoxFuture<'_, Result<Permit, LimitError>> {
        self.limiter
            .acquire(PermitRequest::new("A", Effect::PaidCreate, 2).max_wait(max_wait))
    }

    async fn refusal(&self, max_wait: Duration) -> LimitError {
        self.acquire(max_wait).await.unwrap_err()
    }

    /// Returns the pauses between requests.
    fn pauses(&self) -> Vec<Duration> {
        let requests = self.limiter.store.requests.lock().unwrap();
        let pairs = requests.windows(2);
        pairs.map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

fn too_long(error: &LimitError) -> Duration {
    match error {
        LimitError::TooLong(error) => error.wait,
        other @ LimitError::Unavailable(_) => panic!("{other}"),
    }
}

/// Returns the reply of a store whose next slot is in 30 ms.
fn in_30_ms(sent: Duration) -> StoreDecision<()> {
    StoreDecision::Granted {
        sent,
        wait: 30 * MS,
        slot: (),
    }
}

#[tokio::test]
async fn a_permit_is_valid_from_its_slot_until_the_tolerance_after_the_request() {
    for (late_by, in_time) in [(0, true), (29, true), (30, false)] {
        let case = Case::new(20 * MS, |sent| Ok(in_30_ms(sent)));
        let permit = case.acquire(MINUTE).await.unwrap();
        assert_eq!(case.clock.monotonic(), 50 * MS);
        case.clock.advance(late_by * MS);
        assert_eq!(permit.start(), in_time, "{late_by} ms");
    }
}

#[tokio::test]
async fn a_permit_requested_ahead_arrives_before_its_slot_and_is_not_valid_earlier() {
    for (lead_ms, arrives_ms) in [(0, 50), (10, 40), (40, 20)] {
        let case = Case::new(20 * MS, |sent| Ok(in_30_ms(sent)));
        let request = PermitRequest::new("A", Effect::PaidCreate, 2).lead(lead_ms * MS);
        let permit = case.limiter.acquire(request).await.unwrap();
        assert_eq!(case.clock.monotonic(), arrives_ms * MS, "{lead_ms} ms");
        assert_eq!(permit.opens_in(), (50 - arrives_ms) * MS, "{lead_ms} ms");
        assert_eq!(permit.start(), lead_ms == 0, "{lead_ms} ms");
        let permit = case.limiter.acquire(request).await.unwrap();
        case.clock.sleep(permit.opens_in()).await;
        assert!(permit.start(), "{lead_ms} ms");
    }
}

#[tokio::test]
async fn a_reply_that_took_as_long_as_the_tolerance_permits_nothing() {
    let case = Case::new(50 * MS, |sent| Ok(in_30_ms(sent)));
    let error = case.refusal(MINUTE).await;
    assert!(error.to_string().contains("longer than 50 ms"), "{error}");

    let just_in_time = Case::new((50 * MS).saturating_sub(Duration::from_micros(1)), |sent| {
        Ok(in_30_ms(sent))
    });
    assert!(just_in_time.acquire(MINUTE).await.unwrap().start());
    assert!(just_in_time.pauses().is_empty());
}

#[tokio::test]
async fn the_longest_wait_is_exact() {
    let at_once = Case::new(Duration::ZERO, |sent| {
        Ok(StoreDecision::Granted {
            sent,
            wait: Duration::ZERO,
            slot: (),
        })
    });
    assert!(at_once.acquire(Duration::ZERO).await.unwrap().start());

    let soon = Case::new(Duration::ZERO, |sent| Ok(in_30_ms(sent)));
    assert_eq!(too_long(&soon.refusal(29 * MS).await), 30 * MS);
    assert!(soon.acquire(30 * MS).await.unwrap().start());

    let later = Case::new(Duration::ZERO, |sent| {
        if !sent.is_zero() {
            return Ok(in_30_ms(sent));
        }
        Ok(StoreDecision::Wait {
            slot_in: 1_030 * MS,
            ask_in: 1_000 * MS,
        })
    });
    assert_eq!(too_long(&later.refusal(1_029 * MS).await), 1_030 * MS);
    assert_eq!(later.clock.monotonic(), Duration::ZERO);
    assert!(later.acquire(1_030 * MS).await.unwrap().start());
    assert_eq!(later.clock.monotonic(), 1_030 * MS);
}

#[tokio::test]
async fn a_caller_behind_others_learns_its_shortest_wait_at_once() {
    let case = Case::new(Duration::ZERO, |_| {
        Ok(StoreDecision::Wait {
            slot_in: MINUTE,
            ask_in: MINUTE,
        })
    });
    let queue = case.limiter.queue("A");
    let _others: Vec<_> = (0..5).map(|_| queue.counters.wait()).collect();
    let error = case.refusal(2_099 * MS).await;
    assert_eq!(too_long(&error), 2_100 * MS);
    assert!(case.limiter.store.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn transient_errors_are_retried_with_growing_pauses_for_ten_seconds() {
    let away = || {
        Case::new(Duration::ZERO, |_| {
            Err(StoreError::Transient(Unavailable::new("away")))
        })
    };
    let case = away();
    assert_eq!(case.refusal(MINUTE).await.to_string(), "away");
    for (pause, most) in case.pauses().iter().zip([50, 100, 200, 400, 800, 1_000]) {
        assert!((most * MS / 2..=most * MS).contains(pause), "{pause:?}");
    }
    assert!(case.pauses().iter().all(|pause| *pause <= 1_000 * MS));
    let gave_up = case.clock.monotonic();
    assert!((10_000 * MS..11_000 * MS).contains(&gave_up), "{gave_up:?}");

    let hurried = away();
    assert_eq!(hurried.refusal(300 * MS).await.to_string(), "away");
    assert!(hurried.clock.monotonic() < 300 * MS);
    assert!(!hurried.pauses().is_empty());
}

#[tokio::test]
async fn permanent_errors_are_returned_at_once() {
    let case = Case::new(Duration::ZERO, |_| {
        Err(StoreError::Permanent(Unavailable::new("forbidden")))
    });
    assert_eq!(case.refusal(MINUTE).await.to_string(), "forbidden");
    assert_eq!(case.clock.monotonic(), Duration::ZERO);
}

#[tokio::test]
async fn a_busy_store_is_asked_again_after_about_a_millisecond() {
    let case = Case::new(Duration::ZERO, |sent| {
        if sent >= 20 * MS {
            return Ok(in_30_ms(sent));
        }
        Err(StoreError::Busy(Unavailable::new("busy")))
    });
    assert!(case.acquire(MINUTE).await.unwrap().start());
    for pause in case.pauses() {
        assert!((MS / 2..=3 * MS / 2).contains(&pause), "{pause:?}");
    }
}

#[tokio::test]
async fn reads_go_on_within_the_process_while_the_store_is_unavailable() {
    let cases: [(Reply, Duration); 2] = [
        (
            |_| Err(StoreError::Transient(Unavailable::new("away"))),
            250 * MS,
        ),
        (
            |_| Err(StoreError::Permanent(Unavailable::new("full"))),
            Duration::ZERO,
        ),
    ];
    for (reply, longest) in cases {
        let case = Case::new(Duration::ZERO, reply);
        let read = PermitRequest::new("Describe", Effect::Read, 2).max_wait(MINUTE);
        assert!(case.limiter.acquire(read).await.unwrap().start());
        let first = case.clock.monotonic();
        assert!(first <= longest, "{first:?}");
        // The next ones do not wait for the store again, and keep the limit.
        let requests = case.limiter.store.requests.lock().unwrap().len();
        for _ in 0..2 {
            assert!(case.limiter.acquire(read).await.unwrap().start());
        }
        assert_eq!(case.clock.monotonic(), first + 1_050 * MS);
        assert_eq!(case.limiter.store.requests.lock().unwrap().len(), requests);
        case.clock.advance(Duration::from_secs(5));
        assert!(case.limiter.acquire(read).await.unwrap().start());
        assert!(case.limiter.store.requests.lock().unwrap().len() > requests);
        // Creates still need the store.
        case.refusal(300 * MS).await;
    }
}
