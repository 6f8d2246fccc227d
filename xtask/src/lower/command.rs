//! The subcommands and request options of the command line.

use heck::{ToSnakeCase, ToUpperCamelCase};

use super::{
    helper::{self, SetterArgument},
    names,
    task_family::{fields, member},
};
use crate::{
    ir::{self, Api, Member, Type},
    model::Scalar,
    rule_kinds::BoundValue,
};

/// The verbs of a family on the command line.
#[derive(Debug)]
pub struct Command {
    /// Name of the variant and of the family's marker type.
    pub variant: String,
    /// Help text.
    pub doc: String,
    /// Options of `create`.
    pub creates: Creates,
}

/// The arguments of `create`.
#[derive(Debug)]
pub enum Creates {
    /// One action, whose request can be given as options.
    Options {
        /// Name of the struct of options.
        name: String,
        /// The request type.
        request: String,
        /// The options.
        options: Vec<CommandOption>,
    },
    /// Several actions, whose requests come from files.
    Words {
        /// Name of the enum of words.
        name: String,
        /// Each word's variant, request type and help text.
        words: Vec<(String, String, String)>,
    },
}

/// An option that sets a member.
#[derive(Debug)]
pub struct CommandOption {
    /// Name of the field.
    pub field: String,
    /// The option as it is typed, with its dashes.
    pub flag: String,
    /// Placeholder of the value.
    pub value: String,
    /// Help text.
    pub doc: String,
    /// Help text of the option that reads the value from a file.
    pub file_doc: Option<String>,
    /// Variant of the kind of file that may stand in place of a URL, and the member as documents write it.
    pub media: Option<(String, String)>,
    /// Object of the request that has the member, if it is not the request itself.
    pub object: Option<Place>,
    /// The field of the request or object.
    pub member: Place,
    /// Form of the value.
    pub form: Form,
}

/// A field that is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its name.
    pub field: String,
    /// `true` if it always has a value; others are an `Option`.
    pub required: bool,
}

/// The form of the value of an option.
#[derive(Debug)]
pub enum Form {
    /// As text.
    Text,
    /// As a whole number.
    Integer,
    /// As a number that may have a fraction.
    Float,
    /// By presence; the member is a Boolean, 1 or 0, or `yes` or `no`.
    Switch(Option<SetterArgument>),
    /// As texts, by repetition.
    Texts,
    /// As a text with keys, by repetition; each makes a struct.
    Items(Item),
    /// As keys and values; they make a struct.
    Keys(Item, String),
}

/// The struct that an option makes.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// The field of the value before the keys; empty without one.
    pub main: String,
    /// Each key and its field.
    pub keys: Vec<(String, String)>,
}

/// The subcommands of an API.
pub(super) fn commands(api: &Api) -> Vec<Command> {
    let command = |family: &ir::TaskFamily| Command {
        variant: family.name.to_upper_camel_case(),
        doc: format!("Create, wait for and download {}", family.plural),
        creates: creates(family, api),
    };
    api.task_families.iter().map(command).collect()
}

fn creates(family: &ir::TaskFamily, api: &Api) -> Creates {
    let name = family.name.to_upper_camel_case();
    if let [create] = &*family.creates {
        let mut actions = api.actions.iter();
        let action = actions.find(|action| action.name == create.action);
        let members = action.map_or(&[][..], |action| &action.request);
        let options = family.options.iter();
        return Creates::Options {
            name: format!("{name}Fields"),
            request: create.action.clone(),
            options: options.filter_map(|it| option(it, members, api)).collect(),
        };
    }
    let words = family.creates.iter().filter_map(|create| {
        let (word, doc) = create.word.as_ref()?;
        let doc = format!("{doc} (`{}`)", create.action);
        Some((word.to_upper_camel_case(), create.action.clone(), doc))
    });
    Creates::Words {
        name: format!("{name}Action"),
        words: words.collect(),
    }
}

