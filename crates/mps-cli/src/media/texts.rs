//! The texts of a JSON value.

use serde_json::Value;

/// Replaces every text that equals `from`, at any depth.
pub(super) fn replace_texts(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_texts(item, from, to)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| replace_texts(member, from, to));
        }
        _ => {}
    }
}

/// Collects every text, at any depth.
pub(super) fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(members) => members
            .values()
            .for_each(|member| collect_texts(member, texts)),
        _ => {}
    }
}
