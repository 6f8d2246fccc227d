//! What a process makes of a queue's answers, of late ones and of none.

use mps_models::Effect;

use super::*;
use crate::clock::{Clock, TestClock};

const MS: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A queue that says what the test wants, as long after the question as the test wants.
#[derive(Debug)]
struct Oracle {
    clock: TestClock,
    takes: Duration,
    says: fn(Duration) -> Result<Turn<()>, Trouble>,
    asked: Mutex<Vec<Duration>>,
}

impl Store for Oracle {
    type Place = ();

    const ANSWER_WITHIN: Duration = Duration::from_secs(2);

    fn ask<'a>(&'a self, _: Question<'a>) -> BoxFuture<'a, Result<Answer<()>, Trouble>> {
        Box::pin(async {
            let sent = self.clock.monotonic();
            self.asked.lock().unwrap().push(sent);
            self.clock.sleep(self.takes).await;
            (self.says)(sent).map(|turn| Answer {
                turn,
                widened: Duration::ZERO,
            })
        })
    }

    fn is_silent(&self, _: Duration) -> Unavailable {
        Unavailable::new("silent")
    }

    fn give_back(&self, (): ()) {}
}

struct Case {
    clock: TestClock,
    limiter: Shared<Oracle>,
}

impl Case {
    fn new(takes: Duration, says: fn(Duration) -> Result<Turn<()>, Trouble>) -> Self {
        let clock = TestClock::new(0).auto_advance();
        let oracle = Oracle {
            clock: clock.clone(),
            takes,
            says,
            asked: Mutex::default(),
        };
        let limiter = Shared::new(oracle, Arc::new(clock.clone()));
        Self { clock, limiter }
    }

    fn acquire(&self, max_wait: Duration) -> BoxFuture<'_, Result<Permit, LimitError>> {
        self.limiter
            .acquire(PermitRequest::new("A", Effect::PaidCreate, 2).max_wait(max_wait))
    }

    async fn refusal(&self, max_wait: Duration) -> LimitError {
        self.acquire(max_wait).await.unwrap_err()
    }

    /// How long it paused between questions.
    fn pauses(&self) -> Vec<Duration> {
        let asked = self.limiter.store.asked.lock().unwrap();
        let pairs = asked.windows(2);
        pairs.map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

fn too_long(error: &LimitError) -> Duration {
    match error {
        LimitError::TooLong(error) => error.wait,
        other @ LimitError::Unavailable(_) => panic!("{other}"),
    }
}

/// The answer of a queue whose next slot is in 30 ms.
fn in_30_ms(sent: Duration) -> Turn<()> {
    Turn::Granted {
        sent,
        wait: 30 * MS,
        place: (),
    }
}

#[tokio::test]
async fn a_permit_is_good_from_its_slot_on_and_within_the_fence_of_the_question() {
    for (late_by, in_time) in [(0, true), (29, true), (30, false)] {
        let case = Case::new(20 * MS, |sent| Ok(in_30_ms(sent)));
        let permit = case.acquire(MINUTE).await.unwrap();
        assert_eq!(case.clock.monotonic(), 50 * MS);
        case.clock.advance(late_by * MS);
        assert_eq!(permit.start(), in_time, "{late_by} ms");
    }
}

#[tokio::test]
async fn an_answer_that_took_as_long_as_the_fence_permits_nothing() {
    let case = Case::new(50 * MS, |sent| Ok(in_30_ms(sent)));
    let error = case.refusal(MINUTE).await;
    assert!(error.to_string().contains("longer than 50 ms"), "{error}");

    let just_in_time = Case::new((50 * MS).saturating_sub(ROUNDING), |sent| {
        Ok(in_30_ms(sent))
    });
    assert!(just_in_time.acquire(MINUTE).await.unwrap().start());
    assert!(just_in_time.pauses().is_empty());
}

#[tokio::test]
async fn patience_is_for_the_turn_to_the_last_moment() {
    let at_once = Case::new(Duration::ZERO, |sent| {
        Ok(Turn::Granted {
            sent,
            wait: Duration::ZERO,
            place: (),
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
        Ok(Turn::Later {
            turn: 1_030 * MS,
            ask_in: 1_000 * MS,
        })
    });
    assert_eq!(too_long(&later.refusal(1_029 * MS).await), 1_030 * MS);
    assert_eq!(later.clock.monotonic(), Duration::ZERO);
    assert!(later.acquire(1_030 * MS).await.unwrap().start());
    assert_eq!(later.clock.monotonic(), 1_030 * MS);
}

#[tokio::test]
async fn who_stands_behind_others_is_told_at_once_how_long_that_takes_at_least() {
    let case = Case::new(Duration::ZERO, |_| {
        Ok(Turn::Later {
            turn: MINUTE,
            ask_in: MINUTE,
        })
    });
    let lane = case.limiter.lane("A");
    let _others: Vec<_> = (0..5).map(|_| lane.meter.wait()).collect();
    let error = case.refusal(2_099 * MS).await;
    assert_eq!(too_long(&error), 2_100 * MS);
    assert!(case.limiter.store.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn passing_trouble_is_asked_about_ever_more_slowly_until_it_has_lasted_ten_seconds() {
    let away = || {
        Case::new(Duration::ZERO, |_| {
            Err(Trouble::Passing(Unavailable::new("away")))
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
async fn lasting_trouble_is_told_at_once() {
    let case = Case::new(Duration::ZERO, |_| {
        Err(Trouble::Lasting(Unavailable::new("forbidden")))
    });
    assert_eq!(case.refusal(MINUTE).await.to_string(), "forbidden");
    assert_eq!(case.clock.monotonic(), Duration::ZERO);
}

#[tokio::test]
async fn a_busy_queue_is_asked_again_after_a_millisecond_or_so() {
    let case = Case::new(Duration::ZERO, |sent| {
        if sent >= 20 * MS {
            return Ok(in_30_ms(sent));
        }
        Err(Trouble::Busy(Unavailable::new("busy")))
    });
    assert!(case.acquire(MINUTE).await.unwrap().start());
    for pause in case.pauses() {
        assert!((MS / 2..=3 * MS / 2).contains(&pause), "{pause:?}");
    }
}
