//! The errors of tasks, results and output files.

use std::{io, path::Path, time::Duration};

use mps_core::text::foreign;
use mps_models::TaskFamily;

use super::{Error, ErrorKind, ID_CHARS, Stage, shown};
use crate::{family::Snapshot, results::CosObject};

impl Error {
    pub(crate) fn no_task_id(action: &str, request_id: Option<String>) -> Self {
        let message = format!("{action}: the answer has no task id");
        Self::new(ErrorKind::NoTaskId, message)
            .with(|inner| inner.request_id = request_id)
            .with_hint("ask the vendor with the request id before creating again: a task may run and be billed")
    }

    pub(crate) fn wait_timed_out(task_id: &str, limit: Duration) -> Self {
        // Whole milliseconds: the time that remained after the create has nine decimals.
        let limit = u64::try_from(limit.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        let limit = Duration::from_millis(limit);
        let message = format!("task {} is not finished after {limit:?}", shown(task_id));
        Self::new(ErrorKind::WaitTimedOut, message)
            .with_task(task_id)
            .with_hint("wait again with its id: the task continues")
    }

    /// Returns the error of a task that stopped after a stage, or `None` if it did not.
    pub(crate) fn of_stage(family: TaskFamily, task_id: &str, snapshot: &Snapshot) -> Option<Self> {
        let stage = snapshot.awaiting.as_deref()?;
        let confirm = family.info().confirm.as_ref()?;
        Some(Self::awaits_confirmation(
            task_id,
            confirm.action.name,
            stage,
        ))
    }

    pub(super) fn awaits_confirmation(task_id: &str, action: &'static str, stage: &str) -> Self {
        let message = format!("task {} waits for confirmation of {stage}", shown(task_id));
        let name = stage.to_owned();
        let error = Self::new(ErrorKind::AwaitsConfirmation, message)
            .with_task(task_id)
            .with(|inner| inner.stage = Some(Stage { name, action }));
        let request = error.confirmation().map(|(_, request)| request.to_string());
        let request = request.unwrap_or_default();
        error.with_hint(format!(
            "look at the stage, then confirm it: {action} {request}"
        ))
    }

    pub(crate) fn task_failed(task_id: &str, reason: Option<&str>) -> Self {
        let reason = reason.unwrap_or("the service gave no reason");
        // An error is one line, however many the service writes.
        let reason: Vec<_> = reason.split_whitespace().collect();
        let message = format!("task {} failed: {}", shown(task_id), reason.join(" "));
        Self::new(ErrorKind::TaskFailed, message).with_task(task_id)
    }

    /// Returns the error of a result in a bucket of the caller's, which has no URL.
    pub(crate) fn in_bucket(task_id: &str, object: &CosObject) -> Self {
        let place = foreign(&object.to_string(), ID_CHARS).into_owned();
        let message = format!("the result of task {} is stored as {place}", shown(task_id));
        let region = foreign(&object.region, ID_CHARS);
        let hint = format!("copy it from your bucket in {region}: coscli cp -r {place} .");
        Self::new(ErrorKind::Unfetchable, message)
            .with_task(task_id)
            .with_hint(hint)
    }

    pub(crate) fn no_result(task_id: &str) -> Self {
        let message = format!("task {} is done but names no result", shown(task_id));
        Self::new(ErrorKind::Unfetchable, message)
            .with_task(task_id)
            .with_hint("look for it in your own storage if the task was told to store it there")
    }

    /// Returns the error of an existing file that cannot be compared with a result.
    pub(crate) fn cannot_read(path: &std::path::Path, error: &io::Error) -> Self {
        let message = format!(
            "{} exists already and cannot be read: {error}",
            path.display()
        );
        Self::new(ErrorKind::AlreadyExists, message)
            .with_hint("choose another name, or move the file away")
    }

    /// Returns the error of a writer that does not take a result.
    pub(crate) fn cannot_deliver(error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::NoSpace,
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::File,
        };
        let message = format!("the result cannot be delivered: {error}");
        Self::new(kind, message).with_hint("download again to another place")
    }

    /// Returns the error of an output file.
    pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Self {
        let message = format!("cannot write {}: {error}", path.display());
        let (kind, hint) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
                ErrorKind::NoSpace,
                "free some space, or choose another disk",
            ),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
                ErrorKind::PermissionDenied,
                "choose a directory that you can write to",
            ),
            _ => (
                ErrorKind::File,
                "check that the directory exists and can be written",
            ),
        };
        Self::new(kind, message).with_hint(hint)
    }
}
