//! Warnings about a task that is followed, and about its files.

use mps_aigc::{MediaKind, SavedFile};
use serde_json::{Value, json};

use super::Delivery;
use crate::{foreign_text, output::Event};

impl Delivery<'_> {
    /// Warns of a status that this version does not know.
    pub(super) fn warn_of_status(&self, status: &str) {
        let (id, status) = (self.receipt.shown_id(), foreign_text::cut_name(status));
        let human = format!(
            "task {id} has the status {status}, which this version does not know; waiting on"
        );
        self.warn(&human, json!({"status": status}));
    }

    /// Warns of a file of unknown kind, and of one that was saved beside a name that was taken in the
    /// meantime.
    pub(super) fn warn_of_file(&self, file: &SavedFile) {
        let path = foreign_text::path(&file.path);
        if let Some(taken) = &file.instead_of {
            let details = json!({"path": file.path, "instead_of": taken});
            let taken = foreign_text::path(taken);
            let human = format!("{taken} was taken in the meantime; the result is {path}");
            self.warn(&human, details);
        }
        if file.kind == MediaKind::Unknown {
            let details = json!({"path": file.path, "kind": file.kind});
            let human = format!(
                "{path} is of no kind that this version knows: look at it before you use it"
            );
            self.warn(&human, details);
        }
    }

    fn warn(&self, human: &str, details: Value) {
        let event = Event::new("warning", human).details(details);
        let event = event.task(&self.receipt.task_id);
        self.context.output.notice(&event);
    }
}
