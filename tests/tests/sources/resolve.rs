//! Names: what a path means in a module, as far as the crate itself decides it.

use syn::{Item, UseTree, Visibility};

use crate::krate::Crate;

/// An item: its module, and its place among that module's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemId {
    pub(crate) module: usize,
    pub(crate) index: usize,
}

/// One name that a `use` brings in, or everything (`*`) of a path.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// `None` for `*`.
    pub(crate) name: Option<String>,
}

/// Limit on the number of imports that one name passes through.
const MAX_DEPTH: usize = 16;

impl Crate {
    pub(crate) fn item(&self, id: ItemId) -> &Item {
        self.module(id.module).items.get(id.index).unwrap()
    }

    /// Returns the items of any namespace that `path` means in `module`; none if the path leads out
    /// of the crate.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> Vec<ItemId> {
        self.resolve_within(module, path, MAX_DEPTH)
    }

    fn resolve_within(&self, module: usize, path: &[String], depth: usize) -> Vec<ItemId> {
        let Some((name, parents)) = path.split_last() else {
            return Vec::new();
        };
        if depth == 0 {
            return Vec::new();
        }
        match self.module_at(module, parents, depth) {
            Some(module) => self.named(module, name, depth - 1),
            None => Vec::new(),
        }
    }

    /// Returns the module that `path` means in `module`, or `None` if it is not of this crate.
    pub(crate) fn module_of_path(&self, module: usize, path: &[String]) -> Option<usize> {
        self.module_at(module, path, MAX_DEPTH)
    }

    fn module_at(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        path.iter()
            .try_fold(from, |module, name| match name.as_str() {
                "crate" => Some(0),
                "self" => Some(module),
                "super" => self.module(module).parent,
                name => self.child(module, name, depth),
            })
    }

    fn child(&self, module: usize, name: &str, depth: usize) -> Option<usize> {
        let declared = self.module(module).children.get(name).copied();
        if declared.is_some() || depth == 0 {
            return declared;
        }
        let imported = self.imports(module);
        let mut imported = imported
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        let import = imported.find(|import| import.path != [name])?;
        self.module_at(module, &import.path, depth - 1)
    }

    fn named(&self, module: usize, name: &str, depth: usize) -> Vec<ItemId> {
        let items = self.module(module).items.iter().enumerate();
        let mut found: Vec<_> = items
            .filter(|(_, item)| name_of(item).is_some_and(|own| own == name))
            .map(|(index, _)| ItemId { module, index })
            .collect();
        if found.is_empty() {
            for import in self.imports(module) {
                let mut path = import.path;
                match import.name {
                    Some(bound) if bound != name => continue,
                    Some(_) => {}
                    None => path.push(name.to_owned()),
                }
                found.extend(self.resolve_within(module, &path, depth));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn imports(&self, module: usize) -> Vec<Import> {
        let items = self.module(module).items.iter();
        let uses = items.filter_map(|item| match item {
            Item::Use(used) => Some(imports(&used.tree)),
            _ => None,
        });
        uses.flatten().collect()
    }
}

/// Returns every name that a `use` brings in.
pub(crate) fn imports(tree: &UseTree) -> Vec<Import> {
    let mut found = Vec::new();
    collect(tree, &mut Vec::new(), &mut found);
    found
}

fn collect(tree: &UseTree, path: &mut Vec<String>, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            collect(&step.tree, path, found);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, path, found);
            }
        }
        UseTree::Name(last) => found.push(import(path, &last.ident, None)),
        UseTree::Rename(last) => found.push(import(path, &last.ident, Some(&last.rename))),
        UseTree::Glob(_) => found.push(Import {
            path: path.clone(),
            name: None,
        }),
    }
}

fn import(path: &[String], last: &syn::Ident, rename: Option<&syn::Ident>) -> Import {
    let mut path = path.to_vec();
    // `use a::{self}` brings in `a`.
    if last != "self" {
        path.push(last.to_string());
    }
    let name = rename
        .map(ToString::to_string)
        .or_else(|| path.last().cloned());
    Import { path, name }
}

/// Returns the name of an item that can be exported.
pub(crate) fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Returns `true` if an item is visible wherever its module is.
pub(crate) fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}
