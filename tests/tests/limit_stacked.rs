//! A share of one process under the account's limit: both are kept, and no slot is lost when one of
//! them refuses or the caller leaves. The clock is paused and jumps from timer to timer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture,
    clock::{SharedClock, SystemClock, timeout},
    limit::{LimitError, Limiter, LocalLimiter, Permit, PermitRequest, Stacked, Unavailable},
};
use mps_models::Effect;
use mps_tests::window::most_in_any_second;
use tokio::task::JoinSet;

const ACTION: &str = "CreateAigcVideoTask";
const LIMIT: u32 = 10;
const SHARE: u32 = 4;
const FOREVER: Duration = Duration::from_secs(3_600);

fn start(max_wait: Duration) -> PermitRequest<'static> {
    PermitRequest::new(ACTION, Effect::PaidCreate, LIMIT).max_wait(max_wait)
}

/// The times of the starts of a process, in microseconds.
type Log = Arc<Mutex<Vec<u64>>>;

async fn start_once(limiter: &dyn Limiter, clock: &SharedClock, log: &Log) {
    while !limiter.acquire(start(FOREVER)).await.unwrap().start() {}
    let now = clock.monotonic().as_micros();
    log.lock().unwrap().push(u64::try_from(now).unwrap());
}

fn most(log: &Log) -> u32 {
    u32::try_from(most_in_any_second(&log.lock().unwrap())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_process_keeps_its_share_and_all_together_keep_the_limit() {
    let clock = SystemClock::shared();
    let account = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let (all, mut shares, mut work) = (Log::default(), Vec::new(), JoinSet::new());
    for _process in 0..4 {
        let limiter = Arc::new(Stacked::new(account.clone(), SHARE, clock.clone()));
        let own = Log::default();
        shares.push(own.clone());
        for _call in 0..20 {
            let (limiter, clock, own, all) =
                (limiter.clone(), clock.clone(), own.clone(), all.clone());
            work.spawn(async move {
                start_once(&*limiter, &clock, &own).await;
                let now = own.lock().unwrap().last().copied().unwrap();
                all.lock().unwrap().push(now);
            });
        }
    }
    work.join_all().await;
    assert_eq!(all.lock().unwrap().len(), 80);
    assert_eq!(most(&all), LIMIT);
    assert!(shares.iter().all(|share| most(share) <= SHARE));
    // No slot of the account was wasted.
    let stats = account.stats(ACTION).unwrap();
    assert_eq!((stats.granted, stats.released), (80, 0));
}

/// An account whose limiter can be switched off.
#[derive(Debug)]
struct Switched {
    inner: LocalLimiter,
    off: Mutex<bool>,
}

impl Limiter for Switched {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        if *self.off.lock().unwrap() {
            return Box::pin(async { Err(Unavailable::new("switched off").into()) });
        }
        self.inner.acquire(request)
    }

    fn throttled(&self, action: &str) {
        self.inner.throttled(action);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_a_caller_that_leaves_use_no_slot() {
    let clock = SystemClock::shared();
    let account = Arc::new(Switched {
        inner: LocalLimiter::without_warm_up(clock.clone()),
        off: Mutex::new(true),
    });
    let limiter = Stacked::new(account.clone(), 1, clock.clone());
    for _ in 0..5 {
        let refused = limiter.acquire(start(FOREVER)).await.unwrap_err();
        assert_eq!(refused.to_string(), "switched off");
    }
    *account.off.lock().unwrap() = false;
    drop(limiter.acquire(start(FOREVER)).await.unwrap());
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    assert_eq!(clock.monotonic(), Duration::ZERO);

    // The share is used up: a caller that cannot wait is refused, one that leaves releases its slot.
    let refused = limiter.acquire(start(Duration::from_millis(10))).await;
    assert!(matches!(refused, Err(LimitError::TooLong(_))));
    let left = timeout(
        &*clock,
        Duration::from_millis(500),
        limiter.acquire(start(FOREVER)),
    )
    .await;
    assert!(left.is_none());
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    assert_eq!(clock.monotonic(), Duration::from_millis(1_050));
    let stats = limiter.stats(ACTION).unwrap();
    assert_eq!(
        (stats.granted, stats.unavailable, stats.too_long),
        (3, 5, 1)
    );
    assert_eq!((stats.cancelled, stats.waiting), (1, 0));
    assert_eq!(account.inner.stats(ACTION).unwrap().granted, 3);
}

/// Others use up the account: waiting for it wastes nothing of the share.
#[tokio::test(start_paused = true)]
async fn waiting_for_the_account_wastes_nothing_of_the_share() {
    let clock = SystemClock::shared();
    let account = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    for _ in 0..LIMIT {
        assert!(account.acquire(start(FOREVER)).await.unwrap().start());
    }
    let limiter = Stacked::new(account, 1, clock.clone());
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    assert_eq!(clock.monotonic(), Duration::from_millis(1_050));
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    assert_eq!(clock.monotonic(), Duration::from_millis(2_100));
}

/// The wait for the share counts towards the longest wait for the account.
#[tokio::test(start_paused = true)]
async fn the_longest_wait_is_for_both_limits_together() {
    let clock = SystemClock::shared();
    let account = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let limiter = Stacked::new(account.clone(), 1, clock.clone());
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    let mut others = JoinSet::new();
    for _ in 1..2 * LIMIT {
        let account = account.clone();
        others.spawn(async move { account.acquire(start(FOREVER)).await.unwrap().start() });
    }
    // The share is free after 1.05 s, the account then only after as long again.
    let max_wait = Duration::from_millis(1_500);
    let refused = limiter.acquire(start(max_wait)).await;
    assert!(matches!(refused, Err(LimitError::TooLong(_))));
    assert!(clock.monotonic() < max_wait);
    assert!(others.join_all().await.into_iter().all(|started| started));
}

#[tokio::test(start_paused = true)]
async fn throttling_widens_the_account_and_not_the_share() {
    let clock = SystemClock::shared();
    let account = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let limiter = Stacked::new(account.clone(), 1, clock);
    assert!(limiter.acquire(start(FOREVER)).await.unwrap().start());
    limiter.throttled(ACTION);
    let stats = limiter.stats(ACTION).unwrap();
    assert_eq!(stats.throttled, 1);
    assert_eq!(account.stats(ACTION).unwrap().throttled, 1);
    assert_eq!(stats.tolerance, Duration::from_millis(100));
    // The share is as before: a longest wait of exactly one round is enough.
    let round = Duration::from_millis(1_050);
    assert!(limiter.acquire(start(round)).await.unwrap().start());
}
