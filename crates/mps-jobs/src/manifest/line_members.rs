//! The members of a line of JSON that belong to its request, read straight into the request.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{
        DeserializeSeed, Error, IntoDeserializer as _, MapAccess, Visitor,
        value::MapAccessDeserializer,
    },
};
use serde_json::value::RawValue;

use super::members::{Defaults, Text};

/// The members of a row that are not part of its request, and those that name its model.
#[derive(Default)]
pub(super) struct Own<'a> {
    pub(super) id: Option<String>,
    pub(super) action: Option<String>,
    pub(super) out: Option<String>,
    /// Those of `id`, `action` and `out` that were read.
    read: u8,
    /// `ModelName` and `ModelVersion` as JSON.
    pub(super) model: [Option<&'a str>; 2],
}

/// A line that is read as a request. It is an error if the row has another action, and if it has members
/// about which there is a finding.
pub(super) struct Line<'a, 'own, A> {
    defaults: &'a Defaults,
    expected: &'own str,
    own: &'own mut Own<'a>,
    request: PhantomData<A>,
}

impl<'a, 'own, A> Line<'a, 'own, A> {
    pub(super) fn new(defaults: &'a Defaults, expected: &'own str, own: &'own mut Own<'a>) -> Self {
        Self {
            defaults,
            expected,
            own,
            request: PhantomData,
        }
    }
}

impl<'de, A: Deserialize<'de>> Visitor<'de> for Line<'de, '_, A> {
    type Value = A;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<A, M::Error> {
        // One bit for each default says whether the row overrides it.
        if self.defaults.members.len() > 64 {
            return Err(Error::custom("too many defaults"));
        }
        A::deserialize(MapAccessDeserializer::new(RequestMembers {
            members,
            defaults: self.defaults,
            expected: self.expected,
            own: self.own,
            overridden: 0,
            next_default: 0,
            next: Next::Member,
        }))
    }
}

/// The place of the next value.
enum Next<'a> {
    /// In the line.
    Member,
    /// In the line: part of the name of the model.
    Model(usize),
    /// In the defaults, as JSON.
    Default(&'a str),
}

/// The members of a line that belong to its request, then the defaults that it does not override.
struct RequestMembers<'a, 'own, M> {
    members: M,
    defaults: &'a Defaults,
    expected: &'own str,
    own: &'own mut Own<'a>,
    overridden: u64,
    next_default: usize,
    next: Next<'a>,
}

impl<'de, M: MapAccess<'de>> RequestMembers<'de, '_, M> {
    /// Reads a member of the row itself. Returns `false` for a member of the request.
    fn read_own(&mut self, name: &str) -> Result<bool, M::Error> {
        let (bit, to) = match name {
            "id" => (1, &mut self.own.id),
            "action" => (2, &mut self.own.action),
            "out" => (4, &mut self.own.out),
            "after" | "defaults" => return Err(Error::custom("there is a finding")),
            _ => return Ok(false),
        };
        if self.own.read & bit != 0 {
            return Err(Error::custom("the member is there twice"));
        }
        self.own.read |= bit;
        *to = self.members.next_value()?;
        let action = self.own.action.as_deref();
        if action.is_some_and(|action| action != self.expected) {
            return Err(Error::custom("the row has another action"));
        }
        Ok(true)
    }

    fn mark_default(&mut self, name: &str) {
        for (nth, (default, _)) in self.defaults.members.iter().enumerate() {
            if default == name {
                self.overridden |= 1 << nth;
            }
        }
    }
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for RequestMembers<'de, '_, M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, M::Error> {
        self.next = Next::Member;
        while let Some(Text(name)) = self.members.next_key()? {
            if self.read_own(&name)? {
                continue;
            }
            self.mark_default(&name);
            if let Some(part) = model_part(&name) {
                self.next = Next::Model(part);
            }
            return seed.deserialize(name.into_deserializer()).map(Some);
        }
        while let Some((name, value)) = self.defaults.members.get(self.next_default) {
            let bit = 1 << self.next_default;
            self.next_default += 1;
            if self.overridden & bit != 0 {
                continue;
            }
            self.next = Next::Default(value);
            if let Some(model) = model_part(name).and_then(|part| self.own.model.get_mut(part)) {
                *model = Some(value);
            }
            return seed
                .deserialize(name.as_str().into_deserializer())
                .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        let json = match self.next {
            Next::Member => return self.members.next_value_seed(seed),
            Next::Model(part) => {
                let json = self.members.next_value::<&RawValue>()?.get();
                if let Some(model) = self.own.model.get_mut(part) {
                    *model = Some(json);
                }
                json
            }
            Next::Default(json) => json,
        };
        let value = seed.deserialize(&mut serde_json::Deserializer::from_str(json));
        value.map_err(Error::custom)
    }
}

/// Returns the place of a member in the name of the model.
fn model_part(name: &str) -> Option<usize> {
    ["ModelName", "ModelVersion"]
        .iter()
        .position(|it| *it == name)
}
