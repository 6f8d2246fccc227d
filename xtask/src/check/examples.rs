//! Checks that the files of examples exist, belong to an example and match the specification.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Type, json::Json, parse_type};
use crate::{
    diagnostic::{Diagnostic, Span},
    model::{FileId, Located, Member, Sources, Spec},
};

pub(super) fn check(spec: &Spec, sources: &Sources, out: &mut Vec<Diagnostic>) {
    let mut unclaimed: BTreeMap<&str, FileId> = BTreeMap::new();
    for id in &spec.examples {
        unclaimed.insert(&sources.get(*id).path, *id);
    }
    let mut claims = Vec::new();
    for action in &spec.actions {
        for example in &action.examples {
            claims.push((
                &action.name.value,
                &example.request,
                &*action.request,
                false,
            ));
            claims.push((
                &action.name.value,
                &example.response,
                &*action.response,
                true,
            ));
        }
    }
    let files = unclaimed.clone();
    for (action, name, members, enveloped) in claims {
        let path = example_path(action, &name.value);
        unclaimed.remove(&*path);
        match files.get(&*path) {
            Some(file) => fixture(spec, sources, *file, members, enveloped, out),
            None => out.push(missing(name, &path)),
        }
    }
    if !spec.incomplete {
        out.extend(
            unclaimed
                .keys()
                .map(|path| Diagnostic::of(*path, "E0402", "no [[example]] names this file")),
        );
    }
}

/// Returns the path of an example file below the specification.
#[must_use]
pub(crate) fn example_path(action: &str, name: &str) -> String {
    format!("examples/{action}/{name}")
}

fn missing(name: &Located<String>, path: &str) -> Diagnostic {
    Diagnostic::at(&name.span, "E0401", format!("there is no file spec/{path}"))
}

fn fixture(
    spec: &Spec,
    sources: &Sources,
    file: FileId,
    members: &[Member],
    enveloped: bool,
    out: &mut Vec<Diagnostic>,
) {
    let mut checker = ExampleChecker { spec, file, out };
    match Json::parse(&sources.get(file).text) {
        Err((at, reason)) => {
            let span = Span::new(file, at..at);
            checker.out.push(Diagnostic::at(
                &span,
                "E0403",
                format!("not valid JSON: {reason}"),
            ));
        }
        Ok(json) if enveloped => checker.envelope(&json, members),
        Ok(json) => checker.object(&json, members, &[]),
    }
}

struct ExampleChecker<'w> {
    spec: &'w Spec,
    file: FileId,
    out: &'w mut Vec<Diagnostic>,
}

impl ExampleChecker<'_> {
    /// Checks the envelope of a response: `{"Response": {…, "RequestId": "…"}}`.
    fn envelope(&mut self, json: &Json<'_>, members: &[Member]) {
        match json.members().as_deref() {
            Some([(name, inner)]) if name == "Response" => {
                self.object(inner, members, &["RequestId"]);
            }
            _ => self.wrong(json, "an object with the one member `Response`"),
        }
    }

    fn object(&mut self, json: &Json<'_>, members: &[Member], also: &[&str]) {
        let Some(found) = json.members() else {
            return self.wrong(json, "an object");
        };
        for (name, value) in &found {
            match members.iter().find(|member| member.name.value == *name) {
                Some(member) => self.value(value, &parse_type(&member.ty.value)),
                None if also.contains(&&**name) => {}
                None => self.unknown(name, value, members),
            }
        }
        for name in repeated(&found) {
            self.report(json, "E0406", format!("the member `{name}` is repeated"));
        }
    }

    fn value(&mut self, json: &Json<'_>, ty: &Type) {
        match ty {
            Type::List(item) => match json.items() {
                Some(items) => items.iter().for_each(|inner| self.value(inner, item)),
                None => self.wrong(json, "a list"),
            },
            Type::Named(name) => self.named(json, name),
            Type::Text => self.scalar(json, "text", Value::is_string),
            Type::Integer => self.scalar(json, "a whole number", Value::is_i64),
            Type::Float => self.scalar(json, "a number", Value::is_number),
            Type::Boolean => self.scalar(json, "true or false", Value::is_boolean),
        }
    }

    fn named(&mut self, json: &Json<'_>, name: &str) {
        if let Some(shared) = self
            .spec
            .structs
            .iter()
            .find(|shared| shared.name.value == name)
        {
            self.object(json, &shared.members, &[]);
        } else if self.spec.enums.iter().any(|set| set.name.value == name) {
            self.scalar(json, "text", Value::is_string);
        }
    }

    fn scalar(&mut self, json: &Json<'_>, wanted: &str, fits: fn(&Value) -> bool) {
        if !json.scalar().is_some_and(|value| fits(&value)) {
            self.wrong(json, wanted);
        }
    }

    fn unknown(&mut self, name: &str, value: &Json<'_>, members: &[Member]) {
        // Members of a part that could not be read are unknown for that reason alone.
        if self.spec.incomplete {
            return;
        }
        let known: Vec<&str> = members.iter().map(|member| &*member.name.value).collect();
        let title = format!("the specification has no member `{name}` here");
        let span = Span::new(self.file, value.name_range(name));
        self.out
            .push(Diagnostic::at(&span, "E0404", title).did_you_mean(name, &known));
    }

    fn wrong(&mut self, json: &Json<'_>, wanted: &str) {
        self.report(json, "E0405", format!("expected {wanted}"));
    }

    fn report(&mut self, json: &Json<'_>, code: &'static str, title: String) {
        let span = Span::new(self.file, json.range());
        self.out.push(Diagnostic::at(&span, code, title));
    }
}

fn repeated<'m>(members: &'m [(String, Json<'_>)]) -> Vec<&'m str> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let pairs = names
        .windows(2)
        .filter(|pair| matches!(pair, [one, other] if one == other));
    pairs.filter_map(|pair| pair.first().copied()).collect()
}
