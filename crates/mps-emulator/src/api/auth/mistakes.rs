//! The mistakes that signers usually make, each as a sentence and as the signature it leads to.

mod headers;
mod layout;
mod payload;
mod sent;
mod stages;

use super::{evidence::Evidence, guess::Guess};

pub(super) type Mistake = (String, Guess);

/// Every mistake that is tried.
pub(super) fn all(evidence: &Evidence<'_>) -> impl Iterator<Item = Mistake> {
    let groups: [fn(&Evidence<'_>) -> Vec<Mistake>; 8] = [
        payload::payload,
        sent::host,
        sent::content_type,
        headers::headers,
        layout::request_line,
        layout::layout,
        stages::string_to_sign,
        stages::key,
    ];
    groups.into_iter().flat_map(|group| group(evidence))
}

fn one(
    evidence: &Evidence<'_>,
    what: impl Into<String>,
    change: impl FnOnce(&mut Guess),
) -> Mistake {
    let mut guess = evidence.right.clone();
    change(&mut guess);
    (what.into(), guess)
}
