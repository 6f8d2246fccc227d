//! The items of an API that a comparison looks at, with their facts.

use std::{collections::BTreeMap, fmt};

/// Items by their path, for example `CreateAigcVideoTask.Prompt`.
pub type Items = BTreeMap<String, Item>;

/// A named part of an API.
#[derive(Debug)]
pub struct Item {
    /// Kind of the item.
    pub kind: Kind,
    /// Path of the item that it is part of.
    pub parent: Option<String>,
    /// Facts by their keys.
    pub facts: BTreeMap<String, Fact>,
}

/// The kind of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The service as a whole.
    Service,
    /// A separate cloud.
    Site,
    /// A region with a host.
    Region,
    /// An error code.
    ErrorCode,
    /// An action.
    Action,
    /// A member of a request, or of a struct that requests lead to.
    RequestMember,
    /// A member of a response, or of a struct that only responses lead to.
    ResponseMember,
    /// A struct.
    Struct,
    /// A set of values.
    Enum,
    /// One value of a set.
    Value,
    /// A column of the capability tables.
    Column,
    /// The capabilities of a model, or of a version of it.
    Row,
    /// A family of tasks.
    TaskFamily,
    /// An action that creates a task of a family.
    TaskCreate,
    /// An option of the command line.
    CommandOption,
    /// A rule that findings name.
    Rule,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Site => "site",
            Self::Region => "region",
            Self::ErrorCode => "error code",
            Self::Action => "action",
            Self::RequestMember => "request member",
            Self::ResponseMember => "response member",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Value => "value",
            Self::Column => "capability column",
            Self::Row => "capability row",
            Self::TaskFamily => "family of tasks",
            Self::TaskCreate => "creating action",
            Self::CommandOption => "option",
            Self::Rule => "preflight rule",
        })
    }
}

/// A fact about an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its value.
    pub value: Value,
    /// True if a breach is only a warning.
    pub warn_only: bool,
    /// True if no request is refused because of it.
    pub advisory: bool,
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text that a report shows.
    Text(String),
    /// Prose. A report states that it changed, but does not show it.
    Prose(String),
    /// A number.
    Number(f64),
    /// Words in no particular order.
    Words(Vec<String>),
    /// Names whose order is the fact.
    Order(Vec<String>),
}

impl From<Value> for Fact {
    fn from(value: Value) -> Self {
        Self {
            value,
            warn_only: false,
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

/// Returns the role of a struct with members of this kind.
pub(super) const fn role(kind: Kind) -> &'static str {
    match kind {
        Kind::RequestMember => "sent",
        _ => "answered",
    }
}

/// Adds the order of members to the item they are part of: that of the documentation, and that of
/// the parameters of `new`, which are the required ones.
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
    /// Creates an item without facts.
    #[must_use]
    pub fn new(kind: Kind, parent: Option<&str>) -> Self {
        Self {
            kind,
            parent: parent.map(str::to_owned),
            facts: BTreeMap::new(),
        }
    }

    /// Sets a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.facts.insert(key.to_owned(), value.into());
        self
    }

    /// Sets a fact if there is a value.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Sets a fact with a text that is shown.
    #[must_use]
    pub fn text(self, key: &str, text: impl Into<String>) -> Self {
        self.with(key, Value::Text(text.into()))
    }

    /// Sets a fact with prose.
    #[must_use]
    pub fn prose(self, key: &str, text: impl Into<String>) -> Self {
        self.with(key, Value::Prose(text.into()))
    }
}
