//! Templates of `Preflight`: one statement for each member with rules, as text like the struct itself.

use super::{
    common::{self, integer_text, quoted, scalar},
    layout::{Part, chain, list},
    print,
};
use crate::lower::{Argument, Check, Condition, Field, Peer, Severity, Struct};

/// The margin of a statement, and that of one inside a condition.
const STATEMENT_INDENT: &str = "        ";
const INNER_INDENT: &str = "            ";

pub(super) fn preflight(structure: &Struct) -> Result<String, syn::Error> {
    let name = &structure.name;
    let members: String = structure.fields.iter().map(member).collect();
    let (before, after) = if structure.queries_capabilities {
        (BEFORE, AFTER)
    } else {
        ("", "")
    };
    print::item_text(format!(
        "impl Preflight for {name} {{
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {{
{before}{members}{after}        report.check_extra(at, &self.extra, Self::MEMBERS);
    }}
}}
"
    ))
}

/// The statements before and after the members of a request with a capability table.
const BEFORE: &str = "        let query = self.capability_query();
        report.choose_model(&query);
";
const AFTER: &str = "        report.check_model(at, &query);\n";

fn member(field: &Field) -> String {
    let checks =
        (!field.checks.is_empty()).then(|| statement(STATEMENT_INDENT, field, &field.checks));
    let overridable = field.overridable.as_ref().map(|overridable| {
        let column = &overridable.column;
        let inside = statement(INNER_INDENT, field, &overridable.checks);
        format!("{STATEMENT_INDENT}if !report.model_states(Column::{column}) {{\n{inside}{STATEMENT_INDENT}}}\n")
    });
    let inside = field.nested.then(|| {
        let call = format!(".inspect({}, &self.{});", place(field), field.name);
        format!("{}\n", chain(&format!("{STATEMENT_INDENT}report"), &[call]))
    });
    [checks, overridable, inside]
        .into_iter()
        .flatten()
        .collect()
}

fn statement(margin: &str, field: &Field, checks: &[Check]) -> String {
    let first = format!(".check({}, &self.{})", place(field), field.name);
    let mut calls = vec![first];
    calls.extend(checks.iter().map(|it| check(margin, it)));
    if let Some(last) = calls.last_mut() {
        last.push(';');
    }
    format!("{}\n", chain(&format!("{margin}report"), &calls))
}

fn place(field: &Field) -> String {
    let wire = quoted(&field.wire);
    if field.sensitive {
        format!("at.sensitive({wire})")
    } else {
        format!("at.member({wire})")
    }
}

fn check(margin: &str, check: &Check) -> String {
    match check {
        Check::Rule {
            method,
            argument,
            severity,
            source,
            sites,
            dropped,
        } => {
            let severity = match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let sites: Vec<String> = sites.iter().map(|site| format!("Site::{site}")).collect();
            let on = (!sites.is_empty()).then(|| format!(".on(&[{}])", sites.join(", ")));
            let days = dropped.iter();
            let days = days.map(|(site, day)| common::day(site, day));
            let days = days.collect::<Vec<_>>().join(", ");
            let dropped = (!days.is_empty()).then(|| format!(".dropped(const {{ &[{days}] }})"));
            let (on, dropped) = (on.unwrap_or_default(), dropped.unwrap_or_default());
            let mut args = self::args(argument);
            args.push(Part::Text(format!(
                "Rule::{severity}({}){on}{dropped}",
                quoted(source)
            )));
            let call = list(&format!("{margin}    .{method}("), &args, ")");
            call.trim_start().to_owned()
        }
        Check::Withdrawn { day, source } => {
            format!(".withdrawn({}, {})", quoted(day), quoted(source))
        }
    }
}

fn args(argument: &Argument) -> Vec<Part> {
    match argument {
        Argument::None => Vec::new(),
        Argument::Peers(all) => vec![Part::Slice(all.iter().map(peer).collect())],
        Argument::Condition(when) => condition(when).map(Part::Text).into(),
        Argument::Number(bound) => vec![Part::Text(scalar(bound))],
        Argument::Texts(texts) => {
            vec![Part::Slice(texts.iter().map(|text| quoted(text)).collect())]
        }
        Argument::Numbers(numbers) => {
            vec![Part::Slice(
                numbers.iter().map(|it| integer_text(*it)).collect(),
            )]
        }
    }
}

fn peer(peer: &Peer) -> String {
    format!("({}, self.{}.is_set())", quoted(&peer.wire), peer.name)
}

/// Returns the arguments for a condition: the other member, its value as text, and the comparison.
fn condition(condition: &Condition) -> [String; 3] {
    let name = &condition.peer.name;
    let mut comparison = format!("self.{name}.is({})", scalar(&condition.is));
    if condition.by_default {
        comparison = format!("!self.{name}.is_set() || {comparison}");
    }
    let (wire, text) = (&condition.peer.wire, condition.is.to_string());
    [quoted(wire), quoted(&text), comparison]
}
