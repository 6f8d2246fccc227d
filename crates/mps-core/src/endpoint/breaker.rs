//! The circuit breaker of one endpoint: closed, open or half-open.

use std::{collections::VecDeque, time::Duration};

use crate::{
    error::{Error, ErrorKind},
    names::names,
};

/// When a circuit breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// Number of failures, without an answer in between, that open the breaker; 0 counts as 1. 3 by
    /// default, so that the last of a call's four attempts uses another endpoint.
    pub failures: u32,
    /// Age at which a failure no longer counts. 5 minutes by default, so that three attempts in a
    /// row that each time out after a minute open the breaker.
    pub window: Duration,
    /// Time that an open breaker lets nothing through before one attempt may probe. Default: 30 s.
    pub pause: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 3,
            window: Duration::from_secs(5 * 60),
            pause: Duration::from_secs(30),
        }
    }
}

impl BreakerPolicy {
    /// Sets the number of failures, without an answer in between, that open the breaker; 0 counts
    /// as 1.
    #[must_use]
    pub fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// Sets the age at which a failure no longer counts.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets how long an open breaker lets nothing through before one attempt may probe.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerState {
    /// Every attempt is let through.
    Closed,
    /// No attempt is let through.
    Open,
    /// One attempt is let through; its outcome closes or opens the breaker.
    HalfOpen,
}

names!("breaker state", BreakerState {
    Closed = "closed",
    Open = "open",
    HalfOpen = "half_open",
});

/// The outcome of an attempt, as evidence about its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service answered, possibly with an error.
    Answered,
    /// No connection, a broken one, no answer in time, or an answer of a gateway.
    Failed,
    /// No evidence: the attempt was given up, or failed for a reason of its own.
    Inconclusive,
}

impl Outcome {
    pub(crate) fn of(failure: &Error) -> Self {
        let throttled = Some(http::StatusCode::TOO_MANY_REQUESTS.as_u16());
        match failure.kind() {
            ErrorKind::Service => Self::Answered,
            // A gateway that limits rates works.
            ErrorKind::Gateway if failure.http_status() == throttled => Self::Inconclusive,
            ErrorKind::Connect
            | ErrorKind::Interrupted
            | ErrorKind::Timeout
            | ErrorKind::Gateway => Self::Failed,
            _ => Self::Inconclusive,
        }
    }
}

/// The permission to use an endpoint, returned with the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Regular,
    /// The only attempt while the breaker is half-open. Its number differs from earlier ones.
    Probe(u64),
}

/// The state machine of one endpoint. Pure: the time is a parameter.
#[derive(Debug)]
pub(super) struct Breaker {
    policy: BreakerPolicy,
    state: State,
    probes: u64,
}

#[derive(Debug)]
enum State {
    /// The times of the latest failures, oldest first.
    Closed(VecDeque<Duration>),
    Open {
        until: Duration,
    },
    HalfOpen,
}