fn option(option: &ir::OptionUse, members: &[Member], api: &Api) -> Option<CommandOption> {
    let path = &option.target.path;
    let first = members.iter().find(|member| member.name == path.first)?;
    let inner = member(api, members, path)?;
    let is_item = path.each || !option.target.keys.is_empty();
    let place = |member: &Member| Place {
        field: names::snake(&member.name),
        required: member.required,
    };
    let (object, member) = if path.second.is_some() && !is_item {
        (Some(place(first)), place(inner))
    } else {
        (None, place(first))
    };
    let form = if is_item {
        item(option, first, api)?
    } else {
        plain(inner)?
    };
    let placeholder = option.value.as_deref().unwrap_or_default();
    let example = inner.example.as_ref().map(Scalar::to_string);
    let mut doc = option
        .doc
        .replace("{example}", &example.unwrap_or_default());
    if matches!(form, Form::Switch(_)) {
        doc = format!("{doc}; the opposite is --no-{}", option.flag);
    }
    Some(CommandOption {
        field: option.flag.to_snake_case(),
        flag: format!("--{}", option.flag),
        value: format!("{placeholder}{}", keys_shown(option, first, api)),
        doc,
        file_doc: option.file_doc.clone(),
        media: option
            .media
            .as_ref()
            .map(|media| (media.to_upper_camel_case(), path.to_string())),
        object,
        member,
        form,
    })
}

/// Returns the form of a member that is set as a whole, or `None` if no option can set it.
fn plain(member: &Member) -> Option<Form> {
    let disguised = helper::of(member).map(|helper| helper.takes);
    let disguised = disguised.filter(|takes| *takes != SetterArgument::Json);
    match &member.ty {
        Type::Text | Type::Integer if disguised.is_some() => Some(Form::Switch(disguised)),
        Type::Boolean => Some(Form::Switch(None)),
        Type::Text => Some(Form::Text),
        Type::Integer => Some(Form::Integer),
        Type::Float => Some(Form::Float),
        Type::List(item) if **item == Type::Text => Some(Form::Texts),
        Type::List(_) | Type::Struct(_) | Type::Enum(_) => None,
    }
}

fn item(option: &ir::OptionUse, first: &Member, api: &Api) -> Option<Form> {
    let keys = option.target.keys.iter();
    let keys = keys.map(|(key, member)| (key.clone(), names::snake(member)));
    let item = |name: &String| Item {
        name: name.clone(),
        main: option
            .target
            .path
            .second
            .as_deref()
            .map(names::snake)
            .unwrap_or_default(),
        keys: keys.collect(),
    };
    match &first.ty {
        Type::Struct(name) => Some(Form::Keys(item(name), key_examples(option, first, api))),
        Type::List(of) => match &**of {
            Type::Struct(name) => Some(Form::Items(item(name))),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the keys with the members' examples, for hints: `bucket=b-1,region=ap-guangzhou`.
fn key_examples(option: &ir::OptionUse, first: &Member, api: &Api) -> String {
    let inside = fields(api, &first.ty);
    let shown = option.target.keys.iter().map(|(key, name)| {
        let member = inside.iter().find(|member| member.name == *name);
        let example = member.and_then(|member| member.example.as_ref());
        format!(
            "{key}={}",
            example.map(Scalar::to_string).unwrap_or_default()
        )
    });
    shown.collect::<Vec<_>>().join(",")
}

/// Returns the keys as they follow the placeholder in help texts: `[,refer=base|feature]`.
fn keys_shown(option: &ir::OptionUse, first: &Member, api: &Api) -> String {
    let inside = fields(api, &first.ty);
    let is_list = matches!(first.ty, Type::List(_));
    let mut shown = String::new();
    for (key, name) in &option.target.keys {
        let member = inside.iter().find(|member| member.name == *name);
        let comma = if is_list || !shown.is_empty() {
            ","
        } else {
            ""
        };
        let pair = format!("{comma}{key}={}", values_shown(key, member));
        if member.is_some_and(|member| member.required) {
            shown.push_str(&pair);
        } else {
            shown.extend(["[", &pair, "]"]);
        }
    }
    shown
}

/// Returns the known values of a key, or its first letter.
fn values_shown(key: &str, member: Option<&Member>) -> String {
    let rules = member.into_iter().flat_map(|member| &member.rules);
    let known = rules.filter_map(|rule| match (rule.kind.key, &rule.value) {
        ("one_of", BoundValue::Values(values)) => Some(values.iter().map(Scalar::to_string)),
        _ => None,
    });
    let known: Vec<String> = known.flatten().collect();
    if known.is_empty() {
        key.chars().take(1).collect::<String>().to_uppercase()
    } else {
        known.join("|")
    }
}
