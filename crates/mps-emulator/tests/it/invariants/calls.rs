//! One call: its request, its answer, and the agreement of the log.

use mps_emulator::{Outcome, RequestRecord};
use serde_json::{Value, json};

use super::rule::{ODD, hides_the_answer, outcomes};
use crate::call::code;

const TOO_MANY: &str = "RequestLimitExceeded";
const NOT_FOUND: &str = "ResourceNotFound.TaskNotFound";
/// The client followed a clock that is no longer shown.
const OUT_OF_DATE: &str = "AuthFailure.SignatureExpire";

#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    Create,
    /// About a task, which had this status.
    Task(String),
    /// About a task that is not there.
    Nobody,
    Else,
}

#[derive(Debug)]
pub(super) struct Heard {
    pub(super) action: &'static str,
    pub(super) asked: Asked,
    /// When the call was made, as the request log counts.
    pub(super) at_us: u64,
    /// The member `Response`, or `None` if no readable response was received.
    pub(super) answer: Option<Value>,
}

impl Heard {
    pub(super) fn check(&self, record: &RequestRecord) {
        let fault = record.fault.as_deref();
        assert_eq!(record.action, self.action);
        assert!(outcomes(fault).contains(&record.outcome), "{record:?}");
        assert_eq!(self.answer.is_none(), hides_the_answer(fault), "{record:?}");
        if let Some(answer) = &self.answer {
            assert_eq!(answer["RequestId"], record.request_id);
            assert_eq!(code(answer), record.code.as_deref().unwrap_or_default());
            let is_error = answer.get("Error").is_some();
            assert_eq!(is_error, record.outcome == Outcome::Refused, "{record:?}");
        }
        match record.outcome {
            Outcome::Executed => self.check_told(fault),
            Outcome::Refused if !is_refusal_by_fault(record) => self.check_refusal(record),
            _ => {}
        }
    }

    fn check_told(&self, fault: Option<&str>) {
        assert_ne!(self.asked, Asked::Nobody);
        let (Asked::Task(status), Some(answer)) = (&self.asked, &self.answer) else {
            return;
        };
        let told = answer.get("Status").or(answer.get("TaskStatus"));
        let expected = match fault {
            Some("unknown_status") => json!(ODD),
            Some("nulls") => Value::Null,
            _ => json!(status),
        };
        assert_eq!(told, Some(&expected), "{answer}");
    }

    /// A refusal that no fault made.
    fn check_refusal(&self, record: &RequestRecord) {
        let code = record.code.as_deref().unwrap();
        let expected = match self.asked {
            Asked::Nobody => code == NOT_FOUND,
            Asked::Create => code == "LimitExceeded.CreateTask",
            Asked::Task(_) | Asked::Else => false,
        };
        let is_usual = [TOO_MANY, OUT_OF_DATE].contains(&code);
        assert!(expected || is_usual, "{record:?}");
    }

    pub(super) fn made_a_task(&self, record: &RequestRecord) -> bool {
        self.asked == Asked::Create && record.outcome == Outcome::Executed
    }

    pub(super) fn task_id(&self) -> Option<&str> {
        self.answer.as_ref()?["TaskId"].as_str()
    }

    /// Returns whether the rate limits admitted the call, as far as the answer shows.
    pub(super) fn was_admitted(&self, record: &RequestRecord) -> bool {
        match record.code.as_deref() {
            None => record.outcome == Outcome::Executed,
            Some(_) if is_refusal_by_fault(record) => false,
            Some(TOO_MANY) => self.is_about_tasks(),
            Some(code) => code != OUT_OF_DATE,
        }
    }

    fn is_about_tasks(&self) -> bool {
        let answer = self.answer.as_ref();
        let message = answer.and_then(|answer| answer["Error"]["Message"].as_str());
        message.is_some_and(|message| message.contains("maximum concurrency"))
    }
}

fn is_refusal_by_fault(record: &RequestRecord) -> bool {
    outcomes(record.fault.as_deref()) == [Outcome::Refused]
}
