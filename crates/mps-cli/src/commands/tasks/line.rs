//! One task as a line: in JSON, in columns, and in a table.

use std::time::SystemTime;

use mps_jobs::{Job, JobView};
use serde::Serialize;

use super::kind;
use crate::{foreign_text, table::Table};

/// The name of the batch of creates by agents, for `BATCH/KEY`.
pub(crate) const AGENTS: &str = "agents";

/// `mps.task/1`.
#[derive(Serialize)]
pub(crate) struct TaskLine {
    schema: &'static str,
    #[serde(flatten)]
    view: JobView,
    /// The batch; none for a single create.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
}

impl TaskLine {
    pub(crate) fn of(job: &Job) -> Self {
        let batch = &job.item().row.batch;
        let batch = match batch {
            batch if batch.is_agents() => Some(AGENTS.to_owned()),
            batch => (!batch.is_singles()).then(|| batch.to_string()),
        };
        let mut view = job.view();
        view.message = view.message.as_deref().map(foreign_text::cut_message);
        view.status = view.status.as_deref().map(foreign_text::cut_name);
        Self {
            schema: "mps.task/1",
            view,
            batch,
        }
    }

    /// Returns the key as it is named on the command line.
    fn name(&self) -> String {
        let key = match &self.batch {
            Some(batch) => format!("{batch}/{}", self.view.key),
            None => self.view.key.to_string(),
        };
        foreign_text::name(&key).into_owned()
    }

    /// Returns the line in columns, which tabs separate: time, state, family, key, id, model, and the
    /// first file or the message.
    pub(in crate::commands) fn human(&self) -> String {
        let view = &self.view;
        let cells = [
            view.added_at.to_string(),
            view.state.to_string(),
            kind(&view.action).to_owned(),
            self.name(),
            shown(view.task_id.as_deref()),
            shown(view.model.as_deref()),
            self.detail(),
        ];
        cells.join("\t")
    }

    fn detail(&self) -> String {
        match (self.view.files.first(), &self.view.message) {
            (Some(file), _) => foreign_text::path(&file.path),
            (None, Some(message)) => foreign_text::message(message).into_owned(),
            (None, None) => "-".to_owned(),
        }
    }

    /// Returns the facts for people, each with its name.
    pub(in crate::commands) fn facts(&self) -> Vec<(&'static str, String)> {
        let view = &self.view;
        let text = |text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| foreign_text::message(text).into_owned())
        };
        let facts = [
            ("key", Some(self.name())),
            ("state", Some(view.state.words().to_owned())),
            (
                "action",
                Some(foreign_text::name(&view.action).into_owned()),
            ),
            ("task id", text(&view.task_id)),
            ("model", text(&view.model)),
            ("status", text(&view.status)),
            ("message", text(&view.message)),
            ("seconds", view.seconds.map(|seconds| seconds.to_string())),
            ("added", Some(view.added_at.to_string())),
            ("created", view.created_at.map(|time| time.to_string())),
            ("done", view.done_at.map(|time| time.to_string())),
            ("expires", view.expires_at.map(|time| time.to_string())),
        ];
        let mut facts: Vec<_> = facts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let files = view.files.iter();
        facts.extend(files.map(|file| ("file", foreign_text::path(&file.path))));
        facts
    }

    fn cells(&self, now: SystemTime) -> [String; 6] {
        let view = &self.view;
        let age = now
            .duration_since(view.added_at.0.into())
            .unwrap_or_default();
        [
            age_of(age.as_secs()),
            view.state.words().to_owned(),
            kind(&view.action).to_owned(),
            self.name(),
            shown(view.task_id.as_deref()),
            self.detail(),
        ]
    }
}

fn shown(text: Option<&str>) -> String {
    text.map_or_else(
        || "-".to_owned(),
        |text| foreign_text::name(text).into_owned(),
    )
}

/// Returns an age in its largest unit, for example `3 min`.
fn age_of(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Returns the lines as a table for a terminal of this width; empty without lines. Ids are shortened first,
/// since a key names a task as well; states are never cut.
pub(super) fn table(lines: &[TaskLine], now: SystemTime, width: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["age", "state", "family", "key", "task", "file or message"])
        .whole(1)
        .keep(3)
        .shorten(4);
    for line in lines {
        let cells = line.cells(now);
        table.row(cells.each_ref().map(String::as_str));
    }
    table.text(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_shown_in_its_largest_unit() {
        for (seconds, text) in [(0, "0 s"), (61, "1 min"), (7_200, "2 h"), (200_000, "2 d")] {
            assert_eq!(age_of(seconds), text);
        }
    }
}
