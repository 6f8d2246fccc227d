//! What an import would do, decided before anything is done.

use std::collections::BTreeMap;

use heck::ToSnakeCase;

use super::report::{Note, Report};

/// What to tell, and what to do in each file, by its path.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) report: Report,
    pub(super) steps: BTreeMap<String, Vec<Step>>,
}

/// A change of one file.
#[derive(Debug)]
pub(super) enum Step {
    /// A file that is not there yet.
    Create { text: String },
    /// A member, to stand behind another one or in front of all.
    Insert {
        list: &'static str,
        after: Option<String>,
        text: String,
    },
    /// A stub that nobody has described yet gets another type or flag.
    Update {
        list: &'static str,
        name: String,
        ty: String,
        required: bool,
    },
}

impl Plan {
    pub(super) fn step(&mut self, path: &str, step: Step) {
        self.steps.entry(path.to_owned()).or_default().push(step);
    }

    pub(super) fn create(&mut self, folder: &str, name: &str, what: &str, text: String) {
        let path = format!("{folder}/{}.toml", name.to_snake_case());
        self.report.new.push(Note::new(name, what));
        self.step(&path, Step::Create { text });
    }
}
