//! The edges of the state machine, and the state of the row after a crash at each place.

use mps_jobs::State;

/// An edge: the operation that the child runs, and where it is killed.
pub(crate) struct Edge {
    pub(crate) name: &'static str,
    pub(crate) crashes: &'static [(&'static str, Option<State>)],
}

const fn edge(name: &'static str, crashes: &'static [(&'static str, Option<State>)]) -> Edge {
    Edge { name, crashes }
}

use State::{
    Abandoned, Created, Done, Expired, Failed, Fetched, InDoubt, Planned, Refused, Unsent,
};

pub(crate) const TABLE: &[Edge] = &[
    edge(
        "open",
        &[
            ("migrate.before", None),
            ("migrate.after", None),
            ("identify.before", None),
            ("identify.after", None),
        ],
    ),
    edge(
        "import",
        &[("import.before", None), ("import.after", Some(Planned))],
    ),
    edge(
        "submit",
        &[("submit.before", None), ("submit.after", Some(Unsent))],
    ),
    edge(
        "claim",
        &[
            ("claim.before", Some(Planned)),
            ("claim.after", Some(Planned)),
        ],
    ),
    edge(
        "arm",
        &[
            ("arm.before", Some(Planned)),
            ("arm.after", Some(InDoubt)),
            ("seal.before", Some(InDoubt)),
            ("seal.after", Some(InDoubt)),
        ],
    ),
    edge(
        "disarm",
        &[
            ("disarm.before", Some(InDoubt)),
            ("disarm.after", Some(Planned)),
        ],
    ),
    edge(
        "not sent",
        &[
            ("not_sent.before", Some(InDoubt)),
            ("not_sent.after", Some(Planned)),
        ],
    ),
    edge(
        "give up",
        &[
            ("not_sent.before", Some(Planned)),
            ("not_sent.after", Some(Planned)),
        ],
    ),
    edge(
        "created",
        &[
            ("seal.before", Some(InDoubt)),
            // The id is in the seal from here on.
            ("seal.after", Some(Created)),
            ("created.before", Some(Created)),
            ("created.after", Some(Created)),
        ],
    ),
    edge(
        "refused",
        &[
            ("refused.before", Some(InDoubt)),
            ("refused.after", Some(Refused)),
        ],
    ),
    edge(
        "doubt",
        &[
            ("in_doubt.before", Some(InDoubt)),
            ("in_doubt.after", Some(InDoubt)),
        ],
    ),
    edge(
        "late",
        &[
            ("created.before", Some(InDoubt)),
            ("created.after", Some(Created)),
        ],
    ),
    edge(
        "task id",
        &[
            ("resolve.before", Some(InDoubt)),
            ("resolve.after", Some(Created)),
        ],
    ),
    edge(
        "recreate",
        &[
            ("resolve.before", Some(InDoubt)),
            ("resolve.after", Some(Planned)),
        ],
    ),
    edge(
        "recreate now",
        &[
            ("recreate_now.before", Some(InDoubt)),
            ("recreate_now.after", Some(InDoubt)),
        ],
    ),
    edge(
        "abandon",
        &[
            ("resolve.before", Some(InDoubt)),
            ("resolve.after", Some(Abandoned)),
        ],
    ),
    edge(
        "done",
        &[("done.before", Some(Created)), ("done.after", Some(Done))],
    ),
    edge(
        "failed",
        &[
            ("failed.before", Some(Created)),
            ("failed.after", Some(Failed)),
        ],
    ),
    edge(
        "fetched",
        &[
            ("fetched.before", Some(Done)),
            ("fetched.after", Some(Fetched)),
        ],
    ),
    edge(
        "expired",
        &[
            ("expired.before", Some(Done)),
            ("expired.after", Some(Expired)),
        ],
    ),
    edge(
        "retry",
        &[
            ("retry.before", Some(Failed)),
            ("retry.after", Some(Planned)),
        ],
    ),
    edge(
        "forget",
        &[
            ("forget.before", Some(Failed)),
            ("forget.after", Some(Failed)),
        ],
    ),
];
