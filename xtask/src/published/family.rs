//! The actions of AI generation in a description, with all structs they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Description, Member, decode,
    shape::{RawAction, object, well_formed},
};
use crate::check::{Type, parse_type};

/// Parts of the names of the actions of AI generation, which no other action has.
const WORDS: &[&str] = &["Aigc", "AiDrama", "AiFission", "VideoRedraw", "DocToVideo"];

/// Member of every response, which neither side lists.
const ENVELOPE: &str = "RequestId";

/// Returns whether the name of an action looks like one of AI generation.
#[must_use]
pub fn is_generation_action(action: &str) -> bool {
    WORDS.iter().any(|word| action.contains(word))
}

/// Some actions and the structs they lead to.
#[derive(Debug, Default)]
pub struct Family {
    /// The actions by their names.
    pub actions: BTreeMap<String, Action>,
    /// The structs by their names.
    pub structs: BTreeMap<String, Struct>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// Status: `online` in all known files.
    pub status: String,
    /// Text of the vendor, which is compared but never shown or copied.
    pub text: String,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the response, without the request id.
    pub response: Vec<Member>,
}

/// A struct that messages share.
#[derive(Debug)]
pub struct Struct {
    /// True if a request leads to it.
    pub sent: bool,
    /// Text of the vendor, which is compared but never shown or copied.
    pub text: String,
    /// Its members.
    pub members: Vec<Member>,
}

pub(super) fn select(file: &Description, names: &BTreeSet<&str>) -> Result<Family, String> {
    let mut family = Family::default();
    for (name, raw) in &file.actions {
        if names.contains(&**name) {
            well_formed(name, name)?;
            let raw = decode(Some(raw), &format!("actions.{name}"))?;
            family.actions.insert(name.clone(), action(file, raw)?);
        }
    }
    let actions = family.actions.values();
    let sent = actions.clone().flat_map(|action| named(&action.request));
    let answered = actions.flat_map(|action| named(&action.response));
    let (sent, answered) = (sent.collect(), answered.collect());
    follow(file, sent, true, &mut family.structs)?;
    follow(file, answered, false, &mut family.structs)?;
    Ok(family)
}

fn action(file: &Description, raw: RawAction) -> Result<Action, String> {
    let (_, request) = find(file, &raw.input)?;
    let (_, mut response) = find(file, &raw.output)?;
    response.retain(|member| member.name != ENVELOPE);
    let texts = [raw.name, raw.document].map(Option::unwrap_or_default);
    Ok(Action {
        status: raw.status.unwrap_or_default(),
        text: texts.join("\n"),
        request,
        response,
    })
}

fn follow(
    file: &Description,
    mut open: Vec<String>,
    sent: bool,
    found: &mut BTreeMap<String, Struct>,
) -> Result<(), String> {
    while let Some(name) = open.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let (text, members) = find(file, &name)?;
        open.extend(named(&members));
        let shared = Struct {
            sent,
            text,
            members,
        };
        found.insert(name, shared);
    }
    Ok(())
}

fn find(file: &Description, name: &str) -> Result<(String, Vec<Member>), String> {
    well_formed(name, name)?;
    let raw = file.objects.get(name);
    let raw = raw.ok_or_else(|| format!("`objects` lacks `{name}`, which another part names"))?;
    object(raw, name)
}

/// Returns the structs that members lead to.
fn named(members: &[Member]) -> Vec<String> {
    let types = members.iter().map(|member| parse_type(&member.ty));
    let names = types.filter_map(|ty| match ty.item() {
        Type::Named(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
