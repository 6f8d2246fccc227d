//! Hosts with a reserve, while the server they share fails and recovers for some or all of them, and
//! hosts crash: no second may have more starts of all hosts than the limit. The clock is paused and
//! jumps from timer to timer.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{future::pending, sync::Arc, time::Duration};

use mps_core::{
    BoxFuture,
    clock::{SharedClock, SystemClock},
    limit::{LimitError, Limiter, LocalLimiter, Permit, PermitRequest, Reserve, Reserved},
};
use mps_models::Effect;
use mps_tests::capture::Capture;
use proptest::{prelude::*, test_runner::TestRunner};

mod fleet;
mod server;

use self::{
    fleet::{Failure, Fleet, failure, paused, worst_window_through},
    server::{Link, Server},
};

const ACTION: &str = "CreateAigcVideoTask";
const LIMIT: u32 = 10;
const HOSTS: usize = 4;
const RESERVE: Reserve = Reserve {
    share: 1,
    owners: 4,
};
const FOREVER: Duration = Duration::from_secs(3_600);

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn reserved(link: Link, clock: SharedClock) -> Box<dyn Limiter> {
    let own = LocalLimiter::new(clock.clone());
    Box::new(Reserved::new(link, own, RESERVE, clock))
}

#[test]
fn no_second_has_more_starts_than_the_limit_while_hosts_lose_the_server() {
    let runs = (any::<u64>(), prop::collection::vec(failure(), 1..40));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(128));
    let checked = runner.run(&runs, |(seed, failures)| {
        let most = worst_window_through(reserved, seed, &failures);
        prop_assert!(most <= LIMIT as usize, "{} starts in one second", most);
        Ok(())
    });
    checked.unwrap();
}

/// The obvious alternative: the whole limit from the server, and a share of the host's own while the
/// server is away.
#[derive(Debug)]
struct Fallback {
    shared: Link,
    own: LocalLimiter,
}

impl Limiter for Fallback {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            match self.shared.acquire(request).await {
                Err(LimitError::Unavailable(_)) => {
                    let limit = LIMIT / RESERVE.owners;
                    self.own.acquire(request.limit(limit)).await
                }
                other => other,
            }
        })
    }

    fn throttled(&self, _action: &str) {}
}

/// Shows that the test above can fail.
#[test]
fn a_share_taken_only_without_the_server_would_break_the_limit() {
    fn fallback(link: Link, clock: SharedClock) -> Box<dyn Limiter> {
        let own = LocalLimiter::without_warm_up(clock);
        Box::new(Fallback { shared: link, own })
    }
    let some_are_cut_off = [(3_000, Failure::CutOff(0)), (0, Failure::CutOff(1))];
    assert!(worst_window_through(fallback, 1, &some_are_cut_off) > LIMIT as usize);
}

#[test]
fn the_rate_is_full_while_all_hosts_are_busy_and_each_keeps_its_share_without_the_server() {
    paused(async {
        let mut fleet = Fleet::new(reserved, 2);
        fleet.boot(0);
        let alone = fleet.rate().await;
        (1..HOSTS).for_each(|host| fleet.boot(host));
        let together = fleet.rate().await;
        fleet.server.crash();
        let without = fleet.rate().await;
        println!("alone {alone:.2}, together {together:.2}, without {without:.2} a second");
        // Of 7, 10 and 4 in 1.05 s, less those that are late or leave.
        for (rate, ideal) in [(alone, 6.67), (together, 9.52), (without, 3.81)] {
            assert!(
                rate > 0.8 * ideal && rate < 1.01 * ideal,
                "{rate} of {ideal}"
            );
        }
    });
}

fn start(limit: u32, max_wait: Duration) -> PermitRequest<'static> {
    PermitRequest::new(ACTION, Effect::PaidCreate, limit).max_wait(max_wait)
}

async fn starts(limiter: &impl Limiter) {
    let permit = limiter.acquire(start(LIMIT, FOREVER)).await;
    assert!(permit.unwrap().start());
}

/// A server that never replies.
#[derive(Debug)]
struct Silent;

impl Limiter for Silent {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(pending())
    }

    fn throttled(&self, _action: &str) {}
}

#[tokio::test(start_paused = true)]
async fn an_owner_alone_starts_at_its_share_after_the_warm_up() {
    let clock = SystemClock::shared();
    let own = LocalLimiter::new(clock.clone());
    let limiter = Reserved::new(Silent, own, RESERVE, clock.clone());
    for at in [1_050, 2_100, 3_150] {
        starts(&limiter).await;
        assert_eq!(clock.monotonic(), ms(at));
    }
}

