//! Members as Rust has them: fields and their checks.

use heck::ToUpperCamelCase;

use super::{
    docs,
    helper::{self, Helper},
    names, service,
};
use crate::{
    ir::{self, Since, Type},
    model::Scalar,
    rule_kinds::{self, BoundValue, REQUIRED},
};

/// A field of a generated struct.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Field {
    /// Name as it is sent.
    pub wire: String,
    /// Name in Rust.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Documentation of its setter.
    pub setter_doc: Vec<String>,
    /// Description for the schema.
    pub summary: String,
    /// Bounds for the schema.
    pub bounds: Bounds,
    /// The setter that adds an item to a list.
    pub push: Option<Push>,
    /// A second setter.
    pub helper: Option<Helper>,
    /// Number of its values.
    pub cardinality: Cardinality,
    /// Type of each value.
    pub value_type: ValueType,
    /// True if its struct is boxed, since it leads back to the one the field is in.
    pub boxed: bool,
    /// True if every request must have it.
    pub required: bool,
    /// True if logs and messages leave out its value.
    pub sensitive: bool,
    /// True if its values implement `Preflight`.
    pub nested: bool,
    /// Checks.
    pub checks: Vec<Check>,
    /// Checks that the model's own row overrides.
    pub overridable: Option<Overridable>,
}

/// The setter that adds an item to a list.
#[derive(Debug)]
pub struct Push {
    /// Name in Rust.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
}

/// Bounds whose breach is an error for every model; the texts are JSON.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Least value.
    pub min: Option<String>,
    /// Greatest value.
    pub max: Option<String>,
    /// Maximum number of characters.
    pub max_chars: Option<u32>,
    /// Maximum number of items.
    pub max_items: Option<u32>,
    /// True if no item can occur twice.
    pub unique_items: bool,
    /// The only values.
    pub one_of: Vec<String>,
    /// Form of a text.
    pub format: Option<String>,
    /// Value that the service assumes.
    pub default: Option<String>,
}

fn bounds(member: &ir::Member) -> Bounds {
    let mut found = Bounds {
        default: member.default.as_ref().map(json),
        ..Bounds::default()
    };
    let is_overridden = |rule: &ir::Rule| member.capability.is_some() && rule.kind.overridable;
    for rule in member
        .rules
        .iter()
        .filter(|rule| !rule.warns && !is_overridden(rule))
        // Neither is refused everywhere.
        .filter(|rule| rule.sites.is_empty() && rule.dropped.is_empty())
    {
        match (rule.kind.key, &rule.value) {
            ("min", BoundValue::Number(bound)) => found.min = Some(json(bound)),
            ("max", BoundValue::Number(bound)) => found.max = Some(json(bound)),
            ("max_chars", BoundValue::Count(count)) => found.max_chars = Some(*count),
            ("max_items", BoundValue::Count(count)) => found.max_items = Some(*count),
            ("unique_items", _) => found.unique_items = true,
            ("one_of", BoundValue::Values(values)) => {
                found.one_of = values.iter().map(json).collect();
            }
            ("format", BoundValue::Word(word)) => found.format = Some((*word).to_owned()),
            _ => {}
        }
    }
    found
}

/// Returns a value as JSON.
fn json(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => serde_json::Value::from(&**text).to_string(),
        other => other.to_string(),
    }
}

/// Checks that a column of the capability tables overrides.
#[derive(Debug)]
pub struct Overridable {
    /// Variant of `Column`.
    pub column: String,
    /// Checks where the model does not state that column.
    pub checks: Vec<Check>,
}

/// The number of values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Exactly one, whose default is empty.
    Plain,
    /// One or none.
    Optional,
    /// Any number.
    List,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `String`.
    Text,
    /// `i64`.
    Integer,
    /// `f64`.
    Float,
    /// `bool`.
    Boolean,
    /// A generated struct.
    Struct(String),
    /// A generated enum.
    Enum(String),
}

/// A check of a field.
#[derive(Debug)]
pub enum Check {
    /// A rule that a method of `mps-models` checks.
    Rule {
        /// The method.
        method: String,
        /// Argument beside the severity and the source.
        argument: Argument,
        /// Severity of a breach.
        severity: Severity,
        /// Source of the rule.
        source: String,
        /// Variants of `Site` that have the rule; empty for all.
        sites: Vec<String>,
        /// Sites and days since which the description no longer states it.
        dropped: Since,
    },
    /// The member was withdrawn.
    Withdrawn {
        /// The day.
        day: String,
        /// Source of the withdrawal.
        source: String,
    },
}

/// The argument of a method that checks a rule.
#[derive(Debug)]
pub enum Argument {
    /// Nothing.
    None,
    /// Other fields of the same struct.
    Peers(Vec<Peer>),
    /// Another field and its value.
    Condition(Condition),
    /// A number.
    Number(Scalar),
    /// Texts.
    Texts(Vec<String>),
    /// Whole numbers.
    Numbers(Vec<i64>),
}

/// The severity of the breach of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The request is refused.
    Error,
    /// The request is sent.
    Warning,
}

/// Another field of the same struct.
#[derive(Debug)]
pub struct Peer {
    /// Name as it is sent.
    pub wire: String,
    /// Name in Rust.
    pub name: String,
}

/// The value that another field has.
#[derive(Debug)]
pub struct Condition {
    /// The other field.
    pub peer: Peer,
    /// The value.
    pub is: Scalar,
    /// True if that value is the default of the field.
    pub by_default: bool,
}

