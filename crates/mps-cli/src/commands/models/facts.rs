//! The facts of a row of the capability tables: their meaning, and their form for people.

use serde_json::{Map, Value};

/// Returns whether a fact is stated, and not as something that the model does not have.
pub(super) fn has(facts: &Map<String, Value>, name: &str) -> bool {
    match facts.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        // For example, a storyboard of no shots.
        Some(Value::Object(members)) => members.values().any(|it| it.as_u64() != Some(0)),
        Some(_) => true,
    }
}

/// Returns whether the model accepts this duration, also one that documents leave open.
pub(super) fn accepts_duration(facts: &Map<String, Value>, seconds: u64) -> bool {
    let columns = ["durations", "durations_with_video", "doubtful_durations"];
    columns.iter().any(|name| match facts.get(*name) {
        Some(Value::Array(items)) => items.iter().any(|it| it.as_u64() == Some(seconds)),
        Some(range @ Value::Object(_)) => {
            let bound = |name: &str| range.get(name).and_then(Value::as_u64);
            bound("min").is_none_or(|min| min <= seconds)
                && bound("max").is_none_or(|max| seconds <= max)
        }
        _ => false,
    })
}

/// Returns the features that a model has: those that are a yes or a number of inputs. For example,
/// `last_frame` and `reference_images<=4`.
pub(super) fn features(facts: &Map<String, Value>) -> Vec<String> {
    let stated = facts.iter().filter(|(name, _)| has(facts, name));
    let features = stated.filter_map(|(name, value)| match value {
        Value::Bool(true) if !is_detail(name) => Some(name.clone()),
        Value::Object(_) if name == "reference_images" => {
            let most = value.get("max").and_then(Value::as_u64)?;
            Some(format!("{name}<={most}"))
        }
        Value::Object(_) if name == "storyboard" => Some(name.clone()),
        _ => None,
    });
    features.collect()
}

/// Returns whether a fact is about another one.
fn is_detail(name: &str) -> bool {
    ["_default", "_needs_first", "_exclude_frames"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Formats a value without quotes and brackets; a range as `3-15`.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Object(members) => range(members).unwrap_or_else(|| {
            let members = members.iter();
            let members = members.map(|(name, value)| format!("{name} {}", text_of(value)));
            members.collect::<Vec<_>>().join(", ")
        }),
        other => other.to_string(),
    }
}

fn range(members: &Map<String, Value>) -> Option<String> {
    let (min, max) = (members.get("min")?, members.get("max")?);
    (members.len() == 2).then(|| format!("{min}-{max}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_feature_is_what_a_model_has() {
        let facts = facts(&json!({
            "audio": true, "off_peak": false, "audio_default": true, "scenes": [],
            "reference_images": {"min": 1, "max": 4}, "storyboard": {"max_shots": 0},
        }));
        assert!(has(&facts, "audio") && has(&facts, "reference_images"));
        for absent in ["off_peak", "scenes", "storyboard", "subjects"] {
            assert!(!has(&facts, absent), "{absent}");
        }
        assert_eq!(features(&facts), ["audio", "reference_images<=4"]);
    }

    #[test]
    fn a_duration_is_one_of_a_list_or_within_a_range() {
        let listed = facts(&json!({"durations": [5, 10], "doubtful_durations": [8]}));
        let range = facts(&json!({"durations": {"min": 3, "max": 15}}));
        assert!(accepts_duration(&listed, 10) && accepts_duration(&listed, 8));
        assert!(accepts_duration(&range, 3) && accepts_duration(&range, 15));
        assert!(!accepts_duration(&listed, 6) && !accepts_duration(&range, 16));
        assert!(!accepts_duration(&facts(&json!({})), 5));
    }

    #[test]
    fn values_are_written_without_quotes() {
        for (value, text) in [
            (json!(["720P", "1080P"]), "720P, 1080P"),
            (json!({"min": 3, "max": 15}), "3-15"),
            (json!({"cn": "2026-01-01"}), "cn 2026-01-01"),
            (json!(5), "5"),
        ] {
            assert_eq!(text_of(&value), text);
        }
    }
}
