//! Where results lie: in the service's own storage, or in a bucket of the caller's.

use crate::{
    api::service_state::ServiceState,
    engine::{
        settings::BucketUrls,
        tasks::{Task, Tasks},
    },
};

/// The service's own storage.
const OWN: &str = "/results/";
/// The callers' buckets, `/cos/BUCKET/REGION/KEY`, for a test to look into.
const BUCKETS: &str = "/cos/";

/// Whether a path is one of results.
pub(crate) fn is_result(path: &str) -> bool {
    path.starts_with(OWN) || path.starts_with(BUCKETS)
}

/// Where a task's results will be found, as the service tells it.
pub(crate) fn urls(service: &ServiceState, task: &Task) -> Vec<String> {
    let url = |file: String| match (&task.bucket, service.settings.bucket_urls) {
        (Some(bucket), BucketUrls::Faithful) => {
            format!("https://{}/{}", bucket.host(), bucket.key(&task.id, &file))
        }
        _ => format!("{}{}", service.endpoint, path(task, &file)),
    };
    task.files().map(url).collect()
}

/// The task one of whose results has this path.
pub(super) fn find<'a>(tasks: &'a Tasks, wanted: &str) -> Option<&'a Task> {
    let task = tasks.get(task_id(wanted)?)?;
    let is_there = task.files().any(|file| path(task, &file) == wanted);
    is_there.then_some(task)
}

/// Where the emulator itself has a result.
fn path(task: &Task, file: &str) -> String {
    match &task.bucket {
        Some(bucket) => format!("{BUCKETS}{}/{}", bucket.local(), bucket.key(&task.id, file)),
        None => format!("{OWN}{}/{file}", task.id),
    }
}

fn task_id(path: &str) -> Option<&str> {
    match path.strip_prefix(OWN) {
        Some(rest) => Some(rest.split_once('/')?.0),
        None => Some(path.rsplit_once('/')?.1.split_once('_')?.0),
    }
}
