//! Results of task families, from `families.toml`: their places in the answer, and their kinds.

use super::{Located, reader::Reader};

/// The kinds of results.
const KINDS: &[&str] = &["video", "image", "audio", "scene", "document", "subtitle"];

/// A place of results in an answer, and their kind.
#[derive(Debug)]
pub struct TaskResult {
    /// Path of the URLs.
    pub url: Located<String>,
    /// The kind of the files.
    pub kind: Located<&'static str>,
    /// Path of width and height, as text such as `1920x1080`.
    pub size: Option<Located<String>>,
    /// Path of the length in seconds, in the same list as the URL.
    pub duration: Option<Located<String>>,
}

/// A member of the request that decides the kind of the results.
#[derive(Debug)]
pub struct ResultKind {
    /// Path of the member.
    pub member: Located<String>,
    /// Its value.
    pub value: String,
    /// The kind that follows.
    pub kind: Located<&'static str>,
}

/// The confirmation of a stage after which a task stops.
#[derive(Debug)]
pub struct Confirmation {
    /// The action that confirms a stage.
    pub action: Located<String>,
    /// Path of the member of the creating request that makes a task stop.
    pub mode: Located<String>,
    /// The value with which it does.
    pub value: String,
    /// Each stage at which a task stops, with its name in the confirming request.
    pub stages: Vec<(Located<String>, Located<String>)>,
}

pub(super) fn read_result(reader: &mut Reader<'_>) -> Option<TaskResult> {
    let url = reader.text("url");
    let kind = reader.word("kind", KINDS);
    let size = reader.optional_text("size");
    let duration = reader.optional_text("duration");
    Some(TaskResult {
        url: url?,
        kind: kind?,
        size,
        duration,
    })
}

pub(super) fn read_kind(reader: &mut Reader<'_>) -> Option<ResultKind> {
    let member = reader.text("member");
    let value = reader.text("value");
    let kind = reader.word("kind", KINDS);
    Some(ResultKind {
        member: member?,
        value: value?.value,
        kind: kind?,
    })
}

pub(super) fn read_confirmation(reader: &mut Reader<'_>) -> Option<Confirmation> {
    let action = reader.text("action");
    let mode = reader.text("mode");
    let value = reader.text("value");
    reader.need("stages");
    let stages = reader.table("stages", "`stages`", read_stages);
    Some(Confirmation {
        action: action?,
        mode: mode?,
        value: value?.value,
        stages: stages?,
    })
}

/// Reads the stages at which a task stops, each with its name in the confirming request.
fn read_stages(reader: &mut Reader<'_>) -> Vec<(Located<String>, Located<String>)> {
    reader.texts_by_key()
}
