//! The mistakes that signers usually make, each as a sentence and as the signature it leads to.

mod canonical_request;
mod header_layout;
mod header_values;
mod key_and_string;
mod payload;

use super::{evidence::Evidence, signing_attempt::SigningAttempt};

pub(super) type Mistake = (String, SigningAttempt);

/// Every mistake that is tried.
pub(super) fn all(evidence: &Evidence<'_>) -> impl Iterator<Item = Mistake> {
    let groups: [fn(&Evidence<'_>) -> Vec<Mistake>; 8] = [
        payload::payload,
        header_values::host,
        header_values::content_type,
        header_layout::headers,
        canonical_request::request_line,
        canonical_request::layout,
        key_and_string::string_to_sign,
        key_and_string::key,
    ];
    groups.into_iter().flat_map(|group| group(evidence))
}

fn one(
    evidence: &Evidence<'_>,
    what: impl Into<String>,
    change: impl FnOnce(&mut SigningAttempt),
) -> Mistake {
    let mut attempt = evidence.right.clone();
    change(&mut attempt);
    (what.into(), attempt)
}
