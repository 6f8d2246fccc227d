//! Converts a published description to items: the actions of AI generation and their structs.

use super::item::{self, Item, Items, Kind, Value};
use crate::published::{Family, Member};

pub(super) fn lower(family: &Family) -> Items {
    let mut items = Items::new();
    for (name, action) in &family.actions {
        let item = Item::new(Kind::Action, None)
            .prose("doc", &action.text)
            .text("status", &action.status);
        items.insert(name.clone(), item);
        members(name, name, Kind::RequestMember, &action.request, &mut items);
        let answer = format!("{name}Response");
        members(
            &answer,
            name,
            Kind::ResponseMember,
            &action.response,
            &mut items,
        );
    }
    for (name, shared) in &family.structs {
        let kind = if shared.sent {
            Kind::RequestMember
        } else {
            Kind::ResponseMember
        };
        let item = Item::new(Kind::Struct, None)
            .prose("doc", &shared.text)
            .text("role", item::role(kind));
        items.insert(name.clone(), item);
        members(name, name, kind, &shared.members, &mut items);
    }
    items
}

/// Adds the members. Required flags of responses are left out, since the published ones are
/// unreliable.
fn members(owner: &str, parent: &str, kind: Kind, members: &[Member], items: &mut Items) {
    let required = |member: &Member| kind == Kind::RequestMember && member.required;
    let names = members
        .iter()
        .map(|member| (&*member.name, required(member)));
    item::order(items, owner, parent, names);
    for member in members {
        let item = Item::new(kind, Some(parent))
            .text("type", &member.ty)
            .prose("doc", &member.text)
            .with_some(
                "required",
                required(member).then(|| Value::Text("true".to_owned())),
            )
            .with_some("example", member.example.clone().map(Value::Prose));
        items.insert(format!("{owner}.{}", member.name), item);
    }
}
