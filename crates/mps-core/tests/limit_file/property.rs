//! Random events in random order.

use std::{fs, time::Duration};

use mps_core::limit::Limiter;
use proptest::prelude::*;

use crate::support::*;

/// An event and the process that it concerns.
#[derive(Clone, Debug)]
enum Event {
    Start(usize),
    TimePasses(u64),
    /// The permit is used so much later.
    StartsLate(usize, u64),
    DropsPermit(usize),
    Restarts(usize),
    Deleted,
    Damaged(usize),
    Throttled(usize),
    Reboots,
}

fn event() -> impl Strategy<Value = Event> {
    let process = 0..3_usize;
    prop_oneof![
        20 => process.clone().prop_map(Event::Start),
        4 => (0..1_500_u64).prop_map(Event::TimePasses),
        4 => (process.clone(), 0..100_u64).prop_map(|(process, ms)| Event::StartsLate(process, ms)),
        2 => process.clone().prop_map(Event::DropsPermit),
        1 => process.clone().prop_map(Event::Restarts),
        1 => Just(Event::Deleted),
        1 => (0..400_usize).prop_map(Event::Damaged),
        1 => process.prop_map(Event::Throttled),
        1 => Just(Event::Reboots),
    ]
}

async fn worst_window_of(events: Vec<Event>) -> usize {
    let mut case = Case::new();
    let mut processes = [case.process(), case.process(), case.process()];
    for event in events {
        match event {
            Event::Start(process) => drop(case.start(&processes[process]).await),
            Event::TimePasses(ms) => tokio::time::advance(Duration::from_millis(ms)).await,
            Event::StartsLate(process, ms) => {
                let permit = acquire(&processes[process], MINUTE).await.unwrap();
                tokio::time::advance(Duration::from_millis(ms)).await;
                if permit.start() {
                    case.starts.lock().unwrap().push(case.now());
                }
            }
            Event::DropsPermit(process) => {
                drop(acquire(&processes[process], MINUTE).await.unwrap());
            }
            Event::Restarts(process) => processes[process] = case.process(),
            Event::Deleted => drop(fs::remove_dir_all(case.folder())),
            Event::Damaged(at) => damage(&case, at),
            Event::Throttled(process) => processes[process].throttled(ACTION),
            Event::Reboots => {
                case.reboot();
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
        prop_assert!(runtime.block_on(worst_window_of(events)) <= 3);
    }
}
