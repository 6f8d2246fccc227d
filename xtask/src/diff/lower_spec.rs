//! A specification as a model.

use super::model::{self, Fact, Kind, Model, Thing, Value};
use crate::{
    check::reachable,
    spec::{Action, BOUNDS, Enum, Facts, Located, Member, Scalar, Service, Since, Spec},
};

pub(super) fn lower(spec: &Spec) -> Model {
    let mut model = Model::new();
    if let Some(service) = &spec.service {
        lower_service(service, &mut model);
    }
    let sent = reachable(spec, spec.actions.iter().flat_map(|action| &action.request));
    for action in &spec.actions {
        lower_action(action, &mut model);
    }
    for shared in &spec.structs {
        let name = &*shared.name.value;
        let kind = if sent.contains(name) {
            Kind::Sent
        } else {
            Kind::Answered
        };
        let thing = Thing::new(Kind::Struct, None)
            .prose("doc", &shared.doc)
            .text("source", &shared.source)
            .with_some("since", since(&shared.since))
            .text("role", role(kind));
        model.insert(name.to_owned(), thing);
        members(name, name, kind, &shared.members, &mut model);
    }
    for set in &spec.enums {
        lower_enum(set, &mut model);
    }
    model
}

pub(super) const fn role(kind: Kind) -> &'static str {
    match kind {
        Kind::Sent => "sent",
        _ => "answered",
    }
}

fn lower_service(service: &Service, model: &mut Model) {
    let thing = Thing::new(Kind::Service, None)
        .text("name", &service.name.value)
        .text("version", &service.version)
        .text("source", &service.regions.source);
    model.insert("service".to_owned(), thing);
    for site in &service.sites {
        let thing = Thing::new(Kind::Site, None)
            .prose("doc", &site.doc)
            .text("host", &site.host.value)
            .text("root_domain", &site.root_domain)
            .text("regional_domain", &site.regional_domain);
        model.insert(format!("site {}", site.name.value), thing);
    }
    for region in &service.regions.names {
        let thing = Thing::new(Kind::Region, None);
        model.insert(format!("region {}", region.value), thing);
    }
    for error in &service.errors {
        let thing = Thing::new(Kind::ErrorCode, None)
            .text("class", error.class)
            .text("executed", error.executed)
            .prose("meaning", &error.meaning);
        model.insert(format!("error {}", error.code.value), thing);
    }
}

fn lower_action(action: &Action, model: &mut Model) {
    let name = &*action.name.value;
    let examples = action.examples.iter().map(|example| &example.name);
    let thing = Thing::new(Kind::Action, None)
        .prose("summary", &action.summary)
        .with_some("doc", action.doc.clone().map(Value::Prose))
        .text("effect", action.effect)
        .with("rate_limit", Value::Number(action.rate_limit.value.into()))
        .with_some(
            "poll",
            action
                .poll
                .as_ref()
                .map(|poll| Value::Text(poll.value.clone())),
        )
        .text("doc_url", &action.doc_url)
        .with_some("errors", words(&action.errors))
        .with_some("since", since(&action.since))
        .text("source", &action.source)
        .with(
            "examples",
            Value::Words(examples.map(|name| name.value.clone()).collect()),
        );
    model.insert(name.to_owned(), thing);
    members(name, name, Kind::Sent, &action.request, model);
    let answer = format!("{name}Response");
    members(&answer, name, Kind::Answered, &action.response, model);
}

fn lower_enum(set: &Enum, model: &mut Model) {
    let name = &*set.name.value;
    let values = set.values.iter().map(|value| value.value.value.clone());
    let thing = Thing::new(Kind::Enum, None)
        .prose("doc", &set.doc)
        .text("source", &set.source)
        .with("order", Value::Order(values.collect()));
    model.insert(name.to_owned(), thing);
    for value in &set.values {
        let phase = value
            .phase
            .as_ref()
            .map(|phase| Value::Text(phase.value.to_owned()));
        let thing = Thing::new(Kind::Value, Some(name))
            .prose("doc", &value.doc)
            .with_some("phase", phase);
        model.insert(format!("{name}.{}", value.value.value), thing);
    }
}

fn members(owner: &str, parent: &str, kind: Kind, members: &[Member], model: &mut Model) {
    let names = members
        .iter()
        .map(|member| (&*member.name.value, member.facts.is_required()));
    model::order(model, owner, parent, names);
    for member in members {
        let thing = Thing::new(kind, Some(parent))
            .text("type", &member.ty.value)
            .prose("doc", &member.doc);
        let thing = facts(thing, &member.facts);
        model.insert(format!("{owner}.{}", member.name.value), thing);
    }
}

fn facts(thing: Thing, facts: &Facts) -> Thing {
    let text = |text: &Located<String>| Value::Text(text.value.clone());
    let shown = |scalar: &Located<Scalar>| Value::Text(scalar.value.to_string());
    let mut thing = thing
        .with_some("sensitive", facts.sensitive.then(yes))
        .with_some("unit", facts.unit.as_ref().map(text))
        .with_some("default", facts.default.as_ref().map(shown))
        .with_some("example", facts.example.as_ref().map(shown))
        .with_some("since", since(&facts.since))
        .with_some(
            "until",
            facts
                .until
                .as_ref()
                .map(|day| Value::Text(day.value.0.clone())),
        )
        .with_some("source", facts.source.clone().map(Value::Text));
    for key in BOUNDS {
        let weak = facts.warns(key);
        if let Some(value) = bound(facts, key) {
            thing.facts.insert(key, Fact { value, weak });
        }
    }
    thing
}

fn bound(facts: &Facts, key: &str) -> Option<Value> {
    let count = |count: &Located<u32>| Value::Number(count.value.into());
    match key {
        "required" => facts.is_required().then(yes),
        "required_unless_any" => words(&facts.required_unless_any),
        "requires" => words(&facts.requires),
        "conflicts_with" => words(&facts.conflicts_with),
        "max_chars" => facts.max_chars.as_ref().map(count),
        "max_items" => facts.max_items.as_ref().map(count),
        "min" => facts.min.as_ref().and_then(number),
        "max" => facts.max.as_ref().and_then(number),
        "one_of" => {
            let values = facts.one_of.as_ref()?.iter();
            Some(Value::Words(
                values.map(|value| value.value.to_string()).collect(),
            ))
        }
        "format" => facts
            .format
            .as_ref()
            .map(|format| Value::Text(format.value.to_owned())),
        _ => None,
    }
}

fn yes() -> Value {
    Value::Text("true".to_owned())
}

/// Through text, since there is no other way from every whole number to a fraction.
fn number(scalar: &Located<Scalar>) -> Option<Value> {
    scalar.value.to_string().parse().ok().map(Value::Number)
}

fn words(words: &[Located<String>]) -> Option<Value> {
    let list = words.iter().map(|word| word.value.clone());
    (!words.is_empty()).then(|| Value::Words(list.collect()))
}

fn since(since: &Since) -> Option<Value> {
    let days = since
        .iter()
        .map(|(site, day)| format!("{} {}", site.value, day.0));
    (!since.is_empty()).then(|| Value::Words(days.collect()))
}
