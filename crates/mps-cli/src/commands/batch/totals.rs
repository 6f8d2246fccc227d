//! The totals of a plan as a table.

use mps_jobs::{Amount, Plan, PriceTable, plan::ModelTotals};
use unicode_width::UnicodeWidthStr as _;

use crate::{foreign_text, live::units::grouped, table::Table};

/// Models that the table lists; the rest have one line.
const MODELS: usize = 30;

/// Returns a line for each model and one for all, as a table.
pub(super) fn table(plan: &Plan, prices: Option<&PriceTable>) -> String {
    let mut rows: Vec<[String; 4]> = plan.models.iter().take(MODELS).map(row).collect();
    let others = plan.models.iter().skip(MODELS);
    if let Some(others) = others.cloned().reduce(|sum, model| plus(sum, &model)) {
        let [_, cells @ ..] = row(&others);
        let [count, seconds, price] = cells;
        rows.push(["others".to_owned(), count, seconds, price]);
    }
    rows.push([
        "all".to_owned(),
        grouped(plan.models.iter().map(|model| model.rows).sum()),
        grouped(plan.seconds),
        plan.price.map(money).unwrap_or_default(),
    ]);
    let price = prices.map(|prices| format!("PRICE {}", foreign_text::name(prices.currency())));
    let names = [
        "MODEL".to_owned(),
        "ROWS".to_owned(),
        "SECONDS".to_owned(),
        price.unwrap_or_default(),
    ];
    aligned(names, rows)
}

fn row(model: &ModelTotals) -> [String; 4] {
    let name = model.model.as_deref().unwrap_or("no model");
    [
        format!("{} ({})", foreign_text::name(name), model.action),
        grouped(model.rows),
        grouped(model.seconds),
        model.price.map(money).unwrap_or_default(),
    ]
}

fn plus(mut one: ModelTotals, other: &ModelTotals) -> ModelTotals {
    one.rows += other.rows;
    one.seconds = one.seconds.saturating_add(other.seconds);
    let micros = |price: Option<Amount>| price.map_or(0, Amount::micros);
    one.price = one
        .price
        .or(other.price)
        .map(|_| Amount::from_micros(micros(one.price).saturating_add(micros(other.price))));
    one
}

/// Aligns numbers to the right.
fn aligned(names: [String; 4], mut rows: Vec<[String; 4]>) -> String {
    let mut names = names;
    for column in 1..4 {
        let cells = rows.iter().chain([&names]);
        let widths = cells.filter_map(|row| row.get(column).map(|cell| cell.width()));
        let width = widths.max().unwrap_or_default();
        for row in rows.iter_mut().chain([&mut names]) {
            if let Some(cell) = row.get_mut(column) {
                *cell = format!("{}{cell}", " ".repeat(width - cell.width()));
            }
        }
    }
    let mut table = Table::new(names.each_ref().map(String::as_str));
    for row in &rows {
        table.row(row.each_ref().map(String::as_str));
    }
    table.text(usize::MAX)
}

fn money(amount: Amount) -> String {
    let text = amount.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    format!("{whole}.{decimals}")
}
