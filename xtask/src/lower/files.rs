//! The generated files with their items and `use` declarations.

mod uses;

use self::uses::Uses;
use super::{
    Action, Billed, Catalog, Column, Command, Enum, Family, Module, RuleInfo, Struct, TaskFamily,
    action, capability,
    catalog::{self, Exports},
    columns, enums,
    model_names::{self, ModelNames},
    names, rules, service,
    service::Service,
    structure, task_families,
};
use crate::ir::Api;

/// The module of `mps-models` that is generated.
pub const MODULE: &str = "generated";

/// A generated file.
#[derive(Debug)]
pub struct File<'a> {
    /// Path below the crate's `src`, with forward slashes: `generated.rs` and files in
    /// `generated/`.
    pub path: String,
    /// Path of its file of the specification, if it comes from a single one.
    pub origin: Option<&'a str>,
    /// Declarations of names from other modules.
    pub uses: Vec<Use>,
    /// Type of its value.
    pub items: Vec<Item>,
}

/// A `use` declaration.
#[derive(Debug)]
pub struct Use {
    /// Path of the module.
    pub module: String,
    /// The names, sorted.
    pub names: Vec<String>,
}

impl Use {
    /// Creates the declaration of these names, which must be sorted.
    pub(super) fn new(module: &str, names: &[&str]) -> Self {
        Self {
            module: module.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

/// An item of a file.
#[derive(Debug)]
pub enum Item {
    /// Templates of a struct and its implementations.
    Struct(Struct),
    /// The implementation of `Action` for a request struct.
    Action(Action),
    /// An enum with all that belongs to it.
    Enum(Enum),
    /// The facts about the service.
    Service(Service),
    /// The lists of actions and structs.
    Catalog(Catalog),
    /// The columns of the capability tables, and the row that has a field for each.
    Columns(Vec<Column>),
    /// The names of models and versions.
    ModelNames(Vec<ModelNames>),
    /// The list of capability tables.
    Families(Vec<String>),
    /// The capability table of a family.
    Family(Family),
    /// The families of tasks, for the models.
    TaskFamilies(Vec<TaskFamily>),
    /// The families of tasks, for the facade.
    Facade(Vec<TaskFamily>),
    /// The subcommands and request options of the command line.
    Commands(Vec<Command>),
    /// Templates of the list of rules.
    Rules(Vec<RuleInfo>),
    /// Modules inside this one.
    Modules(Vec<Module>),
}

/// Returns the files of an API whose names do not collide.
#[must_use]
pub fn lower(api: &Api) -> Vec<File<'_>> {
    let mut files = vec![root(api), catalog_file(api), service_file(api)];
    files.extend(folder("actions", api.actions.iter().map(action_module)));
    files.extend(folder(
        "structs",
        api.structs.iter().map(|shared| struct_module(&shared.name)),
    ));
    files.extend(api.actions.iter().map(|action| action_file(action, api)));
    files.extend(api.structs.iter().map(struct_file));
    files.extend(enums_file(api));
    files.extend(columns_file(api));
    files.extend(models_file(api));
    files.extend(families_file(api));
    files.extend(api.families.iter().map(|family| family_file(family, api)));
    files.extend(task_families::models(api));
    files.extend(rules_file(api));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn root(api: &Api) -> File<'_> {
    let all = |name: &str| module(name, Exports::Everything);
    let mut modules = vec![all("catalog"), module("service", Exports::Nothing)];
    let hidden = |name: &str| module(name, Exports::Nothing);
    modules.extend((!api.families.is_empty()).then(|| hidden("capabilities")));
    modules.extend((!api.families.is_empty()).then(|| module("models", Exports::Public)));
    modules.extend((!api.columns.is_empty()).then(|| hidden("columns")));
    modules.extend((!api.rules.is_empty()).then(|| hidden("rules")));
    modules.extend((!api.actions.is_empty()).then(|| all("actions")));
    modules.extend((!api.enums.is_empty()).then(|| all("enums")));
    modules.extend((!api.structs.is_empty()).then(|| all("structs")));
    modules.extend((!api.task_families.is_empty()).then(|| all("task_family")));
    modules.sort_by(|one, other| one.name.cmp(&other.name));
    File {
        path: format!("{MODULE}.rs"),
        ..file("", Uses::default(), vec![Item::Modules(modules)])
    }
}

fn folder<'a>(name: &str, modules: impl Iterator<Item = Module>) -> Option<File<'a>> {
    let modules: Vec<Module> = modules.collect();
    let path = format!("{name}.rs");
    (!modules.is_empty()).then(|| file(&path, Uses::default(), vec![Item::Modules(modules)]))
}

fn action_module(action: &crate::ir::Action) -> Module {
    let exports = vec![action.name.clone(), names::response(&action.name)];
    module(&names::snake(&action.name), Exports::Names(exports))
}

fn struct_module(name: &str) -> Module {
    module(&names::snake(name), Exports::Names(vec![name.to_owned()]))
}

fn module(name: &str, exports: Exports) -> Module {
    Module {
        name: name.to_owned(),
        exports,
    }
}

fn action_file<'a>(action: &'a crate::ir::Action, api: &'a Api) -> File<'a> {
    let request = structure::request(action, api);
    let response = structure::response(action);
    let mut uses = Uses::default();
    uses.add("crate::action", &["Action", "ActionInfo", "Effect"]);
    uses.structure(&request);
    uses.structure(&response);
    let path = format!("actions/{}.rs", names::file_stem(&action.name));
    let lowered = action::lower(action, api);
    if let Some(constant) = &lowered.capabilities {
        uses.add("super::super::capabilities", &[constant]);
    }
    if matches!(lowered.billed, Some(Billed::Member { .. })) {
        uses.add("crate", &["billing"]);
    }
    let items = vec![
        Item::Struct(request),
        Item::Action(lowered),
        Item::Struct(response),
    ];
    File {
        origin: Some(&action.origin),
        ..file(&path, uses, items)
    }
}

fn struct_file(shared: &crate::ir::Struct) -> File<'_> {
    let lowered = structure::shared(shared);
    let mut uses = Uses::default();
    uses.structure(&lowered);
    let path = format!("structs/{}.rs", names::file_stem(&shared.name));
    File {
        origin: Some(&shared.origin),
        ..file(&path, uses, vec![Item::Struct(lowered)])
    }
}

fn enums_file(api: &Api) -> Option<File<'_>> {
    let first = api.enums.first()?;
    let lowered: Vec<Enum> = api.enums.iter().map(enums::lower).collect();
    let mut uses = Uses::default();
    uses.add("std", &["fmt"]);
    uses.add("serde", &["Deserialize", "Serialize", "Serializer"]);
    uses.add("crate::open_enum", &["UnknownValue"]);
    if lowered.iter().any(|set| set.has_phases) {
        uses.add("crate::open_enum", &["TaskPhase"]);
    }
    if lowered.iter().any(|set| set.in_request) {
        uses.add("crate::preflight", &["Path", "Preflight", "Report"]);
    }
    Some(File {
        origin: Some(&first.origin),
        ..file(
            "enums.rs",
            uses,
            lowered.into_iter().map(Item::Enum).collect(),
        )
    })
}

