//! The rows of a price table.

use std::collections::BTreeMap;

use mps_models::TaskFamily;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::PriceTableError;
use crate::amount::Amount;

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    action: Option<String>,
    model: Option<String>,
    version: Option<String>,
    resolution: Option<String>,
    /// Values of other members, by their paths.
    #[serde(default)]
    when: BTreeMap<String, Value>,
    per_second: Option<Price>,
    per_task: Option<Price>,
}

/// A price as text or as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Price {
    Text(String),
    Number(f64),
}

/// A row: conditions, and the price of requests that fulfil all of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    action: Option<String>,
    /// Paths of members and their values.
    conditions: BTreeMap<String, Value>,
    rate: Rate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rate {
    Second(Amount),
    Task(Amount),
}

impl Entry {
    /// Reads row `number`, counted from 1.
    pub(super) fn new(number: usize, written: Written) -> Result<Self, PriceTableError> {
        let wrong = |message: &str| PriceTableError::wrong(format!("price {number}: {message}"));
        let rate = match (written.per_second, written.per_task) {
            (Some(price), None) => price.amount().map(Rate::Second),
            (None, Some(price)) => price.amount().map(Rate::Task),
            _ => return Err(wrong("give either per_second or per_task")),
        };
        let rate = rate.ok_or_else(|| wrong("the price is no amount, such as \"0.07\""))?;
        let creates = |name: &String| TaskFamily::created_by(name).is_some();
        if written.action.as_ref().is_some_and(|name| !creates(name)) {
            return Err(wrong("the action creates no task"));
        }
        let mut conditions = written.when;
        for (path, value) in [
            ("ModelName", written.model),
            ("ModelVersion", written.version),
            ("ExtraParameters.Resolution", written.resolution),
        ] {
            if let Some(value) = value
                && conditions.insert(path.to_owned(), value.into()).is_some()
            {
                return Err(wrong(&format!("{path} is there twice")));
            }
        }
        Ok(Self {
            action: written.action,
            conditions,
            rate,
        })
    }

    /// Returns `true` if a request fulfils all conditions.
    pub(super) fn fits(&self, action: &str, members: &Map<String, Value>) -> bool {
        let is_action = self.action.as_deref().is_none_or(|own| own == action);
        let mut conditions = self.conditions.iter();
        is_action && conditions.all(|(path, wanted)| is_at(members, path, wanted))
    }

    /// Returns the price of a request of this length.
    pub(super) fn price(&self, seconds: Option<u64>) -> Option<Amount> {
        match self.rate {
            Rate::Task(price) => Some(price),
            Rate::Second(price) => {
                let seconds = i64::try_from(seconds?).ok()?;
                price.micros().checked_mul(seconds).map(Amount::from_micros)
            }
        }
    }

    /// Returns `true` if every request that fits `other` fits this row as well.
    fn covers(&self, other: &Self) -> bool {
        let is_action = self.action.is_none() || self.action == other.action;
        let mut conditions = self.conditions.iter();
        is_action && conditions.all(|(path, value)| other.conditions.get(path) == Some(value))
    }
}

impl Price {
    fn amount(&self) -> Option<Amount> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => number.to_string().parse().ok(),
        }
    }
}

/// Returns `true` if the member at a path has a value. Texts are compared in any letter case.
fn is_at(members: &Map<String, Value>, path: &str, wanted: &Value) -> bool {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| members.get(name));
    let found = names
        .try_fold(first, |value, name| Some(value?.get(name)))
        .flatten();
    match (found, wanted) {
        (Some(Value::String(found)), Value::String(wanted)) => found.eq_ignore_ascii_case(wanted),
        (Some(found), wanted) => found == wanted,
        (None, _) => false,
    }
}

/// Fails if a row fits no request because an earlier one fits all of them.
pub(super) fn check_reachable(entries: &[Entry]) -> Result<(), PriceTableError> {
    for (nth, entry) in entries.iter().enumerate() {
        let earlier = entries.iter().take(nth).position(|it| it.covers(entry));
        if let Some(earlier) = earlier {
            return Err(PriceTableError::wrong(format!(
                "price {} is never used: price {} fits all its requests; put it first",
                nth + 1,
                earlier + 1
            )));
        }
    }
    Ok(())
}
