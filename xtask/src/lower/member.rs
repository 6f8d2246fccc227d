use heck::ToUpperCamelCase;

use super::{
    docs,
    helper::{self, Helper},
    names,
};
use crate::{
    ir::{self, RuleKind, Type},
    model::Scalar,
};

/// A field of a generated struct.
#[derive(Debug)]
pub struct Field {
    /// Name on the wire.
    pub wire: String,
    /// Name in Rust.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Documentation of its setter.
    pub setter_doc: Vec<String>,
    /// A second setter.
    pub helper: Option<Helper>,
    /// How many values it holds.
    pub shape: Shape,
    /// What each value is.
    pub holds: Holds,
    /// Has to be given.
    pub required: bool,
    /// Kept out of logs and messages.
    pub sensitive: bool,
    /// Whether the values have contents of their own to check.
    pub nested: bool,
    /// What to check.
    pub checks: Vec<Check>,
    /// What to check unless the model's own row speaks of it.
    pub yielding: Option<Yielding>,
}

/// Checks that give way before a column of the capability tables.
#[derive(Debug)]
pub struct Yielding {
    /// Variant of `Column`.
    pub column: String,
    /// What to check otherwise.
    pub checks: Vec<Check>,
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Exactly one, with an empty value of its own.
    Plain,
    /// One or none.
    Optional,
    /// Any number.
    List,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
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

/// A call of a rule of the runtime.
#[derive(Debug)]
pub enum Check {
    /// Has to be given.
    Required(Weight),
    /// Has to be given unless one of these is.
    RequiredUnlessAny(Vec<Peer>, Weight),
    /// Has to be given if this holds.
    RequiredIf(Condition, Weight),
    /// Needs these as well.
    Requires(Vec<Peer>, Weight),
    /// Excludes these.
    ConflictsWith(Vec<Peer>, Weight),
    /// Makes no sense unless this holds.
    OnlyIf(Condition, Weight),
    /// Most characters.
    MaxChars(u32, Weight),
    /// Most items.
    MaxItems(u32, Weight),
    /// No item twice.
    UniqueItems(Weight),
    /// Least number.
    Min(Scalar, Weight),
    /// Greatest number.
    Max(Scalar, Weight),
    /// One of these texts.
    OneOfTexts(Vec<String>, Weight),
    /// One of these numbers.
    OneOfNumbers(Vec<i64>, Weight),
    /// Has to look like a URL.
    Url(Weight),
    /// Has to be JSON.
    Json(Weight),
    /// Gone since a day, according to a source.
    Withdrawn(String, String),
}

/// Another field of the same struct.
#[derive(Debug)]
pub struct Peer {
    /// Name on the wire.
    pub wire: String,
    /// Name in Rust.
    pub name: String,
}

/// That another field has a certain value.
#[derive(Debug)]
pub struct Condition {
    /// The other field.
    pub peer: Peer,
    /// The value.
    pub is: Scalar,
    /// Whether the service assumes that value if there is none.
    pub by_default: bool,
}

/// How much breaking a rule weighs, and where the rule comes from.
#[derive(Debug)]
pub struct Weight {
    /// Only a warning.
    pub warns: bool,
    /// Where the rule comes from.
    pub source: String,
}

pub(super) fn lower(
    member: &ir::Member,
    group: &[ir::Member],
    source: &str,
    in_request: bool,
) -> Field {
    let (shape, holds) = shape(member);
    let mut checks = Vec::new();
    let mut yielding = None;
    if in_request {
        let column = member.capability.as_ref();
        let (weak, firm): (Vec<_>, Vec<_>) = member
            .rules
            .iter()
            .partition(|rule| column.is_some() && rule.kind.gives_way());
        checks.extend(
            firm.into_iter()
                .filter_map(|rule| check(member, rule, group)),
        );
        yielding = column.filter(|_| !weak.is_empty()).map(|column| Yielding {
            column: column.to_upper_camel_case(),
            checks: weak
                .into_iter()
                .filter_map(|rule| check(member, rule, group))
                .collect(),
        });
        let withdrawn = |day: &String| Check::Withdrawn(day.clone(), member.source.clone());
        checks.extend(member.until.as_ref().map(withdrawn));
    }
    Field {
        wire: member.name.clone(),
        name: names::snake(&member.name),
        doc: docs::member(member, source),
        setter_doc: docs::setter(member),
        helper: helper::of(member),
        nested: in_request && matches!(holds, Holds::Struct(_) | Holds::Enum(_)),
        shape,
        holds,
        required: member.required,
        sensitive: member.sensitive,
        checks,
        yielding,
    }
}

/// A required text or struct is plain: empty means missing. Zero and `false` mean something, so
/// a required number is optional all the same, and its absence can be told.
fn shape(member: &ir::Member) -> (Shape, Holds) {
    let (list, item) = match &member.ty {
        Type::List(item) => (true, &**item),
        other => (false, other),
    };
    let holds = holds(item);
    let has_empty = matches!(holds, Holds::Text | Holds::Struct(_));
    let shape = match (list, member.required && has_empty) {
        (true, _) => Shape::List,
        (false, true) => Shape::Plain,
        (false, false) => Shape::Optional,
    };
    (shape, holds)
}

fn holds(ty: &Type) -> Holds {
    match ty {
        Type::Text => Holds::Text,
        Type::Integer => Holds::Integer,
        Type::Float => Holds::Float,
        Type::Boolean => Holds::Boolean,
        Type::Struct(name) => Holds::Struct(name.clone()),
        Type::Enum(name) => Holds::Enum(name.clone()),
        Type::List(item) => holds(item),
    }
}

fn check(member: &ir::Member, rule: &ir::Rule, group: &[ir::Member]) -> Option<Check> {
    let weight = Weight {
        warns: rule.warns,
        source: member.source.clone(),
    };
    Some(match &rule.kind {
        // What a required struct lacks, the struct itself reports.
        RuleKind::Required if matches!(member.ty, Type::Struct(_)) => return None,
        RuleKind::Required => Check::Required(weight),
        RuleKind::RequiredUnlessAny(names) => Check::RequiredUnlessAny(peers(names), weight),
        RuleKind::RequiredIf(holds) => Check::RequiredIf(condition(holds, group), weight),
        RuleKind::Requires(names) => Check::Requires(peers(names), weight),
        RuleKind::ConflictsWith(names) => Check::ConflictsWith(peers(names), weight),
        RuleKind::OnlyIf(holds) => Check::OnlyIf(condition(holds, group), weight),
        RuleKind::MaxChars(most) => Check::MaxChars(*most, weight),
        RuleKind::MaxItems(most) => Check::MaxItems(*most, weight),
        RuleKind::UniqueItems => Check::UniqueItems(weight),
        RuleKind::Min(least) => Check::Min(number(member, least), weight),
        RuleKind::Max(most) => Check::Max(number(member, most), weight),
        RuleKind::OneOf(known) => one_of(known, weight),
        RuleKind::Format("url") => Check::Url(weight),
        RuleKind::Format(_) => Check::Json(weight),
    })
}

/// A bound in the type of the numbers it bounds.
fn number(member: &ir::Member, bound: &Scalar) -> Scalar {
    match (&member.ty, bound) {
        (Type::Float, Scalar::Integer(whole)) => i32::try_from(*whole)
            .map_or_else(|_| bound.clone(), |whole| Scalar::Float(whole.into())),
        _ => bound.clone(),
    }
}

fn one_of(known: &[Scalar], weight: Weight) -> Check {
    let numbers = known.iter().map(|value| match value {
        Scalar::Integer(number) => Some(*number),
        _ => None,
    });
    match numbers.collect() {
        Some(numbers) => Check::OneOfNumbers(numbers, weight),
        None => Check::OneOfTexts(known.iter().map(ToString::to_string).collect(), weight),
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

fn condition(condition: &ir::Condition, group: &[ir::Member]) -> Condition {
    let found = group.iter().find(|other| other.name == condition.member);
    let default = found.and_then(|other| other.default.as_ref());
    Condition {
        peer: peer(&condition.member),
        is: condition.is.clone(),
        by_default: default == Some(&condition.is),
    }
}
