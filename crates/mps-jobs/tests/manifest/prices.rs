//! Price tables and the prices of plans.

use mps_jobs::{
    Amount, PriceTable,
    plan::{PlanOptions, plan},
};

use crate::support::write;

const TABLE: &str = r#"
date = "2026-11-01"
source = "https://www.example.com/prices"
currency = "USD"

[[price]]
model = "Kling"
version = "2.6"
resolution = "1080P"
per_second = "0.07"

[[price]]
model = "Kling"
when = { "ExtraParameters.EnableAudio" = true }
per_second = 0.1

[[price]]
model = "kling"
per_second = "0.05"

[[price]]
action = "CreateAigcImageTask"
per_task = "0.035"
"#;

fn head(rows: &str) -> String {
    format!("date = \"2026-11-01\"\nsource = \"s\"\ncurrency = \"USD\"\n{rows}")
}

#[test]
fn the_first_row_that_fits_decides() {
    let prices: PriceTable = TABLE.parse().unwrap();
    assert_eq!((prices.date(), prices.currency()), ("2026-11-01", "USD"));
    for (row, price) in [
        (
            r#""ModelName":"Kling","ModelVersion":"2.6","Duration":5,"ExtraParameters":{"Resolution":"1080P"}"#,
            Some(350_000),
        ),
        (
            r#""ModelName":"Kling","Duration":5,"ExtraParameters":{"EnableAudio":true}"#,
            Some(500_000),
        ),
        (
            r#""ModelName":"Kling","ModelVersion":"3.0","Duration":10"#,
            Some(500_000),
        ),
        (r#""ModelName":"Vidu","Duration":5"#, None),
        (
            r#""action":"CreateAigcImageTask","ModelName":"Vidu""#,
            Some(35_000),
        ),
    ] {
        let written = write(
            "rows.jsonl",
            format!("{{\"id\":\"a\",\"Prompt\":\"p\",{row}}}"),
        );
        let options = PlanOptions::default().prices(Some(&prices));
        let plan = plan(&written.manifest, &options).unwrap();
        assert_eq!(
            plan.price,
            Some(Amount::from_micros(price.unwrap_or(0))),
            "{row}"
        );
        assert_eq!(plan.unpriced, u64::from(price.is_none()), "{row}");
        assert_eq!(
            plan.models[0].price,
            price.map(Amount::from_micros),
            "{row}"
        );
    }
}

#[test]
fn a_length_that_is_not_known_has_no_price_a_second() {
    let prices: PriceTable = head("[[price]]\nper_second = \"1\"").parse().unwrap();
    let written = write("rows.jsonl", r#"{"id":"a","Prompt":"p","ModelName":"New"}"#);
    let plan = plan(
        &written.manifest,
        &PlanOptions::default().prices(Some(&prices)),
    )
    .unwrap();
    assert_eq!((plan.unpriced, plan.unknown_seconds), (1, 1));
}

#[test]
fn json_and_toml_say_the_same() {
    let json = r#"{"date":"2026-11-01","source":"s","currency":"USD","price":[{"model":"Kling","per_second":0.05}]}"#;
    let toml = head("[[price]]\nmodel = \"Kling\"\nper_second = \"0.05\"");
    let parsed: PriceTable = toml.parse().unwrap();
    assert_eq!(PriceTable::from_json(json).unwrap(), parsed);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("p.json", json), ("p.toml", &toml), ("p.JSON", json)] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(PriceTable::open(&path).unwrap(), parsed);
    }
}

#[test]
fn a_table_with_a_mistake_is_refused_with_its_row() {
    for (text, message) in [
        ("date = 5".to_owned(), "invalid type"),
        (
            "source = \"s\"\ncurrency = \"USD\"".to_owned(),
            "missing field `date`",
        ),
        (head(""), "no rows"),
        (
            head("").replace("2026-11-01", "yesterday"),
            "the date is not written as 2026-11-01",
        ),
        (head("").replace("\"s\"", "\"\""), "the source is missing"),
        (
            head("[[price]]\nmodel = \"a\""),
            "price 1: give either per_second or per_task",
        ),
        (
            head("[[price]]\nper_second = \"1\"\nper_task = \"1\""),
            "price 1: give either",
        ),
        (
            head("[[price]]\nper_second = \"a lot\""),
            "price 1: the price is no amount",
        ),
        (
            head("[[price]]\nper_second = -1"),
            "price 1: the price is no amount",
        ),
        (head("[[price]]\nper_secund = \"1\""), "unknown field"),
        (
            head("[[price]]\naction = \"Fly\"\nper_task = \"1\""),
            "price 1: the action creates no task",
        ),
        (
            head("[[price]]\nper_task = \"1\"\n[[price]]\nmodel = \"Kling\"\nper_task = \"2\""),
            "price 2 is never used: price 1",
        ),
    ] {
        let error = text.parse::<PriceTable>().unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
    let missing = PriceTable::open("missing.toml").unwrap_err();
    assert!(
        missing
            .to_string()
            .contains("cannot read the price table missing.toml"),
        "{missing}"
    );
}
