//! The texts that the rows of the capability tables were read from.
//!
//! A row states facts that a person read in the texts of some members, which `columns.toml` names for
//! each column. A link remembers the hash that a text had when the row was read; if the text of the
//! description last seen has another hash, the row is stale and has to be read again.

mod file;

use std::collections::{BTreeMap, BTreeSet};

pub use file::{PATH, text};

use crate::{
    diagnostic::{Diagnostic, Span},
    failure::Failure,
    import::stored,
    model::{self, Action, MemberPath, Sources, Spec},
    published::fingerprint::Fingerprint,
};

/// A text: site and path of the member, for example `intl` and `CreateAigcVideoTask.Duration`.
pub type TextId = (String, String);

/// The hashes that texts had when a row was read, by the name of the row, for example
/// `video Kling 3.0`.
pub type Links = BTreeMap<String, BTreeMap<TextId, String>>;

/// A row of a capability table with the texts that it is read from.
#[derive(Debug)]
pub struct TextRow {
    /// Name: table, model, and the version if it is one of a version.
    pub name: String,
    /// Place of the name of its model or version.
    pub at: Span,
    /// The texts with the hashes that they have now.
    pub texts: BTreeMap<TextId, String>,
}

/// Returns every row with the texts that it is read from: those of the members that its columns
/// name, and of the member with its own name, on each site where it was released.
#[must_use]
pub fn rows(spec: &Spec, prints: &BTreeMap<String, Fingerprint>) -> Vec<TextRow> {
    let mut found = Vec::new();
    for family in &spec.families {
        let table = &family.name.value;
        let actions = spec.actions.iter().filter(|action| {
            let own = action.capabilities.as_ref();
            own.is_some_and(|name| name.value == *table)
        });
        let actions: Vec<&Action> = actions.collect();
        let texts = |member: &str, facts: &model::Row, since: &model::Since| {
            let states = |key: &str| {
                let mut own = facts.sites.iter().map(|own| &own.cells);
                facts.cells.contains_key(key) || own.any(|cells| cells.contains_key(key))
            };
            let columns = spec.columns.iter().filter(|it| states(&it.key.value));
            let members = columns
                .flat_map(|column| &column.read_from)
                .map(|it| &*it.value);
            let members: BTreeSet<&str> = members.chain([member]).collect();
            let sites = prints.iter().filter(|(site, _)| {
                since.is_empty() || since.iter().any(|(known, _)| known.value == **site)
            });
            let mut texts = BTreeMap::new();
            for (site, print) in sites {
                for path in members
                    .iter()
                    .flat_map(|it| member_paths(spec, &actions, it))
                {
                    if let Some(hash) = print.text_of(&path) {
                        texts.insert((site.clone(), path), hash.to_owned());
                    }
                }
            }
            texts
        };
        for model in &family.models {
            let name = format!("{table} {}", model.name.value);
            found.push(TextRow {
                texts: texts("ModelName", &model.facts, &model.facts.since),
                at: model.name.span.clone(),
                name: name.clone(),
            });
            for version in &model.versions {
                let own = &version.facts.since;
                let since = if own.is_empty() {
                    &model.facts.since
                } else {
                    own
                };
                found.push(TextRow {
                    name: format!("{name} {}", version.name.value),
                    at: version.name.span.clone(),
                    texts: texts("ModelVersion", &version.facts, since),
                });
            }
        }
    }
    found
}

/// Returns the paths of a member in the requests of some actions. A member inside another one is
/// one of a struct.
pub(crate) fn member_paths(spec: &Spec, actions: &[&Action], member: &str) -> Vec<String> {
    let path = MemberPath::parse(member);
    let found = actions.iter().filter_map(|action| {
        let outer = action
            .request
            .iter()
            .find(|it| it.name.value == path.first)?;
        let Some(inner) = &path.second else {
            return Some(format!("{}.{}", action.name.value, path.first));
        };
        let ty = outer
            .ty
            .value
            .trim_start_matches("List<")
            .trim_end_matches('>');
        let shared = spec.structs.iter().find(|shared| shared.name.value == ty)?;
        let has = shared.members.iter().any(|it| it.name.value == *inner);
        has.then(|| format!("{ty}.{inner}"))
    });
    found.collect()
}

