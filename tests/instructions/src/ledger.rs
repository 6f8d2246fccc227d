//! Every transition of the ledger from every state, with what it does to the sums.

#[expect(
    dead_code,
    unreachable_pub,
    reason = "the bench needs no names of states"
)]
#[path = "../../../crates/mps-jobs/src/state.rs"]
mod state;

use std::hint::black_box;

use self::state::{Home, State, Transition, money, next};
use crate::{Outcome, repeat};

#[expect(clippy::unnecessary_wraps, reason = "the type of every bench")]
pub(crate) fn run(times: u32) -> Outcome {
    repeat(times, || {
        for from in State::ALL {
            for transition in Transition::ALL {
                let (from, transition) = black_box((from, transition));
                if let Ok(to) = next(from, transition, black_box(Home::Planned)) {
                    black_box(money(from, to, transition));
                }
            }
        }
    });
    Ok(())
}
