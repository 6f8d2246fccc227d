//! The plan of an import.

use std::collections::BTreeMap;

use heck::ToSnakeCase;

use super::report::{Note, Report};

/// The report and the steps for each file, by its path.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) report: Report,
    pub(super) steps: BTreeMap<String, Vec<Step>>,
}

/// A change of one file.
#[derive(Debug)]
pub(super) enum Step {
    /// Creates a file.
    Create { text: String },
    /// Inserts a member after another one, or before all others.
    Insert {
        list: &'static str,
        after: Option<String>,
        text: String,
    },
    /// Changes the type and the flag of a stub.
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
