//! The outcome of a create, as the ledger records it: decided by what may have happened at the service.

use mps_aigc::RawBody;
use mps_core::{Advice, Error, ErrorKind, Output};

use crate::ledger::Answer;

/// The outcome of a create.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The service created this task.
    Created(String, Answer),
    /// It may have been executed.
    InDoubt(Answer),
    /// It was certainly not executed, and the same request would be refused again.
    Refused(Answer),
    /// It was certainly not executed, and the same request may succeed later.
    NotExecuted(Error, Answer),
    /// It was certainly not executed, because this process stops.
    Stopped(Answer),
}

impl Outcome {
    pub(super) fn of(called: Result<Output<RawBody>, Error>) -> Self {
        match called {
            Ok(output) => Self::answered(&output),
            Err(error) => Self::failed(error),
        }
    }

    fn answered(output: &Output<RawBody>) -> Self {
        let request_id = output.request_id.clone();
        match output.body.task_id() {
            Some(task) => {
                let answer = Answer {
                    request_id,
                    ..Answer::default()
                };
                Self::Created(task, answer)
            }
            None => Self::InDoubt(Answer {
                request_id,
                code: Some("no_task_id".to_owned()),
                message: Some("the answer has no task id".to_owned()),
            }),
        }
    }

    fn failed(error: Error) -> Self {
        let mut answer = Answer {
            request_id: error.request_id().map(str::to_owned),
            code: Some(error.code().unwrap_or(error.kind().as_str()).to_owned()),
            message: Some(error.message().to_owned()),
        };
        if error.in_doubt() {
            if let Some(task) = error.task_id() {
                answer.message = Some(format!("{}; the answer names task {task}", error.message()));
            }
            return Self::InDoubt(answer);
        }
        match error.advice() {
            _ if error.kind() == ErrorKind::Cancelled => Self::Stopped(answer),
            Advice::FixRequest | Advice::GiveUp => Self::Refused(answer),
            _ => Self::NotExecuted(error, answer),
        }
    }

    /// Returns `false` when the request certainly was not executed and no answer has to be recorded.
    pub(super) fn has_left(&self) -> bool {
        !matches!(self, Self::NotExecuted(..) | Self::Stopped(_))
    }

    /// Returns the task that the answer names.
    pub(super) fn task(&self) -> Option<&str> {
        match self {
            Self::Created(task, _) => Some(task),
            _ => None,
        }
    }
}
