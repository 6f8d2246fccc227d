//! The kinds of preflight rules that the specification can state of a member.
//!
//! This table is the only list of them in the generator: the parser, the checks, the lowering, the
//! emitted calls, the documentation, `spec diff` and the generated pages read it. To add a kind,
//! add a row here, its method to `crates/mps-models/src/preflight/check.rs` and its id to
//! `spec/rules.toml`.

mod allows;
mod value;

pub use value::{BoundValue, Condition};

use crate::{check::Type, model::Scalar};

/// A kind of preflight rule.
///
/// Its id in findings is the key with dashes; the method of `mps-models` that checks it has the
/// name of the key. A kind whose values are words has an id and a method for each of them, such as
/// `format-url` and `format_url`.
#[derive(Debug)]
pub struct RuleKind {
    /// The key of a member that states it.
    pub key: &'static str,
    /// The value of that key.
    pub form: Form,
    /// The members that can have it.
    pub applies_to: AppliesTo,
    /// The rule as a sentence without its end; `{}` is the value, `{any}` and `{all}` are names
    /// joined by "or" and "and".
    pub sentence: &'static str,
    /// True if it is skipped where the capability row of the model speaks of the member.
    pub overridable: bool,
    /// True if a request without the member can break it.
    pub demands_member: bool,
    /// True if it has no effect on a member that is always required.
    pub needs_optional: bool,
    /// Returns whether a value that the specification states satisfies the rule.
    pub allows: fn(&BoundValue, &Scalar) -> bool,
    /// Which changes of the value refuse requests that used to pass.
    pub change: Change,
}

/// The value of the key that states a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `true`, or `false` for no rule.
    Flag,
    /// Names of other members.
    Names,
    /// Another member and the value it must have.
    Condition,
    /// A whole number that is not negative.
    Count,
    /// A number of the member's type.
    Number,
    /// Texts or numbers.
    Values,
    /// One of these words, each with the sentence that describes it.
    Word(&'static [(&'static str, &'static str)]),
}

/// The members that can have a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// All members.
    Any,
    /// Texts, and each text of a list.
    Texts,
    /// Texts, each text of a list, and whole numbers.
    TextsAndIntegers,
    /// Lists of texts.
    TextLists,
    /// Lists.
    Lists,
    /// Numbers.
    Numbers,
}

/// Which changes of a rule's value refuse requests that used to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A greater number.
    Minimum,
    /// A smaller number.
    Maximum,
    /// The loss of a word.
    Alternatives,
    /// Another word.
    Demands,
    /// Any other value.
    Any,
}

/// The key of the rule that decides whether a field is optional in Rust.
pub const REQUIRED: &str = "required";

/// A kind that is allowed everywhere, is never overridden, and does not look at values.
const PLAIN: RuleKind = RuleKind {
    key: "",
    form: Form::Flag,
    applies_to: AppliesTo::Any,
    sentence: "",
    overridable: false,
    demands_member: false,
    needs_optional: false,
    allows: allows::anything,
    change: Change::Any,
};

/// Every kind, in the order in which a member's rules are checked and documented.
pub static RULE_KINDS: &[RuleKind] = &[
    RuleKind {
        key: REQUIRED,
        sentence: "Required",
        demands_member: true,
        ..PLAIN
    },
    RuleKind {
        key: "required_unless_any",
        form: Form::Names,
        sentence: "Required unless {any} is given",
        demands_member: true,
        needs_optional: true,
        change: Change::Alternatives,
        ..PLAIN
    },
    RuleKind {
        key: "required_if",
        form: Form::Condition,
        sentence: "Required if {}",
        demands_member: true,
        needs_optional: true,
        ..PLAIN
    },
    RuleKind {
        key: "requires",
        form: Form::Names,
        sentence: "Only together with {all}",
        overridable: true,
        change: Change::Demands,
        ..PLAIN
    },
    RuleKind {
        key: "conflicts_with",
        form: Form::Names,
        sentence: "Not together with {any}",
        change: Change::Demands,
        ..PLAIN
    },
    RuleKind {
        key: "only_if",
        form: Form::Condition,
        sentence: "Only if {}",
        needs_optional: true,
        ..PLAIN
    },
    RuleKind {
        key: "max_items",
        form: Form::Count,
        applies_to: AppliesTo::Lists,
        sentence: "At most {} items",
        overridable: true,
        change: Change::Maximum,
        ..PLAIN
    },
    RuleKind {
        key: "unique_items",
        applies_to: AppliesTo::TextLists,
        sentence: "No item twice",
        ..PLAIN
    },
    RuleKind {
        key: "max_chars",
        form: Form::Count,
        applies_to: AppliesTo::Texts,
        sentence: "At most {} characters",
        overridable: true,
        allows: allows::at_most_chars,
        change: Change::Maximum,
        ..PLAIN
    },
    RuleKind {
        key: "min",
        form: Form::Number,
        applies_to: AppliesTo::Numbers,
        sentence: "At least {}",
        overridable: true,
        allows: allows::at_least,
        change: Change::Minimum,
        ..PLAIN
    },
    RuleKind {
        key: "max",
        form: Form::Number,
        applies_to: AppliesTo::Numbers,
        sentence: "At most {}",
        overridable: true,
        allows: allows::at_most,
        change: Change::Maximum,
        ..PLAIN
    },
    RuleKind {
        key: "one_of",
        form: Form::Values,
        applies_to: AppliesTo::TextsAndIntegers,
        sentence: "One of {}",
        overridable: true,
        allows: allows::one_of,
        change: Change::Alternatives,
        ..PLAIN
    },
    RuleKind {
        key: "format",
        form: Form::Word(&[("url", "A URL"), ("json", "JSON as text")]),
        applies_to: AppliesTo::Texts,
        sentence: "{}",
        ..PLAIN
    },
];

