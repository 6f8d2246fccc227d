//! What holds whatever is called, however time goes, whatever goes wrong and however often the
//! emulator starts anew.

mod calls;
mod life;
mod rule;
mod step;
mod wire;

use mps_emulator::RateLimit;
use proptest::prelude::*;

use life::Life;
use rule::kinds;
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

    /// No task leaves a state it has ended in, no id comes twice, the bill is what the log says was
    /// executed, heard of or not, no limit is passed in any second, rules survive a restart and
    /// strike no more often than they may, and a result is there as long as it should be.
    #[test]
    fn the_service_keeps_its_word(
        flavour in any_flavour(),
        concurrency in proptest::option::weighted(0.3, 1_usize..8),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut life = Life::new(flavour, concurrency);
        for step in &steps {
            life.take(step);
            life.check();
        }
        life.check_files();
    }
}

/// The checks can fail: a life in which all of them have something to look at.
#[test]
fn there_is_something_to_check() {
    let mut life = Life::new(RateLimit::SlidingWindow, Some(40));
    for number in 0..7 {
        life.take(&Step::Create {
            family: number,
            count: 12,
            ending: 0,
        });
    }
    life.take(&Step::Advance { seconds: 3 });
    life.take(&Step::Restart { away_ms: 700 });
    life.take(&Step::Create {
        family: 0,
        count: 1,
        ending: 0,
    });
    life.check();
    life.check_files();
    let seen = life.seen();
    assert!(seen.tasks > 20 && seen.ended > 20, "{seen:?}");
    assert!(seen.refused > 5 && seen.available > 20, "{seen:?}");
}

#[test]
fn every_kind_of_fault_strikes_a_life() {
    let mut unheard = 0;
    for rule in kinds() {
        let mut life = Life::new(RateLimit::SlidingWindow, None);
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
            life.take(step);
            life.check();
        }
        life.check_files();
        let seen = life.seen();
        assert!(seen.struck > 1, "{rule:?}: {seen:?}");
        unheard += usize::from(seen.unheard > 0);
    }
    assert_eq!(unheard, 7);
}
