//! The objects of requests and of responses.

use std::collections::BTreeSet;

use super::super::fingerprint::Fingerprint;
use crate::check::{Type, parse_type};

/// The objects that some actions lead to.
pub(super) struct Names<'f> {
    /// Objects in requests.
    pub(super) sent: BTreeSet<&'f str>,
    /// Objects in responses.
    pub(super) answered: BTreeSet<&'f str>,
}

impl<'f> Names<'f> {
    pub(super) fn of(sides: [&'f Fingerprint; 2], wanted: impl Fn(&str) -> bool) -> Self {
        let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
        for side in sides {
            for (name, action) in side.actions.iter().filter(|(name, _)| wanted(name)) {
                debug_assert!(!name.is_empty());
                reach(side, &action.1, &mut sent);
                reach(side, &action.2, &mut answered);
            }
        }
        Self { sent, answered }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.sent.contains(name) || self.answered.contains(name)
    }
}

fn reach<'f>(side: &'f Fingerprint, from: &'f str, found: &mut BTreeSet<&'f str>) {
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        let Some((name, object)) = side.objects.get_key_value(name) else {
            continue;
        };
        if found.insert(name) {
            open.extend(object.members.iter().filter_map(|member| named(&member.1)));
        }
    }
}

/// Returns the struct in the name of a type.
fn named(ty: &str) -> Option<&str> {
    let item = ty.strip_prefix("List<").and_then(|ty| ty.strip_suffix('>'));
    let item = item.unwrap_or(ty);
    matches!(parse_type(item), Type::Named(_)).then_some(item)
}
