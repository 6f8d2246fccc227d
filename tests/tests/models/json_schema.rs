//! JSON Schemas of every message.

use mps_models::{ACTIONS, Action, CreateAigcVideoTask, STRUCTS, schema::json_schema};
use serde_json::{Value, json};

#[test]
fn a_member_has_its_type_documentation_and_bounds() {
    let schema = json_schema(CreateAigcVideoTask::INFO.request);
    let member = |name: &str| &schema["properties"][name];
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(member("Duration")["type"], "integer");
    assert_eq!(member("ImageUrl")["format"], "uri");
    assert_eq!(member("ImageUrl")["writeOnly"], true);
    assert_eq!(
        member("ImageInfos")["items"]["$ref"],
        "#/$defs/AigcVideoReferenceImageInfo"
    );
    assert!(
        member("Prompt")["description"]
            .as_str()
            .is_some_and(|doc| doc.len() > 10)
    );
    // A model's own row replaces this bound, so it is no bound of every request.
    assert_eq!(member("Prompt").get("maxLength"), None);
}

/// Every reference leads to a definition, and everything is documented.
#[test]
fn schemas_are_complete() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.push(reference.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    for action in ACTIONS {
        for message in [action.request, action.response] {
            let schema = json_schema(message);
            let mut found = Vec::new();
            references(&schema, &mut found);
            for reference in found {
                let pointer = reference.trim_start_matches('#');
                assert!(
                    schema.pointer(pointer).is_some(),
                    "{}: {reference}",
                    message.name
                );
            }
        }
    }
    for info in STRUCTS {
        assert!(!info.doc.is_empty(), "{info:?}");
        assert!(
            info.members.iter().all(|member| !member.doc.is_empty()),
            "{info:?}"
        );
    }
}

#[test]
fn bounds_are_those_of_the_specification() {
    let task = json_schema(mps_models::AigcImageExtraParam::SCHEMA);
    assert_eq!(task["properties"]["LogoAdd"]["enum"], json!([0, 1]));
}
