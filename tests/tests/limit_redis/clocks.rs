//! A server's clock that is not known yet, not known well enough, or set forward.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use mps_core::{
    BoxFuture,
    clock::{Clock, SystemClock},
    limit::{LimitError, RedisLimiter, internals::START_TOLERANCE},
};
use mps_tests::redis::RedisServer;
use redis::cmd;

use crate::{acquire, assert_refused, limiter, starts};

/// This is no failure, only a slot that is too far away.
#[tokio::test]
async fn a_new_process_without_time_to_observe_the_clock_learns_the_wait() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let max_wait = Duration::from_secs(1);
    // On a busy machine a reply may come too late to say anything about the clock.
    let wait = loop {
        match acquire(&limiter(&server.url()), max_wait).await {
            Err(LimitError::TooLong(refused)) => break refused.wait,
            Err(LimitError::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait, Duration::from_millis(1_100));
}

/// A clock on which more than the fence passes between any two looks at it, and so while any
/// question is answered.
#[derive(Debug, Default)]
struct Racing {
    system: SystemClock,
    looks: AtomicU32,
}

impl Clock for Racing {
    fn wall(&self) -> SystemTime {
        self.system.wall()
    }

    fn monotonic(&self) -> Duration {
        let looks = self.looks.fetch_add(1, Relaxed);
        self.system.monotonic() + looks * (START_TOLERANCE + Duration::from_millis(1))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.system.sleep(duration)
    }
}

/// Its clock could never be observed well enough, so no caller waits for that.
#[tokio::test]
async fn a_server_that_is_always_slow_is_reported_as_slow() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let clock = Arc::new(Racing::default());
    let limiter = RedisLimiter::new(&server.url(), "account", clock).unwrap();
    assert_refused(&limiter, "take longer than 50 ms").await;
}

/// The system's clock, which can be made to miss time, so that another one seems to be set
/// forward.
#[derive(Debug, Default)]
struct Missing {
    system: SystemClock,
    missed: Mutex<Duration>,
}

impl Clock for Missing {
    fn wall(&self) -> SystemTime {
        self.system.wall()
    }

    fn monotonic(&self) -> Duration {
        self.system
            .monotonic()
            .saturating_sub(*self.missed.lock().unwrap())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.system.sleep(duration)
    }
}

#[tokio::test]
async fn starts_wait_for_a_second_after_the_clock_was_set_forward() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let clock = Arc::new(Missing::default());
    let limiter = RedisLimiter::new(&server.url(), "account", clock.clone()).unwrap();
    starts(&limiter).await;
    let mut connection = server.connection().unwrap();
    let before = clock.monotonic();
    cmd("DEBUG")
        .arg("SLEEP")
        .arg("0.3")
        .exec(&mut connection)
        .unwrap();
    let missed = clock.monotonic().saturating_sub(before);
    *clock.missed.lock().unwrap() = missed;
    let before = clock.monotonic();
    starts(&limiter).await;
    assert!(clock.monotonic() >= before + Duration::from_millis(1_100));
}

/// The state as it looks to a clock that was set five seconds forward.
const FIVE_SECONDS_LATER: &str = "local key = redis.call('KEYS', '*')[1] \
    local s = cmsgpack.unpack(redis.call('GET', key)) \
    for _, times in ipairs({ s.at, s.ends, s['until'] }) do \
        for i = 1, #times do times[i] = times[i] - 5000000 end \
    end \
    redis.call('SET', key, cmsgpack.pack(s))";

/// No process that read the clock before is left to detect the step.
#[tokio::test]
async fn a_process_that_arrives_after_the_clock_was_set_forward_waits_for_earlier_starts() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let [earlier, later] = [(); 2].map(|()| limiter(&server.url()));
    let clock = SystemClock::new();
    starts(&earlier).await;
    let before = clock.monotonic();
    starts(&earlier).await;
    let mut connection = server.connection().unwrap();
    let set_forward = cmd("EVAL").arg(FIVE_SECONDS_LATER).arg(0).clone();
    set_forward.exec(&mut connection).unwrap();
    starts(&later).await;
    assert!(clock.monotonic() >= before + Duration::from_secs(1));
}
