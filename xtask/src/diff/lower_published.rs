//! A published description as a model: the actions of AI generation and what they lead to.

use super::model::{self, Kind, Model, Thing, Value};
use crate::published::{Family, Member};

pub(super) fn lower(family: &Family) -> Model {
    let mut model = Model::new();
    for (name, action) in &family.actions {
        let thing = Thing::new(Kind::Action, None)
            .prose("doc", &action.text)
            .text("status", &action.status);
        model.insert(name.clone(), thing);
        members(name, name, Kind::Sent, &action.request, &mut model);
        let answer = format!("{name}Response");
        members(&answer, name, Kind::Answered, &action.response, &mut model);
    }
    for (name, shared) in &family.structs {
        let kind = if shared.sent {
            Kind::Sent
        } else {
            Kind::Answered
        };
        let thing = Thing::new(Kind::Struct, None)
            .prose("doc", &shared.text)
            .text("role", model::role(kind));
        model.insert(name.clone(), thing);
        members(name, name, kind, &shared.members, &mut model);
    }
    model
}

/// What an answer always has is no promise: the published flags of answers are unreliable.
fn members(owner: &str, parent: &str, kind: Kind, members: &[Member], model: &mut Model) {
    let required = |member: &Member| kind == Kind::Sent && member.required;
    let names = members
        .iter()
        .map(|member| (&*member.name, required(member)));
    model::order(model, owner, parent, names);
    for member in members {
        let thing = Thing::new(kind, Some(parent))
            .text("type", &member.ty)
            .prose("doc", &member.text)
            .with_some(
                "required",
                required(member).then(|| Value::Text("true".to_owned())),
            )
            .with_some("example", member.example.clone().map(Value::Prose));
        model.insert(format!("{owner}.{}", member.name), thing);
    }
}
