//! The phase of a row: its state, in which the two states of a claim are one.
//!
//! Indexes name phases and not states, so that arming a claim, which is on the way of every send, changes none of them.

use crate::state::State;

/// The phase of a row that is claimed or being sent.
pub(crate) const CLAIMED: &str = "claimed";

/// Returns the phase of a row in a state.
pub(crate) fn of(state: State) -> &'static str {
    match state {
        State::Intent | State::Sending => CLAIMED,
        state => state.as_str(),
    }
}

/// Returns the phases of rows in some states as a list in SQL, as in `'planned', 'claimed'`.
pub(crate) fn list(states: &[State]) -> String {
    let mut phases: Vec<_> = states.iter().copied().map(of).collect();
    phases.dedup();
    quoted(&phases)
}

/// Returns all phases as a list in SQL.
pub(crate) fn all() -> String {
    list(&State::ALL)
}

/// Returns all phases but that of a claim as a list in SQL.
pub(crate) fn unclaimed() -> String {
    let mut phases = State::ALL.map(of).to_vec();
    phases.retain(|phase| *phase != CLAIMED);
    quoted(&phases)
}

fn quoted(phases: &[&str]) -> String {
    let quoted: Vec<_> = phases.iter().map(|phase| format!("'{phase}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_has_one_phase_before_and_after_it_is_armed() {
        assert_eq!(of(State::Intent), of(State::Sending));
        let states = [State::Planned, State::Intent, State::Sending, State::Done];
        assert_eq!(list(&states), "'planned', 'claimed', 'done'");
        assert_eq!(all().split(", ").count(), State::ALL.len() - 1);
        assert_eq!(unclaimed().split(", ").count(), State::ALL.len() - 2);
    }
}
