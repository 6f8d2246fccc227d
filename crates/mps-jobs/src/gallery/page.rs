//! Renders the page: the template with style and script, and the rows as they arrive.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use minijinja::{Environment, Value, syntax::SyntaxConfig, value::Serde};
use mps_core::text::{foreign, grouped};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Receiver;

use super::{
    GalleryError, Written,
    card::{self, Card, MAX_NAME},
    target::Target,
};
use crate::{
    amount::Amount,
    job::Utc,
    ledger::{Batch, Count, ExportedRow},
};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("look.css");
/// The parts of one script, which share its scope.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("rows.js"),
    include_str!("viewer.js"),
    include_str!("pair.js"),
    "})();\n"
);

/// The facts about the batch as a whole.
#[derive(Serialize)]
pub(super) struct Facts {
    name: String,
    rows: String,
    is_one_row: bool,
    states: Vec<StateCount>,
    seconds: String,
    cap: Option<String>,
    spent: Option<String>,
    endpoint: Option<String>,
    account: Option<String>,
    written: String,
}

/// The number of rows in a state, as a part of a bar.
#[derive(Serialize)]
struct StateCount {
    state: &'static str,
    words: &'static str,
    tone: &'static str,
    rows: String,
    /// Begin and width in percent of all rows.
    from: String,
    width: String,
}

impl Facts {
    pub(super) fn new(batch: &Batch, counts: &[Count], written: SystemTime) -> Self {
        let rows: i64 = counts.iter().map(|count| count.rows).sum();
        let used = batch.held.saturating_add(batch.spent);
        let used_ms = batch.held_ms.saturating_add(batch.spent_ms);
        let name = |text: &str| foreign(text, MAX_NAME).into_owned();
        Self {
            name: name(batch.id.as_str()),
            rows: number(rows),
            is_one_row: rows == 1,
            states: states(counts, rows),
            seconds: seconds(used_ms),
            cap: batch.cap_ms.map(seconds),
            spent: (used > 0).then(|| Amount::from_micros(used).to_string()),
            endpoint: batch.endpoint.as_deref().map(name),
            account: batch.account.as_deref().map(name),
            written: Utc(written.into()).to_string(),
        }
    }
}

fn states(counts: &[Count], rows: i64) -> Vec<StateCount> {
    let mut before = 0;
    let states = counts.iter().map(|count| {
        let from = percent(before, rows);
        before += count.rows;
        StateCount {
            state: count.state.as_str(),
            words: count.state.words(),
            tone: card::tone(count.state),
            rows: number(count.rows),
            from,
            width: percent(count.rows, rows),
        }
    });
    states.collect()
}

/// Returns a number with its thousands separated.
fn number(number: i64) -> String {
    grouped(u64::try_from(number).unwrap_or_default())
}

/// Returns milliseconds in whole seconds, for example `1,490 s`.
fn seconds(ms: i64) -> String {
    format!("{} s", number(ms / 1_000))
}

fn percent(part: i64, whole: i64) -> String {
    let hundredths = part.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Renders the page into a file. Blocks: it waits for rows, until their sender ends.
pub(super) fn render(
    target: &mut Target,
    facts: Facts,
    program: &[String],
    pages: Receiver<Vec<ExportedRow>>,
) -> Result<Written, GalleryError> {
    let numbers = Arc::new(Mutex::new(Written::default()));
    let (counted, folder, program) = (numbers.clone(), target.folder(), program.to_vec());
    let mut pages = pages;
    let cards = std::iter::from_fn(move || pages.blocking_recv())
        .flatten()
        .map(move |row| {
            let card = Card::new(&row, &folder, &program);
            if let Ok(mut written) = counted.lock() {
                written.add(&card);
            }
            Value::from(Serde(card))
        });
    let context = minijinja::context! {
        batch => Value::from(Serde(facts)),
        policy => policy(),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        rows => Value::make_one_shot_iterator(cards),
    };
    let mut environment = Environment::new();
    // Lines of blocks leave no lines.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().map_err(|_| GalleryError::Render)?);
    // The name decides that every value is escaped for HTML.
    environment
        .add_template("page.html", TEMPLATE)
        .map_err(|_| GalleryError::Render)?;
    let template = environment.get_template("page.html");
    let template = template.map_err(|_| GalleryError::Render)?;
    let rendered = template.render_captured_to(context, &mut *target);
    rendered.map_err(|error| target.failure(&error))?;
    target.flush().map_err(|error| target.io(error))?;
    let written = numbers.lock().map_err(|_| GalleryError::Render)?;
    Ok(*written)
}

impl Written {
    fn add(&mut self, card: &Card) {
        let gone = card.files.iter().filter(|file| file.is_gone).count();
        let count = |files| u64::try_from(files).unwrap_or_default();
        self.rows += 1;
        self.files += count(card.files.len() - gone);
        self.gone += count(gone);
    }
}

/// Returns the content security policy: the page's own style and script, media beside it, and nothing else.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src 'self' file:; \
         media-src 'self' file:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        source_hash(STYLE),
        source_hash(SCRIPT)
    )
}

/// Returns the hash by which a policy allows an inline text.
fn source_hash(text: &str) -> String {
    let mut hash = "sha256-".to_owned();
    push_base64(&mut hash, &Sha256::digest(text));
    hash
}

/// Appends bytes as base64 (RFC 4648), with padding.
fn push_base64(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, index| {
            group << 8 | usize::from(chunk.get(index).copied().unwrap_or_default())
        });
        for index in 0..4 {
            let digit = DIGITS.get(group >> (18 - 6 * index) & 63).copied();
            let is_padding = index > chunk.len();
            let digit = if is_padding {
                b'='
            } else {
                digit.unwrap_or(b'=')
            };
            // Writing to a string cannot fail.
            let _ = text.write_char(char::from(digit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_known_answers() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut encoded = String::new();
            push_base64(&mut encoded, bytes.as_bytes());
            assert_eq!(encoded, text);
        }
    }

    #[test]
    fn style_and_script_do_not_end_their_elements() {
        for text in [STYLE, SCRIPT] {
            let text = text.to_ascii_lowercase();
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }

    #[test]
    fn the_template_has_no_handlers_and_no_style_attributes() {
        let tags = TEMPLATE.split('<').filter_map(|tag| tag.split('>').next());
        // Every other part of a tag is the value of an attribute.
        let names = tags.flat_map(|tag| tag.split('"').step_by(2));
        for name in names.flat_map(str::split_whitespace) {
            let is_safe = !name.starts_with("on") && !name.starts_with("style=");
            assert!(is_safe, "{name}");
        }
        for part in ["javascript:", "|safe", "http:", "https:"] {
            assert!(!TEMPLATE.contains(part), "{part}");
        }
    }
}
