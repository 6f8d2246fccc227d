//! Invariants of the service under any sequence of calls, changes of time, faults and restarts.

mod calls;
mod rule;
mod sequence;
mod step;
mod wire;

use mps_emulator::RateLimit;
use proptest::prelude::*;

use rule::kinds;
use sequence::Sequence;
use step::{Step, step};

fn any_flavour() -> impl Strategy<Value = RateLimit> {
    prop_oneof![
        2 => Just(RateLimit::SlidingWindow),
        1 => Just(RateLimit::FixedWindow),
        1 => Just(RateLimit::TokenBucket),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A final status stays, ids are unique, the bill equals the executed calls of the log (also
    /// those without an answer), no limit is exceeded in any second, rules survive a restart and
    /// apply no more often than allowed, and results are available until they expire.
    #[test]
    fn every_sequence_keeps_the_invariants(
        flavour in any_flavour(),
        concurrency in proptest::option::weighted(0.3, 1_usize..8),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut sequence = Sequence::new(flavour, concurrency);
        for step in &steps {
            sequence.take(step);
            sequence.check();
        }
        sequence.check_files();
    }
}

/// The checks can fail: a sequence in which all of them have something to look at.
#[test]
fn there_is_something_to_check() {
    let mut sequence = Sequence::new(RateLimit::SlidingWindow, Some(40));
    for number in 0..7 {
        sequence.take(&Step::Create {
            family: number,
            count: 12,
            ending: 0,
        });
    }
    sequence.take(&Step::Advance { seconds: 3 });
    sequence.take(&Step::Restart { away_ms: 700 });
    sequence.take(&Step::Create {
        family: 0,
        count: 1,
        ending: 0,
    });
    sequence.check();
    sequence.check_files();
    let seen = sequence.seen();
    assert!(seen.tasks > 20 && seen.ended > 20, "{seen:?}");
    assert!(seen.refused > 5 && seen.available > 20, "{seen:?}");
}

#[test]
fn every_kind_of_fault_applies_during_a_task() {
    let mut unheard = 0;
    for rule in kinds() {
        let mut sequence = Sequence::new(RateLimit::SlidingWindow, None);
        let create = Step::Create {
            family: 0,
            count: 2,
            ending: 0,
        };
        let describe = Step::Describe { task: 0 };
        let fail = Step::Fail { rule: rule.clone() };
        for step in [
            &create,
            &Step::Advance { seconds: 3 },
            &fail,
            &create,
            &describe,
            &Step::Restart { away_ms: 700 },
            // The first call over a connection, which is never stale, and others.
            &describe,
            &create,
            &describe,
        ] {
            sequence.take(step);
            sequence.check();
        }
        sequence.check_files();
        let seen = sequence.seen();
        assert!(seen.struck > 1, "{rule:?}: {seen:?}");
        unheard += usize::from(seen.unheard > 0);
    }
    assert_eq!(unheard, 7);
}
