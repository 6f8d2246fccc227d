//! Comparison of a description with the one that was last seen, whose fingerprint is stored.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use crate::{
    failure::Failure,
    model::{Scalar, Sources, Spec, TODO},
    published::{
        self, Description,
        compare::{Difference, Scope, compare as compare_prints},
        fingerprint::{Fingerprint, Origin, Reading},
        is_generation_action, prose,
    },
    rule_kinds::BoundValue,
};

/// The comparison with the description that was last seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The site.
    pub site: String,
    /// The description that was last seen; `None` if there was none.
    pub before: Option<String>,
    /// The description that was imported.
    pub after: String,
    /// Every difference between the two.
    pub differences: Vec<Difference>,
    /// Actions of AI generation that are new.
    pub new_actions: BTreeSet<String>,
    /// Texts by their hash: those of the imported description, and of the previous one if given.
    pub texts: BTreeMap<String, String>,
    path: String,
    text: Option<String>,
}

impl Seen {
    /// Returns the file with the fingerprint, if it changes.
    pub(super) fn file(&self) -> Option<(String, String)> {
        Some((self.path.clone(), self.text.clone()?))
    }
}

/// Returns the path of the fingerprint of a site.
fn path(site: &str) -> String {
    format!("published/{site}.json")
}

/// Compares a description with the one of its site that was last seen.
pub(super) fn compare(
    description: &Description,
    spec: &Spec,
    sources: &Sources,
    options: &Options,
) -> Result<Seen, Failure> {
    let site = known_site(spec, &options.site)?;
    let source = if options.source == TODO {
        ""
    } else {
        &options.source
    };
    let origin = Origin {
        site,
        package: package(spec, site),
        release: &options.release,
        source,
    };
    let reading = description.reading(origin);
    let stored = stored(spec, sources)?;
    expect_site(&reading.print, &stored, options)?;
    let last = stored.get(site);
    let mut texts = reading.texts;
    if let (Some(file), Some(last)) = (&options.previous, last) {
        texts.extend(previous(file, last, origin)?.texts);
    }
    let mut print = reading.print;
    if let Some(last) = last {
        print.date(last);
    }
    let mut seen = Seen {
        site: site.to_owned(),
        before: last.map(label),
        after: label(&print),
        path: path(site),
        ..Seen::default()
    };
    let Some(last) = last else {
        seen.text = Some(print.text());
        return Ok(seen);
    };
    expect_newer(last, &print, options)?;
    let is_ours = |name: &str| is_of_family(name, &[last, &print], &texts);
    let scope = scope(spec, last, &print, is_ours);
    seen.differences = compare_prints(last, &print, &scope);
    let new = print
        .actions
        .keys()
        .filter(|name| !last.actions.contains_key(*name));
    seen.new_actions = new.filter(|name| is_ours(name)).cloned().collect();
    seen.texts = texts;
    seen.text = (!seen.differences.is_empty()).then(|| print.text());
    Ok(seen)
}

fn known_site<'o>(spec: &Spec, site: &'o str) -> Result<&'o str, Failure> {
    let sites = spec.service.iter().flat_map(|service| &service.sites);
    let known: Vec<&str> = sites.map(|site| &*site.name.value).collect();
    if known.contains(&site) {
        return Ok(site);
    }
    Err(Failure::new(format!(
        "error: there is no site `{}`; the specification has {}",
        site.escape_debug(),
        known.join(", ")
    )))
}

/// Returns the package that ships the description of a site; empty if the specification names none.
fn package<'s>(spec: &'s Spec, site: &str) -> &'s str {
    let mut sites = spec.service.iter().flat_map(|service| &service.sites);
    let found = sites.find(|known| known.name.value == site);
    let package = found.and_then(|site| site.package.as_deref());
    package.unwrap_or_default()
}

/// Returns the fingerprints of all sites.
pub(crate) fn stored(
    spec: &Spec,
    sources: &Sources,
) -> Result<BTreeMap<String, Fingerprint>, Failure> {
    let mut stored = BTreeMap::new();
    for id in &spec.published {
        let file = sources.get(*id);
        let print = Fingerprint::parse(&file.text, &format!("spec/{}", file.path))?;
        stored.insert(print.site.clone(), print);
    }
    Ok(stored)
}

fn label(print: &Fingerprint) -> String {
    let name = format!("{} {}", print.package, print.release);
    match &*print.source {
        "" => name.trim().to_owned(),
        source => format!("{} ({source})", name.trim()),
    }
}

/// Reads the description that was last seen, which must have the stored fingerprint.
fn previous(
    file: &std::path::Path,
    last: &Fingerprint,
    origin: Origin<'_>,
) -> Result<Reading, Failure> {
    let reading = published::read(file)?.reading(origin);
    if (&reading.print.actions, &reading.print.objects) == (&last.actions, &last.objects) {
        return Ok(reading);
    }
    Err(Failure::new(format!(
        "error: {}: this is not the description that was last seen, which is {}\n\
         help: `cargo xtask spec diff` compares any two descriptions",
        file.display(),
        label(last)
    )))
}

