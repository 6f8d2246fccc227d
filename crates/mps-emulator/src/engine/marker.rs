//! Markers in prompts, which decide how a task ends.

use crate::engine::{log::truncate, refusal::Refusal, tasks::PlannedOutcome};

const OPENING: &str = "[emulator:";
const DEFAULT_MESSAGE: &str = "generation failed on demand";
const LONGEST_TEXT: usize = 500;

/// Parses the first marker of a prompt, `[emulator:VERB]` or `[emulator:VERB=VALUE]`.
///
/// `fail` and `fail=MESSAGE` end the task without a result; so do `stop` and `timeout`, for
/// scenarios only. `refuse=CODE` refuses the call with that error code. Returns success without a
/// marker. Any other verb is an error, so that a misspelt marker is noticed.
pub(crate) fn planned_outcome(prompt: &str) -> Result<PlannedOutcome, Refusal> {
    let Some(marker) = first(prompt) else {
        return Ok(PlannedOutcome::Succeed);
    };
    match marker.split_once('=').unwrap_or((marker, "")) {
        ("fail", "") => Ok(PlannedOutcome::Fail(DEFAULT_MESSAGE.to_owned())),
        ("fail", message) => Ok(PlannedOutcome::Fail(shortened(message))),
        ("stop", "") => Ok(PlannedOutcome::Stop),
        ("timeout", "") => Ok(PlannedOutcome::TimeOut),
        ("refuse", code) if is_code(code) => Err(refusal(code)),
        _ => Err(unknown(marker)),
    }
}

fn first(prompt: &str) -> Option<&str> {
    let (_, rest) = prompt.split_once(OPENING)?;
    Some(rest.split_once(']').map_or(rest, |(marker, _)| marker))
}

pub(crate) fn is_code(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    text.len() <= LONGEST_TEXT && text.split('.').all(is_part)
}

fn refusal(code: &str) -> Refusal {
    let meaning =
        mps_models::service::error_code(code).map_or("refused on demand", |known| known.meaning);
    Refusal::new(code.to_owned(), meaning)
}

fn unknown(marker: &str) -> Refusal {
    let message = format!(
        "`{OPENING}{}]` is no marker of this emulator; known are `fail`, `fail=MESSAGE`, `stop`, `timeout` and `refuse=CODE`",
        shortened(marker),
    );
    Refusal::new("InvalidParameterValue", message)
}

fn shortened(text: &str) -> String {
    let mut text = text.to_owned();
    truncate(&mut text, LONGEST_TEXT);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(prompt: &str) -> String {
        planned_outcome(prompt).unwrap_err().code.into_owned()
    }

    #[test]
    fn a_prompt_without_a_marker_succeeds() {
        assert_eq!(
            planned_outcome("a cat [in a box]").unwrap(),
            PlannedOutcome::Succeed
        );
        assert_eq!(planned_outcome("").unwrap(), PlannedOutcome::Succeed);
    }

    #[test]
    fn a_fail_marker_ends_the_task_with_its_message() {
        assert_eq!(
            planned_outcome("a [emulator:fail=ret:1201 = bad] cat").unwrap(),
            PlannedOutcome::Fail("ret:1201 = bad".into())
        );
        assert_eq!(
            planned_outcome("[emulator:fail]").unwrap(),
            PlannedOutcome::Fail(DEFAULT_MESSAGE.into())
        );
    }

    #[test]
    fn a_refuse_marker_refuses_the_call_with_its_code() {
        assert_eq!(
            code("[emulator:refuse=InvalidParameter.ViolationContent]"),
            "InvalidParameter.ViolationContent"
        );
        assert_eq!(code("[emulator:refuse=Made.Up]"), "Made.Up");
    }

    #[test]
    fn an_unknown_marker_is_refused() {
        for prompt in [
            "[emulator:",
            "[emulator:]",
            "[emulator:fall]",
            "[emulator:refuse]",
            "[emulator:refuse=a b]",
        ] {
            assert_eq!(code(prompt), "InvalidParameterValue", "{prompt}");
        }
    }
}
