//! Comparison with `serde_json`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{needs_escapes, to_vec};

fn assert_same(value: &impl Serialize) {
    let ours = to_vec(value, 16).ok();
    let theirs = serde_json::to_vec(value).ok();
    let text = |json: &Option<Vec<u8>>| json.clone().map(String::from_utf8);
    assert_eq!(text(&ours), text(&theirs));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn values_are_written_as_serde_json_writes_them(value in value()) {
        assert_same(&value);
    }

    #[test]
    fn texts_to_escape_are_found(text in prop::collection::vec(any::<u8>(), 0..40)) {
        let expected = text.iter().any(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\');
        prop_assert_eq!(needs_escapes(&text), expected);
    }
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Newtype(i8),
    Tuple(u8, u16),
    Struct { a: u32 },
}

#[derive(Serialize)]
struct Whole {
    #[serde(rename = "a \"name\"")]
    name: char,
    pair: (i16, f32),
    kinds: Vec<Kind>,
    by_number: BTreeMap<u64, Option<()>>,
    raw: Box<RawValue>,
    #[serde(flatten)]
    extra: BTreeMap<String, Value>,
}

#[test]
fn types_that_no_request_has_are_left_to_serde_json() {
    let kinds = vec![
        Kind::Unit,
        Kind::Newtype(1),
        Kind::Tuple(1, 2),
        Kind::Struct { a: 1 },
    ];
    kinds.iter().for_each(assert_same);
    let by_number = BTreeMap::from([(1, None), (2, Some(()))]);
    assert_same(&by_number);
    let raw = RawValue::from_string(r#"{"a": 1.0}"#.to_owned()).unwrap();
    assert_same(&raw);
    assert_same(&Whole {
        name: '"',
        pair: (-1, f32::NAN),
        kinds,
        by_number,
        raw,
        extra: BTreeMap::from([("b".to_owned(), json!([null, 0.1]))]),
    });
}

#[test]
fn a_value_that_cannot_be_written_fails_as_in_serde_json() {
    assert_same(&BTreeMap::from([(vec![1], 1)]));
}
