//! Random rows as lines of JSON and as a table make the same requests.

use std::fmt::Write as _;

use mps_jobs::manifest::ManifestRow;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{rows, write};

/// A row as JSON.
fn row() -> impl Strategy<Value = Map<String, Value>> {
    let text =
        any::<String>().prop_filter("an empty cell is an absent member", |it| !it.is_empty());
    let optional = |it: BoxedStrategy<Value>| proptest::option::of(it);
    let texts = || any::<String>().prop_map(Value::from).boxed();
    let nested = (texts(), any::<bool>())
        .prop_map(|(text, is_on)| json!({"Resolution": text, "EnableAudio": is_on}));
    let list = proptest::collection::vec(texts(), 0..3).prop_map(|urls| {
        let infos = urls.into_iter().map(|url| json!({"ImageUrl": url}));
        Value::from(infos.collect::<Vec<_>>())
    });
    let numbers = any::<i64>().prop_map(Value::from);
    let flags = any::<bool>().prop_map(Value::from);
    (
        text,
        optional(numbers.boxed()),
        optional(flags.boxed()),
        optional(nested.boxed()),
        optional(list.boxed()),
        // None of these letters begins a name that Windows reserves.
        proptest::option::of("[d-k]{1,8}/[D-K]{1,8}x[.]mp4"),
    )
        .prop_map(|(prompt, duration, enhance, extra, images, out)| {
            let members = [
                ("Prompt", Some(prompt.into())),
                ("Duration", duration),
                ("EnhancePrompt", enhance),
                ("ExtraParameters", extra),
                ("ImageInfos", images),
                ("out", out.map(Value::from)),
            ];
            let members = members.into_iter();
            let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
            members.collect()
        })
}

fn as_lines(rows: &[Map<String, Value>]) -> String {
    let lines = rows.iter().enumerate().map(|(nth, row)| {
        let mut row = row.clone();
        row.insert("id".to_owned(), format!("row-{nth}").into());
        Value::from(row).to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn as_table(rows: &[Map<String, Value>]) -> String {
    const COLUMNS: [&str; 6] = [
        "Prompt",
        "Duration",
        "EnhancePrompt",
        "ExtraParameters",
        "ImageInfos",
        "out",
    ];
    let mut table = format!("{},id\r\n", COLUMNS.join(","));
    for (nth, row) in rows.iter().enumerate() {
        for column in COLUMNS {
            let cell = match row.get(column) {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            };
            write!(table, "\"{}\",", cell.replace('"', "\"\"")).unwrap();
        }
        write!(table, "row-{nth}\r\n").unwrap();
    }
    table
}

fn facts(row: ManifestRow) -> (String, String, String, Option<u64>, usize) {
    let (key, out) = (row.key.to_string(), row.out.clone());
    let (seconds, findings) = (row.seconds(), row.report().findings().len());
    (key, out, row.into_item(None).hash, seconds, findings)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_and_lines_make_the_same_requests(rows_of in proptest::collection::vec(row(), 1..8)) {
        let of_lines = rows("rows.jsonl", as_lines(&rows_of)).into_iter().map(facts);
        let of_table = rows("rows.csv", as_table(&rows_of)).into_iter().map(facts);
        prop_assert_eq!(of_lines.collect::<Vec<_>>(), of_table.collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(content in any::<Vec<u8>>(), text in "[\\{\\}\\[\\]\",:a-z0-9\\\\\n\r\t ]{0,80}") {
        for content in [content.as_slice(), text.as_bytes()] {
            for name in ["rows.jsonl", "rows.csv"] {
                let written = write(name, content);
                let mut rows = written.manifest.rows().unwrap();
                let faults: usize = rows.by_ref().filter_map(Result::err).map(|it| it.len()).sum();
                prop_assert!(faults > 0 || rows.fingerprint().is_some());
            }
        }
    }
}
