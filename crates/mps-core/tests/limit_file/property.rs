//! Whatever happens, in whatever order.

use std::{fs, time::Duration};

use mps_core::limit::Limiter;
use proptest::prelude::*;

use crate::support::*;

/// What happens next, to which of three processes.
#[derive(Clone, Debug)]
enum Event {
    Start(usize),
    Passes(u64),
    /// The permit reaches its holder so much later.
    StartsLate(usize, u64),
    Leaves(usize),
    Restarts(usize),
    Deleted,
    Damaged(usize),
    Throttled(usize),
    MachineRestarts,
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..3_usize;
    prop_oneof![
        20 => who.clone().prop_map(Event::Start),
        4 => (0..1_500_u64).prop_map(Event::Passes),
        4 => (who.clone(), 0..100_u64).prop_map(|(who, ms)| Event::StartsLate(who, ms)),
        2 => who.clone().prop_map(Event::Leaves),
        1 => who.clone().prop_map(Event::Restarts),
        1 => Just(Event::Deleted),
        1 => (0..400_usize).prop_map(Event::Damaged),
        1 => who.prop_map(Event::Throttled),
        1 => Just(Event::MachineRestarts),
    ]
}

async fn play(events: Vec<Event>) -> usize {
    let mut case = Case::new();
    let mut processes = [case.process(), case.process(), case.process()];
    for event in events {
        match event {
            Event::Start(who) => drop(case.start(&processes[who]).await),
            Event::Passes(ms) => tokio::time::advance(Duration::from_millis(ms)).await,
            Event::StartsLate(who, ms) => {
                let permit = acquire(&processes[who], MINUTE).await.unwrap();
                tokio::time::advance(Duration::from_millis(ms)).await;
                if permit.start() {
                    case.starts.lock().unwrap().push(case.now());
                }
            }
            Event::Leaves(who) => drop(acquire(&processes[who], MINUTE).await.unwrap()),
            Event::Restarts(who) => processes[who] = case.process(),
            Event::Deleted => drop(fs::remove_dir_all(case.folder())),
            Event::Damaged(at) => damage(&case, at),
            Event::Throttled(who) => processes[who].throttled(ACTION),
            Event::MachineRestarts => {
                case.restart_machine();
                processes = [case.process(), case.process(), case.process()];
            }
        }
    }
    case.worst_window()
}

fn damage(case: &Case, at: usize) {
    if case.folder().exists() {
        let mut bytes = fs::read(case.file()).unwrap();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1;
        }
        fs::write(case.file(), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_window_of_one_second_starts_more_than_the_limit(events in prop::collection::vec(event(), 1..60)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        prop_assert!(runtime.block_on(play(events)) <= 3);
    }
}
