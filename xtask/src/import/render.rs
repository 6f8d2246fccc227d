//! The differences to the description that was last seen, as text and as Markdown.
//!
//! Texts of a description are foreign: in Markdown they are only in code blocks with a fence that
//! they do not contain, so that they can neither mention a person nor form a link.

use std::{collections::BTreeMap, fmt::Write};

use similar::{ChangeTag, TextDiff};

use super::{Report, Seen, report::Note};
use crate::{
    diff::Class,
    published::{
        compare::{Change, Difference},
        prose,
    },
};

/// Maximum number of lines of one text.
const MAX_LINES: usize = 60;

/// Maximum number of characters of one line or value.
const MAX_CHARS: usize = 400;

const CLASSES: [Class; 3] = [Class::Breaking, Class::Compatible, Class::Documentation];

const fn name(class: Class) -> &'static str {
    match class {
        Class::Documentation => "text",
        other => other.name(),
    }
}

fn heading(seen: &Seen) -> String {
    let site = &seen.site;
    match &seen.before {
        None => format!("first description of the site `{site}`: {}", seen.after),
        Some(before) if seen.differences.is_empty() => {
            format!(
                "site `{site}`: no difference between {before} and {}",
                seen.after
            )
        }
        Some(before) => format!("site `{site}`: {before} -> {}", seen.after),
    }
}

/// Returns the verdict of the whole: the class and the part of the version that it raises.
fn verdict(report: &Report) -> Option<String> {
    let class = report.class()?;
    Some(match class {
        Class::Breaking => "class: breaking; next release: major (minor before 1.0)".to_owned(),
        Class::Compatible => "class: compatible; next release: minor (patch before 1.0)".to_owned(),
        Class::Documentation => {
            "class: only texts; next release: patch, if a fact changes".to_owned()
        }
    })
}

pub(super) fn text(report: &Report, seen: &Seen) -> String {
    let mut out = heading(seen);
    out.push('\n');
    for (in_scope, place) in [(true, ""), (false, " elsewhere in the service")] {
        for class in CLASSES {
            let found = of(seen, in_scope, class);
            if found.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n{}{place} ({})", name(class), found.len());
            let longest = found.iter().map(|it| plain(&it.path).chars().count()).max();
            let longest = longest.unwrap_or_default();
            for difference in found {
                let path = plain(&difference.path);
                let _ = writeln!(out, "  {path:longest$}  {}", what(difference));
                if in_scope {
                    for line in lines(difference, &seen.texts) {
                        let _ = writeln!(out, "      {line}");
                    }
                }
            }
        }
    }
    if !seen.new_actions.is_empty() {
        let names: Vec<&str> = seen.new_actions.iter().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "\nnew actions that look like AI generation: {}",
            names.join(", ")
        );
    }
    if let Some(verdict) = verdict(report) {
        let _ = writeln!(out, "\n{verdict}");
    }
    out
}

/// Returns the report for a pull request, in at most this number of bytes, two thirds of which can be
/// texts.
pub(super) fn markdown(report: &Report, seen: &Seen, max_bytes: usize) -> String {
    let mut out = format!("## {}\n", markdown_words(&heading(seen)));
    if let Some(verdict) = verdict(report) {
        let _ = writeln!(out, "\n**{verdict}**");
    }
    if !seen.new_actions.is_empty() {
        let names: Vec<String> = seen.new_actions.iter().map(|name| code(name)).collect();
        let names = names.join(", ");
        let _ = writeln!(
            out,
            "\nNew actions that look like AI generation: {names}. Import them with `--action NAME`."
        );
    }
    let mut room = max_bytes / 3 * 2;
    for (in_scope, place) in [(true, ""), (false, " elsewhere in the service")] {
        for class in CLASSES {
            let found = of(seen, in_scope, class);
            if !found.is_empty() {
                let _ = writeln!(
                    out,
                    "\n### {}{place} ({})\n",
                    capitalized(name(class)),
                    found.len()
                );
            }
            for difference in found {
                let _ = writeln!(
                    out,
                    "- {}: {}",
                    code(&difference.path),
                    markdown_what(difference)
                );
                let lines = lines(difference, &seen.texts);
                let block = fenced(&lines);
                if in_scope && !lines.is_empty() && block.len() <= room {
                    room -= block.len();
                    out.push_str(&block);
                }
            }
        }
    }
    for (title, notes) in [
        ("Stubs to describe", &report.new),
        ("Stubs that changed", &report.changed),
        ("Rows to read again", &report.rows),
        ("Only in the specification", &report.gone),
        ("Different in the specification", &report.differing),
    ] {
        note_list(&mut out, title, notes);
    }
    cut(out, max_bytes)
}

