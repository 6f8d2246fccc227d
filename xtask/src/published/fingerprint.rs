//! The fingerprint of a description: names, types, flags, values, and hashes of texts.
//!
//! One is stored for each site, in `spec/published/`. It is complete enough to find every difference
//! to a newer description, and contains no text of the vendor.

use std::{collections::BTreeMap, fmt::Write};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    Description, prose,
    shape::{RawAction, ty},
};
use crate::failure::Failure;

/// The version of the format of the file.
const FORMAT: u32 = 2;

/// The first format, which has no days.
const WITHOUT_DAYS: u32 = 1;

/// A fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    format: u32,
    /// The site that the description is of.
    pub site: String,
    /// The package that ships the description.
    pub package: String,
    /// Version of the package; empty if unknown.
    pub release: String,
    /// The description, as facts cite it.
    pub source: String,
    /// Name of the service.
    pub service: String,
    /// Version of its API.
    pub version: String,
    /// The day of the first description with an action or object that no earlier one had, by name.
    /// Those of the first description that was imported are not in it, since they may be older.
    #[serde(default)]
    pub since: BTreeMap<String, String>,
    /// Actions by their names.
    pub actions: BTreeMap<String, Action>,
    /// Messages and structs by their names.
    pub objects: BTreeMap<String, Object>,
}

/// An action of a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action(
    /// Status, for example `online`.
    pub String,
    /// Object of the request.
    pub String,
    /// Object of the response.
    pub String,
    /// Hash of the texts.
    pub String,
);

/// A message or struct of a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Hash of the text.
    pub text: String,
    /// The members in their order.
    pub members: Vec<Member>,
}

/// A member of a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member(
    /// Name.
    pub String,
    /// Type, in the notation of the specification.
    pub String,
    /// Flags, as [`flags`] describes them.
    pub String,
    /// Hash of the text.
    pub String,
    /// Hash of the example value; empty without one.
    pub String,
    /// Values that the text names.
    pub Vec<String>,
);

/// The flags of a member, a letter each.
pub mod flags {
    /// Every request must have it.
    pub const REQUIRED: char = 'r';
    /// It is not shown in the documentation.
    pub const DISABLED: char = 'd';
    /// It can be `null` in a response.
    pub const NULLABLE: char = 'n';
    /// Every response has it.
    pub const ANSWERED: char = 'o';
}

impl Member {
    /// Returns whether the member has a flag.
    #[must_use]
    pub fn has(&self, flag: char) -> bool {
        self.2.contains(flag)
    }
}

/// A fingerprint and the texts that it was made from.
#[derive(Debug)]
pub struct Reading {
    /// The fingerprint.
    pub print: Fingerprint,
    /// Texts by their hash.
    pub texts: BTreeMap<String, String>,
}

/// The origin of a description.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'o> {
    /// The site that it is of.
    pub site: &'o str,
    /// The package that ships it.
    pub package: &'o str,
    /// Version of the package; empty if unknown.
    pub release: &'o str,
    /// The description, as facts cite it.
    pub source: &'o str,
}

/// An object as far as it can be read. Elsewhere in the service an unexpected shape must not stop an
/// import.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AnyObject {
    document: Option<String>,
    members: Option<Vec<AnyMember>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AnyMember {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    member: String,
    required: Option<bool>,
    disabled: Option<bool>,
    value_allowed_null: Option<bool>,
    output_required: Option<bool>,
    document: Option<String>,
    example: Option<Value>,
}

impl Description {
    /// Returns the fingerprint of the whole description, with its texts.
    #[must_use]
    pub fn reading(&self, origin: Origin<'_>) -> Reading {
        let mut texts = Texts::default();
        let actions = self
            .actions
            .iter()
            .map(|(name, raw)| (name.clone(), texts.action(raw)));
        let actions = actions.collect();
        let objects = self
            .objects
            .iter()
            .map(|(name, raw)| (name.clone(), texts.object(raw)));
        let objects = objects.collect();
        Reading {
            print: Fingerprint {
                format: FORMAT,
                site: origin.site.to_owned(),
                package: origin.package.to_owned(),
                release: origin.release.to_owned(),
                source: origin.source.to_owned(),
                service: self.service.clone(),
                version: self.version.clone(),
                since: BTreeMap::new(),
                actions,
                objects,
            },
            texts: texts.0,
        }
    }
}

#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Texts {
    fn hash(&mut self, text: &str) -> String {
        let hash = prose::hash(text);
        self.0
            .entry(hash.clone())
            .or_insert_with(|| text.to_owned());
        hash
    }

    fn action(&mut self, raw: &RawValue) -> Action {
        match serde_json::from_str::<RawAction>(raw.get()) {
            Ok(action) => {
                let texts = [action.name, action.document].map(Option::unwrap_or_default);
                let status = action.status.unwrap_or_default();
                Action(
                    status,
                    action.input,
                    action.output,
                    self.hash(&texts.join("\n")),
                )
            }
            Err(_) => Action(
                "?".to_owned(),
                String::new(),
                String::new(),
                self.hash(raw.get()),
            ),
        }
    }

    fn object(&mut self, raw: &RawValue) -> Object {
        let object: AnyObject = serde_json::from_str(raw.get()).unwrap_or_default();
        // An object of another shape is compared as a whole.
        let Some(members) = object.members else {
            return Object {
                text: self.hash(raw.get()),
                members: Vec::new(),
            };
        };
        Object {
            text: self.hash(&object.document.unwrap_or_default()),
            members: members.into_iter().map(|it| self.member(it)).collect(),
        }
    }

    fn member(&mut self, raw: AnyMember) -> Member {
        let ty =
            ty(&raw.kind, &raw.member).unwrap_or_else(|| format!("{} of {}", raw.kind, raw.member));
        let flags = [
            (raw.required, flags::REQUIRED),
            (raw.disabled, flags::DISABLED),
            (raw.value_allowed_null, flags::NULLABLE),
            (raw.output_required, flags::ANSWERED),
        ];
        let flags = flags.into_iter().filter(|(flag, _)| *flag == Some(true));
        let text = raw.document.unwrap_or_default();
        let example = raw.example.map(|example| self.hash(&example.to_string()));
        Member(
            raw.name,
            ty,
            flags.map(|(_, letter)| letter).collect(),
            self.hash(&text),
            example.unwrap_or_default(),
            prose::values(&text),
        )
    }
}