impl Breaker {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed(VecDeque::new()),
            probes: 0,
        }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed(_) => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen => BreakerState::HalfOpen,
        }
    }

    /// Returns when the pause ends; `None` unless the breaker is open.
    pub(super) fn open_until(&self) -> Option<Duration> {
        match self.state {
            State::Open { until } => Some(until),
            _ => None,
        }
    }

    /// Admits a probe, once the pause is over and no other probe is under way.
    pub(super) fn probe(&mut self, now: Duration) -> Option<Admission> {
        self.open_until().filter(|until| *until <= now)?;
        self.state = State::HalfOpen;
        self.probes += 1;
        Some(Admission::Probe(self.probes))
    }

    /// Counts the outcome of an attempt.
    ///
    /// An answer closes the breaker, whichever attempt got it. A failure of an attempt that began
    /// before the breaker opened does not keep it open.
    pub(super) fn settle(&mut self, admission: Admission, outcome: Outcome, now: Duration) {
        let is_probe =
            self.state() == BreakerState::HalfOpen && admission == Admission::Probe(self.probes);
        match outcome {
            Outcome::Answered => self.state = State::Closed(VecDeque::new()),
            Outcome::Failed if is_probe => self.rest(now),
            Outcome::Failed => self.count_failure(now),
            // The next attempt may probe at once.
            Outcome::Inconclusive if is_probe => self.state = State::Open { until: now },
            Outcome::Inconclusive => {}
        }
    }

    fn count_failure(&mut self, now: Duration) {
        let State::Closed(failures) = &mut self.state else {
            return;
        };
        let window = self.policy.window;
        failures.retain(|at| now.saturating_sub(*at) < window);
        failures.push_back(now);
        if failures.len() >= self.policy.failures.max(1) as usize {
            self.rest(now);
        }
    }

    fn rest(&mut self, now: Duration) {
        let until = now.saturating_add(self.policy.pause);
        self.state = State::Open { until };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        window: Duration::from_secs(60),
        pause: Duration::from_secs(30),
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed_at(seconds: impl IntoIterator<Item = u64>) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for second in seconds {
            breaker.settle(Admission::Regular, Outcome::Failed, at(second));
        }
        breaker
    }

    #[test]
    fn failures_within_the_window_open_it() {
        assert_eq!(failed_at([0, 1]).state(), BreakerState::Closed);
        assert_eq!(failed_at([0, 59, 60]).state(), BreakerState::Closed);
        let breaker = failed_at([0, 1, 59]);
        assert_eq!(breaker.open_until(), Some(at(89)));
    }

    #[test]
    fn an_answer_between_failures_starts_the_count_anew() {
        let mut breaker = failed_at([0, 1]);
        breaker.settle(Admission::Regular, Outcome::Answered, at(2));
        breaker.settle(Admission::Regular, Outcome::Failed, at(3));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn answers_alone_never_open_it() {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..1_000 {
            breaker.settle(Admission::Regular, Outcome::Answered, at(1));
            breaker.settle(Admission::Regular, Outcome::Inconclusive, at(1));
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn one_probe_at_a_time_decides_after_the_pause() {
        let mut breaker = failed_at([0, 0, 0]);
        assert_eq!(breaker.probe(at(29)), None);
        let probe = breaker.probe(at(30)).unwrap();
        assert_eq!(breaker.probe(at(1_000)), None);
        breaker.settle(probe, Outcome::Failed, at(40));
        assert_eq!(breaker.open_until(), Some(at(70)));
        let probe = breaker.probe(at(70)).unwrap();
        breaker.settle(probe, Outcome::Answered, at(71));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_was_given_up_admits_another() {
        let mut breaker = failed_at([0, 0, 0]);
        let probe = breaker.probe(at(30)).unwrap();
        breaker.settle(probe, Outcome::Inconclusive, at(31));
        assert!(breaker.probe(at(31)).is_some());
    }

    #[test]
    fn late_outcomes_neither_keep_it_open_nor_count_as_the_probe() {
        let mut breaker = failed_at([0, 0, 0]);
        breaker.settle(Admission::Regular, Outcome::Failed, at(29));
        assert_eq!(breaker.open_until(), Some(at(30)));
        let probe = breaker.probe(at(30)).unwrap();
        breaker.settle(Admission::Regular, Outcome::Failed, at(31));
        breaker.settle(Admission::Probe(0), Outcome::Failed, at(31));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.settle(probe, Outcome::Answered, at(32));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn only_transport_and_gateway_failures_count() {
        for (kind, outcome) in [
            (ErrorKind::Connect, Outcome::Failed),
            (ErrorKind::Interrupted, Outcome::Failed),
            (ErrorKind::Timeout, Outcome::Failed),
            (ErrorKind::Gateway, Outcome::Failed),
            (ErrorKind::Service, Outcome::Answered),
            (ErrorKind::Decode, Outcome::Inconclusive),
            (ErrorKind::TooLarge, Outcome::Inconclusive),
            (ErrorKind::Config, Outcome::Inconclusive),
        ] {
            assert_eq!(Outcome::of(&Error::new(kind, "")), outcome, "{kind:?}");
        }
        let busy = Error::new(ErrorKind::Gateway, "")
            .with_http_status(http::StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(Outcome::of(&busy), Outcome::Inconclusive);
    }

    /// An event of a breaker, with the seconds that pass before it.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Attempt(Outcome),
        TryToProbe,
        ProbeEnds(Outcome),
    }

    fn step() -> impl Strategy<Value = (u64, Step)> {
        let outcome = prop_oneof![
            Just(Outcome::Answered),
            Just(Outcome::Failed),
            Just(Outcome::Inconclusive)
        ];
        let step = prop_oneof![
            outcome.clone().prop_map(Step::Attempt),
            Just(Step::TryToProbe),
            outcome.prop_map(Step::ProbeEnds),
        ];
        (0_u64..40, step)
    }

    proptest! {
        /// At most one probe counts, none before the pause is over; only a failure opens the
        /// breaker, and only an answer closes it.
        #[test]
        fn a_breaker_opens_by_failures_and_closes_by_answers(steps in prop::collection::vec(step(), 1..200)) {
            let mut breaker = Breaker::new(POLICY);
            let (mut now, mut probe) = (Duration::ZERO, None);
            for (pause, step) in steps {
                now += at(pause);
                let (before, until) = (breaker.state(), breaker.open_until());
                let outcome = match step {
                    Step::Attempt(outcome) => {
                        breaker.settle(Admission::Regular, outcome, now);
                        Some(outcome)
                    }
                    Step::TryToProbe => {
                        let admission = breaker.probe(now);
                        let due = until.is_some_and(|until| until <= now);
                        prop_assert_eq!(admission.is_some(), due);
                        probe = admission.or(probe);
                        None
                    }
                    Step::ProbeEnds(outcome) => probe.take().map(|admission| {
                        breaker.settle(admission, outcome, now);
                        outcome
                    }),
                };
                let after = breaker.state();
                if after == BreakerState::Closed && before != after {
                    prop_assert_eq!(outcome, Some(Outcome::Answered));
                }
                if before == BreakerState::Closed && before != after {
                    prop_assert_eq!(outcome, Some(Outcome::Failed));
                }
                if outcome == Some(Outcome::Answered) {
                    prop_assert_eq!(after, BreakerState::Closed);
                }
            }
        }
    }
}
