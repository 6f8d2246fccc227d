//! All watches of a client: their tasks, the schedule, and the events that wait to be read.

mod answers;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
    time::Duration,
};

use mps_core::sync::lock;

use super::{
    curves::{Curves, Eta},
    event::Event,
    options::{PollSettings, WaitOptions},
    policy::PollingPolicy,
    schedule::{Id, Next, Schedule},
    state::{Ending, WaitState},
    updates::{End, Update, Watch},
};
use crate::{any_task::AnyTask, error::Error, handle::TaskHandle};

/// Longest time for one poll, its repetitions included.
const POLL_DEADLINE: Duration = Duration::from_secs(60);

/// The watches of a client and its clones.
#[derive(Debug)]
pub(crate) struct Watcher(Mutex<State>);

#[derive(Debug)]
pub(super) struct State {
    schedule: Schedule,
    /// By the index of the task in the schedule.
    entries: Vec<Option<Entry>>,
    watches: HashMap<WatchId, Watch>,
    deadlines: BTreeSet<(Duration, WatchId)>,
    next_watch: WatchId,
    policy: Arc<dyn PollingPolicy>,
    curves: Curves,
    budget: f64,
    /// `true` while a driver runs.
    has_driver: bool,
    driver: Option<Waker>,
}

pub(super) type WatchId = u32;

/// A task of a watch.
#[derive(Debug)]
struct Entry {
    task: TaskHandle,
    state: WaitState,
    id: Id,
    watch: WatchId,
    /// `true` if the age of the task is known, so that its duration can be learned.
    has_age: bool,
}

/// A poll to make.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) id: Id,
    pub(super) task: TaskHandle,
    pub(super) asked_at: Duration,
    pub(super) deadline: Duration,
}

/// The next step of the driver.
#[derive(Debug)]
pub(super) enum Work {
    Poll(Poll),
    Sleep(Duration),
    /// Wait for an answer or a new watch.
    Wait,
    /// Nothing is watched.
    End,
}

impl Watcher {
    pub(crate) fn new(settings: PollSettings) -> Self {
        Self(Mutex::new(State {
            schedule: Schedule::new(settings.budget),
            entries: Vec::new(),
            watches: HashMap::new(),
            deadlines: BTreeSet::new(),
            next_watch: 0,
            policy: settings.policy,
            curves: settings.curves,
            budget: settings.budget,
            has_driver: false,
            driver: None,
        }))
    }

    /// Divides the budget by the number of processes that share the account.
    pub(crate) fn share_budget(&self, processes: u32) {
        let mut state = self.state();
        let budget = state.budget / f64::from(processes.max(1));
        state.schedule.set_budget(budget);
        state.wake_driver();
    }

    pub(crate) fn curves(&self) -> Curves {
        self.state().curves.clone()
    }

    pub(crate) fn learn(&self, curves: &Curves) {
        self.state().curves.merge(curves);
    }

    pub(crate) fn estimate(&self, task: &TaskHandle, age: Duration) -> Option<Eta> {
        self.state().curves.estimate(task, age)
    }

