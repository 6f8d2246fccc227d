//! The state machine of a row: pure, without time, storage or I/O.
//!
//! The rule that everything else follows from: a row that may have been sent never becomes sendable
//! again by itself. Only a person's decision leads from [`State::InDoubt`] to another attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a recorded task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Waits to be claimed by a run of its batch.
    Planned,
    /// Claimed by a process that is about to send it. Nothing was sent.
    Intent,
    /// May be leaving this machine, or may have left it.
    Sending,
    /// May have been executed and billed; the outcome is unknown and a person decides.
    InDoubt,
    /// The service answered with a task id.
    Created,
    /// The task is done; its results are not fetched yet.
    Done,
    /// Every result is saved.
    Fetched,
    /// The service refused the request; nothing was created.
    Refused,
    /// The process ended before it sent anything, or the row was removed from its manifest before it was
    /// sent. Final for a single create; a row of a batch can be planned again.
    Unsent,
    /// The task failed. The service does not charge failed tasks.
    Failed,
    /// The results were deleted by the service before they were fetched.
    Expired,
    /// A person gave up an attempt in doubt; its price counts as spent.
    Abandoned,
}

impl State {
    /// All states, in the order in which a row usually passes them.
    pub const ALL: [Self; 12] = [
        Self::Planned,
        Self::Intent,
        Self::Sending,
        Self::InDoubt,
        Self::Created,
        Self::Done,
        Self::Fetched,
        Self::Refused,
        Self::Unsent,
        Self::Failed,
        Self::Expired,
        Self::Abandoned,
    ];

    /// Returns the name in the store and in JSON, for example `in_doubt`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Intent => "intent",
            Self::Sending => "sending",
            Self::InDoubt => "in_doubt",
            Self::Created => "created",
            Self::Done => "done",
            Self::Fetched => "fetched",
            Self::Refused => "refused",
            Self::Unsent => "unsent",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
        }
    }

    /// Returns the name for people, for example `in doubt`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::InDoubt => "in doubt",
            other => other.as_str(),
        }
    }

    /// Returns the state with this name, or `None` for an unknown name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Returns `true` when nothing more happens to the row by itself.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(
            self,
            Self::Fetched
                | Self::Refused
                | Self::Unsent
                | Self::Failed
                | Self::Expired
                | Self::Abandoned
        )
    }

    /// Returns `true` when the row's price counts against the caps without being spent yet.
    #[must_use]
    pub fn is_held(self) -> bool {
        matches!(
            self,
            Self::Intent | Self::Sending | Self::InDoubt | Self::Created
        )
    }

    /// Returns `true` when the row's price is spent.
    #[must_use]
    pub fn is_spent(self) -> bool {
        matches!(
            self,
            Self::Done | Self::Fetched | Self::Expired | Self::Abandoned
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state to which a claimed row returns when its process ends before it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// A row of a batch, which the next claim takes again.
    Planned,
    /// A single create, which is not sent later without a new request.
    Unsent,
    /// An attempt in doubt that a person decided to repeat.
    InDoubt,
}

impl Home {
    /// Returns the corresponding state.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Self::Planned => State::Planned,
            Self::Unsent => State::Unsent,
            Self::InDoubt => State::InDoubt,
        }
    }

    /// Returns the value for a state, or `None` for a state that no claimed row returns to.
    #[must_use]
    pub fn from_state(state: State) -> Option<Self> {
        match state {
            State::Planned => Some(Self::Planned),
            State::Unsent => Some(Self::Unsent),
            State::InDoubt => Some(Self::InDoubt),
            _ => None,
        }
    }
}

/// A change of a row's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transition {
    /// A process takes a planned row and reserves its price.
    Claim,
    /// A single create that was surely not executed is sent again under its key.
    Resubmit,
    /// The bytes are about to leave.
    Arm,
    /// The bytes did not leave, or were refused by throttling, and the holder tries again.
    Disarm,
    /// The holder ended before it sent anything.
    Release,
    /// The call ended and surely nothing was sent.
    NotSent,
    /// The service answered with a task id, perhaps late.
    Create,
    /// The service refused the request, perhaps late.
    Refuse,
    /// No usable answer came, or the holder ended while sending.
    Doubt,
    /// The store lost a send that is in the seal.
    Recall,
    /// A person found the task.
    ResolveTask,
    /// A person decided to repeat the request in the next run.
    Recreate,
    /// A person decided to repeat the request at once.
    RecreateNow,
    /// A person gave the attempt up.
    Abandon,
    /// The task is done.
    Finish,
    /// The task failed.
    Fail,
    /// Every result is saved.
    Fetch,
    /// The results are gone.
    Expire,
    /// An ended row is planned again.
    Retry,
    /// A planned row was removed from its manifest.
    Withdraw,
}