/// Returns a mistake for each row whose texts changed since it was read, and for each fingerprint
/// that cannot be read.
#[must_use]
pub fn check(spec: &Spec, sources: &Sources) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut prints = BTreeMap::new();
    for id in &spec.published {
        let file = sources.get(*id);
        match Fingerprint::parse(&file.text, &file.path) {
            Ok(print) => drop(prints.insert(print.site.clone(), print)),
            Err(failure) => {
                let text = failure.to_string();
                let title = text.lines().next().unwrap_or_default();
                let title = title.trim_start_matches("error: ").to_owned();
                out.push(Diagnostic::of(&*file.path, "E0801", title));
            }
        }
    }
    let links = match file::of(sources) {
        Ok(links) => links,
        Err(error) => {
            out.push(Diagnostic::of(PATH, "E0803", error));
            return out;
        }
    };
    if !out.is_empty() || spec.incomplete {
        return out;
    }
    let rows = rows(spec, &prints);
    for row in &rows {
        let stale = stale(row, &links);
        if !stale.is_empty() {
            let title = format!(
                "the row `{}` was read before a text of it changed",
                row.name
            );
            let help = format!(
                "read {} again, correct the row, then run `cargo xtask spec read \"{}\"`",
                stale.join(", "),
                row.name
            );
            out.push(Diagnostic::at(&row.at, "E0802", title).help(help));
        }
    }
    let names: BTreeSet<&String> = rows.iter().map(|row| &row.name).collect();
    for name in links.keys().filter(|name| !names.contains(name)) {
        let title = format!("a link of the row `{name}`, which does not exist");
        let help = "run `cargo xtask spec read`, which removes it";
        out.push(Diagnostic::of(PATH, "E0803", title).help(help));
    }
    out
}

/// Returns the texts of a row that have another hash than when the row was read, or that were not
/// read yet.
fn stale(row: &TextRow, links: &Links) -> Vec<String> {
    let read = links.get(&row.name);
    let is_stale =
        |(id, hash): &(&TextId, &String)| read.and_then(|read| read.get(*id)) != Some(*hash);
    let stale = row.texts.iter().filter(is_stale);
    stale
        .map(|((site, path), _)| format!("`{path}` ({site})"))
        .collect()
}

/// Returns the rows that are linked to a text, which have to be read again if it changes.
#[must_use]
pub fn linked<'l>(links: &'l Links, site: &str, path: &str) -> Vec<&'l str> {
    let id = (site.to_owned(), path.to_owned());
    let rows = links.iter().filter(|(_, texts)| texts.contains_key(&id));
    rows.map(|(name, _)| &**name).collect()
}

/// Returns the links of a specification.
///
/// # Errors
/// Returns a failure if the file of links is malformed.
pub fn links(sources: &Sources) -> Result<Links, Failure> {
    file::of(sources).map_err(|error| Failure::new(format!("error: spec/{PATH}: {error}")))
}

/// Returns the text of the file of links after these rows were read; all rows if none is named.
///
/// # Errors
/// Returns a failure for an unknown row, or if a file cannot be read.
pub fn read(spec: &Spec, sources: &Sources, names: &[&str]) -> Result<String, Failure> {
    let rows = rows(spec, &stored(spec, sources)?);
    let known: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        let hint = crate::diagnostic::closest(unknown, &known);
        let hint = hint.map(|meant| format!("\nhelp: did you mean `{meant}`?"));
        return Err(Failure::new(format!(
            "error: there is no row `{}`{}",
            unknown.escape_debug(),
            hint.unwrap_or_default()
        )));
    }
    let before = links(sources)?;
    let links = rows.into_iter().map(|row| {
        let is_read = names.is_empty() || names.contains(&&*row.name);
        let texts = if is_read {
            row.texts
        } else {
            before.get(&row.name).cloned().unwrap_or_default()
        };
        (row.name, texts)
    });
    Ok(text(&links.collect()))
}
