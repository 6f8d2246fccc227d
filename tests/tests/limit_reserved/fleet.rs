//! Hosts that start as often as they may, and failures of their network.

use std::sync::{Arc, Mutex};

use mps_core::{
    clock::{SharedClock, SystemClock, timeout},
    limit::{Limiter, PermitRequest},
};
use mps_models::Effect;
use mps_tests::window::most_in_any_second;
use proptest::prelude::*;
use tokio::task::JoinSet;

use crate::{
    ACTION, FOREVER, HOSTS, LIMIT, ms,
    server::{Link, Server},
};

/// Builds the limiter of a host from its connection to the server.
pub(crate) type Build = fn(Link, SharedClock) -> Box<dyn Limiter>;

pub(crate) struct Fleet {
    pub(crate) clock: SharedClock,
    pub(crate) server: Arc<Server>,
    build: Build,
    /// The callers of each host.
    hosts: Vec<JoinSet<()>>,
    starts_us: Arc<Mutex<Vec<u64>>>,
}

impl Fleet {
    pub(crate) fn new(build: Build, seed: u64) -> Self {
        fastrand::seed(seed);
        let clock = SystemClock::shared();
        let server = Server::new(clock.clone());
        let hosts = (0..HOSTS).map(|_| JoinSet::new()).collect();
        let starts_us = Arc::default();
        Self {
            clock,
            server,
            build,
            hosts,
            starts_us,
        }
    }

    /// Starts a host; the process that ran there before is killed.
    pub(crate) fn boot(&mut self, host: usize) {
        let link = Link {
            server: self.server.clone(),
            host,
            process: fastrand::u64(1..),
        };
        let limiter: Arc<dyn Limiter> = (self.build)(link, self.clock.clone()).into();
        self.hosts[host] = JoinSet::new();
        for _ in 0..3 {
            let (limiter, clock) = (limiter.clone(), self.clock.clone());
            let starts_us = self.starts_us.clone();
            self.hosts[host].spawn(start_for_ever(limiter, clock, starts_us));
        }
    }

    pub(crate) async fn run_through(&mut self, failures: &[(u64, Failure)]) {
        for (after_ms, failure) in failures {
            self.clock.sleep(ms(*after_ms)).await;
            match *failure {
                Failure::Crash => self.server.crash(),
                Failure::Recover => self.server.state().down = false,
                Failure::CutOff(host) => self.server.state().cut_off[host] = true,
                Failure::Reconnect(host) => self.server.state().cut_off[host] = false,
                Failure::Boot(host) => self.boot(host),
            }
        }
    }

    pub(crate) fn worst_window(&self) -> usize {
        most_in_any_second(&self.starts_us.lock().unwrap())
    }

    /// Returns the starts per second while nothing changes.
    pub(crate) async fn rate(&self) -> f64 {
        let before = self.starts_us.lock().unwrap().len();
        self.clock.sleep(ms(105_000)).await;
        let after = self.starts_us.lock().unwrap().len();
        f64::from(u32::try_from(after - before).unwrap()) / 105.0
    }
}

/// Starts again and again. Some callers wait long, some leave, and the machine is late at times.
async fn start_for_ever(
    limiter: Arc<dyn Limiter>,
    clock: SharedClock,
    starts_us: Arc<Mutex<Vec<u64>>>,
) {
    loop {
        let request = PermitRequest::new(ACTION, Effect::PaidCreate, LIMIT).max_wait(FOREVER);
        let leaves_after = if fastrand::u8(..8) == 0 {
            ms(fastrand::u64(..1_500))
        } else {
            FOREVER
        };
        let permit = timeout(&*clock, leaves_after, limiter.acquire(request)).await;
        let Some(Ok(permit)) = permit else { continue };
        if fastrand::u8(..4) == 0 {
            clock.sleep(ms(fastrand::u64(..70))).await;
        }
        let now = u64::try_from(clock.monotonic().as_micros()).unwrap();
        if permit.start() {
            starts_us.lock().unwrap().push(now);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Crash,
    Recover,
    CutOff(usize),
    Reconnect(usize),
    Boot(usize),
}

pub(crate) fn failure() -> impl Strategy<Value = (u64, Failure)> {
    let kind = prop_oneof![
        1 => Just(Failure::Crash),
        2 => Just(Failure::Recover),
        3 => (0..HOSTS).prop_map(Failure::CutOff),
        3 => (0..HOSTS).prop_map(Failure::Reconnect),
        2 => (0..HOSTS).prop_map(Failure::Boot),
    ];
    (0..1_500_u64, kind)
}

pub(crate) fn paused<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

pub(crate) fn worst_window_through(build: Build, seed: u64, failures: &[(u64, Failure)]) -> usize {
    paused(async {
        let mut fleet = Fleet::new(build, seed);
        (0..HOSTS).for_each(|host| fleet.boot(host));
        fleet.run_through(failures).await;
        fleet.clock.sleep(ms(3_000)).await;
        fleet.worst_window()
    })
}
