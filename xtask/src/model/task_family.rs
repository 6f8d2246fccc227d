//! Families of tasks and the options of the command line, from `families.toml`.

use super::{
    Located, or_default,
    reader::Reader,
    task_results::{
        Confirmation, ResultKind, TaskResult, read_confirmation, read_kind, read_result,
    },
};

/// The contents of `families.toml`.
#[derive(Debug, Default)]
pub struct TaskFamilies {
    /// The families, in the order of the file.
    pub families: Vec<TaskFamily>,
    /// The options that families map to members, in the order of the file.
    pub options: Vec<CommandOption>,
}

/// A family of tasks: one action describes a task, the others create it.
#[derive(Debug)]
pub struct TaskFamily {
    /// Name, and subcommand of `mps`, in kebab case.
    pub name: Located<String>,
    /// Plural noun for help texts.
    pub plural: String,
    /// Documentation, as one or more sentences.
    pub doc: String,
    /// The action that describes a task.
    pub describe: Located<String>,
    /// Path of the status in its answer.
    pub status: Located<String>,
    /// Path of the stage.
    pub stage: Option<Located<String>>,
    /// Path of the number of a failure.
    pub code: Option<Located<String>>,
    /// Path of the message.
    pub message: Located<String>,
    /// The places of results in the answer, in the order in which they are listed.
    pub results: Vec<TaskResult>,
    /// Members of the request that decide the kind of the results.
    pub kinds: Vec<ResultKind>,
    /// Path of the member of the request that names a bucket for the results.
    pub store: Option<Located<String>>,
    /// Path of the time at which the task ended.
    pub finished: Option<Located<String>>,
    /// Path of the request as JSON text.
    pub request: Option<Located<String>>,
    /// Path of details as JSON text.
    pub details: Option<Located<String>>,
    /// The confirmation of a stage after which a task stops.
    pub confirm: Option<Confirmation>,
    /// Hours for which the service keeps a result.
    pub result_hours: Option<u32>,
    /// Middle part of the ids of its tasks.
    pub id_tag: Option<Located<String>>,
    /// The actions that create a task.
    pub creates: Vec<TaskCreate>,
    /// Flag and member of each option of `mps NAME create`.
    pub options: Vec<(Located<String>, Located<String>)>,
}

/// An action that creates a task of a family.
#[derive(Debug)]
pub struct TaskCreate {
    /// Its name.
    pub action: Located<String>,
    /// Word that selects it on the command line, in a family that has several.
    pub word: Option<Located<String>>,
    /// Help text of the word.
    pub doc: Option<String>,
}

/// The kinds of files that may stand in place of a URL.
const FILES: &[&str] = &["video", "image", "audio"];

/// An option of the command line that families map to a member.
#[derive(Debug)]
pub struct CommandOption {
    /// Name, without the dashes.
    pub flag: Located<String>,
    /// Placeholder of the value in help texts.
    pub value: Option<String>,
    /// Help text; `{example}` is replaced by the member's example.
    pub doc: String,
    /// Help text of a second option that reads the value from a file.
    pub file_doc: Option<String>,
    /// Kind of the file that may stand in place of a URL.
    pub media: Option<Located<&'static str>>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> TaskFamilies {
    TaskFamilies {
        families: reader.tables("family", "a family", read_family),
        options: reader.tables("option", "an option", read_option),
    }
}

fn read_family(reader: &mut Reader<'_>) -> Option<TaskFamily> {
    let name = reader.text("name");
    let plural = reader.text("plural");
    let doc = reader.text("doc");
    let describe = reader.text("describe");
    let status = reader.text("status");
    let message = reader.text("message");
    reader.need("result");
    let family = TaskFamily {
        plural: or_default(plural),
        doc: or_default(doc),
        stage: reader.optional_text("stage"),
        code: reader.optional_text("code"),
        results: reader.tables("result", "a result", read_result),
        kinds: reader.tables("kind", "a kind of result", read_kind),
        store: reader.optional_text("store"),
        finished: reader.optional_text("finished"),
        request: reader.optional_text("request"),
        details: reader.optional_text("details"),
        confirm: reader
            .table("confirm", "`confirm`", read_confirmation)
            .flatten(),
        result_hours: reader.count("result_hours").map(|hours| hours.value),
        id_tag: reader.optional_text("id_tag"),
        creates: reader.tables("create", "a creating action", read_create),
        options: reader
            .table("options", "`options`", read_options)
            .unwrap_or_default(),
        name: name?,
        describe: describe?,
        status: status?,
        message: message?,
    };
    Some(family)
}

fn read_create(reader: &mut Reader<'_>) -> Option<TaskCreate> {
    let action = reader.text("action");
    let word = reader.optional_text("word");
    let doc = reader.optional_text("doc");
    Some(TaskCreate {
        action: action?,
        word,
        doc: doc.map(|doc| doc.value),
    })
}

fn read_option(reader: &mut Reader<'_>) -> Option<CommandOption> {
    let flag = reader.text("flag");
    let value = reader.optional_text("value");
    let doc = reader.text("doc");
    let file_doc = reader.optional_text("file_doc");
    let media = reader.optional_word("media", FILES);
    Some(CommandOption {
        flag: flag?,
        value: value.map(|value| value.value),
        doc: or_default(doc),
        file_doc: file_doc.map(|doc| doc.value),
        media,
    })
}

/// Reads the options of a family: flags, each with the member that it sets.
fn read_options(reader: &mut Reader<'_>) -> Vec<(Located<String>, Located<String>)> {
    reader.texts_by_key()
}
