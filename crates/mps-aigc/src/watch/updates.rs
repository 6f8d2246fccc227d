//! One watch: its tasks, and the updates that its reader has not read.

use std::{collections::VecDeque, sync::Arc, task::Waker, time::Duration};

use super::{event::Event, policy::PollingPolicy, schedule::Id, state::Ending};
use crate::handle::TaskHandle;

/// Updates of a watch that were not read, from which passing ones are left out.
const MAX_BACKLOG: usize = 1_000;

/// A wait, or the tasks of an event stream.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) policy: Option<Arc<dyn PollingPolicy>>,
    pub(super) deadline: Duration,
    pub(super) timeout: Duration,
    pub(super) tasks: Vec<Id>,
    /// Tasks that have not ended.
    pub(super) running: usize,
    pub(super) updates: VecDeque<Update>,
    pub(super) reader: Option<Waker>,
}

/// An event, or the end of a task, which becomes one with the client.
#[derive(Debug)]
pub(super) enum Update {
    Event(Event),
    End(End),
}

/// The end of a task.
#[derive(Debug)]
pub(super) struct End {
    pub(super) task: TaskHandle,
    pub(super) ending: Ending,
    /// When the task was last seen to be pending, if it was, on the client's monotonic clock.
    pub(super) pending_at: Option<Duration>,
}

impl Watch {
    /// Adds an update. A slow reader misses those that do not matter later.
    pub(super) fn push(&mut self, update: Update) {
        let is_passing = matches!(
            &update,
            Update::Event(Event::Progress { .. } | Event::PollTrouble { .. })
        );
        if is_passing && self.updates.len() >= MAX_BACKLOG {
            return;
        }
        self.updates.push_back(update);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
