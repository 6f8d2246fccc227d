//! The limits in the repository, and how counts differ from them.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde::Deserialize;

use super::Count;
use crate::failure::Failure;

/// Largest difference, in percent. In both directions: an improvement lowers the limit, or the next
/// change could use it up unnoticed.
const TOLERANCE: u64 = 5;
/// Number of functions of a bench that are written down.
const FUNCTIONS: usize = 16;

const HEAD: &str = "\
# Instructions and allocations of one run of each bench in tests/instructions, and the functions that
# execute most of them. Hashing and the system's libraries are left out. `cargo xtask ci instructions`
# fails when a count differs by more than 5 %; `cargo xtask instructions --update` writes this file, in
# the commit that explains the difference.
";

/// The limit of one bench.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    instructions: u64,
    allocations: u64,
    #[serde(default)]
    functions: BTreeMap<String, u64>,
}

impl Limit {
    pub(super) fn of(count: Count) -> Self {
        let mut functions: Vec<_> = count.functions.into_iter().collect();
        functions.sort_by_key(|(name, cost)| (std::cmp::Reverse(*cost), name.clone()));
        let functions = functions.into_iter().filter(|(_, cost)| *cost > 0);
        Self {
            instructions: count.instructions,
            allocations: count.allocations,
            functions: functions.take(FUNCTIONS).collect(),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Limit>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(format!("error: {}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    toml::from_str(&text).map_err(|error| failed(&error))
}

/// Returns the text of the file.
pub(super) fn text(limits: &BTreeMap<String, Limit>) -> String {
    let mut text = HEAD.to_owned();
    for (name, limit) in limits {
        let (instructions, allocations) = (limit.instructions, limit.allocations);
        let _infallible = write!(
            text,
            "\n[{name}]\ninstructions = {instructions}\nallocations = {allocations}\n\n[{name}.functions]\n"
        );
        let mut functions: Vec<_> = limit.functions.iter().collect();
        functions.sort_by_key(|(name, cost)| (std::cmp::Reverse(**cost), *name));
        for (function, cost) in functions {
            let _infallible = writeln!(text, "{function:?} = {cost}");
        }
    }
    text
}

/// Returns how a count differs from its limit, or `None` if it is within the tolerance.
pub(super) fn difference(name: &str, limit: Option<&Limit>, count: &Count) -> Option<String> {
    let Some(limit) = limit else {
        return Some(format!("error: {name} has no limit"));
    };
    let pairs = [
        ("instructions", limit.instructions, count.instructions),
        ("allocations", limit.allocations, count.allocations),
    ];
    let beyond = pairs
        .into_iter()
        .filter(|(_, old, new)| is_beyond(*old, *new));
    let beyond: Vec<_> = beyond
        .map(|(what, old, new)| format!("{new} {what} instead of {old} ({})", percent(old, new)))
        .collect();
    if beyond.is_empty() {
        return None;
    }
    let mut text = format!(
        "error: {name}: {}; at most {TOLERANCE} % may differ",
        beyond.join(", ")
    );
    for (function, old, new) in changed(limit, count) {
        let change = i128::from(new) - i128::from(old);
        let _infallible = write!(text, "\n  {change:>+8}  {function} ({old} -> {new})");
    }
    Some(text)
}

/// Returns the functions whose counts changed, the largest change first.
fn changed(limit: &Limit, count: &Count) -> Vec<(String, u64, u64)> {
    // Below the smallest function that is written down, the old count is not known.
    let smallest = limit.functions.values().min().copied().unwrap_or_default();
    let new = |name: &str| count.functions.get(name).copied().unwrap_or_default();
    let known = limit.functions.iter();
    let known = known.map(|(name, old)| (name.clone(), *old, new(name)));
    let added = count.functions.iter();
    let added =
        added.filter(|(name, new)| !limit.functions.contains_key(*name) && **new > smallest);
    let added = added.map(|(name, new)| (name.clone(), 0, *new));
    let mut changed: Vec<_> = known
        .chain(added)
        .filter(|(_, old, new)| old != new)
        .collect();
    changed.sort_by_key(|(_, old, new)| std::cmp::Reverse(old.abs_diff(*new)));
    changed.truncate(FUNCTIONS);
    changed
}

fn is_beyond(old: u64, new: u64) -> bool {
    old.abs_diff(new) * 100 > old * TOLERANCE
}

/// Returns a difference such as `+6.0 %`.
fn percent(old: u64, new: u64) -> String {
    let sign = if new < old { '-' } else { '+' };
    let tenths = (old.abs_diff(new) * 1_000).checked_div(old);
    match tenths {
        Some(tenths) => format!("{sign}{}.{} %", tenths / 10, tenths % 10),
        None => "none before".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(instructions: u64, allocations: u64, sign: u64) -> Count {
        Count {
            instructions,
            allocations,
            functions: BTreeMap::from([("sign".to_owned(), sign), ("other".to_owned(), 10)]),
        }
    }

    #[test]
    fn a_change_past_five_percent_fails_in_both_directions_with_its_functions() {
        let limit = Limit::of(count(1_000, 10, 500));
        let difference = |count: &Count| difference("sign", Some(&limit), count);
        assert_eq!(difference(&count(1_050, 10, 550)), None);
        assert_eq!(difference(&count(950, 10, 450)), None);
        let slower = difference(&count(1_060, 10, 560)).expect("6 % are too many");
        assert_eq!(
            slower,
            "error: sign: 1060 instructions instead of 1000 (+6.0 %); at most 5 % may differ\n       \
             +60  sign (500 -> 560)"
        );
        let faster = difference(&count(940, 10, 440)).expect("6 % fewer lower the limit");
        assert!(
            faster.contains("940 instructions instead of 1000 (-6.0 %)"),
            "{faster}"
        );
        let allocating = difference(&count(1_000, 11, 500)).expect("one more of ten");
        assert!(
            allocating.contains("11 allocations instead of 10"),
            "{allocating}"
        );
    }

    #[test]
    fn a_bench_without_a_limit_fails() {
        assert!(difference("sign", None, &count(1, 0, 1)).is_some());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let limits = BTreeMap::from([("sign".to_owned(), Limit::of(count(1_000, 10, 500)))]);
        assert_eq!(
            toml::from_str::<BTreeMap<String, Limit>>(&text(&limits)).ok(),
            Some(limits)
        );
    }
}
