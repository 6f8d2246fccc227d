//! A member of a message or struct, and the facts about it.

use super::{
    Date, Located, Scalar, Since,
    reader::Reader,
    structure::{read_days, read_since},
};
use crate::{
    diagnostic::Span,
    rule_kinds::{BoundValue, Condition, Form, REQUIRED, RULE_KINDS, RuleKind},
};

/// A member of a request, a response or a struct.
#[derive(Debug)]
pub struct Member {
    /// Name as it is sent.
    pub name: Located<String>,
    /// Name of its type, as written.
    pub ty: Located<String>,
    /// Description.
    pub doc: String,
    /// Facts about it.
    pub facts: Facts,
}

/// The facts about a member.
#[derive(Debug)]
pub struct Facts {
    /// The rules that are stated, in the order of [`RULE_KINDS`].
    pub bounds: Vec<Bound>,
    /// Rules whose breach is only a warning.
    pub warn_only: Vec<Located<&'static str>>,
    /// Sites and days since which a description no longer states a rule, by the key of the rule.
    pub dropped: Vec<(Located<&'static str>, Since)>,
    /// Facts of single sites.
    pub sites: Vec<SiteFacts>,
    /// Column of the capability tables that overrides its overridable rules.
    pub capability: Option<Located<String>>,
    /// Unit of a number.
    pub unit: Option<Located<String>>,
    /// Value that the service assumes by default.
    pub default: Option<Located<Scalar>>,
    /// Example value.
    pub example: Option<Located<Scalar>>,
    /// Values that the published texts name, for documentation.
    pub values: Vec<String>,
    /// True if logs and messages leave out its value.
    pub sensitive: bool,
    /// True if a text names it, but the structure of no description has it.
    pub unpublished: bool,
    /// Sites and days of its release.
    pub since: Since,
    /// Day of its withdrawal.
    pub until: Option<Located<Date>>,
    /// Source of the facts.
    pub source: Option<String>,
}

/// The rules of a member that differ on a site.
#[derive(Debug)]
pub struct SiteFacts {
    /// The site.
    pub site: Located<String>,
    /// The rules that replace those of the same key there, in the order of [`RULE_KINDS`].
    pub bounds: Vec<Bound>,
    /// Rules whose breach is only a warning there.
    pub warn_only: Vec<Located<&'static str>>,
    /// Source of the facts.
    pub source: Option<String>,
}

/// A rule that the specification states for a member.
#[derive(Debug)]
pub struct Bound {
    /// The kind of the rule.
    pub kind: &'static RuleKind,
    /// Its value.
    pub value: BoundValue,
    /// The place of each part of the value: of each name or value of a list, of the member and the
    /// value of a condition; else one place.
    pub spans: Vec<Span>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Member> {
    let name = reader.text("name");
    let ty = reader.text("type");
    let doc = reader.prose("doc");
    let facts = read_facts(reader);
    let name = name?;
    let sentence = || format!("`{}`, which the page of the action describes.", name.value);
    Some(Member {
        ty: ty?,
        doc: doc.map_or_else(sentence, |doc| doc.value),
        name,
        facts,
    })
}

fn read_facts(reader: &mut Reader<'_>) -> Facts {
    Facts {
        bounds: read_bounds(reader),
        warn_only: reader.words("warn_only", &rule_keys()),
        dropped: reader
            .table("dropped", "`dropped`", read_dropped)
            .unwrap_or_default(),
        sites: reader.tables("site", "the facts of a site", read_site),
        capability: reader.optional_column("capability"),
        unit: reader.optional_text("unit"),
        default: reader.scalar("default"),
        example: reader.scalar("example"),
        values: reader
            .texts("values")
            .into_iter()
            .map(|value| value.value)
            .collect(),
        sensitive: reader.flag("sensitive").is_some_and(|flag| flag.value),
        unpublished: reader.flag("unpublished").is_some_and(|flag| flag.value),
        since: read_since(reader),
        until: reader.date("until"),
        source: reader.optional_text("source").map(|source| source.value),
    }
}

fn rule_keys() -> Vec<&'static str> {
    RULE_KINDS.iter().map(|kind| kind.key).collect()
}

fn read_bounds(reader: &mut Reader<'_>) -> Vec<Bound> {
    let kinds = RULE_KINDS.iter();
    kinds.filter_map(|kind| read_bound(kind, reader)).collect()
}

fn read_site(reader: &mut Reader<'_>) -> Option<SiteFacts> {
    let site = reader.text("name");
    Some(SiteFacts {
        bounds: read_bounds(reader),
        warn_only: reader.words("warn_only", &rule_keys()),
        source: reader.optional_text("source").map(|source| source.value),
        site: site?,
    })
}

fn read_dropped(reader: &mut Reader<'_>) -> Vec<(Located<&'static str>, Since)> {
    let mut found = Vec::new();
    for name in reader.keys() {
        if let Some(key) = reader.among("dropped", &name, &rule_keys()) {
            let days = reader.table(key.value, "`dropped`", read_days);
            found.push((key, days.unwrap_or_default()));
        }
    }
    found
}

fn read_bound(kind: &'static RuleKind, reader: &mut Reader<'_>) -> Option<Bound> {
    let (value, spans) = read_value(kind, reader)?;
    Some(Bound { kind, value, spans })
}

fn read_value(kind: &RuleKind, reader: &mut Reader<'_>) -> Option<(BoundValue, Vec<Span>)> {
    let key = kind.key;
    match kind.form {
        Form::Flag => {
            let flag = reader.flag(key).filter(|flag| flag.value)?;
            Some((BoundValue::Flag, vec![flag.span]))
        }
        Form::Names => Some(reader.texts(key))
            .filter(|names| !names.is_empty())
            .map(|names| split(names, BoundValue::Names)),
        Form::Condition => read_condition(key, reader),
        Form::Count => {
            let count = reader.count(key)?;
            Some((BoundValue::Count(count.value), vec![count.span]))
        }
        Form::Number => {
            let number = reader.scalar(key)?;
            Some((BoundValue::Number(number.value), vec![number.span]))
        }
        Form::Values => reader
            .scalars(key)
            .filter(|values| !values.is_empty())
            .map(|values| split(values, BoundValue::Values)),
        Form::Word(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let word = reader.optional_word(key, &words)?;
            Some((BoundValue::Word(word.value), vec![word.span]))
        }
    }
}

fn split<T>(items: Vec<Located<T>>, value: fn(Vec<T>) -> BoundValue) -> (BoundValue, Vec<Span>) {
    let pairs = items.into_iter().map(|item| (item.value, item.span));
    let (values, spans) = pairs.unzip();
    (value(values), spans)
}

fn read_condition(key: &str, reader: &mut Reader<'_>) -> Option<(BoundValue, Vec<Span>)> {
    let condition = reader.table(key, "a condition", |inner| {
        let member = inner.text("member");
        let is = inner.needed_scalar("is");
        Some((member?, is?))
    });
    let (member, is) = condition.flatten()?;
    let value = Condition {
        member: member.value,
        is: is.value,
    };
    Some((BoundValue::Condition(value), vec![member.span, is.span]))
}

impl Bound {
    /// Returns the place of the first part of the value.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.spans.first()
    }

