//! The documented rate limit, checked by counting.

/// The window of the service's rate limit, in microseconds.
const WINDOW_US: u64 = 1_000_000;

/// Returns the largest number of starts within any window of one second. Starts are in microseconds.
///
/// A window with the most starts can be shifted until it begins at a start, so only those windows are
/// counted.
///
/// # Example
/// ```
/// use mps_tests::window::most_in_any_second;
///
/// assert_eq!(most_in_any_second(&[0, 999_999, 1_000_000]), 2);
/// ```
#[must_use]
pub fn most_in_any_second(starts_us: &[u64]) -> usize {
    let within = |from: u64| {
        let window = from..from + WINDOW_US;
        starts_us
            .iter()
            .filter(|start| window.contains(start))
            .count()
    };
    starts_us
        .iter()
        .map(|start| within(*start))
        .max()
        .unwrap_or(0)
}
