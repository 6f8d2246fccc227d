//! Parses the `Range` header (RFC 9110, section 14) for a single range of bytes.

use std::ops::Range;

/// The selected part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    Whole,
    Part(Range<usize>),
    Unsatisfiable,
}

/// Selects from an object of `length` bytes. A malformed header, or one with several ranges,
/// selects the whole object, as the standard permits.
pub(super) fn select(header: Option<&str>, length: usize) -> Selection {
    match header.and_then(wanted) {
        None => Selection::Whole,
        Some(Wanted::Between(start, end)) => part(start, end.min(length)),
        Some(Wanted::Last(count)) => part(length.saturating_sub(count), length),
    }
}

fn part(start: usize, end: usize) -> Selection {
    if start < end {
        Selection::Part(start..end)
    } else {
        Selection::Unsatisfiable
    }
}

/// A range before the object's length is known.
enum Wanted {
    /// From a first byte up to, but not including, another one.
    Between(usize, usize),
    /// A number of bytes from the end.
    Last(usize),
}

fn wanted(header: &str) -> Option<Wanted> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", count) => Some(Wanted::Last(number(count)?)),
        (first, "") => Some(Wanted::Between(number(first)?, usize::MAX)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wanted::Between(first, last.saturating_add(1)))
        }
    }
}

/// Parses a number; one that is too large counts as the largest.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(header: &str) -> Selection {
        select(Some(header), 100)
    }

    #[test]
    fn a_range_selects_its_bytes() {
        for (header, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=90-", 90..100),
            ("bytes=90-5000", 90..100),
            ("bytes=90-99999999999999999999999", 90..100),
            ("bytes=-5", 95..100),
            ("bytes=-5000", 0..100),
        ] {
            assert_eq!(selected(header), Selection::Part(part), "{header}");
        }
    }

    #[test]
    fn ranges_outside_of_the_object_are_unsatisfiable() {
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(selected(header), Selection::Unsatisfiable, "{header}");
        }
        assert_eq!(select(Some("bytes=0-0"), 0), Selection::Unsatisfiable);
    }

    #[test]
    fn anything_but_a_single_range_is_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-1",
            "bytes=0-1,5-6",
            "lines=0-1",
        ] {
            assert_eq!(selected(header), Selection::Whole, "{header}");
        }
        assert_eq!(select(None, 100), Selection::Whole);
    }
}