impl Fingerprint {
    /// Parses the text of a file.
    ///
    /// # Errors
    /// Returns a failure if the text is no fingerprint, or has a newer format.
    pub fn parse(text: &str, path: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let failed = |error: serde_json::Error| {
            Failure::new(format!("error: {path}: not a fingerprint: {error}"))
        };
        let head: Head = serde_json::from_str(text).map_err(failed)?;
        if ![WITHOUT_DAYS, FORMAT].contains(&head.format) {
            return Err(Failure::new(format!(
                "error: {path}: the fingerprint has format {}, supported is {FORMAT}\n\
                 help: update this checkout, or delete the file and import the description again",
                head.format
            )));
        }
        let print: Self = serde_json::from_str(text).map_err(failed)?;
        Ok(Self {
            format: FORMAT,
            ..print
        })
    }

    /// Takes the days over from the fingerprint of the description before, and adds that of this one
    /// for the names that are new.
    pub fn date(&mut self, before: &Self) {
        let day = day_in(&self.source);
        let names = self.actions.keys().chain(self.objects.keys());
        let since = names.filter_map(|name| {
            let is_old = before.actions.contains_key(name) || before.objects.contains_key(name);
            let day = if is_old {
                before.since.get(name)
            } else {
                day.as_ref()
            };
            Some((name.clone(), day?.clone()))
        });
        self.since = since.collect();
    }

    /// Returns the text of the file, with a line for each action and member.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("{\n");
        let quoted = |text: &str| Value::from(text).to_string();
        let heads = [
            ("site", &self.site),
            ("package", &self.package),
            ("release", &self.release),
            ("source", &self.source),
            ("service", &self.service),
            ("version", &self.version),
        ];
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  \"format\": {},", self.format);
        for (key, value) in heads {
            let _ = writeln!(text, "  \"{key}\": {},", quoted(value));
        }
        let since = self
            .since
            .iter()
            .map(|(name, day)| format!("    {}: {}", quoted(name), quoted(day)));
        let since: Vec<String> = since.collect();
        if !since.is_empty() {
            let _ = writeln!(text, "  \"since\": {{\n{}\n  }},", since.join(",\n"));
        }
        let actions = self
            .actions
            .iter()
            .map(|(name, action)| format!("    {}: {}", quoted(name), json(action)));
        let actions: Vec<String> = actions.collect();
        let _ = writeln!(text, "  \"actions\": {{\n{}\n  }},", actions.join(",\n"));
        let objects = self.objects.iter().map(|(name, object)| {
            let members = object
                .members
                .iter()
                .map(|it| format!("\n      {}", json(it)));
            let members: Vec<String> = members.collect();
            format!(
                "    {}: {{ \"text\": {}, \"members\": [{}] }}",
                quoted(name),
                quoted(&object.text),
                members.join(",")
            )
        });
        let objects: Vec<String> = objects.collect();
        let _ = writeln!(text, "  \"objects\": {{\n{}\n  }}\n}}", objects.join(",\n"));
        text
    }

    /// Returns the hash of the text of a member, by its path such as `CreateAigcVideoTask.Prompt`,
    /// `CreateAigcVideoTaskResponse.TaskId` or `AigcImageInfo.ImageUrl`.
    #[must_use]
    pub fn text_of(&self, path: &str) -> Option<&str> {
        let (owner, name) = path.split_once('.')?;
        let member = self.object(owner)?.members.iter().find(|it| it.0 == name)?;
        Some(&member.3)
    }

    /// Returns a message or struct by its name in the specification.
    #[must_use]
    pub fn object(&self, owner: &str) -> Option<&Object> {
        let answered = owner.strip_suffix("Response");
        let message = match self.actions.get(owner) {
            Some(action) => Some(&action.1),
            None => answered
                .and_then(|name| self.actions.get(name))
                .map(|action| &action.2),
        };
        self.objects.get(message.map_or(owner, |name| &**name))
    }
}

/// Returns the day in the name of a description, as in `API description of 2026-10-26`.
fn day_in(source: &str) -> Option<String> {
    let mut words = source.split(|c: char| !c.is_ascii_digit() && c != '-');
    let is_day = |word: &&str| {
        let parts: Vec<usize> = word.split('-').map(str::len).collect();
        parts == [4, 2, 2]
    };
    words.find(is_day).map(str::to_owned)
}

fn json(item: &impl Serialize) -> String {
    serde_json::to_string(item).unwrap_or_default()
}
