//! An action, from a file in `actions/`.

use super::{Located, Member, Since, member, or_default, reader::Reader, structure::read_since};
use crate::diagnostic::Span;

const EFFECTS: &[&str] = &["read", "paid-create", "control"];

/// The effect of an action of which only the structure is specified. No description states whether
/// a request is idempotent, and a name does not either, so it is never sent twice.
const UNCONFIRMED_EFFECT: &str = "control";

/// The rate limit that most actions have, for one of which only the structure is specified.
const DEFAULT_RATE: u32 = 20;

/// The page of an action by its name, for one without a page in the specification.
const EXPLORER: &str =
    "https://console.tencentcloud.com/api/explorer?Product=mps&Version=2019-06-12&Action=";

/// An action.
#[derive(Debug)]
pub struct Action {
    /// Name as it is sent.
    pub name: Located<String>,
    /// True if only the structure is specified.
    pub structure_only: bool,
    /// Description in one sentence.
    pub summary: String,
    /// Further description.
    pub doc: Option<String>,
    /// `read`, `paid-create` or `control`.
    pub effect: &'static str,
    /// Maximum number of request starts in any one second, for one account.
    pub rate_limit: Located<u32>,
    /// Action that describes a task.
    pub poll: Option<Located<String>>,
    /// Family of the capability table that its requests are checked against.
    pub capabilities: Option<Located<String>>,
    /// The path of the request member with the seconds of video that are billed.
    pub billed_seconds: Option<Located<String>>,
    /// Page of the documentation.
    pub doc_url: String,
    /// Error codes that the documentation lists for it.
    pub errors: Vec<Located<String>>,
    /// Sites and days of its release.
    pub since: Since,
    /// Source of its facts, and by default of its members.
    pub source: String,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the response.
    pub response: Vec<Member>,
    /// Requests and responses that serve as fixtures.
    pub examples: Vec<Example>,
}

/// A request and its response.
#[derive(Debug)]
pub struct Example {
    /// Name within the action.
    pub name: Located<String>,
    /// Description.
    pub doc: String,
    /// File of the request, below `examples/` and the action's name.
    pub request: Located<String>,
    /// File of the response, in the same folder.
    pub response: Located<String>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Action> {
    let name = reader.text("name");
    let structure_only = reader.is_structure_only();
    let summary = reader.prose("summary");
    let doc = reader.optional_text("doc");
    let (effect, rate_limit) = if structure_only {
        let effect = reader.optional_word("effect", EFFECTS);
        (effect, reader.count("rate_limit"))
    } else {
        (
            reader.word("effect", EFFECTS),
            reader.needed_count("rate_limit"),
        )
    };
    let poll = reader.optional_text("poll");
    let capabilities = reader.optional_text("capabilities");
    let billed_seconds = reader.optional_text("billed_seconds");
    let doc_url = reader.prose("doc_url");
    let errors = reader.texts("errors");
    let since = read_since(reader);
    let source = reader.text("source");
    let request = reader.tables("request", "a request member", member::read);
    let response = reader.tables("response", "a response member", member::read);
    let examples = reader.tables("example", "an example", read_example);
    let name = name?;
    let assumed = if structure_only {
        UNCONFIRMED_EFFECT
    } else {
        ""
    };
    let default_rate = if structure_only { DEFAULT_RATE } else { 1 };
    let page = |name: &str| format!("{EXPLORER}{name}");
    let sentence =
        |name: &str| format!("Calls `{name}`, of which only the structure is specified.");
    // Missing values were reported; the rest is still worth checking.
    Some(Action {
        summary: summary.map_or_else(|| sentence(&name.value), |summary| summary.value),
        doc: doc.map(|doc| doc.value),
        effect: effect.map_or(assumed, |effect| effect.value),
        rate_limit: rate_limit.unwrap_or_else(|| Located::new(default_rate, name.span.clone())),
        poll,
        capabilities,
        billed_seconds,
        doc_url: doc_url.map_or_else(|| page(&name.value), |page| page.value),
        structure_only,
        errors,
        since,
        source: or_default(source),
        name,
        request,
        response,
        examples,
    })
}

fn read_example(reader: &mut Reader<'_>) -> Option<Example> {
    let name = reader.text("name");
    let doc = reader.text("doc");
    let request = reader.text("request");
    let response = reader.text("response");
    Some(Example {
        name: name?,
        doc: or_default(doc),
        request: request?,
        response: response?,
    })
}

impl Example {
    /// Returns the place of its declaration.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.name.span
    }
}
