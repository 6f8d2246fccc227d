//! The seconds of video for which the service bills a request.

/// Returns the seconds that a request names, or else those that the service assumes.
///
/// Returns `None` if neither is known or if they are not positive.
pub(crate) fn seconds(named: Option<i64>, assumed: Option<i64>) -> Option<u64> {
    let seconds = u64::try_from(named.or(assumed)?).ok()?;
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn the_request_wins_over_the_default() {
        assert_eq!(seconds(Some(8), Some(5)), Some(8));
        assert_eq!(seconds(None, Some(5)), Some(5));
        assert_eq!(seconds(None, None), None);
    }

    #[test]
    fn a_length_that_is_not_positive_is_unknown() {
        assert_eq!(seconds(Some(0), Some(5)), None);
        assert_eq!(seconds(Some(-1), None), None);
    }
}
