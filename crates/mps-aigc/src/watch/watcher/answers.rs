//! Records answers to polls: the task, its next poll, and the curve of durations.

use std::time::Duration;

use super::{Poll, State};
use crate::{
    family::Snapshot,
    watch::{
        curve::Curve,
        curves::Eta,
        event::Event,
        state::{Ending, Step},
    },
};

/// Pause of all polls after the limiter had no permit.
const LIMITER_PAUSE: Duration = Duration::from_millis(200);

impl State {
    /// Records the answer to a poll.
    pub(in crate::watch) fn polled(
        &mut self,
        poll: &Poll,
        answer: Result<Snapshot, mps_core::Error>,
        now: Duration,
    ) {
        let id = poll.id;
        let entry = self.entries.get_mut(id.index());
        let Some(entry) = entry
            .and_then(Option::as_mut)
            .filter(|entry| entry.id == id)
        else {
            return;
        };
        let mut events = Vec::new();
        let step = entry.state.polled(&entry.task, answer, now, &mut events);
        let (watch, has_age) = (entry.watch, entry.has_age);
        match step {
            Step::Pending => {
                if let Some(eta) = self.pending(poll, has_age) {
                    let task = poll.task.clone();
                    events.push(Event::Progress { task, eta });
                }
            }
            Step::Again(pause) => self.schedule.again(id, now.saturating_add(pause)),
            Step::NotSent => {
                self.schedule.postpone(now, LIMITER_PAUSE);
                self.schedule.again(id, now);
            }
            Step::End(ending) => {
                self.send(watch, events);
                self.learn_end(poll, &ending, has_age);
                self.end(id, |_| ending);
                return;
            }
        }
        self.send(watch, events);
    }

    /// Records that a task is pending, and returns the estimate of its end.
    fn pending(&mut self, poll: &Poll, has_age: bool) -> Option<Eta> {
        let (before, age) = self.schedule.ages(poll.id, poll.asked_at)?;
        if has_age {
            self.curves
                .update(&poll.task, |curve| curve.record_pending(before, age));
        }
        let entry = self.entries.get(poll.id.index())?.as_ref()?;
        let watch = self.watches.get(&entry.watch)?;
        let policy = watch.policy.as_ref().unwrap_or(&self.policy);
        let curve = self.curves.curve(&poll.task);
        self.schedule
            .pending(poll.id, poll.asked_at, curve, &**policy);
        (has_age && curve.is_known()).then(|| Eta::of(curve, age))
    }

    fn learn_end(&mut self, poll: &Poll, ending: &Ending, has_age: bool) {
        let ages = self.schedule.ages(poll.id, poll.asked_at);
        if let (Some((before, age)), Ending::Done(_), true) = (ages, ending, has_age) {
            let learn = |curve: &mut Curve| curve.record_done(before, age);
            self.curves.update(&poll.task, learn);
        }
    }
}
