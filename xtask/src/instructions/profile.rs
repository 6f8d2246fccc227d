//! The output of callgrind: instructions by function and object, and calls.

use std::collections::BTreeMap;

use super::Count;

/// Crates whose functions are left out: valgrind hides the instructions that they use elsewhere.
const HASHING: [&str; 4] = ["sha2", "hmac", "digest", "block_buffer"];
const ALLOCATOR: [&str; 5] = [
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
];

/// The counts of callgrind for one run of the program.
#[derive(Debug, Default)]
pub(super) struct Profile {
    functions: BTreeMap<String, u64>,
    allocations: u64,
}

/// The state of the parser.
#[derive(Default)]
struct Place<'a> {
    /// The program or library of the function.
    object: &'a str,
    function: &'a str,
    /// The object and the function that is called, until the line with its costs.
    callee: (&'a str, &'a str),
    is_call: bool,
}

impl Profile {
    /// Parses a file that was written with `--compress-strings=no --compress-pos=no`.
    pub(super) fn parse(text: &str) -> Self {
        let (mut profile, mut place) = (Self::default(), Place::default());
        for line in text.lines() {
            if let Some((key, value)) = line.split_once('=') {
                profile.key(key, value, &mut place);
            } else if line.starts_with(|first: char| first.is_ascii_digit()) {
                // The line after `calls` has the cost of the callee, which its own lines have, too.
                if !std::mem::take(&mut place.is_call) && !is_system(place.object) {
                    let cost = line.split_whitespace().nth(1);
                    let cost: u64 = cost.and_then(|cost| cost.parse().ok()).unwrap_or_default();
                    *profile.functions.entry(name(place.function)).or_default() += cost;
                }
            }
        }
        profile
    }

    fn key<'a>(&mut self, key: &str, value: &'a str, place: &mut Place<'a>) {
        match key {
            "ob" => place.object = value,
            "fn" => {
                place.function = value;
                place.callee = (place.object, "");
            }
            "cob" => place.callee.0 = value,
            "cfn" => place.callee.1 = value,
            "calls" => {
                place.is_call = true;
                let (object, callee) = place.callee;
                if !is_system(place.object) && is_system(object) && ALLOCATOR.contains(&callee) {
                    let times = value.split_whitespace().next();
                    let times: u64 = times.and_then(|it| it.parse().ok()).unwrap_or_default();
                    self.allocations += times;
                }
                place.callee = (place.object, "");
            }
            _ => {}
        }
    }

    /// Returns the counts of one of so many runs.
    pub(super) fn count(self, times: u64) -> Count {
        let kept = self
            .functions
            .into_iter()
            .filter(|(name, _)| !is_hashing(name));
        let kept: BTreeMap<_, _> = kept.collect();
        let total: u64 = kept.values().sum();
        let each = |total: u64| (total + times / 2) / times;
        Count {
            instructions: each(total),
            allocations: each(self.allocations),
            functions: kept
                .into_iter()
                .map(|(name, cost)| (name, each(cost)))
                .collect(),
        }
    }
}

/// Returns whether an object is a library of the system.
fn is_system(object: &str) -> bool {
    let file = object.rsplit('/').next().unwrap_or(object);
    file.contains(".so")
}

/// Returns whether a function belongs to a crate of hashing, or implements a trait for one of its types.
fn is_hashing(function: &str) -> bool {
    let path = function.trim_start_matches(['<', '&']);
    let first = path.split("::").next().unwrap_or(path);
    HASHING.contains(&first)
}

/// Returns the name of a function without what differs from build to build: its hash, the number that
/// callgrind gives to a recursive call, and an address in place of a name.
fn name(function: &str) -> String {
    let name = function.split('\'').next().unwrap_or(function);
    let is_hash = |end: &str| end.len() == 16 && end.chars().all(|digit| digit.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((path, end)) if is_hash(end) => path.to_owned(),
        _ if name.starts_with("0x") => "(without a name)".to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
version: 1
positions: line
events: Ir

ob=/a/program
fl=???
fn=mps_core::sign::sign::h0123456789abcdef
0 100
cob=/lib/libc.so.6
cfn=malloc
calls=3 0
0 900
cfn=sha2::compress
calls=1 0
0 5000
0 20

fn=sha2::compress
0 5000

ob=/lib/libc.so.6
fl=???
fn=malloc
0 900
";

    #[test]
    fn hashing_and_the_systems_libraries_are_left_out_and_allocations_counted() {
        let count = Profile::parse(OUTPUT).count(1);
        assert_eq!((count.instructions, count.allocations), (120, 3));
        let functions: Vec<_> = count.functions.iter().collect();
        assert_eq!(functions, [(&"mps_core::sign::sign".to_owned(), &120)]);
    }

    #[test]
    fn counts_are_those_of_one_run() {
        let count = Profile::parse(OUTPUT).count(3);
        assert_eq!((count.instructions, count.allocations), (40, 1));
    }
}
