//! Families of tasks.

use super::task_results::{self, Confirmation, ResultKind, TaskResult};
use crate::model::{self, MemberPath, OptionTarget};

/// A family of tasks: one action describes a task, the others create it.
#[derive(Debug)]
pub struct TaskFamily {
    /// Name, in kebab case.
    pub name: String,
    /// Plural noun for help texts.
    pub plural: String,
    /// Documentation.
    pub doc: String,
    /// The action that describes a task.
    pub describe: String,
    /// The status in its answer.
    pub status: MemberPath,
    /// The stage.
    pub stage: Option<MemberPath>,
    /// The number of a failure.
    pub code: Option<MemberPath>,
    /// The message.
    pub message: MemberPath,
    /// The places of results in the answer.
    pub results: Vec<TaskResult>,
    /// Members of the request that decide the kind of the results.
    pub kinds: Vec<ResultKind>,
    /// The member of the request that names a bucket for the results.
    pub store: Option<MemberPath>,
    /// The time at which the task ended.
    pub finished: Option<MemberPath>,
    /// The request as JSON text.
    pub request: Option<MemberPath>,
    /// Details as JSON text.
    pub details: Option<MemberPath>,
    /// The confirmation of a stage after which a task stops.
    pub confirm: Option<Confirmation>,
    /// Hours for which the service keeps a result.
    pub result_hours: Option<u32>,
    /// Middle part of the ids of its tasks.
    pub id_tag: Option<String>,
    /// The actions that create a task.
    pub creates: Vec<TaskCreate>,
    /// The options of `mps NAME create`.
    pub options: Vec<OptionUse>,
}

/// An action that creates a task of a family.
#[derive(Debug)]
pub struct TaskCreate {
    /// Its name.
    pub action: String,
    /// Word that selects it on the command line, and its help text.
    pub word: Option<(String, String)>,
}

/// An option and the member of a request that it sets.
#[derive(Debug)]
pub struct OptionUse {
    /// Name, without the dashes.
    pub flag: String,
    /// Placeholder of the value in help texts.
    pub value: Option<String>,
    /// Help text.
    pub doc: String,
    /// Help text of a second option that reads the value from a file.
    pub file_doc: Option<String>,
    /// Kind of the file that may stand in place of a URL.
    pub media: Option<&'static str>,
    /// The member.
    pub target: OptionTarget,
}

pub(super) fn families(tasks: &model::TaskFamilies) -> Vec<TaskFamily> {
    let family = |it| family(it, &tasks.options);
    tasks.families.iter().map(family).collect()
}

fn family(family: &model::TaskFamily, options: &[model::CommandOption]) -> TaskFamily {
    let path = |text: &model::Located<String>| MemberPath::parse(&text.value);
    // In the order of the options' own list, which is that of the documentation.
    let uses = options.iter().filter_map(|option| {
        let mut pairs = family.options.iter();
        let (_, target) = pairs.find(|(flag, _)| flag.value == option.flag.value)?;
        Some(OptionUse {
            flag: option.flag.value.clone(),
            value: option.value.clone(),
            doc: option.doc.clone(),
            file_doc: option.file_doc.clone(),
            media: option.media.as_ref().map(|media| media.value),
            target: OptionTarget::parse(&target.value),
        })
    });
    TaskFamily {
        name: family.name.value.clone(),
        plural: family.plural.clone(),
        doc: family.doc.clone(),
        describe: family.describe.value.clone(),
        status: path(&family.status),
        stage: family.stage.as_ref().map(path),
        code: family.code.as_ref().map(path),
        message: path(&family.message),
        results: family.results.iter().map(task_results::result).collect(),
        kinds: family.kinds.iter().map(task_results::kind).collect(),
        store: family.store.as_ref().map(path),
        finished: family.finished.as_ref().map(path),
        request: family.request.as_ref().map(path),
        details: family.details.as_ref().map(path),
        confirm: family.confirm.as_ref().map(task_results::confirmation),
        result_hours: family.result_hours,
        id_tag: family.id_tag.as_ref().map(|tag| tag.value.clone()),
        creates: family.creates.iter().map(create).collect(),
        options: uses.collect(),
    }
}

fn create(create: &model::TaskCreate) -> TaskCreate {
    let word = create.word.as_ref().map(|word| word.value.clone());
    TaskCreate {
        action: create.action.value.clone(),
        word: word.zip(create.doc.clone()),
    }
}
