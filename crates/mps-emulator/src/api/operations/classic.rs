//! Creates and describes the tasks of every family that the specification describes completely: one
//! describing action, tagged ids, and a status, a message and URLs in the answer.

mod output;

use mps_models::{
    Action, ActionInfo, ActionVisitor, ResultSource, TaskFamily, TaskFamilyInfo, schema,
    schema::{Kind, StructInfo},
    visit_action,
};
use serde_json::{Map, Value, json};

use super::{
    Context, body, invalid_value,
    task_lifecycle::{self, NewTask},
};
use crate::{
    api::{results, service_state::ServiceState},
    engine::{
        marker,
        refusal::Refusal,
        tasks::{Bucket, PlannedOutcome, Stage, Task},
    },
    media::Media,
};

/// The role of an action in its family.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Create(TaskFamily),
    Describe(TaskFamily),
}

impl Operation {
    /// Returns the role of an action in its family, or `None` if it is in none.
    pub(super) fn of(action: &ActionInfo) -> Option<Self> {
        TaskFamily::ALL.iter().find_map(|family| {
            let info = family.info();
            if info.describe.name == action.name {
                Some(Self::Describe(*family))
            } else if info.creates.iter().any(|it| it.name == action.name) {
                Some(Self::Create(*family))
            } else {
                None
            }
        })
    }

    /// Runs the action and returns the members of its answer.
    pub(super) fn run(
        self,
        action: &ActionInfo,
        context: &Context<'_>,
    ) -> Result<Map<String, Value>, Refusal> {
        let answer = match self {
            Self::Create(family) => visit_action(action.name, Create { family, context }),
            Self::Describe(family) => visit_action(action.name, Describe { family, context }),
        };
        answer.unwrap_or_else(|| Err(super::unsupported(action)))
    }
}

struct Create<'a> {
    family: TaskFamily,
    context: &'a Context<'a>,
}

impl ActionVisitor for Create<'_> {
    type Output = Result<Map<String, Value>, Refusal>;

    fn visit<A: Action>(self) -> Self::Output {
        let context = self.context;
        let (request, members) = parsed::<A>(context)?;
        let outcome = planned_outcome(text(&members, "/Prompt"))?;
        let work = output::work(self.family, &members)?;
        let id = context.service.ids.task(self.family, context.account);
        let off_peak = members.pointer("/ExtraParameters/OffPeak");
        let new_task = NewTask {
            model: text(&members, "/ModelName").map(str::to_owned),
            outputs: output::count(&members)?,
            bucket: bucket(&members),
            is_off_peak: off_peak.and_then(Value::as_bool) == Some(true),
            ..NewTask::new(id, outcome, work)
        };
        let id = task_lifecycle::start(&request, new_task, context)?;
        Ok(Map::from_iter([("TaskId".to_owned(), json!(id))]))
    }
}

struct Describe<'a> {
    family: TaskFamily,
    context: &'a Context<'a>,
}

impl ActionVisitor for Describe<'_> {
    type Output = Result<Map<String, Value>, Refusal>;

    fn visit<A: Action>(self) -> Self::Output {
        let (_, members) = parsed::<A>(self.context)?;
        let id = text(&members, "/TaskId").unwrap_or_default();
        task_lifecycle::describe(id, self.context, |task, stage, service| {
            let is_of_family = task.work.family() == self.family;
            is_of_family.then(|| description(task, stage, service, self.family.info()))
        })
    }
}

/// Parses and checks a request, and returns it both as its type and as JSON.
fn parsed<A: Action>(context: &Context<'_>) -> Result<(A, Value), Refusal> {
    let request = body::parse::<A>(context.body, context.service.settings.site)?;
    let members = serde_json::to_value(&request)
        .map_err(|_| Refusal::new("InternalError", "the request cannot be written as JSON"))?;
    Ok((request, members))
}

fn text<'a>(members: &'a Value, pointer: &str) -> Option<&'a str> {
    members.pointer(pointer)?.as_str()
}

/// Returns the outcome that the marker in a prompt asks for. Only scenarios can stop or time out.
fn planned_outcome(prompt: Option<&str>) -> Result<PlannedOutcome, Refusal> {
    match marker::planned_outcome(prompt.unwrap_or_default())? {
        PlannedOutcome::Stop | PlannedOutcome::TimeOut => Err(invalid_value(
            "the markers `stop` and `timeout` are for scenarios: no other task ends so",
        )),
        outcome => Ok(outcome),
    }
}

fn bucket(members: &Value) -> Option<Bucket> {
    let member = |name| text(members, &format!("/StoreCosParam/{name}"));
    Bucket::complete(
        member("CosBucketName"),
        member("CosBucketRegion"),
        member("CosBucketPath"),
    )
}

fn description(
    task: &Task,
    stage: Stage,
    service: &ServiceState,
    family: &TaskFamilyInfo,
) -> Map<String, Value> {
    let shape = family.describe.response;
    let mut members = Map::new();
    set(
        &mut members,
        family.status,
        json!(task_lifecycle::status(stage)),
    );
    if let Some(message) = task_lifecycle::message(task, stage) {
        set(&mut members, family.message, json!(message));
    }
    if stage == Stage::Done {
        let media = task.work.media();
        let mut sources = family.results.iter();
        let source = sources.find(|source| source.kind == media.kind());
        if let Some(source) = source.or(family.results.first()) {
            set_results(
                &mut members,
                shape,
                source,
                &results::urls(service, task),
                media,
            );
        }
    }
    members
}

/// Sets a member at a path such as `Status` or `Info.Status`.
fn set(members: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            members.insert(path.to_owned(), value);
        }
        Some((outer, inner)) => {
            let object = members.entry(outer).or_insert_with(|| json!({}));
            if let Some(object) = object.as_object_mut() {
                object.insert(inner.to_owned(), value);
            }
        }
    }
}

/// Sets URLs, size and lengths where the specification has them.
fn set_results(
    members: &mut Map<String, Value>,
    shape: &StructInfo,
    source: &ResultSource,
    urls: &[String],
    media: Media,
) {
    if let (Some(path), Some(size)) = (source.size, media.size()) {
        set(members, path, json!(size.to_string()));
    }
    let path = source.url;
    if let Some((list, inner)) = path.split_once("[].") {
        let duration = source.duration.and_then(|path| path.split_once("[]."));
        let items = urls.iter().map(|url| {
            let mut members = Map::from_iter([(inner.to_owned(), json!(url))]);
            if let (Some(seconds), Some((_, duration))) = (media.seconds(), duration) {
                members.insert(duration.to_owned(), json!(seconds));
            }
            Value::Object(members)
        });
        members.insert(list.to_owned(), items.collect());
    } else if is_list(shape, path) {
        set(members, path, json!(urls));
    } else {
        set(members, path, json!(urls.first()));
    }
}

fn member<'a>(shape: &'a StructInfo, name: &str) -> Option<&'a Kind> {
    let mut members = shape.members.iter();
    Some(&members.find(|member| member.name == name)?.kind)
}

fn is_list(shape: &StructInfo, path: &str) -> bool {
    let kind = match path.split_once('.') {
        None => member(shape, path),
        Some((outer, inner)) => {
            inner_shape(member(shape, outer)).and_then(|shape| member(shape, inner))
        }
    };
    matches!(kind, Some(Kind::List(_)))
}

fn inner_shape(kind: Option<&Kind>) -> Option<&'static StructInfo> {
    match kind? {
        Kind::Struct(name) => schema::structure(name),
        _ => None,
    }
}
