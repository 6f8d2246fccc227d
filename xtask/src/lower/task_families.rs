//! The file of task families of each crate that has one.

use super::{File, Item, MODULE, TaskFamily, Use, task_family};
use crate::ir::Api;

/// The file of the models.
pub(super) fn models(api: &Api) -> Option<File<'_>> {
    let families = families(api)?;
    let mut requests = requests(&families);
    requests.sort();
    let uses = vec![
        Use::new("serde", &["Deserialize", "Serialize"]),
        Use::new("crate::action", &["Action"]),
        Use::new("crate::task_family", &["TaskFamilyInfo"]),
        Use {
            module: "super".to_owned(),
            names: requests,
        },
    ];
    let path = format!("{MODULE}/task_family.rs");
    Some(file(path, uses, Item::TaskFamilies(families)))
}

/// The files of the facade.
#[must_use]
pub fn facade(api: &Api) -> Vec<File<'_>> {
    let Some(families) = families(api) else {
        return Vec::new();
    };
    let mut names = requests(&families);
    names.extend(families.iter().map(|family| family.described.clone()));
    let creates = families.iter().flat_map(|family| &family.creates);
    names.extend(creates.map(|(_, response)| response.clone()));
    let statuses = families.iter().map(|family| &family.answer.status_type);
    names.extend(statuses.cloned());
    names.extend(["TaskFamily", "TaskPhase"].map(str::to_owned));
    names.sort();
    names.dedup();
    let uses = vec![
        Use {
            module: "mps_models".to_owned(),
            names,
        },
        Use::new("crate::client", &["Aigc"]),
        Use::new(
            "crate::family",
            &["Create", "Described", "Family", "Snapshot"],
        ),
        Use::new("crate::task", &["Tasks"]),
    ];
    vec![file(format!("{MODULE}.rs"), uses, Item::Facade(families))]
}

fn families(api: &Api) -> Option<Vec<TaskFamily>> {
    let lowered = api.task_families.iter();
    let lowered: Vec<_> = lowered.map(|it| task_family::lower(it, api)).collect();
    (!lowered.is_empty()).then_some(lowered)
}

/// Names of the request types, creating and describing.
fn requests(families: &[TaskFamily]) -> Vec<String> {
    let describes = families.iter().map(|family| &family.describe);
    let creates = families.iter().flat_map(|family| &family.creates);
    describes
        .chain(creates.map(|(action, _)| action))
        .cloned()
        .collect()
}

fn file<'a>(path: String, uses: Vec<Use>, item: Item) -> File<'a> {
    File {
        path,
        origin: Some("families.toml"),
        uses,
        items: vec![item],
    }
}
