//! A server on a network that fails: what hosts share, as far as each of them reaches it.

use std::sync::{Arc, Mutex, MutexGuard};

use mps_core::{
    BoxFuture,
    clock::SharedClock,
    limit::{
        LimitError, Limiter, Permit, PermitRequest, Unavailable,
        internals::{Queue, Slot, Turn},
    },
};

use crate::{HOSTS, ms};

/// The server: the queue that the script keeps, which forgets all when it crashes.
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
    queue: Option<Queue>,
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

    fn ask(&self, limit: u32, who: u64) -> (u64, Turn) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let queue = state
            .queue
            .get_or_insert_with(|| Queue::after_loss(limit, now));
        let turn = queue.ask(now, who);
        (state.run, turn)
    }

    pub(crate) fn crash(&self) {
        let mut state = self.state();
        state.run += 1;
        (state.down, state.queue) = (true, None);
    }
}

/// What a host sees of the server.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) server: Arc<Server>,
    pub(crate) host: usize,
    pub(crate) who: u64,
}

impl Link {
    /// `None` when the question or its answer is lost. A slot in a lost answer is lost, too.
    async fn ask(&self, limit: u32) -> Option<(u64, Turn)> {
        let way = || ms(fastrand::u64(..8));
        self.server.clock.sleep(way()).await;
        if !self.server.reaches(self.host) {
            return None;
        }
        let answer = self.server.ask(limit, self.who);
        self.server.clock.sleep(way()).await;
        self.server.reaches(self.host).then_some(answer)
    }

    async fn wait_for_turn(&self, limit: u32) -> Result<Permit, LimitError> {
        let clock = &self.server.clock;
        let mut lost = 0;
        while lost < 3 {
            match self.ask(limit).await {
                None => {
                    lost += 1;
                    clock.sleep(ms(50)).await;
                }
                Some((_, Turn::Later { ask_in, .. })) => clock.sleep(ask_in).await,
                Some((run, Turn::Granted(slot))) => {
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
        Box::pin(self.wait_for_turn(request.limit))
    }

    fn throttled(&self, _action: &str) {}
}

fn permit(server: Arc<Server>, run: u64, slot: Slot) -> Permit {
    let (latest, clock) = (slot.latest(), server.clock.clone());
    let give_back = move || {
        let mut state = server.state();
        if state.run == run
            && let Some(queue) = &mut state.queue
        {
            queue.give_back(slot);
        }
    };
    Permit::from_callbacks(move || clock.monotonic() <= latest, give_back)
}
