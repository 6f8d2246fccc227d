//! Results of task families, as the models and the facade have them.

use heck::ToUpperCamelCase;

use super::task_family::{Read, read};
use crate::ir::{self, Api, Member};

/// The fields from which the facade reads results.
#[derive(Debug)]
pub struct ResultRead {
    /// Variant of the kind.
    pub kind: String,
    /// The URLs.
    pub urls: Read,
    /// Width and height.
    pub size: Option<Read>,
    /// Name of the field with the length, beside that of the URL.
    pub duration: Option<String>,
}

/// The facts about results, as the models list them.
#[derive(Debug)]
pub struct ResultFacts {
    /// The paths and kinds of results.
    pub results: Vec<ResultPaths>,
    /// Path, value and variant of the kind, for members that decide the kind.
    pub kinds: Vec<(String, String, String)>,
    /// Path of the bucket in the request.
    pub store: Option<String>,
    /// Path of the time at which the task ended.
    pub finished: Option<String>,
    /// Path of the request as JSON text.
    pub request: Option<String>,
    /// Path of details as JSON text.
    pub details: Option<String>,
    /// The confirmation of a stage.
    pub confirm: Option<Confirmation>,
}

/// The paths of results of one kind.
#[derive(Debug)]
pub struct ResultPaths {
    /// Path of the URLs.
    pub url: String,
    /// Variant of the kind.
    pub kind: String,
    /// Path of width and height.
    pub size: Option<String>,
    /// Path of the length.
    pub duration: Option<String>,
}

/// The confirmation of a stage after which a task stops.
#[derive(Debug)]
pub struct Confirmation {
    /// The request type that confirms a stage.
    pub action: String,
    /// Path of the member of the creating request that makes a task stop.
    pub mode: String,
    /// The value with which it does.
    pub value: String,
    /// Each stage at which a task stops, with its name in the confirming request.
    pub stages: Vec<(String, String)>,
}

pub(super) fn reads(family: &ir::TaskFamily, api: &Api, members: &[Member]) -> Vec<ResultRead> {
    let reads = family.results.iter().map(|result| ResultRead {
        kind: result.kind.to_upper_camel_case(),
        urls: read(api, members, &result.url),
        size: result.size.as_ref().map(|path| read(api, members, path)),
        duration: result
            .duration
            .as_ref()
            .and_then(|path| read(api, members, path).inside),
    });
    reads.collect()
}

pub(super) fn facts(family: &ir::TaskFamily) -> ResultFacts {
    let results = family.results.iter().map(|result| ResultPaths {
        url: result.url.to_string(),
        kind: result.kind.to_upper_camel_case(),
        size: result.size.as_ref().map(ToString::to_string),
        duration: result.duration.as_ref().map(ToString::to_string),
    });
    let kinds = family.kinds.iter().map(|kind| {
        let variant = kind.kind.to_upper_camel_case();
        (kind.member.to_string(), kind.value.clone(), variant)
    });
    ResultFacts {
        results: results.collect(),
        kinds: kinds.collect(),
        store: family.store.as_ref().map(ToString::to_string),
        finished: family.finished.as_ref().map(ToString::to_string),
        request: family.request.as_ref().map(ToString::to_string),
        details: family.details.as_ref().map(ToString::to_string),
        confirm: family.confirm.as_ref().map(|confirm| Confirmation {
            action: confirm.action.clone(),
            mode: confirm.mode.to_string(),
            value: confirm.value.clone(),
            stages: confirm.stages.clone(),
        }),
    }
}
