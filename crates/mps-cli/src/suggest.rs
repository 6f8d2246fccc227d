//! Suggestions for names that are written wrongly.

use crate::failure::Failure;

/// Names that are less alike than this, from 0 to 1, are not suggested. clap uses the same bound.
const ALIKE: f64 = 0.7;

/// Returns the name that is most like the given one, if any is; letter case does not matter.
///
/// # Examples
/// For example, `siet` is most like `site`.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let scored = known.into_iter().map(|it| {
        let score = strsim::jaro(&name, &it.to_ascii_lowercase());
        (it, score)
    });
    let alike = scored.filter(|(_, score)| *score > ALIKE);
    let best = alike.max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map(|(it, _)| it)
}

/// Begins the hint of an error with the name that was probably meant, for example `did you mean site?`.
pub(crate) fn with_closest<'a>(
    failure: Failure,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Failure {
    let Some(closest) = closest(name, known) else {
        return failure;
    };
    let hint = match &failure.hint {
        Some(hint) => format!("did you mean {closest}? {hint}"),
        None => format!("did you mean {closest}?"),
    };
    failure.hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_is_suggested_and_nothing_far_off() {
        let known = ["site", "strict", "ledger"];
        assert_eq!(closest("siet", known), Some("site"));
        assert_eq!(closest("LEDGR", known), Some("ledger"));
        assert_eq!(closest("banana", known), None);
    }
}
