//! Times of results: the end of a task, and the text and JSON forms of times.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// The time at which a task was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DoneAt {
    /// The time.
    #[serde(with = "rfc3339")]
    pub at: SystemTime,
    /// The source of the time.
    pub basis: TimeBasis,
}

impl DoneAt {
    /// Returns the best that is known of when a task was done: the time that the service states, else
    /// the last moment at which the task was known not to be done, else now.
    pub(crate) fn known(
        reported: Option<SystemTime>,
        pending_at: Option<SystemTime>,
        now: SystemTime,
    ) -> Self {
        let (at, basis) = match (reported, pending_at) {
            (Some(at), _) => (at, TimeBasis::Reported),
            // The clock of the machine that created the task may be ahead.
            (None, Some(at)) => (at.min(now), TimeBasis::NotBefore),
            (None, None) => (now, TimeBasis::Seen),
        };
        Self { at, basis }
    }
}

/// The source of the time at which a task was done.
///
/// The service states it for scenario tasks only. An expiry that is computed from
/// [`Reported`](Self::Reported) is exact, one from [`NotBefore`](Self::NotBefore) is never later
/// than the truth, and one from [`Seen`](Self::Seen) may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeBasis {
    /// The service states it.
    Reported,
    /// The last moment at which the task was known not to be done: its last status before, or its
    /// creation.
    NotBefore,
    /// The moment at which the task was first seen to be done; nothing earlier is known.
    Seen,
}

const SECONDS_A_DAY: u64 = 86_400;

/// Returns the time of a day and a time of day in UTC; `None` if there is no such time or it is
/// before 1970.
pub(crate) fn utc(
    [year, month, day]: [u64; 3],
    [hour, minute, second]: [u64; 3],
) -> Option<SystemTime> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    if !(1..=days_of_month(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years begin in March here, so that the leap day is the last day of its year and the lengths of
    // the months before a month follow one linear rule.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    let seconds = days * SECONDS_A_DAY + hour * 3_600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the numbers of a text, for example `2026-06-01`, of the given widths and separator.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = digits.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Returns the time of a text, for example `2026-06-01 20:40:50`, which scenario tasks write eight hours
/// ahead of UTC; `None` for any other text.
pub(crate) fn beijing(text: &str) -> Option<SystemTime> {
    let (date, time) = text.trim().split_once([' ', 'T'])?;
    let date = numbers(date, '-', [4, 2, 2])?;
    let time = numbers(time, ':', [2, 2, 2])?;
    utc(date, time)?.checked_sub(Duration::from_secs(8 * 3_600))
}

/// Times as UTC text, to the second, as in RFC 3339.
pub(crate) mod rfc3339 {
    use std::time::{Duration, SystemTime};

    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::SECONDS_A_DAY;

    /// Returns a time as text, for example `2026-11-27T18:31:21Z`. Fractions of a second are left out,
    /// so the text is never later than the time.
    pub(crate) fn text(time: SystemTime) -> String {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since_epoch.map_or(0, |time| time.as_secs());
        let (year, month, day) = date(seconds / SECONDS_A_DAY);
        let second = seconds % SECONDS_A_DAY;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// Returns year, month and day of a day counted from 1970-01-01.
    fn date(days: u64) -> (u64, u64, u64) {
        let days = days.saturating_add(719_468);
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = cycle * 400 + year + u64::from(month >= 10);
        (year, if month < 10 { month + 3 } else { month - 9 }, day)
    }

    /// Returns the time of a text in UTC; fractions of a second are ignored.
    pub(crate) fn parse(text: &str) -> Option<SystemTime> {
        let text = text.strip_suffix('Z')?;
        let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
        let time = super::beijing(text).filter(|_| is_fraction)?;
        time.checked_add(Duration::from_secs(8 * 3_600))
    }

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&text(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let wrong = || de::Error::custom("the text is no UTC time as in RFC 3339");
        parse(&text).ok_or_else(wrong)
    }

    /// The same for a time that may be missing.
    pub(crate) mod optional {
        use super::{Deserialize, Deserializer, Serializer, SystemTime, de, parse, text};

        #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
        pub(crate) fn serialize<S: Serializer>(
            time: &Option<SystemTime>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => to.serialize_some(&text(*time)),
                None => to.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<SystemTime>, D::Error> {
            let Some(text) = <Option<String>>::deserialize(from)? else {
                return Ok(None);
            };
            let wrong = || de::Error::custom("the text is no UTC time as in RFC 3339");
            parse(&text).map(Some).ok_or_else(wrong)
        }
    }
}

/// Durations as whole milliseconds.
pub(crate) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let millis = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        millis.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        let millis = <Option<u64>>::deserialize(from)?;
        Ok(millis.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers from `date -u -d TEXT +%s`.
    #[test]
    fn times_match_known_answers() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-06-01T12:40:50Z", 1_780_317_650),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(rfc3339::text(time), text);
            assert_eq!(rfc3339::parse(text), Some(time));
        }
    }

    #[test]
    fn a_time_of_the_service_is_eight_hours_ahead_of_utc() {
        let time = beijing("2026-06-01 20:40:50").map(rfc3339::text);
        assert_eq!(time.as_deref(), Some("2026-06-01T12:40:50Z"));
        for text in [
            "",
            "2026-06-01",
            "2026-06-31 20:40:50",
            "2026-06-01 24:00:00",
            "2026-6-1 20:40:50",
            "+026-06-01 20:40:50",
            "0000-00-00 00:00:00",
        ] {
            assert_eq!(beijing(text), None, "{text}");
        }
    }
}
