//! `cargo xtask spec add`: adds actions of the description last seen to the specification, as
//! definitions of which only the structure is specified.
//!
//! Everything comes from the stored fingerprint, so no file of the vendor is needed: members, types,
//! required flags, values that texts name. Guesses are marked as such: members that look sensitive or
//! like a URL. What no description states (effect, rate limit, page) is left out, so that the
//! defaults of the tier apply, which are safe. Examples are added if their file is given.

mod examples;
mod guess;
mod options;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use self::options::Options;
use crate::{
    check::{Type, parse_type},
    diagnostic::closest,
    failure::Failure,
    import::{stored, write as files},
    model::{self, Sources, Spec},
    published::fingerprint::{Fingerprint, Member, flags},
    sources,
};

/// Member of every response, which the specification does not list.
const ENVELOPE: &str = "RequestId";

/// The result of an addition.
#[derive(Debug, Default)]
pub struct Added {
    /// Names of the new actions.
    pub actions: Vec<String>,
    /// Names of the new structs.
    pub structs: Vec<String>,
    /// Structs with another name in Rust, since an action or another struct has theirs.
    pub renamed: Vec<(String, String)>,
    /// Guesses to confirm, by the path of the member.
    pub guesses: Vec<String>,
    /// Number of examples.
    pub examples: usize,
    /// Examples that were left out, and the reason.
    pub skipped: Vec<String>,
    /// New files with their text, by their path below the specification.
    pub files: BTreeMap<String, String>,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (actions, structs) = (self.actions.len(), self.structs.len());
        writeln!(
            f,
            "actions: {actions}; structs: {structs}; examples: {}",
            self.examples
        )?;
        let renamed = self
            .renamed
            .iter()
            .map(|(from, to)| format!("{from} is {to} in Rust"));
        let renamed: Vec<String> = renamed.collect();
        section(f, "renamed, since an action has the name", &renamed)?;
        section(f, "guessed from names, to confirm", &self.guesses)?;
        section(f, "examples that do not fit their action", &self.skipped)?;
        writeln!(
            f,
            "\nnext: run `cargo xtask spec check`, then `cargo xtask codegen`"
        )
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title} ({})", lines.len())?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

/// Adds actions to the specification of a workspace.
///
/// # Errors
/// Returns a failure if the specification or the fingerprint cannot be read, or an action is unknown
/// or specified already.
pub fn add(root: &std::path::Path, options: &Options) -> Result<Added, Failure> {
    let sources = sources::of(root);
    let (spec, mistakes) = model::parse(&sources);
    if !mistakes.is_empty() {
        return Err(Failure::from_mistakes(&mistakes, &sources));
    }
    let mut stored = stored(&spec, &sources)?;
    let since = days(&stored);
    let print = fingerprint(&mut stored, &options.site)?;
    let names = wanted(&spec, &print, options)?;
    let mut added = Added::default();
    let addition = Addition::new(&spec, &print, &names, &since);
    addition.definitions(&mut added);
    addition.renames(&sources, &mut added);
    if let Some(file) = &options.examples {
        examples::add(file, &print, &names, &mut added)?;
    }
    if !options.dry_run {
        files::all(&root.join("spec"), &added.files)?;
    }
    Ok(added)
}

/// The days of release by name and site, as far as the descriptions tell.
type Days = BTreeMap<String, BTreeMap<String, String>>;

fn days(stored: &BTreeMap<String, Fingerprint>) -> Days {
    let mut days = Days::new();
    for (site, print) in stored {
        for (name, day) in &print.since {
            let of_name = days.entry(name.clone()).or_default();
            of_name.insert(site.clone(), day.clone());
        }
    }
    days
}

fn fingerprint(
    stored: &mut BTreeMap<String, Fingerprint>,
    site: &str,
) -> Result<Fingerprint, Failure> {
    stored.remove(site).ok_or_else(|| {
        Failure::new(format!(
            "error: no description of the site `{}` was imported\n\
             help: run `cargo xtask spec import api.json --site {site}`",
            site.escape_debug()
        ))
    })
}

/// Returns the actions to add: the named ones, or all that the specification does not have.
fn wanted(spec: &Spec, print: &Fingerprint, options: &Options) -> Result<Vec<String>, Failure> {
    let ours: BTreeSet<&str> = spec.actions.iter().map(|it| &*it.name.value).collect();
    if options.all {
        let others = print.actions.keys().filter(|name| !ours.contains(&***name));
        return Ok(others.cloned().collect());
    }
    let known: Vec<&str> = print.actions.keys().map(String::as_str).collect();
    for name in &options.actions {
        if ours.contains(&**name) {
            return Err(Failure::new(format!(
                "error: the specification has the action `{name}` already"
            )));
        }
        if !known.contains(&&**name) {
            let hint =
                closest(name, &known).map(|meant| format!("\nhelp: did you mean `{meant}`?"));
            return Err(Failure::new(format!(
                "error: the site `{}` has no action `{}`{}",
                print.site,
                name.escape_debug(),
                hint.unwrap_or_default()
            )));
        }
    }
    Ok(options.actions.clone())
}

