//! The credential scope: the day and the service of a signing key.

use std::fmt;

/// Last part of every scope and last label of the key derivation.
pub(super) const TERMINATOR: &str = "tc3_request";

const SECONDS_A_DAY: i64 = 86_400;

/// A UTC day and a service, written `2026-02-15/mps/tc3_request`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    date: String,
    service: String,
    // Written once: every signature carries it twice.
    text: String,
}

impl Scope {
    /// Returns the scope of a request signed at `timestamp`, in Unix seconds.
    #[must_use]
    pub fn at(timestamp: i64, service: &str) -> Self {
        let (year, month, day) = civil_date(day(timestamp));
        Self::new(&format!("{year:04}-{month:02}-{day:02}"), service)
    }

    pub(super) fn new(date: &str, service: &str) -> Self {
        Self {
            text: [date, service, TERMINATOR].join("/"),
            date: date.to_owned(),
            service: service.to_owned(),
        }
    }

    /// Returns the UTC date as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Returns the signing service: `mps` for this API, with any host.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the scope as requests contain it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the UTC day of a timestamp, counted from 1970-01-01.
pub(super) fn day(timestamp: i64) -> i64 {
    timestamp.div_euclid(SECONDS_A_DAY)
}

/// Returns the proleptic Gregorian date of a day counted from 1970-01-01.
///
/// Counts in years that begin on 1 March, so that the leap day is the last day of its year and
/// month lengths follow one linear rule.
fn civil_date(days_since_epoch: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    const DAYS_FROM_YEAR_0_MARCH_TO_EPOCH: i64 = 719_468;

    let days = days_since_epoch.saturating_add(DAYS_FROM_YEAR_0_MARCH_TO_EPOCH);
    let (cycle, day) = (
        days.div_euclid(DAYS_IN_400_YEARS),
        days.rem_euclid(DAYS_IN_400_YEARS),
    );
    let leap_days = day / 1_460 - day / 36_524 + day / 146_096;
    let year = (day - leap_days) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    let starts_next_year = i64::from(month <= 2);
    (cycle * 400 + year + starts_next_year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(timestamp: i64) -> String {
        Scope::at(timestamp, "mps").date
    }

    /// Answers from `date -u -d @N +%F`.
    #[test]
    fn dates_match_known_answers() {
        for (timestamp, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (1_078_012_799, "2004-02-28"),
            (1_709_164_800, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (1_771_125_945, "2026-02-15"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(timestamp), expected, "{timestamp}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before_it() {
        let months = |leap: bool| {
            [
                31,
                if leap { 29 } else { 28 },
                31,
                30,
                31,
                30,
                31,
                31,
                30,
                31,
                30,
                31,
            ]
        };
        let (mut year, mut month, mut day) = (1970_i64, 1_i64, 1_i64);
        for number in 0..200 * 366 {
            assert_eq!(civil_date(number), (year, month, day));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            day += 1;
            if day > months(leap)[usize::try_from(month - 1).unwrap()] {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn extreme_timestamps_do_not_panic() {
        let _ = (date(i64::MIN), date(i64::MAX));
    }
}
