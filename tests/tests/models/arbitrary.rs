//! Reading and inspecting arbitrary JSON never panics.

use mps_models::{STRUCTS, schema::MemberInfo};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::typed::{messages, read};

/// A member name that some struct has, or none.
fn name() -> impl Strategy<Value = String> {
    let members = STRUCTS.iter().flat_map(|info| info.members);
    let names: Vec<&'static str> = members.map(|member: &MemberInfo| member.name).collect();
    prop_oneof![
        9 => proptest::sample::select(names).prop_map(str::to_owned),
        1 => ".*",
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "(http|https|ftp)?(://)?.{0,5}".prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            3 => proptest::collection::vec((name(), inner.clone()), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json_is_read_or_refused(json in json()) {
        for message in messages() {
            if let Ok(typed) = read(message, &json) {
                let _ = typed.report.to_string();
                let again = read(message, &typed.json).expect("what was written can be read");
                prop_assert_eq!(again.json, typed.json);
            }
        }
    }

    #[test]
    fn arbitrary_text_is_read_or_refused(text in ".*") {
        let _ = serde_json::from_str::<mps_models::CreateAigcVideoTask>(&text);
    }
}