/// An addition of some actions.
struct Addition<'a> {
    spec: &'a Spec,
    print: &'a Fingerprint,
    names: &'a [String],
    since: &'a Days,
    /// New structs, true if a request leads to them.
    structs: BTreeMap<&'a str, bool>,
}

impl<'a> Addition<'a> {
    fn new(spec: &'a Spec, print: &'a Fingerprint, names: &'a [String], since: &'a Days) -> Self {
        let ours: BTreeSet<&str> = spec.structs.iter().map(|it| &*it.name.value).collect();
        let mut structs = BTreeMap::new();
        for sent in [true, false] {
            for name in names {
                let messages = print.actions.get(name);
                let message = messages.map(|it| if sent { &it.1 } else { &it.2 });
                let mut open: Vec<&str> = message.into_iter().map(String::as_str).collect();
                while let Some(owner) = open.pop() {
                    let object = print.objects.get(owner);
                    for member in object.iter().flat_map(|object| &object.members) {
                        if let Some(name) = named(&member.1)
                            && !ours.contains(name)
                            && !structs.contains_key(name)
                        {
                            structs.insert(name, sent);
                            open.push(name);
                        }
                    }
                }
            }
        }
        Self {
            spec,
            print,
            names,
            since,
            structs,
        }
    }

    fn definitions(&self, added: &mut Added) {
        for name in self.names {
            let Some(action) = self.print.actions.get(name) else {
                continue;
            };
            let members = |object: &str| {
                let object = self.print.objects.get(object);
                let members = object.into_iter().flat_map(|object| &object.members);
                let shown = members.filter(|it| it.0 != ENVELOPE && !it.has(flags::DISABLED));
                shown.collect::<Vec<&Member>>()
            };
            let (request, response) = (members(&action.1), members(&action.2));
            let head = write::head(name, self.print, self.since.get(name));
            let text = write::action(head, name, &request, &response, added);
            added.files.insert(path("actions", name), text);
            added.actions.push(name.clone());
        }
        for (name, sent) in &self.structs {
            let object = self.print.objects.get(*name);
            let members = object.into_iter().flat_map(|object| &object.members);
            let members: Vec<&Member> = members.filter(|it| !it.has(flags::DISABLED)).collect();
            let head = write::head(name, self.print, self.since.get(*name));
            let text = write::structure(head, name, &members, *sent, added);
            added.files.insert(path("structs", name), text);
            added.structs.push((*name).to_owned());
        }
    }

    /// Gives another name to each struct whose name an action or its response has.
    fn renames(&self, sources: &Sources, added: &mut Added) {
        let ours = self.spec.actions.iter().map(|it| &*it.name.value);
        let actions: BTreeSet<&str> = ours.chain(self.names.iter().map(String::as_str)).collect();
        let own = self.spec.structs.iter().map(|it| &*it.name.value);
        let structs: BTreeSet<&str> = own.chain(self.structs.keys().copied()).collect();
        let renamed: Vec<&str> = self
            .spec
            .renames
            .iter()
            .map(|(from, _)| &*from.value)
            .collect();
        let is_taken = |name: &str| {
            let answered = name.strip_suffix("Response");
            actions.contains(name)
                || answered.is_some_and(|name| actions.contains(name))
                || guess::is_reserved(name)
        };
        for name in structs
            .iter()
            .filter(|name| is_taken(name) && !renamed.contains(name))
        {
            let mut new = format!("{name}Item");
            while is_taken(&new) || structs.contains(&*new) {
                new.push_str("Item");
            }
            added.renamed.push(((*name).to_owned(), new));
        }
        if added.renamed.is_empty() {
            return;
        }
        let file = sources.iter().find(|(_, file)| file.path == "renames.toml");
        let before = file.map_or(write::RENAMES, |(_, file)| &file.text);
        let lines = added
            .renamed
            .iter()
            .map(|(from, to)| format!("{from} = \"{to}\"\n"));
        let text = format!("{}\n{}", before.trim_end(), lines.collect::<String>());
        added.files.insert("renames.toml".to_owned(), text);
    }
}

/// Returns the struct in the name of a type.
fn named(ty: &str) -> Option<&str> {
    let item = ty.strip_prefix("List<").and_then(|ty| ty.strip_suffix('>'));
    let item = item.unwrap_or(ty);
    matches!(parse_type(item), Type::Named(_)).then_some(item)
}

fn path(folder: &str, name: &str) -> String {
    use heck::ToSnakeCase as _;

    format!("{folder}/{}.toml", name.to_snake_case())
}

/// Returns the facts about structure-only actions that a person could confirm, for `spec check`.
#[must_use]
pub fn unconfirmed(spec: &Spec) -> Vec<String> {
    const MOST: usize = 10;
    let actions = spec.actions.iter().filter(|action| action.structure_only);
    let names: Vec<&str> = actions.map(|action| &*action.name.value).collect();
    let line = |name: &&str| {
        format!(
            "{name}: only its structure is specified, so it is sent once; to describe it, remove `tier`"
        )
    };
    let more = names.len().saturating_sub(MOST);
    let rest = (more > 0).then(|| format!("and {more} more actions"));
    names.iter().take(MOST).map(line).chain(rest).collect()
}