#[tokio::test(start_paused = true)]
async fn a_grant_of_the_server_uses_nothing_of_the_share() {
    let clock = SystemClock::shared();
    let shared = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let own = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let limiter = Reserved::new(shared.clone(), own.clone(), RESERVE, clock.clone());
    clock.sleep(ms(1_000)).await;
    // One from the reserve and six from the server, all at once.
    for _ in 0..7 {
        starts(&limiter).await;
    }
    assert_eq!(clock.monotonic(), ms(1_000));
    starts(&limiter).await;
    assert_eq!(clock.monotonic(), ms(2_050));
    assert_eq!(own.stats(ACTION).unwrap().granted, 2);
    assert_eq!(shared.stats(ACTION).unwrap().granted, 6);
    limiter.throttled(ACTION);
    for limiter in [&shared, &own] {
        assert_eq!(limiter.stats(ACTION).unwrap().tolerance, ms(100));
    }
    let stats = limiter.stats(ACTION).unwrap();
    assert_eq!(
        (stats.granted, stats.throttled, stats.tolerance),
        (8, 1, ms(100))
    );
}

/// The whole limit is shared, as if there were no reserve.
#[tokio::test(start_paused = true)]
async fn a_limit_too_low_to_be_split_is_shared_as_a_whole() {
    let clock = SystemClock::shared();
    let shared = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let own = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let limiter = Reserved::new(shared.clone(), own.clone(), RESERVE, clock.clone());
    clock.sleep(ms(1_000)).await;
    for _ in 0..8 {
        assert!(limiter.acquire(start(4, FOREVER)).await.unwrap().start());
    }
    assert_eq!(clock.monotonic(), ms(2_050));
    assert!(own.stats(ACTION).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_can_wait_for_neither_learns_the_shorter_wait() {
    let clock = SystemClock::shared();
    let [shared, own] = [(); 2].map(|()| Arc::new(LocalLimiter::without_warm_up(clock.clone())));
    let limiter = Reserved::new(shared.clone(), own.clone(), RESERVE, clock.clone());
    use_up(&own, 1).await;
    clock.sleep(ms(100)).await;
    use_up(&shared, 6).await;
    let refused = limiter.acquire(start(LIMIT, ms(500))).await.unwrap_err();
    assert!(matches!(refused, LimitError::TooLong(refused) if refused.wait == ms(950)));
}

#[tokio::test(start_paused = true)]
async fn time_spent_in_the_queue_counts_towards_the_longest_wait() {
    let clock = SystemClock::shared();
    let shared = Arc::new(LocalLimiter::without_warm_up(clock.clone()));
    let own = LocalLimiter::new(clock.clone());
    let limiter = Reserved::new(shared.clone(), own, RESERVE, clock.clone());
    clock.sleep(ms(900)).await;
    use_up(&shared, 6).await;
    // The first caller starts at 1,050 ms from the reserve. The next start is the server's at 1,950 ms.
    let first = async {
        let permit = limiter.acquire(start(LIMIT, FOREVER)).await;
        assert!(permit.unwrap().start());
    };
    let ((), second) = tokio::join!(first, limiter.acquire(start(LIMIT, ms(1_040))));
    second.unwrap_err();
    assert_eq!(clock.monotonic(), ms(1_050));
}

async fn use_up(limiter: &LocalLimiter, limit: u32) {
    for _ in 0..limit {
        assert!(
            limiter
                .acquire(start(limit, FOREVER))
                .await
                .unwrap()
                .start()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_server_is_reported_whether_the_reserve_helps_or_not() {
    let clock = SystemClock::shared();
    let server = Server::new(clock.clone());
    server.crash();
    let link = Link {
        server,
        host: 0,
        process: 1,
    };
    let own = LocalLimiter::new(clock.clone());
    let limiter = Reserved::new(link, own, RESERVE, clock);
    let refused = limiter.acquire(start(LIMIT, ms(500))).await.unwrap_err();
    assert_eq!(refused.to_string(), "the server is away");

    let capture = Capture::default();
    let permit = capture.watch(limiter.acquire(start(LIMIT, FOREVER))).await;
    assert!(permit.unwrap().start());
    assert_eq!(capture.count("event mps.limit.reserve"), 1);
}
