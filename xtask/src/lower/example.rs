//! The first example of an action as code that builds its request.

use serde_json::Value;

use super::names;
use crate::ir::{self, Api, Type};

/// A value as Rust code.
#[derive(Debug, PartialEq)]
pub enum Example {
    /// A literal text.
    Text(String),
    /// A literal number, written as it is.
    Number(String),
    /// A literal Boolean.
    Boolean(bool),
    /// An array.
    List(Vec<Example>),
    /// A struct that setters build.
    Struct {
        /// Name.
        name: String,
        /// Arguments of `new`.
        args: Vec<Example>,
        /// Setters with their arguments.
        setters: Vec<(String, Example)>,
    },
}

impl Example {
    /// Returns the names of the structs in it.
    #[must_use]
    pub fn structs(&self) -> Vec<&str> {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Boolean(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::structs).collect(),
            Self::Struct {
                name,
                args,
                setters,
            } => {
                let inner = args.iter().chain(setters.iter().map(|(_, value)| value));
                [&**name]
                    .into_iter()
                    .chain(inner.flat_map(Self::structs))
                    .collect()
            }
        }
    }
}

pub(super) fn of(action: &ir::Action, api: &Api) -> Option<Example> {
    object(action.example.as_ref()?, &action.name, &action.request, api)
}

fn object(json: &Value, name: &str, members: &[ir::Member], api: &Api) -> Option<Example> {
    let mut args = Vec::new();
    let mut setters = Vec::new();
    for member in members {
        let value = json
            .get(&member.name)
            .and_then(|json| value(json, &member.ty, api));
        match value {
            Some(value) if member.required => args.push(value),
            Some(value) => setters.push((names::snake(&member.name), value)),
            None if member.required => return None,
            None => {}
        }
    }
    let name = name.to_owned();
    Some(Example::Struct {
        name,
        args,
        setters,
    })
}

fn value(json: &Value, ty: &Type, api: &Api) -> Option<Example> {
    match ty {
        Type::Text | Type::Enum(_) => json.as_str().map(|text| Example::Text(text.to_owned())),
        Type::Integer => json
            .as_i64()
            .map(|number| Example::Number(number.to_string())),
        Type::Float => json
            .as_f64()
            .map(|number| Example::Number(format!("{number:?}"))),
        Type::Boolean => json.as_bool().map(Example::Boolean),
        Type::Struct(name) => {
            let shared = api.structs.iter().find(|shared| shared.name == *name)?;
            object(json, name, &shared.members, api)
        }
        Type::List(item) => {
            let items = json.as_array()?.iter().map(|json| value(json, item, api));
            items.collect::<Option<_>>().map(Example::List)
        }
    }
}
