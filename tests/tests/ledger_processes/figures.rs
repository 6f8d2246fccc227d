//! The figures of a run, and what holds of them whatever was killed.

use std::fmt;

/// The figures of a run.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) rows: usize,
    pub(crate) kills: usize,
    pub(crate) created: usize,
    pub(crate) in_doubt: usize,
    pub(crate) false_doubts: usize,
    pub(crate) paid_twice: u64,
    pub(crate) lost: usize,
    pub(crate) throttled: usize,
    pub(crate) worst_second: usize,
    /// The number and the time of a request that arrived earlier than the limit permits.
    pub(crate) too_early: Option<(usize, u64)>,
    pub(crate) rate: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows, {} kills: created {}, in doubt {} ({} of them not started), paid twice {}, lost {}, throttled {}, worst second {}, {:.2} starts/s",
            self.rows,
            self.kills,
            self.created,
            self.in_doubt,
            self.false_doubts,
            self.paid_twice,
            self.lost,
            self.throttled,
            self.worst_second,
            self.rate
        )
    }
}

impl Figures {
    /// Asserts what holds whatever was killed.
    pub(crate) fn assert_sound(&self) {
        assert_eq!((self.paid_twice, self.lost), (0, 0), "{self}");
        // The service throttles an arrival beyond the limit; a busy machine may delay any on the way.
        assert_eq!(self.too_early, None, "{self}");
    }
}