impl Transition {
    /// All transitions.
    pub const ALL: [Self; 20] = [
        Self::Claim,
        Self::Resubmit,
        Self::Arm,
        Self::Disarm,
        Self::Release,
        Self::NotSent,
        Self::Create,
        Self::Refuse,
        Self::Doubt,
        Self::Recall,
        Self::ResolveTask,
        Self::Recreate,
        Self::RecreateNow,
        Self::Abandon,
        Self::Finish,
        Self::Fail,
        Self::Fetch,
        Self::Expire,
        Self::Retry,
        Self::Withdraw,
    ];
}

/// A transition that the row's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTransition {
    /// The state of the row.
    pub state: State,
    /// The transition that was asked for.
    pub transition: Transition,
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a row that is {} does not allow {:?}",
            self.state, self.transition
        )
    }
}

impl std::error::Error for IllegalTransition {}

/// Returns the state after a transition.
///
/// # Examples
/// ```
/// use mps_jobs::state::{Home, State, Transition, next};
///
/// let doubt = next(State::Sending, Transition::Doubt, Home::Planned);
/// assert_eq!(doubt, Ok(State::InDoubt));
/// assert!(next(State::InDoubt, Transition::Claim, Home::Planned).is_err());
/// ```
///
/// # Errors
/// [`IllegalTransition`] when the state does not allow it.
pub fn next(state: State, transition: Transition, home: Home) -> Result<State, IllegalTransition> {
    use State as S;
    use Transition as T;
    let to = match (state, transition) {
        (S::Planned, T::Claim)
        | (S::Unsent | S::Refused, T::Resubmit)
        | (S::Sending, T::Disarm)
        | (S::InDoubt, T::RecreateNow) => S::Intent,
        (S::Intent, T::Arm) => S::Sending,
        (S::Intent, T::Release) | (S::Sending, T::NotSent) => home.state(),
        (S::Sending | S::InDoubt, T::Create) | (S::InDoubt, T::ResolveTask) => S::Created,
        (S::Intent | S::Sending | S::InDoubt, T::Refuse) => S::Refused,
        (S::Sending, T::Doubt)
        | (
            S::Planned
            | S::Intent
            | S::Unsent
            | S::Refused
            | S::Failed
            | S::Expired
            | S::Abandoned
            | S::Created
            | S::Done,
            T::Recall,
        ) => S::InDoubt,
        (S::Planned, T::Withdraw) => S::Unsent,
        (S::InDoubt, T::Abandon) => S::Abandoned,
        (S::Created, T::Finish) => S::Done,
        (S::Created, T::Fail) => S::Failed,
        (S::Done, T::Fetch) => S::Fetched,
        (S::Created | S::Done, T::Expire) => S::Expired,
        (S::InDoubt, T::Recreate)
        | (S::Refused | S::Failed | S::Unsent | S::Expired | S::Abandoned, T::Retry) => S::Planned,
        _ => return Err(IllegalTransition { state, transition }),
    };
    Ok(to)
}

/// The change of a batch's sums by a transition, in multiples of the row's price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Change of the amount that is held against the cap.
    pub held: i64,
    /// Change of the amount that is spent.
    pub spent: i64,
}

/// Returns the change of the batch's sums by a transition from `from` to `to`.
///
/// The price of an attempt in doubt that is repeated counts as spent, and so does that of an expired
/// or abandoned row that is planned again: it may have been billed, and the new attempt is billed
/// besides. A spent row that is recalled was planned again in commits that the store lost.
#[must_use]
pub fn money(from: State, to: State, transition: Transition) -> Money {
    let change = |is: fn(State) -> bool| i64::from(is(to)) - i64::from(is(from));
    let kept = match transition {
        Transition::Recreate | Transition::RecreateNow => 1,
        Transition::Retry | Transition::Recall => i64::from(from.is_spent()),
        // The repeat of an attempt in doubt was not sent: the old price is held again.
        Transition::Release | Transition::NotSent if to == State::InDoubt => -1,
        _ => 0,
    };
    Money {
        held: change(State::is_held),
        spent: change(State::is_spent) + kept,
    }
}

#[cfg(test)]
// The path is written out because tests/instructions compiles this file, too.
#[path = "state/tests.rs"]
mod tests;
