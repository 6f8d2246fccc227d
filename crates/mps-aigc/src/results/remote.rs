//! One result with the client that can fetch it.

use std::{fmt, ops::Deref};

use mps_core::Client;

use super::{ResultFile, Results};

/// One result of a task, with the client that can fetch it. Returned by
/// [`Results::first`] and [`Results::iter`]. Cheap to clone.
///
/// It derefs to [`ResultFile`].
#[derive(Clone)]
pub struct RemoteFile {
    results: Results,
    file: ResultFile,
    index: usize,
}

impl RemoteFile {
    pub(super) fn new(results: Results, index: usize) -> Self {
        let file = results.files.get(index).cloned().unwrap_or_default();
        Self {
            results,
            file,
            index,
        }
    }

    /// Returns the position among the results of the task, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the id of the task.
    #[must_use]
    pub fn task_id(&self) -> &str {
        &self.results.task_id
    }

    /// Returns all results of the task.
    #[must_use]
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Returns the client that fetches the result.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.results.client()
    }
}

impl Deref for RemoteFile {
    type Target = ResultFile;

    fn deref(&self) -> &ResultFile {
        &self.file
    }
}

impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteFile")
            .field("task_id", &self.task_id())
            .field("index", &self.index)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
