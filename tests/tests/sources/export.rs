//! The public items of a crate and the paths that lead to them.

use std::collections::BTreeMap;

use syn::Item;

use crate::{
    attributes::{cfgs, is_hidden},
    krate::Crate,
    resolve::{Import, ItemId, imports, is_public, name_of},
};

/// The public items of a crate.
#[derive(Default)]
pub(crate) struct Exports {
    /// Every public item under its shortest path.
    pub(crate) items: BTreeMap<ItemId, Export>,
    /// Second names of items, and names of other crates that this one passes on, as a `pub use`.
    pub(crate) passed_on: Vec<(Vec<String>, String)>,
}

/// A public item.
#[derive(Clone)]
pub(crate) struct Export {
    /// The module that exports it.
    pub(crate) module: Vec<String>,
    pub(crate) name: String,
    /// The conditions under which it exists.
    pub(crate) cfgs: Vec<String>,
}

impl Export {
    fn rank(&self) -> (usize, &[String], &str) {
        (self.module.len(), &self.module, &self.name)
    }

    /// Returns the path of the item, with the name of the crate.
    pub(crate) fn path(&self) -> String {
        format!("{}::{}", self.module.join("::"), self.name)
    }
}

impl Exports {
    /// Finds the public items of `krate`, following `pub mod` and `pub use`.
    pub(crate) fn of(krate: &Crate) -> Self {
        let mut exports = Self::default();
        exports.module(krate, 0, std::slice::from_ref(&krate.name), &[]);
        exports.passed_on.sort();
        exports.passed_on.dedup();
        exports
    }

    fn module(&mut self, krate: &Crate, index: usize, path: &[String], conditions: &[String]) {
        let module = krate.module(index);
        for (place, item) in module.items.iter().enumerate() {
            if !is_public(item) || is_hidden(attributes_of(item)) {
                continue;
            }
            let id = ItemId {
                module: index,
                index: place,
            };
            if let Item::Use(used) = item {
                let mut conditions = conditions.to_vec();
                conditions.extend(cfgs(&used.attrs));
                for import in imports(&used.tree) {
                    self.import(krate, index, path, &conditions, import);
                }
            } else if let Some(name) = name_of(item) {
                self.add(krate, id, path, name, conditions);
            }
        }
        for (name, child) in &module.children {
            if krate.module(*child).is_public {
                let path = [path, std::slice::from_ref(name)].concat();
                self.module(krate, *child, &path, conditions);
            }
        }
    }

    fn import(
        &mut self,
        krate: &Crate,
        module: usize,
        path: &[String],
        conditions: &[String],
        import: Import,
    ) {
        let target = krate.module_of_path(module, &import.path);
        let Some(name) = import.name else {
            match target {
                Some(target) => self.module(krate, target, path, conditions),
                None => self.pass_on(path, format!("{}::*", import.path.join("::"))),
            }
            return;
        };
        let found = krate.resolve(module, &import.path);
        for id in &found {
            self.add(krate, *id, path, name.clone(), conditions);
        }
        if !found.is_empty() {
            return;
        }
        if let Some(target) = target {
            let path = [path, &[name]].concat();
            self.module(krate, target, &path, conditions);
            return;
        }
        let mut used = import.path.join("::");
        if import.path.last() != Some(&name) {
            used = format!("{used} as {name}");
        }
        self.pass_on(path, used);
    }

    fn add(
        &mut self,
        krate: &Crate,
        id: ItemId,
        path: &[String],
        name: String,
        conditions: &[String],
    ) {
        let mut cfgs = conditions.to_vec();
        cfgs.extend(krate.module(id.module).cfgs.iter().cloned());
        cfgs.extend(item_cfgs(krate.item(id)));
        cfgs.sort();
        cfgs.dedup();
        let mut new = Export {
            module: path.to_vec(),
            name,
            cfgs,
        };
        if let Some(known) = self.items.get_mut(&id) {
            if new.rank() < known.rank() {
                std::mem::swap(known, &mut new);
            }
            if new.path() != known.path() {
                let used = format!("{} as {}", known.path(), new.name);
                self.pass_on(&new.module, used);
            }
        } else {
            self.items.insert(id, new);
        }
    }

    fn pass_on(&mut self, module: &[String], used: String) {
        self.passed_on.push((module.to_vec(), used));
    }
}

fn item_cfgs(item: &Item) -> Vec<String> {
    cfgs(attributes_of(item))
}

/// Returns the attributes of an item that can be exported.
pub(crate) fn attributes_of(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
