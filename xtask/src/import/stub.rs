//! What stands in for facts until somebody has described them.

use std::fmt::Write;

use crate::published::{Action, Member, Struct};

/// What `spec check` refuses.
pub(crate) use crate::model::TODO;

/// The file of a new action. Effect and rate limit are not in any description, and which calls
/// may be sent twice is nothing to guess.
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

/// The file of a new struct.
pub(super) fn structure(name: &str, shared: &Struct, source: &str) -> String {
    let mut text = format!(
        "name = \"{name}\"\ndoc = \"{TODO}\"\nsource = {}\n",
        quoted(source)
    );
    members(&mut text, "member", &shared.members, shared.sent);
    text
}

/// Members of a new file, which has the source on top.
fn members(text: &mut String, list: &str, members: &[Member], sent: bool) {
    for new in members {
        text.push_str(&block(list, new, sent));
    }
}

/// A member in a file that cites another source.
pub(super) fn member(list: &str, new: &Member, sent: bool, source: &str) -> String {
    let mut text = block(list, new, sent);
    // Writing to a text cannot fail.
    let _ = writeln!(text, "source = {}", quoted(source));
    text
}

/// Nothing checks an answer, so only what is sent can be required.
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
