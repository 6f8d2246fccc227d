//! The documented rate limit, checked by times of arrival, however late some of them are.

/// Returns the number and the time of the first arrival that is too early for a limit of `limit` starts in any
/// second, or `None` if there is none. Times are in microseconds since a moment before the first process started.
///
/// A busy machine may hold a permitted request up on its way, so that more than `limit` arrive within one second
/// although no second has more starts. No delay makes a request arrive early: the start with the number `n`, from 0,
/// is at least `n / limit` whole seconds after that moment.
#[must_use]
pub fn first_too_early(arrivals_us: &[u64], limit: usize) -> Option<(usize, u64)> {
    let mut arrivals = arrivals_us.to_vec();
    arrivals.sort_unstable();
    let earliest = |number: usize| (number / limit.max(1)) as u64 * 1_000_000;
    let mut numbered = arrivals.into_iter().enumerate();
    numbered.find(|(number, at)| *at < earliest(*number))
}

#[cfg(test)]
mod tests {
    use super::first_too_early;

    #[test]
    fn late_arrivals_may_crowd_and_early_ones_may_not() {
        let crowded = [0, 5_000_000, 5_000_001, 5_000_002];
        assert_eq!(first_too_early(&crowded, 2), None);
        assert_eq!(first_too_early(&[], 2), None);
        let early = [10, 20, 1_000_000, 999_999];
        assert_eq!(first_too_early(&early, 2), Some((2, 999_999)));
    }
}
