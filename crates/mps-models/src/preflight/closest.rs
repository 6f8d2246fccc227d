//! Search for the known names that are close to a misspelled one.

/// Maximum length of a name, in bytes; longer names are no typing errors.
const MAX_NAME_BYTES: usize = 64;

/// Returns the known name that a misspelled one probably means, or `None` if none is close.
pub(crate) fn closest(
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let name = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&name, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(edits, candidate)| *edits <= candidate.len() / 3)
        .map(|(_, candidate)| candidate)
}

/// Returns at most `most` of the known names, those first that take the fewest edits.
///
/// Names of which one contains the other, in any letter case, come before all others. Returns
/// nothing for a name that is too long to be a typing error.
pub(crate) fn nearest(
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
    most: usize,
) -> Vec<&'static str> {
    if name.len() > MAX_NAME_BYTES {
        return Vec::new();
    }
    let name = name.to_lowercase();
    let mut ranked: Vec<(bool, usize, &str)> = known
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let contains = !name.is_empty() && (lower.contains(&name) || name.contains(&lower));
            (!contains, distance(&name, &lower), candidate)
        })
        .collect();
    ranked.sort_unstable();
    ranked.truncate(most);
    ranked
        .into_iter()
        .map(|(.., candidate)| candidate)
        .collect()
}

/// Returns the number of single-character edits between two texts (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (above, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *above;
            left = replaced.min(left + 1).min(diagonal + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{closest, distance, nearest};

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn the_nearest_names_come_first() {
        let known = ["Vidu", "Kling", "Hailuo", "Hunyuan"];
        assert_eq!(nearest("klng", known, 2), ["Kling", "Vidu"]);
        assert_eq!(nearest("Kling 3.0", known, 1), ["Kling"]);
        assert_eq!(nearest("HUN", known, 1), ["Hunyuan"]);
        assert_eq!(nearest("", known, 0), [""; 0]);
        assert_eq!(nearest(&"Kling".repeat(100), known, 2), [""; 0]);
    }

    #[test]
    fn only_typing_errors_have_a_closest_name() {
        let known = ["Prompt", "ImageUrl", "LastImageUrl"];
        assert_eq!(closest("promt", known), Some("Prompt"));
        assert_eq!(closest("image_url", known), Some("ImageUrl"));
        assert_eq!(closest("Seed", known), None);
        assert_eq!(closest(&"Prompt".repeat(100), known), None);
    }
}
