//! Durations and sizes in a few characters.

use std::time::Duration;

pub(crate) use mps_core::text::grouped;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Formats a duration by its two largest units: `45s`, `1m12s`, `2h05m`, `3d04h`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m{:02}s", seconds / MINUTE, seconds % MINUTE),
        HOUR..DAY => format!("{}h{:02}m", seconds / HOUR, seconds % HOUR / MINUTE),
        _ => format!("{}d{:02}h", seconds / DAY, seconds % DAY / HOUR),
    }
}

/// Formats a number of bytes with three digits, by powers of 1,000: `999 B`, `12.3 kB`, `1.20 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (unit, divisor) = match bytes {
        0..1_000_000 => ("kB", 1_000),
        1_000_000..1_000_000_000 => ("MB", 1_000_000),
        _ => ("GB", 1_000_000_000),
    };
    // Rounded down, so that a part never looks like the whole.
    let hundredths = u128::from(bytes) * 100 / divisor;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    match whole {
        0..10 => format!("{whole}.{rest:02} {unit}"),
        10..100 => format!("{whole}.{} {unit}", rest / 10),
        _ => format!("{whole} {unit}"),
    }
}

/// Formats a number of things: `1 row`, `1,490 rows`.
pub(crate) fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// Returns the verb of a number of things: `is` or `are`.
pub(crate) fn are(count: impl TryInto<u64>) -> &'static str {
    match count.try_into() {
        Ok(1) => "is",
        _ => "are",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_in_the_singular_and_the_plural() {
        let text = |rows: u64| format!("{} {} new", counted(rows, "row"), are(rows));
        assert_eq!(text(0), "0 rows are new");
        assert_eq!(text(1), "1 row is new");
        assert_eq!(text(1_200), "1,200 rows are new");
    }

    #[test]
    fn durations_have_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (3_599, "59m59s"),
            (3_600, "1h00m"),
            (7_499, "2h04m"),
            (86_400, "1d00h"),
            (360_000, "4d04h"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn sizes_have_three_digits_and_are_rounded_down() {
        for (size, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (12_399, "12.3 kB"),
            (999_999, "999 kB"),
            (48_000_000, "48.0 MB"),
            (1_204_000_000, "1.20 GB"),
            (u64::MAX, "18446744073 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
