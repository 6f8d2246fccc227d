//! Detection of names that would be used twice in Rust.

use std::collections::BTreeMap;

use super::{
    helper, model_names,
    names::{file_stem, response, snake, variant, with_prefix},
};
use crate::{
    diagnostic::{Diagnostic, Span},
    ir::{Api, Enum, Member, Type},
};

/// Names of types that generated files use, or that have another meaning for every reader.
pub(crate) const TAKEN_TYPES: &[&str] = &[
    "Action",
    "ActionInfo",
    "ActionVisitor",
    "Bounds",
    "Box",
    "Column",
    "Day",
    "Default",
    "Deserialize",
    "Effect",
    "ErrorClass",
    "ErrorCode",
    "Executed",
    "From",
    "Is",
    "IsSet",
    "Kind",
    "Map",
    "MemberInfo",
    "Option",
    "Path",
    "Preflight",
    "Report",
    "Result",
    "Rule",
    "Self",
    "Serialize",
    "Site",
    "SiteInfo",
    "String",
    "StructInfo",
    "TaskPhase",
    "UnknownValue",
    "Value",
    "Vec",
];

/// Names of methods and fields of every generated struct and of common traits.
const TAKEN_MEMBERS: &[&str] = &[
    "borrow",
    "clone",
    "clone_from",
    "default",
    "deserialize",
    "eq",
    "extra",
    "fmt",
    "from",
    "inspect",
    "into",
    "ne",
    "new",
    "preflight",
    "preflight_on",
    "serialize",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
];

/// Names of modules that Rust reserves.
const TAKEN_MODULES: &[&str] = &["mod"];

const TAKEN_VARIANTS: &[&str] = &["Self", "Unknown"];

/// Returns a mistake for every name that would be used twice.
pub(crate) fn collisions(api: &Api) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    types(api, &mut out);
    for action in &api.actions {
        fields(&action.request, &mut out);
        fields(&action.response, &mut out);
    }
    for shared in &api.structs {
        fields(&shared.members, &mut out);
    }
    for set in &api.enums {
        variants(set, &mut out);
    }
    out.extend(api.families.iter().flat_map(model_names::collisions));
    out
}

fn types(api: &Api, out: &mut Vec<Diagnostic>) {
    let mut types = Names::new("type", TAKEN_TYPES);
    let mut actions = Names::new("module", TAKEN_MODULES);
    let mut structs = Names::new("module", TAKEN_MODULES);
    for action in &api.actions {
        actions.take(file_stem(&action.name), &action.at, out);
        types.take(action.name.clone(), &action.at, out);
        types.take(response(&action.name), &action.at, out);
    }
    for shared in &api.structs {
        structs.take(file_stem(&shared.name), &shared.at, out);
        types.take(shared.name.clone(), &shared.at, out);
    }
    for set in &api.enums {
        types.take(set.name.clone(), &set.at, out);
    }
}

fn fields(members: &[Member], out: &mut Vec<Diagnostic>) {
    let mut names = Names::new("field", TAKEN_MEMBERS);
    for member in members {
        names.take(snake(&member.name), &member.at, out);
        if matches!(member.ty, Type::List(_)) {
            names.take(with_prefix("push", &member.name), &member.at, out);
        }
        if let Some(helper) = helper::of(member) {
            names.take(helper.name, &member.at, out);
        }
    }
}

fn variants(set: &Enum, out: &mut Vec<Diagnostic>) {
    let mut names = Names::new("variant", TAKEN_VARIANTS);
    for value in &set.values {
        let name = variant(&value.value);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            let title = format!("`{}` cannot become a Rust name", value.value);
            out.push(Diagnostic::at(&value.at, "E0503", title));
        } else {
            names.take(name, &value.at, out);
        }
    }
}

/// The names of one scope.
struct Names {
    what: &'static str,
    taken: &'static [&'static str],
    given: BTreeMap<String, Span>,
}

impl Names {
    const fn new(what: &'static str, taken: &'static [&'static str]) -> Self {
        let given = BTreeMap::new();
        Self { what, taken, given }
    }

    fn take(&mut self, name: String, at: &Span, out: &mut Vec<Diagnostic>) {
        let what = self.what;
        if self.taken.contains(&&*name) {
            let title = format!("the {what} `{name}` is reserved in generated code");
            out.push(Diagnostic::at(at, "E0502", title).help(HELP));
        }
        if let Some(first) = self.given.get(&name) {
            let title = format!("two names of the API become the same {what} `{name}`");
            let diagnostic = Diagnostic::at(at, "E0501", title).label("second name");
            out.push(diagnostic.also(first, "first name").help(HELP));
        } else {
            self.given.insert(name, at.clone());
        }
    }
}

const HELP: &str = "the API decides the name, so add another Rust name in xtask/src/lower/names.rs";
