//! Properties of the state machine, and an exhaustive walk of two processes over one row.

use std::collections::{HashSet, VecDeque};

use super::{Home, Money, State, Transition, money, next};

const HOMES: [Home; 3] = [Home::Planned, Home::Unsent, Home::InDoubt];

fn legal() -> impl Iterator<Item = (State, Transition, Home, State)> {
    let all = State::ALL.into_iter().flat_map(|from| {
        let transitions = Transition::ALL.into_iter();
        transitions.flat_map(move |transition| HOMES.map(|home| (from, transition, home)))
    });
    all.filter_map(|(from, transition, home)| {
        let to = next(from, transition, home).ok()?;
        Some((from, transition, home, to))
    })
}

#[test]
fn names_are_unique_and_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_name(state.as_str()), Some(state));
        let json = serde_json::to_value(state).unwrap();
        assert_eq!(json, state.as_str());
    }
    assert_eq!(State::from_name("unknown"), None);
}

#[test]
fn a_row_that_may_be_billed_becomes_sendable_by_a_person_only() {
    let may_be_billed = |state| {
        !matches!(
            state,
            State::Planned | State::Intent | State::Unsent | State::Refused
        )
    };
    let decisions = [
        Transition::Recreate,
        Transition::RecreateNow,
        Transition::Retry,
    ];
    // Not executed: the call itself proves it.
    let proofs = [Transition::Disarm, Transition::NotSent, Transition::Refuse];
    for (from, transition, _, to) in legal() {
        if may_be_billed(from) && !may_be_billed(to) {
            let allowed = decisions.contains(&transition) || proofs.contains(&transition);
            assert!(allowed, "{from} to {to} by {transition:?}");
        }
    }
}

#[test]
fn every_state_is_reached_and_ended_ones_only_end_by_a_decision_or_the_seal() {
    let reached: HashSet<_> = legal().map(|(.., to)| to).collect();
    assert_eq!(reached.len(), State::ALL.len());
    let leaving = [Transition::Retry, Transition::Resubmit, Transition::Recall];
    for (from, transition, ..) in legal() {
        assert!(
            !from.is_ended() || leaving.contains(&transition),
            "{from} {transition:?}"
        );
    }
}

#[test]
fn held_and_spent_follow_the_state_and_repeats_are_paid_besides() {
    for (from, transition, _, to) in legal() {
        let Money { held, spent } = money(from, to, transition);
        assert_eq!(held, i64::from(to.is_held()) - i64::from(from.is_held()));
        let change = i64::from(to.is_spent()) - i64::from(from.is_spent());
        let besides = match transition {
            Transition::Recreate | Transition::RecreateNow => 1,
            Transition::Retry | Transition::Recall if from.is_spent() => 1,
            Transition::Release | Transition::NotSent if to == State::InDoubt => -1,
            _ => 0,
        };
        assert_eq!(spent, change + besides, "{from} to {to} by {transition:?}");
    }
}

/// A process and its view of the row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Process {
    Idle,
    Holds(u8),
    Armed(u8),
    /// The bytes left; the service executed the request or did not.
    OnWire {
        fence: u8,
        executed: bool,
    },
}

/// The row, both processes, and the truth at the service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct World {
    state: State,
    home: Home,
    fence: u8,
    processes: [Process; 2],
    executed: u8,
    /// Repeats that a person allowed.
    allowed: u8,
}

/// Tokens above are not explored: four claims of one row.
const MOST_CLAIMS: u8 = 4;

impl World {
    fn new(home: Home, state: State) -> Self {
        Self {
            state,
            home,
            fence: 0,
            processes: [Process::Idle; 2],
            executed: 0,
            allowed: 0,
        }
    }

    /// Applies a transition to the row, if its state allows it.
    fn change(mut self, transition: Transition) -> Option<Self> {
        let to = next(self.state, transition, self.home).ok()?;
        match transition {
            Transition::Claim | Transition::Resubmit | Transition::RecreateNow => self.fence += 1,
            _ => {}
        }
        match transition {
            Transition::Recreate => {
                self.allowed += 1;
                self.home = Home::Planned;
            }
            Transition::RecreateNow => {
                self.allowed += 1;
                self.home = Home::InDoubt;
            }
            Transition::Retry if self.state.is_spent() => self.allowed += 1,
            Transition::Release | Transition::NotSent if to == State::InDoubt => self.allowed -= 1,
            _ => {}
        }
        self.state = to;
        (self.fence <= MOST_CLAIMS).then_some(self)
    }

