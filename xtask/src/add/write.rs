//! The files of definitions of which only the structure is specified.

use std::{collections::BTreeMap, fmt::Write};

use super::{Added, guess};
use crate::{
    model::STRUCTURE_ONLY,
    published::fingerprint::{Fingerprint, Member, flags},
};

/// The beginning of the file of renames.
pub(super) const RENAMES: &str = "\
# Names in Rust of structs whose own name an action has. Everything that is sent keeps its name.

[structs]
";

/// Maximum number of values that are listed.
const MAX_VALUES: usize = 40;

/// Returns the file of an action that begins with a head.
pub(super) fn action(
    head: String,
    name: &str,
    request: &[&Member],
    response: &[&Member],
    added: &mut Added,
) -> String {
    let mut text = head;
    for member in request {
        text.push_str(&block("request", name, member, true, added));
    }
    let owner = format!("{name}Response");
    for member in response {
        text.push_str(&block("response", &owner, member, false, added));
    }
    text
}

/// Returns the file of a struct that begins with a head.
pub(super) fn structure(
    head: String,
    name: &str,
    members: &[&Member],
    sent: bool,
    added: &mut Added,
) -> String {
    let mut text = head;
    for member in members {
        text.push_str(&block("member", name, member, sent, added));
    }
    text
}

/// Returns the beginning of a file: the name, the days of its release by site, and the source.
pub(super) fn head(
    name: &str,
    print: &Fingerprint,
    since: Option<&BTreeMap<String, String>>,
) -> String {
    let days = since.into_iter().flatten();
    let days: Vec<String> = days.map(|(site, day)| format!("{site} = {day}")).collect();
    let since = if days.is_empty() {
        String::new()
    } else {
        format!("since = {{ {} }}\n", days.join(", "))
    };
    let package = format!("{} {}", print.package, print.release);
    let source = match (&*print.source, package.trim()) {
        ("", "") => format!("published description of {}", print.site),
        ("", package) => package.to_owned(),
        (source, _) => source.to_owned(),
    };
    format!(
        "name = \"{name}\"\ntier = \"{STRUCTURE_ONLY}\"\n{since}source = {}\n",
        quoted(source.trim())
    )
}

fn block(list: &str, owner: &str, member: &Member, sent: bool, added: &mut Added) -> String {
    let mut text = format!(
        "\n[[{list}]]\nname = \"{}\"\ntype = \"{}\"\n",
        member.0, member.1
    );
    let path = format!("{owner}.{}", member.0);
    if sent && member.has(flags::REQUIRED) {
        text.push_str("required = true\n");
    }
    if guess::is_sensitive(&member.0, &member.1) {
        text.push_str("sensitive = true # guessed from the name\n");
        added.guesses.push(format!("{path}: sensitive"));
    }
    if sent && guess::is_url(&member.0, &member.1) {
        text.push_str("format = \"url\" # guessed from the name\nwarn_only = [\"format\"]\n");
        added.guesses.push(format!("{path}: a URL"));
    }
    if !member.5.is_empty() && member.5.len() <= MAX_VALUES {
        let values: Vec<String> = member.5.iter().map(|value| quoted(value)).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "values = [{}]", values.join(", "));
    }
    text
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
