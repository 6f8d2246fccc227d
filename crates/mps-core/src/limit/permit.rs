//! What a limiter is asked for, and what it hands out.

use std::{fmt, time::Duration};

/// What is asked for: one start of an action.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The action; each has a limit of its own.
    pub action: &'a str,
    /// Most starts in any one second.
    pub limit: u32,
    /// Longest wait that still makes sense to the caller.
    pub patience: Duration,
}

/// Leave to start one request now, or very soon after now.
///
/// Dropped unused, its place is given back where that is possible.
pub struct Permit {
    lease: Option<Box<dyn Lease>>,
    under: Option<Box<Permit>>,
}

/// The limiter's side of a permit.
pub trait Lease: Send + Sync {
    /// Whether a start at this very moment is still in time. The limiter tells it on its own
    /// clock, since two clocks may count from different moments.
    fn is_in_time(&self) -> bool;

    /// The permit was dropped unused. Must not block.
    fn give_back(self: Box<Self>);
}

impl Permit {
    /// A permit that is good for as long as its lease.
    #[must_use]
    pub fn new(lease: Box<dyn Lease>) -> Self {
        Self {
            lease: Some(lease),
            under: None,
        }
    }

    /// A permit that never comes too late, from a limiter that does not limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            lease: None,
            under: None,
        }
    }

    /// This permit and another one as one: both are used, or neither.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let under = match self.under.take() {
            Some(under) => under.and(other),
            None => other,
        };
        self.under = Some(Box::new(under));
        self
    }

    /// Uses the permit now; false when it came too late and must be asked for again. Either way
    /// its place is spent.
    #[must_use]
    pub fn start(mut self) -> bool {
        let under = self.under.take().is_none_or(|under| under.start());
        // Last, since this is the moment that counts as the start.
        let lease = self.lease.take();
        under && lease.is_none_or(|lease| lease.is_in_time())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    };

    use super::*;

    struct Counted {
        in_time: bool,
        given_back: Arc<AtomicU32>,
    }

    impl Lease for Counted {
        fn is_in_time(&self) -> bool {
            self.in_time
        }

        fn give_back(self: Box<Self>) {
            self.given_back.fetch_add(1, Relaxed);
        }
    }

    /// A permit under three limits, and how many of their places came back.
    fn stacked(in_time: [bool; 3]) -> (Permit, Arc<AtomicU32>) {
        let given_back = Arc::new(AtomicU32::new(0));
        let [own, team, account] = in_time.map(|in_time| {
            let given_back = given_back.clone();
            Permit::new(Box::new(Counted {
                in_time,
                given_back,
            }))
        });
        (own.and(team).and(account), given_back)
    }

    #[test]
    fn a_start_under_several_limits_has_to_be_in_time_for_all() {
        for late in 0..3 {
            let (permit, given_back) = stacked([0, 1, 2].map(|level| level != late));
            assert!(!permit.start(), "{late}");
            assert_eq!(given_back.load(Relaxed), 0, "{late}");
        }
        assert!(stacked([true; 3]).0.start());
        assert!(Permit::unlimited().start());
    }

    #[test]
    fn a_dropped_permit_gives_every_place_back() {
        let (permit, given_back) = stacked([true; 3]);
        assert_eq!(format!("{permit:?}"), "Permit { .. }");
        drop(permit);
        assert_eq!(given_back.load(Relaxed), 3);
    }
}
