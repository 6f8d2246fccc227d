//! Results of task families.

use crate::model::{self, MemberPath};

/// A place of results in an answer, and their kind.
#[derive(Debug)]
pub struct TaskResult {
    /// The URLs.
    pub url: MemberPath,
    /// The kind of the files, as a word.
    pub kind: &'static str,
    /// Width and height, as text.
    pub size: Option<MemberPath>,
    /// The length in seconds.
    pub duration: Option<MemberPath>,
}

/// A member of the request that decides the kind of the results.
#[derive(Debug)]
pub struct ResultKind {
    /// Path of the member.
    pub member: MemberPath,
    /// Its value.
    pub value: String,
    /// The kind that follows, as a word.
    pub kind: &'static str,
}

/// The confirmation of a stage after which a task stops.
#[derive(Debug)]
pub struct Confirmation {
    /// The action that confirms a stage.
    pub action: String,
    /// The member of the creating request that makes a task stop.
    pub mode: MemberPath,
    /// The value with which it does.
    pub value: String,
    /// Each stage at which a task stops, with its name in the confirming request.
    pub stages: Vec<(String, String)>,
}

pub(super) fn result(result: &model::TaskResult) -> TaskResult {
    let path = |text: &model::Located<String>| MemberPath::parse(&text.value);
    TaskResult {
        url: path(&result.url),
        kind: result.kind.value,
        size: result.size.as_ref().map(path),
        duration: result.duration.as_ref().map(path),
    }
}

pub(super) fn kind(kind: &model::ResultKind) -> ResultKind {
    ResultKind {
        member: MemberPath::parse(&kind.member.value),
        value: kind.value.clone(),
        kind: kind.kind.value,
    }
}

pub(super) fn confirmation(confirm: &model::Confirmation) -> Confirmation {
    let stages = confirm.stages.iter();
    Confirmation {
        action: confirm.action.value.clone(),
        mode: MemberPath::parse(&confirm.mode.value),
        value: confirm.value.clone(),
        stages: stages
            .map(|(stopped, stage)| (stopped.value.clone(), stage.value.clone()))
            .collect(),
    }
}
