//! A provider that answers when the test says so.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
    time::Duration,
};

use super::{Cached, ProvideResult};
use crate::{
    BoxFuture,
    clock::{Clock as _, TestClock},
    credentials::{Credentials, CredentialsError, ProvideCredentials},
};

pub(super) const NOW: u64 = 1_771_125_945;

#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// New credentials that expire after this many seconds.
    Keys(u64),
    /// The last credentials again.
    Same,
    /// Credentials without expiry.
    Lasting,
    Failure,
    Panic,
}

/// Clones share one state.
#[derive(Clone, Debug)]
pub(super) struct ScriptedProvider {
    pub(super) clock: TestClock,
    state: Arc<Mutex<ProviderState>>,
}

#[derive(Debug, Default)]
struct ProviderState {
    answers: VecDeque<Answer>,
    waiting: Vec<Waker>,
    asked: usize,
    refreshed: usize,
    open: usize,
    most_open: usize,
    given: Option<Credentials>,
}

/// A request that was neither answered nor dropped.
struct Open(ScriptedProvider);

impl ScriptedProvider {
    pub(super) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let provider = Self {
            clock: TestClock::new(NOW),
            state: Arc::default(),
        };
        provider.state().answers.extend(answers);
        provider
    }

    pub(super) fn cached(&self) -> Cached<Self> {
        Cached::with_clock(self.clone(), Arc::new(self.clock.clone()))
    }

    pub(super) fn answer(&self, answer: Answer) {
        let mut state = self.state();
        state.answers.push_back(answer);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn forget_answers(&self) {
        self.state().answers.clear();
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(super) fn asked(&self) -> usize {
        self.state().asked
    }

    /// Returns how many of the requests were for a replacement.
    pub(super) fn refreshed(&self) -> usize {
        self.state().refreshed
    }

    /// Returns the largest number of open requests.
    pub(super) fn most_open(&self) -> usize {
        self.state().most_open
    }

    fn state(&self) -> MutexGuard<'_, ProviderState> {
        self.state.lock().unwrap()
    }

    fn open(&self) -> Open {
        let mut state = self.state();
        state.asked += 1;
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        Open(self.clone())
    }

    async fn answered(&self) -> ProvideResult {
        let _open = self.open();
        let answer = poll_fn(|cx| {
            let mut state = self.state();
            if let Some(answer) = state.answers.pop_front() {
                return Poll::Ready(answer);
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        });
        let keys = match answer.await {
            Answer::Keys(life) => self
                .numbered()
                .with_expiry(self.clock.wall() + Duration::from_secs(life)),
            Answer::Lasting => self.numbered(),
            Answer::Same => self.state().given.clone().unwrap(),
            Answer::Failure => return Err(CredentialsError::unusable("the desk is closed")),
            Answer::Panic => panic!("the desk fell over"),
        };
        self.state().given = Some(keys.clone());
        Ok(keys)
    }

    fn numbered(&self) -> Credentials {
        let number = self.asked();
        Credentials::new("AKIDEXAMPLE", "k").with_token(number.to_string())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}

impl ProvideCredentials for ScriptedProvider {
    fn provide(&self) -> BoxFuture<'_, ProvideResult> {
        Box::pin(self.answered())
    }

    fn refresh<'a>(&'a self, _refused: &'a Credentials) -> BoxFuture<'a, ProvideResult> {
        self.state().refreshed += 1;
        self.provide()
    }
}