fn note_list(out: &mut String, title: &str, notes: &[Note]) {
    if !notes.is_empty() {
        let _ = writeln!(out, "\n### {title} ({})\n", notes.len());
    }
    for note in notes {
        let _ = writeln!(out, "- {}: {}", code(&note.path), code(&note.what));
    }
}

/// Cuts a report that a pull request would not take, at the end of a line outside a code block.
fn cut(out: String, max_bytes: usize) -> String {
    if out.len() <= max_bytes {
        return out;
    }
    let mut kept = String::new();
    let mut block = String::new();
    let mut fence = String::new();
    for line in out.lines() {
        let mark = line.trim_start();
        if fence.is_empty() && mark.starts_with("```") {
            fence = mark.chars().take_while(|c| *c == '`').collect();
        } else if mark == fence {
            fence.clear();
        }
        let _ = writeln!(block, "{line}");
        if kept.len() + block.len() > max_bytes {
            break;
        }
        if fence.is_empty() {
            kept.push_str(&block);
            block.clear();
        }
    }
    kept.push_str("\nThe rest is cut here; `cargo xtask spec import --dry-run` shows all of it.\n");
    kept
}

fn of(seen: &Seen, in_scope: bool, class: Class) -> Vec<&Difference> {
    let all = seen.differences.iter();
    all.filter(|it| it.in_scope == in_scope && it.class == class)
        .collect()
}

fn what(difference: &Difference) -> String {
    describe(&difference.change, plain)
}

fn markdown_what(difference: &Difference) -> String {
    describe(&difference.change, code)
}

fn describe(change: &Change, shown: impl Fn(&str) -> String) -> String {
    match change {
        Change::Added(what) => format!("added: {}", shown(what)),
        Change::Removed(what) => format!("removed: {}", shown(what)),
        Change::Changed {
            what,
            before,
            after,
        } => format!("{what}: {} -> {}", shown(before), shown(after)),
        Change::Values { added, removed } => {
            let list = |values: &[String]| {
                let values: Vec<String> = values.iter().map(|value| shown(value)).collect();
                values.join(", ")
            };
            match (added.is_empty(), removed.is_empty()) {
                (false, true) => format!("values added: {}", list(added)),
                (true, _) => format!("values no longer named: {}", list(removed)),
                (false, false) => format!(
                    "values added: {}; no longer named: {}",
                    list(added),
                    list(removed)
                ),
            }
        }
        Change::Text { what, .. } => format!("{what} changed"),
    }
}

/// Returns the lines of a changed text, marked as removed and added. Without the text before, all
/// lines are added.
fn lines(difference: &Difference, texts: &BTreeMap<String, String>) -> Vec<String> {
    let Change::Text { before, after, .. } = &difference.change else {
        return Vec::new();
    };
    let [old, new] = [before, after].map(|hash| texts.get(hash).map(|text| prose::lines(text)));
    let lines: Vec<String> = match (old, new) {
        (Some(old), Some(new)) => {
            let [old, new] = [old, new].map(|lines| lines.join("\n") + "\n");
            let diff = TextDiff::from_lines(&old, &new);
            let changes = diff.iter_all_changes();
            let lines = changes.filter_map(|line| match line.tag() {
                ChangeTag::Equal => None,
                ChangeTag::Delete => Some(format!("- {}", line.value().trim_end())),
                ChangeTag::Insert => Some(format!("+ {}", line.value().trim_end())),
            });
            lines.collect()
        }
        (None, Some(new)) => new.iter().map(|line| format!("+ {line}")).collect(),
        (Some(old), None) => old.iter().map(|line| format!("- {line}")).collect(),
        (None, None) => Vec::new(),
    };
    let only_markup = lines.is_empty() && texts.contains_key(before) && texts.contains_key(after);
    if only_markup {
        return vec!["(only its markup)".to_owned()];
    }
    let more = lines.len().saturating_sub(MAX_LINES);
    let shown = lines
        .into_iter()
        .take(MAX_LINES)
        .map(|line| shortened(&line));
    let rest = (more > 0).then(|| format!("… and {more} more lines"));
    shown.chain(rest).collect()
}

/// Returns lines as a code block inside a list, with a fence that is longer than any in them.
fn fenced(lines: &[String]) -> String {
    let longest = lines
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut block = format!("  {fence}diff\n");
    for line in lines {
        let _ = writeln!(block, "  {line}");
    }
    let _ = writeln!(block, "  {fence}");
    block
}

fn longest_run(line: &str) -> usize {
    line.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Returns foreign words as code in Markdown.
fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

/// Returns our own words with foreign names in them for Markdown, outside code.
fn markdown_words(text: &str) -> String {
    text.replace(['<', '>', '@', '#', '[', ']', '\n'], " ")
        .replace("-  ", "→ ")
}

/// Returns foreign words for a terminal: short, on one line, without control characters.
fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    shortened(&escaped)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