    /// Applies a transition that compares the token.
    fn compared(self, fence: u8, transition: Transition) -> Self {
        let same = self.fence == fence;
        same.then(|| self.change(transition))
            .flatten()
            .unwrap_or(self)
    }

    fn with(mut self, process: usize, view: Process) -> Self {
        self.processes[process] = view;
        self
    }

    /// Returns every world after one step of a process, its end, or a person's decision.
    fn steps(self, orphaned_send: Transition) -> Vec<Self> {
        let mut worlds = Vec::new();
        for process in 0..2 {
            worlds.extend(self.steps_of(process));
            // It ends at any moment, and its rows are taken.
            worlds.push(self.with(process, Process::Idle));
        }
        // A lease is over although its holder is alive, as on a server: any claim may be reaped.
        worlds.extend(self.change(Transition::Release).map(|world| World {
            fence: world.fence + 1,
            ..world
        }));
        if self.state == State::Sending {
            worlds.extend(self.change(orphaned_send));
        }
        for decision in [
            Transition::ResolveTask,
            Transition::Recreate,
            Transition::Abandon,
            Transition::Retry,
        ] {
            worlds.extend(self.change(decision));
        }
        worlds
    }

    fn steps_of(self, process: usize) -> Vec<Self> {
        match self.processes[process] {
            Process::Idle => [
                Transition::Claim,
                Transition::Resubmit,
                Transition::RecreateNow,
            ]
            .into_iter()
            .filter_map(|claim| self.change(claim))
            .map(|world| world.with(process, Process::Holds(world.fence)))
            .collect(),
            Process::Holds(fence) => {
                let armed = (self.fence == fence)
                    .then(|| self.change(Transition::Arm))
                    .flatten();
                let armed = armed.map(|world| world.with(process, Process::Armed(fence)));
                // Its arm changes no row, so it sends nothing.
                let refused = self.with(process, Process::Idle);
                let gives_up = self.compared(fence, Transition::Release);
                vec![
                    armed.unwrap_or(refused),
                    gives_up.with(process, Process::Idle),
                ]
            }
            Process::Armed(fence) => {
                let missed = self.compared(fence, Transition::Disarm);
                let not_sent = self.compared(fence, Transition::NotSent);
                let executed = World {
                    executed: self.executed + 1,
                    ..self
                };
                let on_wire = |executed| Process::OnWire { fence, executed };
                vec![
                    missed.with(process, Process::Holds(fence)),
                    not_sent.with(process, Process::Idle),
                    executed.with(process, on_wire(true)),
                    self.with(process, on_wire(false)),
                ]
            }
            Process::OnWire { fence, executed } => {
                let answer = if executed {
                    Transition::Create
                } else {
                    Transition::Refuse
                };
                [answer, Transition::Doubt]
                    .map(|outcome| self.compared(fence, outcome).with(process, Process::Idle))
                    .to_vec()
            }
        }
    }

    /// A row that reads as not executed was not, apart from the executions a person allowed to repeat.
    fn is_sound(&self) -> bool {
        let reads_as_not_executed = matches!(
            self.state,
            State::Planned | State::Intent | State::Unsent | State::Refused
        );
        let most = self.allowed + u8::from(!reads_as_not_executed);
        self.executed <= most
    }
}

/// Visits every world that can be reached and returns their number, or the first unsound one.
fn walk(orphaned_send: Transition) -> Result<usize, World> {
    let mut seen: HashSet<World> = [
        World::new(Home::Planned, State::Planned),
        World::new(Home::Unsent, State::Unsent),
    ]
    .into();
    let mut open: VecDeque<World> = seen.iter().copied().collect();
    while let Some(world) = open.pop_front() {
        for world in world.steps(orphaned_send) {
            if !world.is_sound() {
                return Err(world);
            }
            if world.fence <= MOST_CLAIMS && world.executed < 5 && seen.insert(world) {
                open.push_back(world);
            }
        }
    }
    Ok(seen.len())
}

#[test]
fn two_processes_never_execute_a_row_twice_unless_a_person_allows_it() {
    let worlds = walk(Transition::Doubt).unwrap();
    assert!(worlds > 1_000, "{worlds}");
}

#[test]
fn the_walk_finds_a_machine_that_repeats_orphaned_sends() {
    let unsound = walk(Transition::NotSent).unwrap_err();
    assert!(unsound.executed > unsound.allowed);
}
