//! Paths and URLs of results, in the service's own storage or in a caller's bucket.

use crate::{
    api::service_state::ServiceState,
    engine::{
        settings::BucketUrls,
        tasks::{Task, Tasks},
    },
};

/// Path of the service's own storage.
const OWN: &str = "/results/";
/// Path of the callers' buckets, `/cos/BUCKET/REGION/KEY`.
const BUCKETS: &str = "/cos/";

/// Returns whether a path belongs to the object storage.
pub(crate) fn is_result(path: &str) -> bool {
    path.starts_with(OWN) || path.starts_with(BUCKETS)
}

/// Returns the bucket of a path below a bucket; `None` for any other path.
pub(crate) fn bucket_path(path: &str) -> Option<&str> {
    let mut parts = path.strip_prefix(BUCKETS)?.splitn(3, '/');
    let (bucket, region, key) = (parts.next()?, parts.next()?, parts.next()?);
    let is_complete = !bucket.is_empty() && !region.is_empty() && !key.is_empty();
    is_complete.then_some(bucket)
}

/// Returns the URLs of a task's results, as answers contain them.
pub(crate) fn urls(service: &ServiceState, task: &Task) -> Vec<String> {
    let url = |file: String| match (&task.bucket, service.settings.bucket_urls) {
        (Some(bucket), BucketUrls::Faithful) => {
            format!("https://{}/{}", bucket.host(), bucket.key(&task.id, &file))
        }
        _ => format!("{}{}", service.endpoint, path(task, &file)),
    };
    task.files().map(url).collect()
}

/// Returns the task with a result at this path.
pub(super) fn find<'a>(tasks: &'a Tasks, wanted: &str) -> Option<&'a Task> {
    let task = tasks.get(task_id(wanted)?)?;
    let is_there = task.files().any(|file| path(task, &file) == wanted);
    is_there.then_some(task)
}

/// Returns the path of a result at the emulator itself.
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
