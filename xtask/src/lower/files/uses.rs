//! The `use` declarations of a generated file.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        Family, Struct,
        capability::Value,
        member::{Argument, Bounds, Check, Condition, Field, ValueType},
    },
    Use,
};

/// The `use` declarations of a file, while they are collected.
#[derive(Default)]
pub(super) struct Uses(BTreeMap<String, BTreeSet<String>>);

impl Uses {
    pub(super) fn add(&mut self, module: &str, names: &[&str]) {
        let taken = self.0.entry(module.to_owned()).or_default();
        taken.extend(names.iter().map(|name| (*name).to_owned()));
    }

    pub(super) fn structure(&mut self, structure: &Struct) {
        let serde = ["Deserialize", "Deserializer", "Serialize", "Serializer"];
        self.add("serde", &serde);
        self.add("serde::de", &["MapAccess"]);
        self.add("crate", &["de", "ser"]);
        self.add("crate::schema", &["StructInfo"]);
        if !structure.fields.is_empty() {
            self.add("crate::schema", &["Kind", "MemberInfo"]);
        }
        self.add("std", &["fmt"]);
        self.add("crate::redact", &["Keys"]);
        self.add("serde_json", &["Map", "Value"]);
        if structure.fields.iter().any(|field| field.sensitive) {
            self.add("crate::redact", &["Hidden"]);
        }
        if structure
            .fields
            .iter()
            .any(|field| field.bounds != Bounds::default())
        {
            self.add("crate::schema", &["Bounds"]);
        }
        if structure.in_request {
            self.add("crate::preflight", &["Path", "Preflight", "Report"]);
        }
        if structure.queries_capabilities {
            self.add("crate::preflight", &["ToCapabilityQuery"]);
        }
        for field in &structure.fields {
            self.field(field, structure);
        }
    }

    /// Adds the types in the rows of a capability table.
    pub(super) fn table(&mut self, family: &Family) {
        const TABLES: &str = "crate::capabilities";
        if !family.listed_on.is_empty() {
            self.add("crate::service", &["Site"]);
        }
        let rows = family.models.iter().flat_map(|model| &model.rows);
        let own = rows.clone().flat_map(|row| &row.sites);
        if own.clone().next().is_some() {
            self.add("crate::service", &["Site"]);
        }
        for row in rows.chain(own.map(|(_, row)| row)) {
            self.add(TABLES, &["Row"]);
            if !row.since.is_empty() || !row.until.is_empty() {
                self.add(TABLES, &["Day"]);
            }
            if !row.sources.is_empty() || !row.warn_only.is_empty() {
                self.add(TABLES, &["Column"]);
            }
            for (_, value) in &row.fields {
                match value {
                    Value::Set(_) | Value::Range(..) => self.add(TABLES, &["Durations"]),
                    Value::Variants(name, _) | Value::Struct(name, ..) | Value::Nothing(name) => {
                        self.add(TABLES, &[name]);
                    }
                    _ => {}
                }
            }
        }
    }

    fn field(&mut self, field: &Field, inside: &Struct) {
        if let ValueType::Struct(name) | ValueType::Enum(name) = &field.value_type
            && *name != inside.name
        {
            self.add("super::super", &[name]);
        }
        if field.overridable.is_some() {
            self.add("crate::capabilities", &["Column"]);
        }
        let overridable = field
            .overridable
            .iter()
            .flat_map(|overridable| &overridable.checks);
        for check in field.checks.iter().chain(overridable) {
            let Check::Rule {
                argument,
                sites,
                dropped,
                ..
            } = check
            else {
                continue;
            };
            self.add("crate::preflight", &["Rule"]);
            if !sites.is_empty() {
                self.add("crate::service", &["Site"]);
            }
            if !dropped.is_empty() {
                self.add("crate::capabilities", &["Day"]);
            }
            match argument {
                Argument::Peers(_) => self.add("crate::preflight", &["IsSet"]),
                Argument::Condition(condition) => self.condition(condition),
                _ => {}
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        self.add("crate::preflight", &["Is"]);
        if condition.by_default {
            self.add("crate::preflight", &["IsSet"]);
        }
    }

    pub(super) fn sorted(self) -> Vec<Use> {
        let taken = self.0.into_iter();
        taken
            .map(|(module, names)| Use {
                module,
                names: names.into_iter().collect(),
            })
            .collect()
    }
}
