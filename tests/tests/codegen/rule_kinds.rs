//! The table of rule kinds agrees with the list of rules and with itself.

use std::collections::BTreeSet;

use xtask::{
    codegen::api,
    model::Sources,
    rule_kinds::{RULE_KINDS, rule_kind},
};

use crate::support::real;

#[test]
fn every_rule_of_members_has_a_kind_and_every_kind_a_rule() {
    let api = api(&Sources::new(real())).expect("a valid specification");
    let listed = api.rules.iter().filter(|rule| rule.about == "member");
    let mut listed: BTreeSet<String> = listed.map(|rule| rule.id.clone()).collect();
    // Not stated by a key of its own: it follows from `until`.
    assert!(listed.remove("withdrawn"));
    // Follows from `format`: a URL that is one, but of a private network.
    assert!(listed.remove("unreachable-url"));
    let ids = RULE_KINDS.iter().flat_map(xtask::rule_kinds::RuleKind::ids);
    assert_eq!(ids.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn keys_are_unique_and_found() {
    let keys: BTreeSet<&str> = RULE_KINDS.iter().map(|kind| kind.key).collect();
    assert_eq!(keys.len(), RULE_KINDS.len());
    for key in keys {
        assert_eq!(rule_kind(key).map(|kind| kind.key), Some(key));
    }
    assert!(rule_kind("no_such_key").is_none());
}
