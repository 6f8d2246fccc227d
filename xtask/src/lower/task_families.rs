//! The file of task families of each crate that has one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Command, CommandOption, Creates, File, Form, Item, MODULE, TaskFamily, Use, command,
    task_family,
};
use crate::ir::Api;

/// The file of the models.
pub(super) fn models(api: &Api) -> Option<File<'_>> {
    let families = families(api)?;
    let mut requests = requests(&families);
    requests.sort();
    requests.dedup();
    let uses = vec![
        Use::new("serde", &["Deserialize", "Serialize"]),
        Use::new("crate::action", &["Action"]),
        Use::new("crate::media_kind", &["MediaKind"]),
        Use {
            module: "crate::task_family".to_owned(),
            names: fact_types(&families),
        },
        Use {
            module: "super".to_owned(),
            names: requests,
        },
    ];
    let path = format!("{MODULE}/task_family.rs");
    Some(file(path, uses, Item::TaskFamilies(families)))
}

/// The names of the types of facts that the families have.
fn fact_types(families: &[TaskFamily]) -> Vec<String> {
    let facts = || families.iter().map(|family| &family.results);
    let mut names = vec!["ResultSource", "TaskFamilyInfo"];
    names.extend(
        facts()
            .any(|it| it.confirm.is_some())
            .then_some("Confirmation"),
    );
    names.extend(
        facts()
            .any(|it| !it.kinds.is_empty())
            .then_some("ResultKind"),
    );
    names.sort_unstable();
    names.into_iter().map(str::to_owned).collect()
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
    names.extend(creates.map(|create| create.response.clone()));
    let statuses = families.iter().map(|family| &family.answer.status_type);
    names.extend(statuses.cloned());
    names.extend(["MediaKind", "TaskFamily", "TaskPhase"].map(str::to_owned));
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
        Use::new("crate::handle", &["TaskHandle"]),
        Use::new("crate::task", &["Poller", "Tasks", "poll"]),
    ];
    vec![file(format!("{MODULE}.rs"), uses, Item::Facade(families))]
}

/// The files of the command line.
#[must_use]
pub fn command_line(api: &Api) -> Vec<File<'_>> {
    let commands = command::commands(api);
    if commands.is_empty() {
        return Vec::new();
    }
    let mut uses = CommandUses::default();
    for command in &commands {
        uses.command(command);
    }
    vec![file(
        format!("{MODULE}.rs"),
        uses.sorted(),
        Item::Commands(commands),
    )]
}

/// Adds the declarations that the commands need.
#[derive(Default)]
struct CommandUses(BTreeMap<&'static str, BTreeSet<String>>);

impl CommandUses {
    fn add(&mut self, module: &'static str, name: &str) {
        self.0.entry(module).or_default().insert(name.to_owned());
    }

    fn command(&mut self, command: &Command) {
        self.add("clap", "Subcommand");
        self.add("crate::commands", "FamilyCommand");
        self.add("crate::context", "Context");
        self.add("crate::failure", "Failure");
        match &command.creates {
            Creates::Options {
                request, options, ..
            } => {
                self.add("clap", "Args");
                self.add("mps_aigc::models", request);
                self.add("crate::commands", "CreateArgs");
                self.add("crate::request", "RequestFields");
                for option in options {
                    self.option(option);
                }
            }
            Creates::Words { words, .. } => {
                self.add("clap", "ValueEnum");
                self.add("mps_aigc", &command.variant);
                self.add("crate::commands", "SelectArgs");
                self.add("crate::commands", "Selection");
                for (_, action, _) in words {
                    self.add("mps_aigc::models", action);
                }
            }
        }
    }

    fn option(&mut self, option: &CommandOption) {
        const REQUEST: &str = "crate::request";
        if option
            .object
            .as_ref()
            .is_some_and(|object| !object.required)
        {
            self.add(REQUEST, "set_object");
        }
        if option.media.is_some() {
            for name in ["FileKind", "MediaOption", "MediaOptions"] {
                self.add("crate::media", name);
            }
        }
        if option.file_doc.is_some() {
            self.add("std::path", "PathBuf");
            self.add(REQUEST, "text_of_file");
        }
        match &option.form {
            Form::Text | Form::Integer | Form::Float => self.value(option),
            Form::Switch(_) => {
                self.value(option);
                self.add(REQUEST, "switch");
            }
            Form::Texts => {}
            Form::Items(item) => {
                self.add("mps_aigc::models", &item.name);
                self.add(REQUEST, "set_list");
                self.add(REQUEST, "url_and_options");
            }
            Form::Keys(item, _) => {
                self.add("mps_aigc::models", &item.name);
                self.add(REQUEST, "keys_and_values");
            }
        }
    }

    fn value(&mut self, option: &CommandOption) {
        if !option.member.required {
            self.add("crate::request", "set");
        }
    }

    fn sorted(self) -> Vec<Use> {
        let taken = self.0.into_iter();
        taken
            .map(|(module, names)| Use {
                module: module.to_owned(),
                names: names.into_iter().collect(),
            })
            .collect()
    }
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
        .chain(creates.map(|create| &create.request))
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
