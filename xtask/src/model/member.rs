use super::{Date, Located, Scalar, Since, or_default, reader::Reader, structure::read_since};
use crate::diagnostic::Span;

/// The keys that can be broken, and so can be weakened to a warning.
pub const BOUNDS: &[&str] = &[
    "required",
    "required_unless_any",
    "required_if",
    "requires",
    "conflicts_with",
    "only_if",
    "max_chars",
    "max_items",
    "unique_items",
    "min",
    "max",
    "one_of",
    "format",
];

/// The bounds that give way where a model's own row speaks of the member.
pub const YIELDING: &[&str] = &["requires", "max_chars", "max_items", "min", "max", "one_of"];

const FORMATS: &[&str] = &["url", "json"];

/// A member of a request, a response or a struct.
#[derive(Debug)]
pub struct Member {
    /// Name on the wire.
    pub name: Located<String>,
    /// Name of its type, as written.
    pub ty: Located<String>,
    /// What it is for.
    pub doc: String,
    /// What a program can check or should know.
    pub facts: Facts,
}

/// What a program can check about a member, or should know of it.
#[derive(Debug)]
pub struct Facts {
    /// Has to be given.
    pub required: Option<Located<bool>>,
    /// Has to be given unless one of these is.
    pub required_unless_any: Vec<Located<String>>,
    /// Has to be given if this holds.
    pub required_if: Option<Condition>,
    /// Needs these as well.
    pub requires: Vec<Located<String>>,
    /// Excludes these.
    pub conflicts_with: Vec<Located<String>>,
    /// Makes no sense unless this holds.
    pub only_if: Option<Condition>,
    /// Most characters of a text.
    pub max_chars: Option<Located<u32>>,
    /// Most items of a list.
    pub max_items: Option<Located<u32>>,
    /// No item may be there twice.
    pub unique_items: Option<Located<bool>>,
    /// Least number.
    pub min: Option<Located<Scalar>>,
    /// Greatest number.
    pub max: Option<Located<Scalar>>,
    /// All values that are known.
    pub one_of: Option<Vec<Located<Scalar>>>,
    /// Form of a text: `url` or `json`.
    pub format: Option<Located<&'static str>>,
    /// Bounds of which a breach is only a warning.
    pub warn_only: Vec<Located<&'static str>>,
    /// Column of the capability tables before which its plain bounds give way.
    pub capability: Option<Located<String>>,
    /// Unit of a number.
    pub unit: Option<Located<String>>,
    /// What the service assumes if it is missing.
    pub default: Option<Located<Scalar>>,
    /// A value that makes sense.
    pub example: Option<Located<Scalar>>,
    /// Kept out of logs and messages.
    pub sensitive: bool,
    /// Since when it exists.
    pub since: Since,
    /// Since when it exists no more.
    pub until: Option<Located<Date>>,
    /// Where the facts come from.
    pub source: Option<String>,
}

/// That another member has a certain value.
#[derive(Debug)]
pub struct Condition {
    /// Name of the other member.
    pub member: Located<String>,
    /// The value.
    pub is: Located<Scalar>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Member> {
    let name = reader.text("name");
    let ty = reader.text("type");
    let doc = reader.text("doc");
    let facts = read_facts(reader);
    Some(Member {
        name: name?,
        ty: ty?,
        doc: or_default(doc),
        facts,
    })
}

fn read_facts(reader: &mut Reader<'_>) -> Facts {
    Facts {
        required: reader.flag("required"),
        required_unless_any: reader.texts("required_unless_any"),
        required_if: read_condition(reader, "required_if"),
        requires: reader.texts("requires"),
        conflicts_with: reader.texts("conflicts_with"),
        only_if: read_condition(reader, "only_if"),
        max_chars: reader.count("max_chars"),
        max_items: reader.count("max_items"),
        unique_items: reader.flag("unique_items"),
        min: reader.scalar("min"),
        max: reader.scalar("max"),
        one_of: reader.scalars("one_of"),
        format: reader.optional_word("format", FORMATS),
        warn_only: reader.words("warn_only", BOUNDS),
        capability: reader.optional_column("capability"),
        unit: reader.optional_text("unit"),
        default: reader.scalar("default"),
        example: reader.scalar("example"),
        sensitive: reader.flag("sensitive").is_some_and(|flag| flag.value),
        since: read_since(reader),
        until: reader.date("until"),
        source: reader.optional_text("source").map(|source| source.value),
    }
}

fn read_condition(reader: &mut Reader<'_>, key: &'static str) -> Option<Condition> {
    let condition = reader.table(key, "a condition", |inner| {
        let member = inner.text("member");
        let is = inner.needed_scalar("is");
        Some(Condition {
            member: member?,
            is: is?,
        })
    });
    condition.flatten()
}

impl Facts {
    /// Whether the member has to be given, come what may.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required.as_ref().is_some_and(|flag| flag.value)
    }

    /// Whether no item may be there twice.
    #[must_use]
    pub fn has_unique_items(&self) -> bool {
        self.unique_items.as_ref().is_some_and(|flag| flag.value)
    }

    /// What the member's presence depends on.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.required_if.iter().chain(&self.only_if)
    }

    /// Whether a breach of the bound is only a warning.
    #[must_use]
    pub fn warns(&self, bound: &str) -> bool {
        self.warn_only.iter().any(|weak| weak.value == bound)
    }

    /// Where the bound with this key stands, if the member has it.
    #[must_use]
    pub fn bound(&self, key: &str) -> Option<&Span> {
        match key {
            "required" => self.required.as_ref().map(|at| &at.span),
            "required_unless_any" => self.required_unless_any.first().map(|at| &at.span),
            "required_if" => self.required_if.as_ref().map(|at| &at.member.span),
            "requires" => self.requires.first().map(|at| &at.span),
            "conflicts_with" => self.conflicts_with.first().map(|at| &at.span),
            "only_if" => self.only_if.as_ref().map(|at| &at.member.span),
            "max_chars" => self.max_chars.as_ref().map(|at| &at.span),
            "max_items" => self.max_items.as_ref().map(|at| &at.span),
            "unique_items" => self.unique_items.as_ref().map(|at| &at.span),
            "min" => self.min.as_ref().map(|at| &at.span),
            "max" => self.max.as_ref().map(|at| &at.span),
            "one_of" => self.one_of.as_ref()?.first().map(|at| &at.span),
            "format" => self.format.as_ref().map(|at| &at.span),
            _ => None,
        }
    }
}