    /// Gives the next place of the budget to a call of a person, which does not wait for it.
    pub(crate) fn yield_place(&self, now: Duration) {
        self.state().schedule.yield_place(now);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl State {
    /// Adds a watch of tasks, each with its age if it is known.
    pub(super) fn watch(
        &mut self,
        tasks: impl ExactSizeIterator<Item = (AnyTask, Option<Duration>)>,
        options: &WaitOptions,
        now: Duration,
    ) -> WatchId {
        let watch = self.next_watch;
        self.next_watch = self.next_watch.wrapping_add(1);
        let deadline = now.saturating_add(options.timeout);
        let policy = options.policy.clone();
        let count = tasks.len();
        self.schedule.reserve(count);
        let missing = (self.schedule.len() + count).saturating_sub(self.entries.len());
        self.entries.reserve(missing);
        let mut ids = Vec::with_capacity(count);
        for (task, age) in tasks {
            ids.push(self.add(&task, age, watch, policy.as_ref(), now));
        }
        self.deadlines.insert((deadline, watch));
        self.watches.insert(
            watch,
            Watch {
                policy,
                deadline,
                timeout: options.timeout,
                running: ids.len(),
                tasks: ids,
                updates: VecDeque::new(),
                reader: None,
            },
        );
        self.wake_driver();
        watch
    }

    fn add(
        &mut self,
        task: &AnyTask,
        age: Option<Duration>,
        watch: WatchId,
        policy: Option<&Arc<dyn PollingPolicy>>,
        now: Duration,
    ) -> Id {
        let policy = policy.unwrap_or(&self.policy);
        let handle = task.handle().clone();
        let curve = self.curves.curve(&handle);
        let (has_age, age) = (age.is_some(), age.unwrap_or_default());
        // A task of unknown age may be done already.
        let id = self.schedule.insert(now, age, !has_age, curve, &**policy);
        let entry = Entry {
            task: handle,
            state: WaitState::new(task.is_own()),
            id,
            watch,
            has_age,
        };
        if id.index() >= self.entries.len() {
            self.entries.resize_with(id.index() + 1, || None);
        }
        if let Some(slot) = self.entries.get_mut(id.index()) {
            *slot = Some(entry);
        }
        id
    }

    /// Removes a watch and its tasks. Polls that are on the way are ignored.
    pub(super) fn unwatch(&mut self, watch: WatchId) {
        let Some(removed) = self.watches.remove(&watch) else {
            return;
        };
        self.deadlines.remove(&(removed.deadline, watch));
        for id in removed.tasks {
            self.remove(id);
        }
        if self.watches.is_empty() {
            self.wake_driver();
        }
    }

    fn remove(&mut self, id: Id) -> Option<Entry> {
        let slot = self.entries.get_mut(id.index())?;
        let entry = slot.take_if(|entry| entry.id == id)?;
        self.schedule.remove(id);
        if self.schedule.len() == 0 {
            self.entries = Vec::new();
        }
        Some(entry)
    }

    /// Returns the next update of a watch. Without one, returns `None` and `reader` is woken by the
    /// next.
    pub(super) fn next_update(&mut self, watch: WatchId, reader: &Waker) -> Option<Update> {
        let watch = self.watches.get_mut(&watch)?;
        let update = watch.updates.pop_front();
        if update.is_none() {
            watch.reader = Some(reader.clone());
        }
        update
    }

    /// Returns whether all tasks of a watch have ended and all their events were read.
    pub(super) fn is_over(&self, watch: WatchId) -> bool {
        let watch = self.watches.get(&watch);
        watch.is_none_or(|watch| watch.running == 0 && watch.updates.is_empty())
    }

    /// Returns whether a driver has to be started, and takes note of one that is.
    pub(super) fn needs_driver(&mut self) -> bool {
        !std::mem::replace(&mut self.has_driver, true)
    }

    /// Wakes the readers, which start another driver: it repeats the polls that have no answer yet.
    pub(super) fn driver_ended(&mut self, now: Duration) {
        self.has_driver = false;
        self.driver = None;
        self.schedule.abandon_polls(now);
        let readers = self.watches.values_mut();
        readers
            .filter_map(|watch| watch.reader.take())
            .for_each(Waker::wake);
    }

    fn wake_driver(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.wake();
        }
    }

    /// Returns the next step of the driver, which is woken by `driver` when it changes.
    pub(super) fn work(&mut self, now: Duration, driver: &Waker) -> Work {
        self.end_overdue(now);
        if self.schedule.len() == 0 {
            return Work::End;
        }
        self.driver = Some(driver.clone());
        let deadline = self.deadlines.first().map(|(deadline, _)| *deadline);
        match (self.schedule.next(now), deadline) {
            (Next::Poll(id), _) => self.start(id, now).map_or(Work::Sleep(now), Work::Poll),
            (Next::At(at), Some(deadline)) => Work::Sleep(at.min(deadline)),
            (Next::At(at), None) => Work::Sleep(at),
            (Next::Idle, Some(deadline)) => Work::Sleep(deadline),
            (Next::Idle, None) => Work::Wait,
        }
    }

    fn start(&mut self, id: Id, now: Duration) -> Option<Poll> {
        let entry = self.entries.get(id.index())?.as_ref()?;
        let watch = self.watches.get(&entry.watch)?;
        let curve = self.curves.curve(&entry.task);
        self.schedule.started(id, now, curve);
        Some(Poll {
            id,
            task: entry.task.clone(),
            asked_at: now,
            deadline: watch.deadline.saturating_sub(now).min(POLL_DEADLINE),
        })
    }

    /// Ends the tasks of watches whose deadline has passed.
    fn end_overdue(&mut self, now: Duration) {
        while let Some((deadline, watch)) = self.deadlines.first().copied() {
            if deadline > now {
                return;
            }
            self.deadlines.pop_first();
            let Some(overdue) = self.watches.get_mut(&watch) else {
                continue;
            };
            let (tasks, timeout) = (std::mem::take(&mut overdue.tasks), overdue.timeout);
            for id in tasks {
                self.end(id, |entry| {
                    Ending::Failed(entry.state.timed_out(&entry.task, timeout))
                });
            }
        }
    }

    fn end(&mut self, id: Id, ending: impl FnOnce(&Entry) -> Ending) {
        let pending_at = self.schedule.pending_at(id);
        let Some(entry) = self.remove(id) else { return };
        let ending = ending(&entry);
        let Some(watch) = self.watches.get_mut(&entry.watch) else {
            return;
        };
        watch.running -= 1;
        watch.push(Update::End(End {
            task: entry.task,
            ending,
            pending_at,
        }));
    }

    /// Ends all tasks of a watch with an error.
    pub(super) fn fail(&mut self, watch: WatchId, error: &Error) {
        let failed = self.watches.get_mut(&watch);
        let tasks = failed.map(|watch| std::mem::take(&mut watch.tasks));
        for id in tasks.unwrap_or_default() {
            self.end(id, |entry| {
                Ending::Failed(error.clone().with_task(entry.task.id()))
            });
        }
    }

    fn send(&mut self, watch: WatchId, events: Vec<Event>) {
        if let Some(watch) = self.watches.get_mut(&watch) {
            for event in events {
                watch.push(Update::Event(event));
            }
        }
    }
}
