//! The public API of each library as a snapshot, so that a review sees every change of it.
//!
//! After a change on purpose: `INSTA_UPDATE=always cargo test -p mps-tests --test sources`.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemImpl, Type};

use crate::{
    attributes::{self, cfgs},
    export::{Export, Exports, attributes_of},
    krate::Crate,
    render,
    resolve::ItemId,
    text,
};

/// Returns the public API of a crate, module by module and sorted, in the syntax of Rust.
fn public_api(krate: &Crate) -> String {
    let exports = Exports::of(krate);
    let blocks = Blocks::of(krate, &exports);
    let mut modules: BTreeMap<&[String], Module> = BTreeMap::new();
    for (module, used) in &exports.passed_on {
        let module = modules.entry(module).or_default();
        module.passed_on.push(format!("pub use {used};"));
    }
    for (id, export) in &exports.items {
        let module = modules.entry(&export.module).or_default();
        let text = item(krate, *id, export, &blocks);
        module.items.insert((export.name.clone(), text));
    }
    let mut parts = Vec::new();
    for (path, module) in modules {
        parts.push(format!("mod {}", path.join("::")));
        if !module.passed_on.is_empty() {
            parts.push(module.passed_on.join("\n"));
        }
        parts.extend(module.items.into_iter().map(|(_, text)| text));
    }
    let others = ("implementations for other types", blocks.others);
    let macros = (
        "implemented by macros, which are not expanded here",
        macros(krate),
    );
    for (title, lines) in [others, macros] {
        if !lines.is_empty() {
            parts.push(title.to_owned());
            parts.push(lines.into_iter().collect::<Vec<_>>().join("\n"));
        }
    }
    parts.join("\n\n")
}

/// The public parts of a module.
#[derive(Default)]
struct Module {
    /// Second names of items, and names of other crates.
    passed_on: Vec<String>,
    /// Name and text of each item.
    items: BTreeSet<(String, String)>,
}

/// Returns a public item with its conditions and its `impl` blocks.
fn item(krate: &Crate, id: ItemId, export: &Export, blocks: &Blocks<'_>) -> String {
    let item = krate.item(id);
    let blocks = blocks.of_item.get(&id).map_or(&[][..], Vec::as_slice);
    let mut shown = if krate.module(id.module).generated {
        summary(item, &export.name, blocks)
    } else {
        in_full(item, export, blocks)
    };
    for own in cfgs(attributes_of(item)) {
        // The item's own conditions are among the export's.
        shown = shown.replacen(&format!("{own}\n"), "", 1);
    }
    let mut lines = export.cfgs.clone();
    lines.push(shown);
    lines.join("\n")
}

/// The `impl` blocks of a crate, by the type they are for.
struct Blocks<'a> {
    of_item: BTreeMap<ItemId, Vec<(Vec<String>, &'a ItemImpl)>>,
    /// Implementations for types of other crates and for type parameters.
    others: BTreeSet<String>,
}

impl<'a> Blocks<'a> {
    fn of(krate: &'a Crate, exports: &Exports) -> Self {
        let mut blocks = Self {
            of_item: BTreeMap::new(),
            others: BTreeSet::new(),
        };
        for (index, module) in krate.modules.iter().enumerate() {
            for item in &module.items {
                if let Item::Impl(block) = item
                    && !attributes::is_test(&block.attrs)
                    && !is_of_private_trait(krate, exports, index, block)
                {
                    blocks.add(krate, exports, index, block);
                }
            }
        }
        blocks
    }

    fn add(&mut self, krate: &'a Crate, exports: &Exports, module: usize, block: &'a ItemImpl) {
        let mut conditions = krate.module(module).cfgs.clone();
        conditions.extend(cfgs(&block.attrs));
        let target = path_of(&block.self_ty).map(|path| krate.resolve(module, &path));
        let target = target.unwrap_or_default();
        if let [id] = target[..] {
            if exports.items.contains_key(&id) {
                self.of_item
                    .entry(id)
                    .or_default()
                    .push((conditions, block));
            }
        } else if block.trait_.is_some() {
            conditions.push(render::implementation(block));
            self.others.insert(conditions.join(" "));
        }
    }
}

