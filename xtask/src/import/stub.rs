//! Stubs in place of facts that a person has to describe.

use std::fmt::Write;

use crate::published::{Action, Member, Struct};

/// Placeholder that `spec check` refuses.
pub(crate) use crate::model::TODO;

/// Returns the file of a new action. Effect and rate limit are in no description, and a guess could
/// make a paid request look idempotent.
pub(super) fn action(name: &str, action: &Action, source: &str) -> String {
    let mut text = format!(
        "name = \"{name}\"\n\
         summary = \"{TODO}\"\n\
         effect = \"{TODO}\"\n\
         rate_limit = 0\n\
         doc_url = \"{TODO}\"\n\
         source = {}\n",
        quoted(source)
    );
    members(&mut text, "request", &action.request, true);
    members(&mut text, "response", &action.response, false);
    text
}

/// Returns the file of a new struct.
pub(super) fn structure(name: &str, shared: &Struct, source: &str) -> String {
    let mut text = format!(
        "name = \"{name}\"\ndoc = \"{TODO}\"\nsource = {}\n",
        quoted(source)
    );
    members(&mut text, "member", &shared.members, shared.sent);
    text
}

/// Adds the members of a new file, which states the source at its top.
fn members(text: &mut String, list: &str, members: &[Member], sent: bool) {
    for new in members {
        text.push_str(&block(list, new, sent));
    }
}

/// Returns a member for a file that cites another source.
pub(super) fn member(list: &str, new: &Member, sent: bool, source: &str) -> String {
    let mut text = block(list, new, sent);
    // Writing to a text cannot fail.
    let _ = writeln!(text, "source = {}", quoted(source));
    text
}

/// Returns a member. Responses are not checked, so only members of requests can be required.
fn block(list: &str, new: &Member, sent: bool) -> String {
    let required = if new.required && sent {
        "required = true\n"
    } else {
        ""
    };
    format!(
        "\n[[{list}]]\nname = \"{}\"\ntype = \"{}\"\ndoc = \"{TODO}\"\n{required}",
        new.name, new.ty
    )
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
