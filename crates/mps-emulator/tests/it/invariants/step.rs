//! The steps of a sequence. A new kind needs a variant here and an arm in `sequence.rs`.

use mps_emulator::Fault;
use proptest::prelude::*;

use super::rule::rule;

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The same create so many times in a row, with a marker or none.
    Create {
        family: usize,
        count: usize,
        ending: usize,
    },
    /// Asks after the task of this number, or after none that is known.
    Describe {
        task: usize,
    },
    List,
    /// The machine's time passes.
    Pass {
        ms: u64,
    },
    /// Virtual time is moved.
    Advance {
        seconds: u64,
    },
    Rate {
        rate: f64,
    },
    Freeze,
    Resume,
    /// Another emulator takes the state up after a while.
    Restart {
        away_ms: u64,
    },
    /// Adds a fault.
    Fail {
        rule: Fault,
    },
    /// Clears the faults.
    Clear,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..7, 1_usize..15, 0_usize..8)
            .prop_map(|(family, count, ending)| Step::Create { family, count, ending }),
        3 => (0_usize..40).prop_map(|task| Step::Describe { task }),
        1 => Just(Step::List),
        4 => prop_oneof![0_u64..1_500, Just(999), Just(1_000)].prop_map(|ms| Step::Pass { ms }),
        3 => prop_oneof![0_u64..5, Just(43_200), Just(604_800)]
            .prop_map(|seconds| Step::Advance { seconds }),
        1 => prop_oneof![Just(0.5), Just(1.0), Just(60.0), Just(100_000.0)]
            .prop_map(|rate| Step::Rate { rate }),
        1 => Just(Step::Freeze),
        1 => Just(Step::Resume),
        2 => (0_u64..2_000).prop_map(|away_ms| Step::Restart { away_ms }),
        4 => rule().prop_map(|rule| Step::Fail { rule }),
        1 => Just(Step::Clear),
    ]
}
