//! A bound on retries that all calls of a client share, so that an outage does not cause a storm of
//! retries.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

const FULL: u32 = 500;
const A_RETRY_COSTS: u32 = 5;
const A_SUCCESS_RETURNS: u32 = 1;

/// A budget of retries, 100 at first. Five successful calls add one, up to 100. Clones share it.
///
/// # Example
/// ```
/// use mps_core::retry::RetryBudget;
///
/// let budget = RetryBudget::default();
/// assert!(budget.spend());
/// assert_eq!(budget.left(), 99);
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<AtomicU32>);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(FULL)))
    }
}

impl RetryBudget {
    /// Takes one retry; returns `false` when none is left.
    #[must_use]
    pub fn spend(&self) -> bool {
        let pay = |credit: u32| credit.checked_sub(A_RETRY_COSTS);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay)
            .is_ok()
    }

    /// Returns the number of retries left, 0 to 100.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.0.load(Ordering::Relaxed) / A_RETRY_COSTS
    }

    /// Adds a fifth of a retry, for a call that succeeded.
    pub fn earn(&self) {
        let add = |credit: u32| (credit < FULL).then_some(credit + A_SUCCESS_RETURNS);
        let _already_full = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_and_refilled_by_successes() {
        let budget = RetryBudget::default();
        let shared = budget.clone();
        assert_eq!((0..200).filter(|_| budget.spend()).count(), 100);
        (0..5).for_each(|_| shared.earn());
        assert!(budget.spend());
        assert!(!budget.spend());
        assert_eq!(budget.left(), 0);
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!(shared.left(), 100);
        assert_eq!((0..200).filter(|_| budget.spend()).count(), 100);
        // Successes add nothing while the budget is full.
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.spend());
    }
}