/// Verifies that the description is not of another site: that more of its texts were last seen on
/// this one. The two sites have different texts for most members.
fn expect_site(
    print: &Fingerprint,
    stored: &BTreeMap<String, Fingerprint>,
    options: &Options,
) -> Result<(), Failure> {
    let hashes = hashes(print);
    let known = |site: &Fingerprint| self::hashes(site).intersection(&hashes).count();
    let own = stored.get(&print.site).map(known);
    let other = stored
        .values()
        .filter(|other| other.site != print.site)
        .map(|other| (known(other), other))
        .max_by_key(|(count, _)| *count);
    match (own, other) {
        (Some(own), Some((count, other))) if count > own => Err(Failure::new(format!(
            "error: {}: this looks like the description of the site `{}`: {count} of its texts were \
             last seen there, {own} on `{}`\nhelp: import it with `--site {}`",
            options.file.display(),
            other.site,
            print.site,
            other.site
        ))),
        (None, Some((count, other))) if count * 2 > hashes.len() => Err(Failure::new(format!(
            "error: {}: this looks like the description of the site `{}`: {count} of its {} texts \
             were last seen there\nhelp: import it with `--site {}`",
            options.file.display(),
            other.site,
            hashes.len(),
            other.site
        ))),
        _ => Ok(()),
    }
}

fn hashes(print: &Fingerprint) -> BTreeSet<&str> {
    let members = print.objects.values().flat_map(|object| &object.members);
    let documented = members.filter(|member| member.3 != prose::hash(""));
    documented.map(|member| &*member.3).collect()
}

/// Verifies that the release is not older than the one that was last seen.
fn expect_newer(last: &Fingerprint, print: &Fingerprint, options: &Options) -> Result<(), Failure> {
    let parts = |release: &str| -> Vec<u64> {
        release
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let (before, after) = (parts(&last.release), parts(&print.release));
    if before.is_empty() || after.is_empty() || before <= after {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: {}: release {} is older than {}, which was last seen\n\
         help: `cargo xtask spec diff` compares any two descriptions",
        options.file.display(),
        print.release,
        last.release
    )))
}

/// Returns whether an action looks like one of AI generation, by its name or by its text.
fn is_of_family(name: &str, sides: &[&Fingerprint], texts: &BTreeMap<String, String>) -> bool {
    let mut actions = sides.iter().filter_map(|side| side.actions.get(name));
    is_generation_action(name)
        || actions.any(|action| {
            texts
                .get(&action.3)
                .is_some_and(|text| text.contains("AIGC"))
        })
}

fn scope(
    spec: &Spec,
    last: &Fingerprint,
    print: &Fingerprint,
    is_of_family: impl Fn(&str) -> bool,
) -> Scope {
    let ours = spec.actions.iter().map(|action| action.name.value.clone());
    let published = last.actions.keys().chain(print.actions.keys());
    let similar = published.filter(|name| is_of_family(name)).cloned();
    Scope {
        actions: ours.chain(similar).collect(),
        values: stated_values(spec),
    }
}

/// Returns the values that the specification states, by the path of their member.
fn stated_values(spec: &Spec) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let enums: BTreeMap<&str, _> = spec
        .enums
        .iter()
        .map(|set| (&*set.name.value, set))
        .collect();
    let requests = spec
        .actions
        .iter()
        .map(|it| (it.name.value.clone(), &it.request));
    let responses = spec
        .actions
        .iter()
        .map(|it| (format!("{}Response", it.name.value), &it.response));
    let structs = spec
        .structs
        .iter()
        .map(|it| (it.name.value.clone(), &it.members));
    for (owner, members) in requests.chain(responses).chain(structs) {
        for member in members {
            let path = format!("{owner}.{}", member.name.value);
            let bound = member.facts.bound("one_of").map(|bound| &bound.value);
            let bound = match bound {
                Some(BoundValue::Values(values)) => values.iter().map(Scalar::to_string).collect(),
                _ => Vec::new(),
            };
            let set = enums.get(&*member.ty.value);
            let set = set.into_iter().flat_map(|set| &set.values);
            let set = set.map(|value| value.value.value.clone());
            found
                .entry(path)
                .or_default()
                .extend(bound.into_iter().chain(set));
        }
    }
    for action in &spec.actions {
        let table = action.capabilities.as_ref().map(|name| &name.value);
        let family = spec
            .families
            .iter()
            .find(|family| Some(&family.name.value) == table);
        for model in family.into_iter().flat_map(|family| &family.models) {
            let member = |name: &str| format!("{}.{name}", action.name.value);
            let names = found.entry(member("ModelName")).or_default();
            names.insert(model.name.value.clone());
            let versions = model
                .versions
                .iter()
                .map(|version| version.name.value.clone());
            found
                .entry(member("ModelVersion"))
                .or_default()
                .extend(versions);
        }
    }
    found
}
