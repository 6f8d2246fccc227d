//! A server and a network that fail: the queue that hosts share while they can reach it.

use std::sync::{Arc, Mutex, MutexGuard};

use mps_core::{
    BoxFuture,
    clock::SharedClock,
    limit::{
        LimitError, Limiter, Permit, PermitRequest, Unavailable,
        internals::{Decision, Slot, SlotQueue},
    },
};

use crate::{HOSTS, ms};

/// The server with the queue of the script, which is lost when the server crashes.
#[derive(Debug)]
pub(crate) struct Server {
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) down: bool,
    pub(crate) cut_off: [bool; HOSTS],
    run: u64,
    queue: Option<SlotQueue>,
}

impl Server {
    pub(crate) fn new(clock: SharedClock) -> Arc<Self> {
        let state = Mutex::default();
        Arc::new(Self { clock, state })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn reaches(&self, host: usize) -> bool {
        let state = self.state();
        !state.down && !state.cut_off[host]
    }

    fn request(&self, limit: u32, process: u64) -> (u64, Decision) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let queue = state
            .queue
            .get_or_insert_with(|| SlotQueue::after_loss(limit, now));
        let decision = queue.request(now, process);
        (state.run, decision)
    }

    pub(crate) fn crash(&self) {
        let mut state = self.state();
        state.run += 1;
        (state.down, state.queue) = (true, None);
    }
}

/// The connection of one host to the server.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) server: Arc<Server>,
    pub(crate) host: usize,
    pub(crate) process: u64,
}

impl Link {
    /// Returns `None` when the request or its reply is lost. A slot in a lost reply is lost, too.
    async fn request(&self, limit: u32) -> Option<(u64, Decision)> {
        let latency = || ms(fastrand::u64(..8));
        self.server.clock.sleep(latency()).await;
        if !self.server.reaches(self.host) {
            return None;
        }
        let reply = self.server.request(limit, self.process);
        self.server.clock.sleep(latency()).await;
        self.server.reaches(self.host).then_some(reply)
    }

    async fn wait_for_slot(&self, limit: u32) -> Result<Permit, LimitError> {
        let clock = &self.server.clock;
        let mut lost = 0;
        while lost < 3 {
            match self.request(limit).await {
                None => {
                    lost += 1;
                    clock.sleep(ms(50)).await;
                }
                Some((_, Decision::Wait { ask_in, .. })) => clock.sleep(ask_in).await,
                Some((run, Decision::Granted(slot))) => {
                    let server = self.server.clone();
                    let wait = slot.at().saturating_sub(clock.monotonic());
                    let permit = permit(server, run, slot);
                    clock.sleep(wait).await;
                    return Ok(permit);
                }
            }
        }
        Err(Unavailable::new("the server is away").into())
    }
}

impl Limiter for Link {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(self.wait_for_slot(request.limit))
    }

    fn throttled(&self, _action: &str) {}
}

fn permit(server: Arc<Server>, run: u64, slot: Slot) -> Permit {
    let (latest, clock) = (slot.latest_start(), server.clock.clone());
    let give_back = move || {
        let mut state = server.state();
        if state.run == run
            && let Some(queue) = &mut state.queue
        {
            queue.release(slot);
        }
    };
    Permit::from_callbacks(move || clock.monotonic() <= latest, give_back)
}