    /// Returns the names of other members in it, with their places.
    pub fn peers(&self) -> impl Iterator<Item = Located<String>> {
        let (names, one) = match &self.value {
            BoundValue::Names(names) => (names.as_slice(), None),
            BoundValue::Condition(condition) => ([].as_slice(), Some(&condition.member)),
            _ => ([].as_slice(), None),
        };
        let names = names.iter().chain(one);
        names
            .zip(&self.spans)
            .map(|(name, span)| Located::new(name.clone(), span.clone()))
    }

    /// Returns the values of the member's own type in it, with their places.
    pub fn scalars(&self) -> impl Iterator<Item = Located<Scalar>> {
        let values = self.value.scalars().zip(&self.spans);
        values.map(|(value, span)| Located::new(value.clone(), span.clone()))
    }

    /// Returns the value that a condition compares another member with, and its place.
    #[must_use]
    pub fn compared(&self) -> Option<Located<Scalar>> {
        match (&self.value, self.spans.as_slice()) {
            (BoundValue::Condition(condition), [_, span]) => {
                Some(Located::new(condition.is.clone(), span.clone()))
            }
            _ => None,
        }
    }
}

impl Facts {
    /// Returns whether every request must have the member.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.bound(REQUIRED).is_some()
    }

    /// Returns whether a breach of the rule with this key is only a warning.
    #[must_use]
    pub fn warns(&self, key: &str) -> bool {
        self.warn_only.iter().any(|weak| weak.value == key)
    }

    /// Returns the sites and days since which a description no longer states the rule with this key.
    #[must_use]
    pub fn dropped(&self, key: &str) -> &[(Located<String>, Date)] {
        let found = self.dropped.iter().find(|(rule, _)| rule.value == key);
        found.map_or(&[], |(_, days)| days)
    }

    /// Returns the rule with this key, if the member has it.
    #[must_use]
    pub fn bound(&self, key: &str) -> Option<&Bound> {
        self.bounds.iter().find(|bound| bound.kind.key == key)
    }
}
