//! The sums of a plan, altogether and for each model.

use std::{cmp::Reverse, collections::HashMap};

use serde::Serialize;

use super::Amounts;
use crate::{amount::Amount, manifest::RowFacts};

/// The models that are counted apart. A manifest with more has a mistake.
const MOST_MODELS: usize = 1_000;

/// The totals of the rows of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelTotals {
    /// The action, for example `CreateAigcVideoTask`.
    pub action: String,
    /// The model with its version, as in `Kling 2.6`; `None` for rows that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The number of rows.
    pub rows: u64,
    /// The billed seconds of the rows whose length is known.
    pub seconds: u64,
    /// The price of the rows that the price table has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
}

/// The facts about a row that are summed.
pub(super) struct Facts {
    action: &'static str,
    model: Option<String>,
    seconds: Option<u64>,
    is_billed_by_piece: bool,
    price: Option<Amount>,
}

impl Facts {
    /// Takes them out of a row.
    pub(super) fn take(row: &mut RowFacts, price: Option<Amount>) -> Self {
        Self {
            action: row.action,
            model: row.model.take(),
            seconds: row.request.seconds,
            is_billed_by_piece: row.request.by_piece,
            price,
        }
    }
}

impl Facts {
    pub(super) fn amounts(&self) -> Amounts {
        Amounts {
            seconds: self.seconds,
            is_billed_by_piece: self.is_billed_by_piece,
            price: self.price,
        }
    }
}

/// Sums that rows are added to.
pub(super) struct Totals {
    pub(super) seconds: u64,
    pub(super) unknown_seconds: u64,
    pub(super) price: Option<Amount>,
    pub(super) unpriced: u64,
    models: HashMap<(&'static str, Option<String>), ModelTotals>,
}

impl Totals {
    pub(super) fn new(has_prices: bool) -> Self {
        Self {
            seconds: 0,
            unknown_seconds: 0,
            price: has_prices.then(Amount::default),
            unpriced: 0,
            models: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, row: Facts) {
        if row.seconds.is_none() && !row.is_billed_by_piece {
            self.unknown_seconds += 1;
        }
        let seconds = row.seconds.unwrap_or_default();
        self.seconds = self.seconds.saturating_add(seconds);
        match (&mut self.price, row.price) {
            (Some(sum), Some(price)) => *sum = plus(*sum, price),
            (Some(_), None) => self.unpriced += 1,
            (None, _) => {}
        }
        let model = self.model(row.action, row.model);
        model.rows += 1;
        model.seconds = model.seconds.saturating_add(seconds);
        if let Some(price) = row.price {
            model.price = Some(plus(model.price.unwrap_or_default(), price));
        }
    }

    fn model(&mut self, action: &'static str, model: Option<String>) -> &mut ModelTotals {
        let mut key = (action, model);
        if self.models.len() >= MOST_MODELS && !self.models.contains_key(&key) {
            key.1 = Some("others".to_owned());
        }
        let new = |(action, model): &(&str, Option<String>)| ModelTotals {
            action: (*action).to_owned(),
            model: model.clone(),
            rows: 0,
            seconds: 0,
            price: None,
        };
        self.models.entry(key).or_insert_with_key(new)
    }

    pub(super) fn into_models(self) -> Vec<ModelTotals> {
        let mut models: Vec<_> = self.models.into_values().collect();
        models.sort_by(|one, other| {
            let order = |it: &ModelTotals| (Reverse(it.rows), it.action.clone(), it.model.clone());
            order(one).cmp(&order(other))
        });
        models
    }
}

fn plus(one: Amount, other: Amount) -> Amount {
    Amount::from_micros(one.micros().saturating_add(other.micros()))
}