/// Returns the kind with this key.
#[must_use]
pub fn rule_kind(key: &str) -> Option<&'static RuleKind> {
    RULE_KINDS.iter().find(|kind| kind.key == key)
}

/// Returns the keys of the kinds that a model's row can override.
#[must_use]
pub fn overridable_keys() -> Vec<&'static str> {
    let kinds = RULE_KINDS.iter().filter(|kind| kind.overridable);
    kinds.map(|kind| kind.key).collect()
}

impl RuleKind {
    /// Returns the id that a finding about this value has.
    #[must_use]
    pub fn id(&self, value: &BoundValue) -> String {
        self.named(value).replace('_', "-")
    }

    /// Returns the method of `mps-models` that checks this value.
    #[must_use]
    pub fn method(&self, value: &BoundValue) -> String {
        match value {
            BoundValue::Values(values) if values.iter().all(is_integer) => {
                format!("{}_numbers", self.key)
            }
            value => self.named(value),
        }
    }

    /// Returns every id that findings of this kind can have.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        match self.form {
            Form::Word(words) => {
                let ids = words
                    .iter()
                    .map(|(word, _)| self.id(&BoundValue::Word(word)));
                ids.collect()
            }
            _ => vec![self.id(&BoundValue::Flag)],
        }
    }

    /// Returns the rule as a sentence without its end.
    #[must_use]
    pub fn describe(&self, value: &BoundValue) -> String {
        let joined = |by: &str| value.quoted().join(by);
        let shown = match (self.form, value) {
            (Form::Word(words), BoundValue::Word(word)) => {
                let found = words.iter().find(|(known, _)| known == word);
                found.map_or("", |(_, sentence)| sentence).to_owned()
            }
            _ => joined(", "),
        };
        self.sentence
            .replace("{any}", &joined(" or "))
            .replace("{all}", &joined(" and "))
            .replace("{}", &shown)
    }

    fn named(&self, value: &BoundValue) -> String {
        match value {
            BoundValue::Word(word) => format!("{}_{word}", self.key),
            _ => self.key.to_owned(),
        }
    }
}

const fn is_integer(value: &Scalar) -> bool {
    matches!(value, Scalar::Integer(_))
}

impl Form {
    /// Returns the sentence part that describes the value in TOML.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Flag => "`true`".to_owned(),
            Self::Names => "a list of members beside it".to_owned(),
            Self::Condition => "such as `{ member = \"Scope\", is = \"scenes\" }`".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Values => "a list of texts or whole numbers".to_owned(),
            Self::Word(words) => {
                let words = words.iter().map(|(word, _)| format!("`{word}`"));
                words.collect::<Vec<_>>().join(" or ")
            }
        }
    }
}

impl AppliesTo {
    /// Returns whether a member of this type can have the rule.
    #[must_use]
    pub fn fits(self, ty: &Type) -> bool {
        let is_list = matches!(ty, Type::List(_));
        let holds_text = *ty.item() == Type::Text;
        match self {
            Self::Any => true,
            Self::Texts => holds_text,
            Self::TextsAndIntegers => holds_text || *ty == Type::Integer,
            Self::TextLists => is_list && holds_text,
            Self::Lists => is_list,
            Self::Numbers => matches!(ty, Type::Integer | Type::Float),
        }
    }

    /// Returns whether the rule looks at each item of a list by itself.
    #[must_use]
    pub const fn is_per_item(self) -> bool {
        matches!(self, Self::Texts | Self::TextsAndIntegers)
    }

    /// Returns the noun phrase that describes the members.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Any => "all members",
            Self::Texts => "texts and each text of a list",
            Self::TextsAndIntegers => "texts, each text of a list and whole numbers",
            Self::TextLists => "lists of texts",
            Self::Lists => "lists",
            Self::Numbers => "numbers",
        }
    }
}
