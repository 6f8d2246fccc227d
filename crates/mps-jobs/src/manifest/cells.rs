//! Cells of CSV as JSON, by the type of their member.

use std::borrow::Cow;

use mps_models::{
    preflight::{Finding, rules},
    schema::{Kind, MemberInfo},
};
use serde_json::{Number, value::RawValue};

use super::finding::error;

/// The longest cell that a finding shows, in bytes.
const LONGEST_SHOWN: usize = 40;

/// Returns a cell as the JSON value of a member. A member that no document has is a text.
pub(super) fn json<'a>(
    name: &str,
    cell: &'a str,
    member: Option<&MemberInfo>,
) -> Result<Cow<'a, str>, Finding> {
    let Some(member) = member else {
        return Ok(text(cell).into());
    };
    let trimmed = cell.trim();
    match member.kind {
        Kind::Integer => {
            let number = trimmed.parse::<i64>();
            let number = number.map_err(|_| wrong(name, cell, member, "a whole number"))?;
            Ok(number.to_string().into())
        }
        Kind::Float => {
            let number = trimmed.parse().ok().and_then(Number::from_f64);
            let number = number.ok_or_else(|| wrong(name, cell, member, "a number"))?;
            Ok(number.to_string().into())
        }
        Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok("true".into()),
        Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok("false".into()),
        Kind::Boolean => Err(wrong(name, cell, member, "true or false")),
        Kind::Struct(_) | Kind::List(_) => match serde_json::from_str::<&RawValue>(trimmed) {
            Ok(json) => Ok(json.get().into()),
            Err(fault) => Err(not_json(name, &fault, &member.kind)),
        },
        _ => Ok(text(cell).into()),
    }
}

/// Returns a text as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn wrong(name: &str, cell: &str, member: &MemberInfo, expected: &'static str) -> Finding {
    let is_shown = !member.sensitive && cell.len() <= LONGEST_SHOWN;
    let message = format!("has to be {expected}");
    let finding = error(name, rules::WRONG_TYPE, message).bound(expected);
    let finding = if is_shown {
        finding.value(cell)
    } else {
        finding
    };
    match member.kind {
        Kind::Integer => finding.hint("write digits only, such as 5"),
        Kind::Float => finding.hint("write digits with a point, such as 0.5"),
        _ => finding.hint("write true or false"),
    }
}

fn not_json(name: &str, fault: &serde_json::Error, kind: &Kind) -> Finding {
    let message = fault.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let message = format!("has to be JSON text: {message}");
    error(name, rules::FORMAT_JSON, message).hint(match kind {
        Kind::List(Kind::Struct(_)) => {
            "write it as JSON, such as \"[{\"\"ImageUrl\"\":\"\"https://...\"\"}]\""
        }
        Kind::List(_) => "write it as JSON, such as \"[\"\"a\"\",\"\"b\"\"]\"",
        _ => "write it as JSON, such as \"{\"\"Resolution\"\":\"\"720P\"\"}\"",
    })
}
