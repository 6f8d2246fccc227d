//! Documentation of generated items, line by line.

use crate::{
    ir::{self, Since, Type},
    model::Scalar,
};

/// Returns the documentation of a member: its description, then the facts that callers need.
///
/// The source is stated only if it differs from that of the struct.
pub(super) fn member(member: &ir::Member, source: &str) -> Vec<String> {
    let mut lines = text(&member.doc);
    let mut facts: Vec<String> = member.rules.iter().map(|rule| fact(member, rule)).collect();
    facts.extend(member.unit.as_ref().map(|unit| format!("Unit: {unit}.")));
    facts.extend(
        member
            .default
            .as_ref()
            .map(|value| format!("Default: {}.", code(value))),
    );
    facts.extend(
        member
            .example
            .as_ref()
            .map(|value| format!("Example: {}.", code(value))),
    );
    let values: Vec<String> = member
        .values
        .iter()
        .map(|value| format!("`{value}`"))
        .collect();
    facts.extend(
        (!values.is_empty()).then(|| format!("Values that the texts name: {}.", values.join(", "))),
    );
    facts.extend(since(&member.since));
    facts.extend(
        member
            .until
            .as_ref()
            .map(|day| format!("Withdrawn on {day}.")),
    );
    facts.extend((member.source != source).then(|| format!("Source: {}.", member.source)));
    if !facts.is_empty() {
        lines.push(String::new());
    }
    lines.extend(facts.into_iter().map(|fact| format!("- {fact}")));
    lines
}

/// Returns a description as one text.
pub(super) fn summary(doc: &str) -> String {
    text(doc).join("\n")
}

/// Returns the documentation of the setter that adds an item to a list.
pub(super) fn push(member: &ir::Member) -> Vec<String> {
    vec![format!("Adds an item to `{}`.", member.name)]
}

/// Returns the documentation of a setter.
pub(super) fn setter(member: &ir::Member) -> Vec<String> {
    let name = &member.name;
    let lists = matches!(member.ty, Type::List(_));
    let verb = if lists { "Sets all items of" } else { "Sets" };
    vec![format!("{verb} `{name}`.")]
}

/// Returns the documentation of a struct.
pub(super) fn structure(shared: &ir::Struct) -> Vec<String> {
    let mut lines = text(&shared.doc);
    let mut facts: Vec<String> = since(&shared.since).into_iter().collect();
    facts.push(format!("Source: {}.", shared.source));
    lines.push(String::new());
    lines.push(facts.join(" "));
    lines
}

/// Returns the documentation of an action, without its example.
pub(super) fn action(action: &ir::Action) -> Vec<String> {
    let mut lines = text(&action.summary);
    if let Some(doc) = &action.doc {
        lines.push(String::new());
        lines.extend(text(doc));
    }
    lines.push(String::new());
    lines.push(format!("- Effect: {}.", effect(action.effect)));
    lines.push(format!(
        "- Rate limit: {} starts in any one second, for one account.",
        action.rate_limit
    ));
    if let Some(poll) = &action.poll {
        lines.push(format!("- Poll with [`{poll}`](crate::{poll})."));
    }
    if !action.errors.is_empty() {
        let codes: Vec<String> = action
            .errors
            .iter()
            .map(|code| format!("`{code}`"))
            .collect();
        lines.push(format!(
            "- Error codes beside the common ones: {}.",
            codes.join(", ")
        ));
    }
    lines.extend(since(&action.since).map(|since| format!("- {since}")));
    lines.push(format!(
        "- Source: [{}]({}).",
        action.source, action.doc_url
    ));
    lines
}

/// Returns the documentation of a response.
pub(super) fn response(action: &ir::Action) -> Vec<String> {
    vec![format!("The response of [`{0}`].", action.name)]
}

/// Returns the documentation of an enum.
pub(super) fn set(set: &ir::Enum) -> Vec<String> {
    let mut lines = text(&set.doc);
    lines.push(String::new());
    lines.push("The set is open: a value that is not listed here is kept unchanged.".to_owned());
    lines.push(format!("Source: {}.", set.source));
    lines
}

/// Returns the documentation of a value of an enum.
pub(super) fn value(value: &ir::EnumValue) -> Vec<String> {
    let mut lines = text(&value.doc);
    lines.push(String::new());
    lines.push(format!("Sent as `{}`.", value.value));
    lines
}

fn effect(effect: &str) -> &'static str {
    match effect {
        "read" => "changes nothing, so the request is idempotent",
        "paid-create" => {
            "starts work that is billed, so it is retried only if it certainly was not executed"
        }
        _ => "changes a task, so it is retried only if it certainly was not executed",
    }
}

fn since(since: &Since) -> Option<String> {
    days(since).map(|days| format!("Since {days}."))
}

fn days(since: &Since) -> Option<String> {
    let days: Vec<String> = since
        .iter()
        .map(|(site, day)| format!("{day} (`{site}`)"))
        .collect();
    (!days.is_empty()).then(|| days.join(" and "))
}

fn fact(member: &ir::Member, rule: &ir::Rule) -> String {
    let sentence = rule.kind.describe(&rule.value);
    let is_list = matches!(member.ty, Type::List(_));
    let each = if is_list && rule.kind.applies_to.is_per_item() {
        ", each item"
    } else {
        ""
    };
    let severity = if rule.warns {
        "; a breach is only a warning"
    } else {
        ""
    };
    let sites: Vec<String> = rule.sites.iter().map(|site| format!("`{site}`")).collect();
    let on = match sites.as_slice() {
        [] => String::new(),
        [one] => format!(" on the site {one}"),
        many => format!(" on the sites {}", many.join(" and ")),
    };
    let dropped = days(&rule.dropped)
        .map(|days| format!("; no longer stated since {days}"))
        .unwrap_or_default();
    format!("{sentence}{each}{on}{severity}{dropped}.")
}

fn code(value: &Scalar) -> String {
    format!("`{value}`")
}

/// Returns the lines of a text without leading and trailing blank lines.
pub(super) fn text(text: &str) -> Vec<String> {
    text.trim()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}
