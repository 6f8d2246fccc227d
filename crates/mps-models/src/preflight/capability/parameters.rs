//! Checks of `AdditionalParameters`, which is JSON as text.

use serde_json::Value;

use super::{Candidates, CapabilityQuery, Subject, row_fact::Fact};
use crate::{
    capabilities::{Column, Row, Size, Storyboard},
    preflight::{Finding, Path, Report, rules},
};

const MEMBER: &str = "AdditionalParameters";

/// Returns the parameters if they have this key. Text without the key is not even parsed.
fn parameters_with(query: &CapabilityQuery<'_>, key: &str) -> Option<Value> {
    let text = query.parameters.filter(|text| text.contains(key))?;
    let parameters: Value = serde_json::from_str(text).ok()?;
    parameters.get(key).is_some().then_some(parameters)
}

/// Returns the parameters of a request with a storyboard.
fn storyboard_parameters(query: &CapabilityQuery<'_>) -> Option<Value> {
    // Most requests have none, and both look-ups below would find that out.
    query.parameters?;
    let wanted = |parameters: &Value| parameters.get("multi_shot") != Some(&Value::Bool(false));
    let shots =
        parameters_with(query, "multi_prompt").or_else(|| parameters_with(query, "multi_shot"))?;
    wanted(&shots).then_some(shots)
}

pub(super) fn storyboard(
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    storyboard_parameters(query)?;
    let fact = Fact::new(row, Column::Storyboard, rules::STORYBOARD);
    let supports = |row: &Row| row.storyboard().map(|board| board.max_shots > 0);
    fact.support(&at.sensitive(MEMBER), "storyboard", supports)
}

/// Reports every mistake of a storyboard. There may be several, so this is not one of the row checks.
pub(super) fn shots(
    query: &CapabilityQuery<'_>,
    candidates: Candidates,
    at: &Path<'_>,
    report: &mut Report,
) {
    let of = |row: Subject| Some((row, row.storyboard().filter(|board| board.max_shots > 0)?));
    let Some(parameters) = storyboard_parameters(query) else {
        return;
    };
    let Some(((row, board), shots)) = candidates
        .rows()
        .find_map(of)
        .zip(parameters.get("multi_prompt"))
    else {
        return;
    };
    let at = at.sensitive(MEMBER);
    let at = at.member("multi_prompt");
    let shots: &[Value] = shots.as_array().map_or(&[], Vec::as_slice);
    report.extend(number_of_shots(shots, row, board, &at));
    for (index, shot) in shots.iter().enumerate() {
        report.extend(length_of_prompt(shot, row, board, &at.index(index)));
        report.extend(length_of_shot(shot, row, &at.index(index)));
    }
    report.extend(total(shots, query, row, &at));
}

fn number_of_shots(
    shots: &[Value],
    row: Subject,
    board: Storyboard,
    at: &Path<'_>,
) -> Option<Finding> {
    let (found, most) = (shots.len(), board.max_shots);
    let fact = Fact::new(row, Column::Storyboard, rules::STORYBOARD_SHOTS);
    (found == 0 || found > most).then(|| {
        let message = format!("{found} shots, {row} takes 1 to {most}");
        let hint = "leave `multi_prompt` out to have the model split the prompt";
        fact.broken(at, message).hint(hint).value(found).bound(most)
    })
}

fn length_of_prompt(
    shot: &Value,
    row: Subject,
    board: Storyboard,
    at: &Path<'_>,
) -> Option<Finding> {
    let most = board.max_chars;
    let found = shot.get("prompt")?.as_str()?.chars().count();
    let fact = Fact::new(row, Column::Storyboard, rules::STORYBOARD_PROMPT);
    (found > most).then(|| {
        let message = format!("{found} characters, {row} takes at most {most} for a shot");
        let finding = fact.broken(&at.member("prompt"), message);
        finding
            .hint(format!("shorten it by {}", found - most))
            .value(found)
            .bound(most)
    })
}

/// Returns the seconds of a shot: a number or, as some clients write it, a text.
fn seconds(shot: &Value) -> Option<i64> {
    let duration = shot.get("duration")?;
    let text = || duration.as_str()?.parse().ok();
    duration.as_i64().or_else(text)
}

fn length_of_shot(shot: &Value, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let fact = Fact::new(row, Column::Storyboard, rules::STORYBOARD_DURATION);
    seconds(shot).is_none_or(|seconds| seconds < 1).then(|| {
        let message = "a shot lasts a whole number of seconds, at least one".to_owned();
        fact.broken(&at.member("duration"), message).bound(1)
    })
}

fn total(
    shots: &[Value],
    query: &CapabilityQuery<'_>,
    row: Subject,
    at: &Path<'_>,
) -> Option<Finding> {
    let expected = query.duration.or(row.duration_default())?;
    let all = shots
        .iter()
        .map(|shot| i128::from(seconds(shot).unwrap_or_default()));
    let found: i128 = all.sum();
    let fact = Fact::new(row, Column::Storyboard, rules::STORYBOARD_DURATION);
    (!shots.is_empty() && found != i128::from(expected)).then(|| {
        let message = format!("the shots last {found} seconds, the video {expected}");
        let hint = "make the shots add up to Duration";
        fact.broken(at, message).hint(hint).bound(expected)
    })
}

pub(super) fn size(query: &CapabilityQuery<'_>, row: Subject, at: &Path<'_>) -> Option<Finding> {
    let allowed = row.size()?;
    let parameters = parameters_with(query, "size")?;
    let asked = parameters.get("size")?;
    let fault = match asked.as_str().and_then(sides) {
        Some(sides) => size_fault(sides, allowed)?,
        None => "is not of the form 1024x1024".to_owned(),
    };
    let at = at.sensitive(MEMBER);
    let fact = Fact::new(row, Column::Size, rules::SIZE);
    Some(fact.broken(&at.member("size"), format!("{fault}, as {row} takes it")))
}

fn sides(text: &str) -> Option<(u64, u64)> {
    let (width, height) = text.split_once(['x', 'X', '*'])?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

fn size_fault((width, height): (u64, u64), allowed: Size) -> Option<String> {
    let pixels = width.saturating_mul(height);
    let (short, long) = (width.min(height), width.max(height));
    for (broken, fault, bound) in [
        (
            short < allowed.min_side,
            "a side is shorter than",
            allowed.min_side,
        ),
        (
            long > allowed.max_side,
            "a side is longer than",
            allowed.max_side,
        ),
        (
            pixels < allowed.min_pixels,
            "there are fewer pixels than",
            allowed.min_pixels,
        ),
        (
            pixels > allowed.max_pixels,
            "there are more pixels than",
            allowed.max_pixels,
        ),
    ] {
        if broken {
            return Some(format!("{fault} {bound}"));
        }
    }
    None
}