pub(super) fn lower(
    member: &ir::Member,
    group: &[ir::Member],
    source: &str,
    in_request: bool,
) -> Field {
    let (cardinality, value_type) = classify(member);
    let mut checks = Vec::new();
    let mut overridable = None;
    if in_request {
        let column = member.capability.as_ref();
        let (overridden, always): (Vec<_>, Vec<_>) = member
            .rules
            .iter()
            .partition(|rule| column.is_some() && rule.kind.overridable);
        checks.extend(
            always
                .into_iter()
                .filter_map(|rule| check(member, rule, group)),
        );
        overridable = column
            .filter(|_| !overridden.is_empty())
            .map(|column| Overridable {
                column: column.to_upper_camel_case(),
                checks: overridden
                    .into_iter()
                    .filter_map(|rule| check(member, rule, group))
                    .collect(),
            });
        let withdrawn = |day: &String| Check::Withdrawn {
            day: day.clone(),
            source: member.source.clone(),
        };
        checks.extend(member.until.as_ref().map(withdrawn));
    }
    Field {
        wire: member.name.clone(),
        name: names::snake(&member.name),
        doc: docs::member(member, source),
        summary: docs::summary(&member.doc),
        bounds: if in_request {
            bounds(member)
        } else {
            Bounds::default()
        },
        push: (cardinality == Cardinality::List).then(|| Push {
            name: names::with_prefix("push", &member.name),
            doc: docs::push(member),
        }),
        setter_doc: docs::setter(member),
        helper: helper::of(member),
        nested: in_request && matches!(value_type, ValueType::Struct(_) | ValueType::Enum(_)),
        cardinality,
        value_type,
        boxed: member.boxed && cardinality == Cardinality::Optional,
        required: member.required,
        sensitive: member.sensitive,
        checks,
        overridable,
    }
}

/// Returns how a field stores its values. A required text or struct is plain, and empty means
/// missing. Zero and `false` are valid values, so a required number is an `Option` whose absence is
/// visible.
fn classify(member: &ir::Member) -> (Cardinality, ValueType) {
    let (list, item) = match &member.ty {
        Type::List(item) => (true, &**item),
        other => (false, other),
    };
    let value_type = value_type(item);
    let has_empty = matches!(value_type, ValueType::Text | ValueType::Struct(_));
    let cardinality = match (list, member.required && has_empty) {
        (true, _) => Cardinality::List,
        (false, true) => Cardinality::Plain,
        (false, false) => Cardinality::Optional,
    };
    (cardinality, value_type)
}

fn value_type(ty: &Type) -> ValueType {
    match ty {
        Type::Text => ValueType::Text,
        Type::Integer => ValueType::Integer,
        Type::Float => ValueType::Float,
        Type::Boolean => ValueType::Boolean,
        Type::Struct(name) => ValueType::Struct(name.clone()),
        Type::Enum(name) => ValueType::Enum(name.clone()),
        Type::List(item) => value_type(item),
    }
}

fn check(member: &ir::Member, rule: &ir::Rule, group: &[ir::Member]) -> Option<Check> {
    // The struct itself reports its missing members.
    if rule.kind.key == REQUIRED && matches!(member.ty, Type::Struct(_)) {
        return None;
    }
    Some(Check::Rule {
        method: rule.kind.method(&rule.value),
        argument: argument(member, &rule.value, group),
        severity: if rule.warns {
            Severity::Warning
        } else {
            Severity::Error
        },
        source: rule.source.as_ref().unwrap_or(&member.source).clone(),
        sites: rule
            .sites
            .iter()
            .map(|site| service::variant(site))
            .collect(),
        dropped: rule.dropped.clone(),
    })
}

fn argument(member: &ir::Member, value: &BoundValue, group: &[ir::Member]) -> Argument {
    match value {
        BoundValue::Flag | BoundValue::Word(_) => Argument::None,
        BoundValue::Names(names) => Argument::Peers(peers(names)),
        BoundValue::Condition(other) => Argument::Condition(condition(other, group)),
        BoundValue::Count(count) => Argument::Number(Scalar::Integer((*count).into())),
        BoundValue::Number(bound) => Argument::Number(number(member, bound)),
        BoundValue::Values(values) => known(values),
    }
}

/// Returns a bound in the type of the member.
fn number(member: &ir::Member, bound: &Scalar) -> Scalar {
    match (&member.ty, bound) {
        (Type::Float, Scalar::Integer(whole)) => i32::try_from(*whole)
            .map_or_else(|_| bound.clone(), |whole| Scalar::Float(whole.into())),
        _ => bound.clone(),
    }
}

fn known(values: &[Scalar]) -> Argument {
    let numbers = values.iter().map(|value| match value {
        Scalar::Integer(number) => Some(*number),
        _ => None,
    });
    match numbers.collect() {
        Some(numbers) => Argument::Numbers(numbers),
        None => Argument::Texts(values.iter().map(ToString::to_string).collect()),
    }
}

fn peers(wire: &[String]) -> Vec<Peer> {
    wire.iter().map(|wire| peer(wire)).collect()
}

fn peer(wire: &str) -> Peer {
    Peer {
        wire: wire.to_owned(),
        name: names::snake(wire),
    }
}

fn condition(condition: &rule_kinds::Condition, group: &[ir::Member]) -> Condition {
    let found = group.iter().find(|other| other.name == condition.member);
    let default = found.and_then(|other| other.default.as_ref());
    Condition {
        peer: peer(&condition.member),
        is: condition.is.clone(),
        by_default: default == Some(&condition.is),
    }
}