/// Returns `true` if the trait is one of this crate that nobody outside can name.
fn is_of_private_trait(krate: &Crate, exports: &Exports, module: usize, block: &ItemImpl) -> bool {
    let Some((path, _)) = &block.trait_ else {
        return false;
    };
    let found = krate.resolve(module, &names(path));
    !found.is_empty() && found.iter().all(|id| !exports.items.contains_key(id))
}

/// Returns the path of a type, or of the type that a reference is to.
fn path_of(ty: &Type) -> Option<Vec<String>> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(names(&path.path)),
        Type::Reference(reference) => path_of(&reference.elem),
        _ => None,
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

/// An item with everything that belongs to it. Conditions that hold for the item are not repeated.
fn in_full(item: &Item, export: &Export, blocks: &[(Vec<String>, &ItemImpl)]) -> String {
    let mut inherent: BTreeMap<String, ItemImpl> = BTreeMap::new();
    let mut traits = BTreeSet::new();
    for (conditions, block) in blocks {
        let mut header: Vec<_> = conditions
            .iter()
            .filter(|cfg| !export.cfgs.contains(cfg))
            .cloned()
            .collect();
        if block.trait_.is_some() {
            header.push(render::implementation(block));
            traits.insert(header.join(" "));
        } else if let Some(shown) = render::inherent(block) {
            header.push(render::implementation(block));
            let header = header.join("\n");
            match inherent.get_mut(&header) {
                Some(known) => known.items.extend(shown.items),
                None => {
                    inherent.insert(header, shown);
                }
            }
        }
    }
    let mut lines = vec![render::item(item, &export.name)];
    for (header, block) in inherent {
        if let Some((conditions, _)) = header.rsplit_once('\n') {
            lines.push(conditions.to_owned());
        }
        // Blocks with one header are shown as one.
        lines.extend(render::inherent(&block).map(|block| text::formatted(Item::Impl(block))));
    }
    lines.extend(traits);
    lines.join("\n")
}

/// A generated item, which follows from `spec/`: its definition, and names of the rest.
fn summary(item: &Item, name: &str, blocks: &[(Vec<String>, &ItemImpl)]) -> String {
    let fields = render::fields(item);
    let (mut functions, mut traits) = (BTreeSet::new(), BTreeSet::new());
    for (_, block) in blocks {
        if let Some((path, _)) = &block.trait_ {
            traits.extend(path.segments.last().map(text::ty));
        } else if let Some(block) = render::inherent(block) {
            functions.extend(block.items.iter().map(|item| render::brief(item, &fields)));
        }
    }
    let mut lines = vec![render::item(item, name)];
    for (start, names) in [("    fn:", functions), ("    impl:", traits)] {
        let names: Vec<_> = names.into_iter().collect();
        if !names.is_empty() {
            lines.push(text::wrapped(start, &names));
        }
    }
    lines.join("\n")
}

/// Returns the macros that make items, which this parser does not expand.
fn macros(krate: &Crate) -> BTreeSet<String> {
    let items = krate.modules.iter().flat_map(|module| &module.items);
    let called = items.filter_map(|item| match item {
        Item::Macro(item) if item.ident.is_none() && !attributes::is_test(&item.attrs) => {
            Some(text::one_line(Item::Macro(item.clone())))
        }
        _ => None,
    });
    called.collect()
}

fn assert_unchanged(name: &str) {
    let api = public_api(&Crate::parse(name));
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("public-api-{name}"), api);
    });
}

#[test]
fn the_public_api_of_mps_models_is_as_reviewed() {
    assert_unchanged("mps-models");
}

#[test]
fn the_public_api_of_mps_core_is_as_reviewed() {
    assert_unchanged("mps-core");
}

#[test]
fn the_public_api_of_mps_aigc_is_as_reviewed() {
    assert_unchanged("mps-aigc");
}

#[test]
fn the_public_api_of_mps_jobs_is_as_reviewed() {
    assert_unchanged("mps-jobs");
}

#[cfg(test)]
mod tests;
