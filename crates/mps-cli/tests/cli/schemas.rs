//! Every object that a test of this crate prints has a JSON Schema, and is valid by it.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::{Run, mps, run};

/// The schemas by their names. Members that a schema does not name are refused here, though programs
/// must accept them: a new member is described when it is added.
static SCHEMAS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schemas");
    let files = fs::read_dir(folder).unwrap();
    let schemas = files.map(|file| {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        let name = schema["title"].as_str().unwrap().to_owned();
        refuse_unknown_members(&mut schema);
        (name, jsonschema::validator_for(&schema).unwrap())
    });
    schemas.collect()
});

fn refuse_unknown_members(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(refuse_unknown_members);
        }
        Value::Array(items) => items.iter_mut().for_each(refuse_unknown_members),
        _ => {}
    }
}

/// Compares all objects of a run with their schemas.
pub(crate) fn check(run: &Run) {
    for line in run.stdout.lines().chain(run.stderr.lines()) {
        if !line.starts_with(r#"{"schema":"mps."#) {
            continue;
        }
        let object: Value = serde_json::from_str(line).unwrap();
        let name = object["schema"].as_str().unwrap();
        let schema = SCHEMAS.get(name);
        assert!(schema.is_some(), "describe {name} in src/schemas: {line}");
        let schema = schema.unwrap();
        let mistakes: Vec<_> = schema
            .iter_errors(&object)
            .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{name}: {mistakes:?}: {line}");
    }
}

#[test]
fn every_schema_is_listed_printed_and_valid() {
    let folder = tempfile::tempdir().unwrap();
    let schema = |arguments: &[&str]| run(mps(folder.path()).arg("schema").args(arguments));
    let names = schema(&[]).stdout;
    let names: Vec<_> = names.lines().collect();
    assert_eq!(names.len(), SCHEMAS.len(), "every file is in schemas.rs");
    for name in names {
        assert!(SCHEMAS.contains_key(name), "{name}");
        let text = schema(&[name]);
        let printed: Value = serde_json::from_str(&text.stdout).unwrap();
        assert!(jsonschema::meta::is_valid(&printed), "{name}");
        assert_eq!(printed["properties"]["schema"]["const"], name);
        let wrapped = schema(&[name, "--output", "json"]).json();
        assert_eq!(wrapped["json_schema"], printed);
    }
    let unknown = schema(&["mps.eror/1"]);
    assert_eq!(unknown.exit, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("did you mean mps.error/1?"));
}

#[test]
fn an_object_that_breaks_its_schema_is_noticed() {
    let error = SCHEMAS.get("mps.error/1").unwrap();
    let valid = json!({
        "schema": "mps.error/1", "kind": "usage", "message": "m", "hint": "h",
        "created": false, "in_doubt": false, "retryable": false,
    });
    assert!(error.is_valid(&valid));
    for (member, value) in [
        ("created", json!("no")),
        ("colour", json!(1)),
        ("hint", Value::Null),
    ] {
        let mut broken = valid.clone();
        broken[member] = value;
        assert!(!error.is_valid(&broken), "{member}");
    }
}
