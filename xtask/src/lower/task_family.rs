//! Families of tasks, as the models, the facade and the command line have them.

use heck::{ToShoutySnakeCase, ToUpperCamelCase};

use super::{
    names,
    task_results::{self, ResultFacts, ResultRead},
};
use crate::{
    ir::{self, Api, Member, Type},
    model::MemberPath,
};

/// A family of tasks.
#[derive(Debug)]
pub struct TaskFamily {
    /// Name of the variant and of the marker type.
    pub variant: String,
    /// Name of the static with the facts.
    pub constant: String,
    /// Name in the specification.
    pub name: String,
    /// Name of the method that returns the tasks of the family.
    pub method: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Plural noun for help texts.
    pub plural: String,
    /// Request type that describes a task.
    pub describe: String,
    /// Answer to it.
    pub described: String,
    /// Paths of the members in its response.
    pub answer: Answer,
    /// Path of the status in the answer, as on the wire.
    pub status_path: String,
    /// Path of the message.
    pub message_path: String,
    /// The facts about its results.
    pub results: ResultFacts,
    /// Hours for which the service keeps a result.
    pub result_hours: Option<u32>,
    /// Middle part of the ids of its tasks.
    pub id_tag: Option<String>,
    /// The actions that create a task.
    pub creates: Vec<TaskCreate>,
}

/// An action that creates a task.
#[derive(Debug)]
pub struct TaskCreate {
    /// Its request type.
    pub request: String,
    /// Type of the answer.
    pub response: String,
    /// Fields of the request by which the duration of a task is estimated.
    pub label: Label,
}

/// The fields of a request by which the duration of its task is estimated, as far as it has them.
#[derive(Debug, Default)]
pub struct Label {
    /// The model: text.
    pub model: Option<String>,
    /// The version of the model: text.
    pub version: Option<String>,
    /// The duration of the result: whole seconds.
    pub seconds: Option<String>,
}

/// The fields of an answer that describes a task.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: Read,
    /// Its type.
    pub status_type: String,
    /// The stage.
    pub stage: Option<Read>,
    /// The number of a failure.
    pub code: Option<Read>,
    /// The message.
    pub message: Read,
    /// The results.
    pub results: Vec<ResultRead>,
    /// The time at which the task ended.
    pub finished: Option<Read>,
    /// The request as JSON text.
    pub request: Option<Read>,
    /// Details as JSON text.
    pub details: Option<Read>,
}

/// A field, or one inside it.
#[derive(Debug)]
pub struct Read {
    /// Name of the field.
    pub field: String,
    /// True if it is a list whose items have the second field.
    pub each: bool,
    /// Name of the field inside it.
    pub inside: Option<String>,
    /// True if the innermost field is a list.
    pub list: bool,
}

pub(super) fn lower(family: &ir::TaskFamily, api: &Api) -> TaskFamily {
    let names = [family.describe.as_str()];
    let creates = family.creates.iter().map(|create| TaskCreate {
        request: create.action.clone(),
        response: names::response(&create.action),
        label: label(&create.action, api),
    });
    TaskFamily {
        variant: family.name.to_upper_camel_case(),
        constant: family.name.to_shouty_snake_case(),
        name: family.name.clone(),
        method: names::snake(&family.name),
        doc: family.doc.trim().lines().map(str::to_owned).collect(),
        plural: family.plural.clone(),
        describe: family.describe.clone(),
        described: names::response(names[0]),
        answer: answer(family, api),
        status_path: family.status.to_string(),
        message_path: family.message.to_string(),
        results: task_results::facts(family),
        result_hours: family.result_hours,
        id_tag: family.id_tag.clone(),
        creates: creates.collect(),
    }
}

fn label(action: &str, api: &Api) -> Label {
    let action = api.actions.iter().find(|it| it.name == action);
    let members = action.map_or(&[][..], |action| &action.request);
    let field = |name: &str, ty: &Type| {
        let is_meant = |member: &&Member| member.name == name && member.ty == *ty;
        let member = members.iter().find(is_meant)?;
        Some(names::snake(&member.name))
    };
    Label {
        model: field("ModelName", &Type::Text),
        version: field("ModelVersion", &Type::Text),
        seconds: field("Duration", &Type::Integer),
    }
}

fn answer(family: &ir::TaskFamily, api: &Api) -> Answer {
    let mut actions = api.actions.iter();
    let action = actions.find(|action| action.name == family.describe);
    let members = action.map_or(&[][..], |action| &action.response);
    let read = |path: &MemberPath| read(api, members, path);
    let status_type = match member(api, members, &family.status).map(|member| &member.ty) {
        Some(Type::Enum(name)) => name.clone(),
        // The check lets nothing else through.
        _ => String::new(),
    };
    Answer {
        status: read(&family.status),
        status_type,
        stage: family.stage.as_ref().map(read),
        code: family.code.as_ref().map(read),
        message: read(&family.message),
        results: task_results::reads(family, api, members),
        finished: family.finished.as_ref().map(read),
        request: family.request.as_ref().map(read),
        details: family.details.as_ref().map(read),
    }
}

pub(super) fn read(api: &Api, members: &[Member], path: &MemberPath) -> Read {
    let member = member(api, members, path);
    Read {
        field: names::snake(&path.first),
        each: path.each,
        inside: path.second.as_deref().map(names::snake),
        list: member.is_some_and(|member| matches!(member.ty, Type::List(_))),
    }
}

/// The member at the end of a path.
pub(super) fn member<'a>(
    api: &'a Api,
    members: &'a [Member],
    path: &MemberPath,
) -> Option<&'a Member> {
    let first = members.iter().find(|member| member.name == path.first)?;
    match &path.second {
        None => Some(first),
        Some(second) => {
            let mut inside = fields(api, &first.ty).iter();
            inside.find(|member| member.name == *second)
        }
    }
}

/// The members of the struct that a member, or each item of it, is.
pub(super) fn fields<'a>(api: &'a Api, ty: &Type) -> &'a [Member] {
    match ty {
        Type::List(item) => fields(api, item),
        Type::Struct(name) => {
            let mut structs = api.structs.iter();
            structs
                .find(|it| it.name == *name)
                .map_or(&[], |it| &it.members)
        }
        _ => &[],
    }
}
