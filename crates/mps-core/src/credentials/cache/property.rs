//! Properties for any order of callers, times and answers: one request at a time, no expired
//! credentials, and progress.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;

use super::{
    Cached, ProvideResult,
    testing::{Answer, ScriptedProvider},
};
use crate::{
    clock::Clock as _,
    credentials::{Credentials, ProvideCredentials as _},
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Provide,
    Refresh,
    Poll(usize),
    Abandon(usize),
    Advance(u64),
    Answer(Answer),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answer = prop_oneof![
        4 => prop_oneof![Just(1_u64), Just(100), Just(1_000), Just(7_200)].prop_map(Answer::Keys),
        1 => Just(Answer::Lasting),
        2 => Just(Answer::Failure),
        1 => Just(Answer::Panic),
    ];
    let step = prop_oneof![
        4 => Just(Step::Provide),
        2 => Just(Step::Refresh),
        6 => any::<usize>().prop_map(Step::Poll),
        2 => any::<usize>().prop_map(Step::Abandon),
        3 => prop_oneof![Just(1_u64), Just(10), Just(31), Just(100), Just(1_000), Just(7_000)]
            .prop_map(Step::Advance),
        4 => answer.prop_map(Step::Answer),
    ];
    proptest::collection::vec(step, 0..60)
}

type Caller = Pin<Box<dyn Future<Output = ProvideResult> + Send>>;

struct World {
    provider: ScriptedProvider,
    cached: Cached<ScriptedProvider>,
    callers: Vec<Caller>,
    last: Credentials,
}

impl World {
    fn new() -> Self {
        let provider = ScriptedProvider::new([]);
        Self {
            cached: provider.cached(),
            provider,
            callers: Vec::new(),
            last: Credentials::new("nobody", "k"),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Provide => {
                let cached = self.cached.clone();
                self.begin(async move { cached.provide().await });
            }
            Step::Refresh => {
                let (cached, last) = (self.cached.clone(), self.last.clone());
                self.begin(async move { cached.refresh(&last).await });
            }
            Step::Poll(which) if !self.callers.is_empty() => {
                self.poll(which % self.callers.len());
            }
            Step::Abandon(which) if !self.callers.is_empty() => {
                let which = which % self.callers.len();
                drop(self.callers.swap_remove(which));
            }
            Step::Poll(_) | Step::Abandon(_) => {}
            Step::Advance(seconds) => self.provider.advance(seconds),
            Step::Answer(answer) => self.provider.answer(answer),
        }
        assert!(self.provider.most_open() <= 1, "two questions at once");
    }

    fn begin(&mut self, caller: impl Future<Output = ProvideResult> + Send + 'static) {
        self.callers.push(Box::pin(caller));
        self.poll(self.callers.len() - 1);
    }

    fn poll(&mut self, which: usize) {
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(outcome) = self.callers[which].as_mut().poll(&mut cx) else {
            return;
        };
        drop(self.callers.swap_remove(which));
        if let Ok(keys) = outcome {
            let now = self.provider.clock.wall();
            assert!(
                keys.expires_at().is_none_or(|end| end > now),
                "expired keys"
            );
            self.last = keys;
        }
    }

    /// With a provider that works again, every waiting caller gets credentials, and so does a new
    /// one.
    fn recovers(&mut self) {
        self.provider.advance(31);
        self.provider.forget_answers();
        for _ in 0..100 {
            self.provider.answer(Answer::Keys(7_200));
        }
        for _ in 0..10 {
            (0..self.callers.len())
                .rev()
                .for_each(|which| self.poll(which));
        }
        assert!(self.callers.is_empty(), "somebody waits for ever");
        self.provider.advance(31);
        self.step(Step::Provide);
        self.poll_all_and_check_last();
    }

    fn poll_all_and_check_last(&mut self) {
        (0..self.callers.len())
            .rev()
            .for_each(|which| self.poll(which));
        assert!(self.callers.is_empty(), "a newcomer waits for ever");
        let end = self.last.expires_at();
        assert!(end.is_none_or(|end| end > self.provider.clock.wall()));
    }
}

proptest! {
    #[test]
    fn without_a_runtime(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.recovers();
    }

    #[test]
    fn with_tasks_of_a_runtime(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new();
            for step in steps {
                world.step(step);
                tokio::task::yield_now().await;
            }
            world.recovers();
        });
    }
}
