//! What a comparison needs to know of an API: things by name, and facts by key.

use std::{collections::BTreeMap, fmt};

/// Things by the path a person would call them, such as `CreateAigcVideoTask.Prompt`.
pub type Items = BTreeMap<String, Item>;

/// Something with a name.
#[derive(Debug)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// What it is part of: comes and goes with it.
    pub parent: Option<String>,
    /// What is known of it.
    pub facts: BTreeMap<String, Fact>,
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The service as a whole.
    Service,
    /// A cloud of its own.
    Site,
    /// A region with a host.
    Region,
    /// An error code.
    ErrorCode,
    /// An action.
    Action,
    /// A member of a request, or of a struct that requests lead to.
    Sent,
    /// A member of an answer, or of a struct that only answers lead to.
    Answered,
    /// A struct.
    Struct,
    /// A set of values.
    Enum,
    /// One value of a set.
    Value,
    /// A column of the capability tables.
    Column,
    /// What a model, or a version of it, can do.
    Row,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Site => "site",
            Self::Region => "region",
            Self::ErrorCode => "error code",
            Self::Action => "action",
            Self::Sent => "request member",
            Self::Answered => "response member",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Value => "value",
            Self::Column => "capability column",
            Self::Row => "capability row",
        })
    }
}

/// Something known.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What.
    pub value: Value,
    /// Whether who goes against it is only warned.
    pub weak: bool,
    /// Whether no request is refused because of it.
    pub advisory: bool,
}

/// What a fact holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text that is shown.
    Text(String),
    /// Prose, which is not: a report says that it changed, the specification says how.
    Prose(String),
    /// A number.
    Number(f64),
    /// Words of which the order says nothing.
    Words(Vec<String>),
    /// Names of which only the order says something.
    Order(Vec<String>),
}

impl From<Value> for Fact {
    fn from(value: Value) -> Self {
        Self {
            value,
            weak: false,
            advisory: false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Prose(_) => Ok(()),
            Self::Number(number) => number.fmt(f),
            Self::Words(words) | Self::Order(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// Whether a struct with such members can be sent.
pub(super) const fn role(kind: Kind) -> &'static str {
    match kind {
        Kind::Sent => "sent",
        _ => "answered",
    }
}

/// Adds the order of members to what they are part of: in the documentation, and in the
/// signature of `new`, which takes the required ones.
pub(super) fn order<'a>(
    items: &mut Items,
    owner: &str,
    parent: &str,
    members: impl Iterator<Item = (&'a str, bool)> + Clone,
) {
    let Some(item) = items.get_mut(parent) else {
        return;
    };
    let names = |members: &mut dyn Iterator<Item = (&'a str, bool)>| {
        Value::Order(members.map(|(name, _)| name.to_owned()).collect())
    };
    let all = names(&mut members.clone());
    if owner == parent {
        let required = names(&mut members.filter(|(_, required)| *required));
        item.facts.insert("order".to_owned(), all.into());
        item.facts.insert("new".to_owned(), required.into());
    } else {
        item.facts.insert("response_order".to_owned(), all.into());
    }
}

impl Item {
    /// An item of which nothing is known yet.
    #[must_use]
    pub fn new(kind: Kind, parent: Option<&str>) -> Self {
        Self {
            kind,
            parent: parent.map(str::to_owned),
            facts: BTreeMap::new(),
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.facts.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a fact if there is one.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds shown text.
    #[must_use]
    pub fn text(self, key: &str, text: impl Into<String>) -> Self {
        self.with(key, Value::Text(text.into()))
    }

    /// Adds prose.
    #[must_use]
    pub fn prose(self, key: &str, text: impl Into<String>) -> Self {
        self.with(key, Value::Prose(text.into()))
    }
}