fn service_file(api: &Api) -> File<'_> {
    let mut uses = Uses::default();
    uses.add(
        "crate::service",
        &["ErrorClass", "ErrorCode", "Executed", "SiteInfo"],
    );
    File {
        origin: Some(&api.service.origin),
        ..file(
            "service.rs",
            uses,
            vec![Item::Service(service::lower(&api.service))],
        )
    }
}

fn columns_file(api: &Api) -> Option<File<'_>> {
    let mut uses = Uses::default();
    uses.add("serde", &["Serialize"]);
    uses.add("crate::capabilities", &["Day", "by_site"]);
    uses.add("crate::capabilities", &columns::types(&api.columns));
    uses.add("crate::service", &["Site"]);
    let lowered = api.columns.iter().map(columns::lower).collect();
    (!api.columns.is_empty()).then(|| File {
        origin: Some("columns.toml"),
        ..file("columns.rs", uses, vec![Item::Columns(lowered)])
    })
}

fn models_file(api: &Api) -> Option<File<'_>> {
    let names = api.families.iter().map(model_names::lower).collect();
    (!api.families.is_empty())
        .then(|| file("models.rs", Uses::default(), vec![Item::ModelNames(names)]))
}

fn families_file(api: &Api) -> Option<File<'_>> {
    let constant = |family: &crate::ir::Family| capability::constant(&family.name);
    let constants: Vec<String> = api.families.iter().map(constant).collect();
    let each = api.families.iter().zip(&constants);
    let modules = each.map(|(family, constant)| {
        let name = names::snake(&family.name);
        let exports = Exports::Names(vec![constant.clone(), name.clone()]);
        module(&name, exports)
    });
    let items = vec![Item::Modules(modules.collect()), Item::Families(constants)];
    let mut uses = Uses::default();
    uses.add("crate::capabilities", &["Family"]);
    (!api.families.is_empty()).then(|| file("capabilities.rs", uses, items))
}

fn family_file<'a>(family: &'a crate::ir::Family, api: &Api) -> File<'a> {
    let lowered = capability::family(family, &api.columns);
    let mut uses = Uses::default();
    uses.add("crate::capabilities", &["Family", "Model"]);
    uses.table(&lowered);
    let path = format!("capabilities/{}.rs", names::file_stem(&family.name));
    File {
        origin: Some(&family.origin),
        ..file(&path, uses, vec![Item::Family(lowered)])
    }
}

fn rules_file(api: &Api) -> Option<File<'_>> {
    let lowered: Vec<RuleInfo> = api.rules.iter().map(rules::lower).collect();
    let mut uses = Uses::default();
    uses.add("crate::preflight", &["RuleInfo"]);
    (!api.rules.is_empty()).then(|| File {
        origin: Some("rules.toml"),
        ..file("rules.rs", uses, vec![Item::Rules(lowered)])
    })
}

fn catalog_file(api: &Api) -> File<'_> {
    let catalog = catalog::lower(api);
    let mut uses = Uses::default();
    uses.add("crate::action", &["Action", "ActionInfo", "ActionVisitor"]);
    uses.add("crate::schema", &["StructInfo"]);
    for name in &catalog.structs {
        uses.add("super", &[name]);
    }
    file("catalog.rs", uses, vec![Item::Catalog(catalog)])
}

fn file<'a>(path: &str, uses: Uses, items: Vec<Item>) -> File<'a> {
    File {
        path: format!("{MODULE}/{path}"),
        origin: None,
        uses: uses.sorted(),
        items,
    }
}
