//! The pause that an answer asks for, and the date of an answer.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, header};

/// Returns the pause that an answer asks for with `Retry-After`, in seconds or as a date. A date is
/// compared with the `Date` of the answer, because both are of one clock; without it with `now`.
///
/// Returns `None` without the header, and when it is malformed or in the past.
///
/// # Example
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
/// use mps_core::retry::retry_after;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
/// let wait = retry_after(&headers, SystemTime::UNIX_EPOCH);
/// assert_eq!(wait, Some(Duration::from_secs(7)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = text(headers, header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    until.duration_since(date(headers).unwrap_or(now)).ok()
}

/// Returns the `Date` of an answer, by the clock of the machine that wrote it.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, header::DATE)?).ok()
}

/// Returns a header's value if it is text.
pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_in_seconds_or_a_date() {
        const NOW: &str = "Sun, 15 Feb 2026 03:25:45 GMT";
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_771_125_945);
        let asked = |headers: &[(HeaderName, &str)]| {
            let headers = headers.iter().cloned();
            let headers = headers.map(|(name, value)| (name, value.parse().unwrap()));
            retry_after(&headers.collect(), now).map(|wait| wait.as_secs())
        };
        let after = |value| asked(&[(header::RETRY_AFTER, value)]);
        assert_eq!(after(" 7 "), Some(7));
        assert_eq!(after("Sun, 15 Feb 2026 03:26:45 GMT"), Some(60));
        assert_eq!(after("Sun, 15 Feb 2026 03:25:44 GMT"), None);
        assert_eq!(after(NOW), Some(0));
        for nonsense in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(after(nonsense), None, "{nonsense}");
        }
        // The clock of the answering machine is a day ahead, and so is the date to wait for.
        assert_eq!(
            asked(&[
                (header::RETRY_AFTER, "Mon, 16 Feb 2026 03:25:50 GMT"),
                (header::DATE, "Mon, 16 Feb 2026 03:25:45 GMT"),
            ]),
            Some(5)
        );
    }
}
