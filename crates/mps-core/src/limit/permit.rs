//! The request for a permit, and the permit.

use std::{fmt, time::Duration};

use mps_models::Effect;

/// A request to start one call of an action, answered by [`Limiter::acquire`](super::Limiter::acquire).
///
/// # Example
/// ```
/// use std::time::Duration;
/// use mps_core::limit::PermitRequest;
/// use mps_models::Effect;
///
/// let request = PermitRequest::new("CreateAigcVideoTask", Effect::PaidCreate, 10)
///     .max_wait(Duration::from_secs(30));
/// assert_eq!(request.limit, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermitRequest<'a> {
    /// Name of the action. Each action has a limit of its own.
    pub action: &'a str,
    /// Effect of executing the action. Reads skip the pause that a limiter makes after it has
    /// started or lost its state.
    pub effect: Effect,
    /// Maximum number of starts in any window of one second; 0 counts as 1.
    pub limit: u32,
    /// Longest time to wait for the start. Unlimited by default.
    pub max_wait: Duration,
    /// Longest time before its slot at which the permit may be returned. Zero by default.
    pub lead: Duration,
}

impl<'a> PermitRequest<'a> {
    /// Returns a request for one start of `action`, of which `limit` are allowed in any second.
    #[must_use]
    pub fn new(action: &'a str, effect: Effect, limit: u32) -> Self {
        Self {
            action,
            effect,
            limit,
            max_wait: Duration::MAX,
            lead: Duration::ZERO,
        }
    }

    /// Sets the longest time to wait for the start.
    #[must_use]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Sets the longest time before its slot at which the permit may be returned, for callers that
    /// have to prepare the start. [`Permit::opens_in`] returns the time that is left then.
    ///
    /// A limiter may return the permit later than that: shared ones know a slot at most 50 ms before
    /// its time, and [`Stacked`](super::Stacked) none of its own.
    #[must_use]
    pub fn lead(mut self, lead: Duration) -> Self {
        self.lead = lead;
        self
    }

    /// Sets the maximum number of starts in any window of one second.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }
}

/// A permit to start one request in its slot: now, within the limiter's tolerance of 50 ms, or, if a
/// [`lead`](PermitRequest::lead) was requested, once [`opens_in`](Self::opens_in) is zero.
///
/// A permit that is dropped without [`start`](Self::start) gives its slot back where possible.
pub struct Permit {
    reservation: Option<Box<dyn Reservation>>,
    /// Permits of the limiters underneath, see [`and`](Self::and).
    under: Option<Box<Permit>>,
}

/// The limiter's side of a permit.
pub(super) trait Reservation: Send + Sync {
    /// Returns whether a start at this moment is within the slot, neither before nor after it. The
    /// limiter reads its own clock, because two clocks may count from different moments.
    fn is_in_time(&self) -> bool;

    /// Returns the time until the slot; zero from then on.
    fn opens_in(&self) -> Duration;

    /// Releases the slot of a permit that was dropped unused. Must not block.
    fn give_back(self: Box<Self>);
}

/// A reservation made of two functions, for limiters outside this crate.
struct Callbacks<T, G> {
    is_in_time: T,
    give_back: G,
}

impl<T, G> Reservation for Callbacks<T, G>
where
    T: Fn() -> bool + Send + Sync,
    G: FnOnce() + Send + Sync,
{
    fn is_in_time(&self) -> bool {
        (self.is_in_time)()
    }

    fn opens_in(&self) -> Duration {
        Duration::ZERO
    }

    fn give_back(self: Box<Self>) {
        (self.give_back)();
    }
}

impl Permit {
    pub(super) fn new(reservation: impl Reservation + 'static) -> Self {
        Self {
            reservation: Some(Box::new(reservation)),
            under: None,
        }
    }

    /// Returns a permit of a limiter of your own.
    ///
    /// `is_in_time` is called by [`start`](Self::start) and returns whether the start still falls
    /// into the slot. `give_back` is called instead when the permit is dropped unused; it must not
    /// block.
    #[must_use]
    pub fn from_callbacks(
        is_in_time: impl Fn() -> bool + Send + Sync + 'static,
        give_back: impl FnOnce() + Send + Sync + 'static,
    ) -> Self {
        Self::new(Callbacks {
            is_in_time,
            give_back,
        })
    }

    /// Returns a permit that never expires, for a limiter that does not limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            reservation: None,
            under: None,
        }
    }

    /// Combines two permits into one that uses both or neither.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let under = match self.under.take() {
            Some(under) => under.and(other),
            None => other,
        };
        self.under = Some(Box::new(under));
        self
    }

    /// Returns the time until the slot of this permit, and zero once it has begun. Always zero when
    /// no [`lead`](PermitRequest::lead) was requested.
    #[must_use]
    pub fn opens_in(&self) -> Duration {
        let own = self.reservation.as_ref();
        let own = own.map_or(Duration::ZERO, |reservation| reservation.opens_in());
        let under = self.under.as_ref();
        own.max(under.map_or(Duration::ZERO, |under| under.opens_in()))
    }

    /// Uses the permit. Returns `false` when it is too late, or too early: then nothing may be sent,
    /// and a new permit must be acquired. The slot is spent either way.
    #[must_use]
    pub fn start(mut self) -> bool {
        let under = self.under.take().is_none_or(|under| under.start());
        // Checked last, because this is the moment that counts as the start.
        let reservation = self.reservation.take();
        under && reservation.is_none_or(|reservation| reservation.is_in_time())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            reservation.give_back();
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
        opens_in: Duration,
        given_back: Arc<AtomicU32>,
    }

    impl Reservation for Counted {
        fn is_in_time(&self) -> bool {
            self.in_time
        }

        fn opens_in(&self) -> Duration {
            self.opens_in
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
            Permit::new(Counted {
                in_time,
                opens_in: Duration::ZERO,
                given_back,
            })
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
    fn a_permit_under_several_limits_opens_with_the_last_of_them() {
        for latest in 0..3 {
            let [own, team, account] = [0, 1, 2].map(|level| {
                Permit::new(Counted {
                    in_time: true,
                    opens_in: Duration::from_millis(if level == latest { 40 } else { 7 }),
                    given_back: Arc::default(),
                })
            });
            let permit = own.and(team).and(account);
            assert_eq!(permit.opens_in(), Duration::from_millis(40), "{latest}");
        }
        assert_eq!(Permit::unlimited().opens_in(), Duration::ZERO);
    }

    #[test]
    fn a_dropped_permit_gives_every_place_back() {
        let (permit, given_back) = stacked([true; 3]);
        assert_eq!(format!("{permit:?}"), "Permit { .. }");
        drop(permit);
        assert_eq!(given_back.load(Relaxed), 3);
    }
}
