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
    let mut modules: BTreeMap<Vec<String>, BTreeSet<(String, String)>> = BTreeMap::new();
    for (module, used) in &exports.passed_on {
        let entry = (String::new(), format!("pub use {used};"));
        modules.entry(module.clone()).or_default().insert(entry);
    }
    for (id, export) in &exports.items {
        let item = krate.item(*id);
        let mut text: String = export.cfgs.iter().map(|cfg| format!("{cfg}\n")).collect();
        let own = cfgs(attributes_of(item));
        let blocks = blocks.of_item.get(id).map_or(&[][..], Vec::as_slice);
        let shown = if krate.module(id.module).generated {
            summary(item, &export.name, blocks)
        } else {
            in_full(item, export, blocks)
        };
        // The item's own conditions are among the export's.
        text.push_str(&own.iter().fold(shown, |shown, cfg| {
            shown.replacen(&format!("{cfg}\n"), "", 1)
        }));
        let entry = (export.name.clone(), text);
        modules
            .entry(export.module.clone())
            .or_default()
            .insert(entry);
    }
    let mut text = String::new();
    for (module, entries) in modules {
        text.push_str(&format!("mod {}\n\n", module.join("::")));
        for (_, entry) in entries {
            text.push_str(&entry);
            // Second names come first, one a line.
            text.push_str(if entry.starts_with("pub use ") {
                "\n"
            } else {
                "\n\n"
            });
        }
    }
    if !blocks.others.is_empty() {
        text.push_str("implementations for other types\n\n");
        text.extend(blocks.others.iter().map(|line| format!("{line}\n")));
        text.push('\n');
    }
    let macros = macros(krate);
    if !macros.is_empty() {
        text.push_str("implemented by macros, which are not expanded here\n\n");
        text.extend(macros.iter().map(|line| format!("{line}\n")));
    }
    text.trim_end().to_owned()
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
    let mut text = render::item(item, &export.name);
    for (header, block) in inherent {
        let conditions = header
            .rsplit_once('\n')
            .map_or("", |(conditions, _)| conditions);
        if !conditions.is_empty() {
            text.push_str(&format!("\n{conditions}"));
        }
        // Blocks with one header are shown as one.
        let block = render::inherent(&block).unwrap();
        text.push_str(&format!("\n{}", text::formatted(Item::Impl(block))));
    }
    for line in traits {
        text.push_str(&format!("\n{line}"));
    }
    text
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
    let mut text = render::item(item, name);
    for (start, names) in [("    fn:", functions), ("    impl:", traits)] {
        let names: Vec<_> = names.into_iter().collect();
        if !names.is_empty() {
            text.push_str(&format!("\n{}", text::wrapped(start, &names)));
        }
    }
    text
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Returns the public API of a crate whose root and module `inner` have these texts.
    fn api(root: &str, inner: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lib.rs"), root).unwrap();
        fs::write(folder.path().join("inner.rs"), inner).unwrap();
        public_api(&Crate::parse_folder("sample", folder.path()))
    }

    #[test]
    fn an_item_is_public_by_a_public_path_only() {
        let inner = "pub struct Shown; pub struct Unreachable; pub(crate) fn internal() {}";
        let shown = "mod sample\n\npub struct Shown;";
        assert_eq!(api("mod inner; pub use inner::Shown;", inner), shown);
        assert_eq!(api("mod inner;", inner), "");
        assert_eq!(api("#[doc(hidden)] pub mod inner;", inner), "");
        let all = api("pub mod inner;", inner);
        assert_eq!(
            all,
            "mod sample::inner\n\npub struct Shown;\n\npub struct Unreachable;"
        );
    }

    #[test]
    fn globs_renames_and_other_crates_are_followed_as_far_as_possible() {
        let root = "mod inner; pub use inner::*; pub use other::Thing as Item;";
        let shown = api(
            root,
            "mod deeper { pub fn kept(a: u8) -> u8 { a } } pub use deeper::kept as run;",
        );
        let expected = "mod sample\n\npub use other::Thing as Item;\npub fn run(a: u8) -> u8;";
        assert_eq!(shown, expected);
    }

    #[test]
    fn private_parts_and_bodies_are_left_out() {
        let root = "
            mod inner;
            #[derive(PartialEq, Clone)] #[non_exhaustive]
            /// Documentation.
            pub struct Mixed { pub a: u8, b: u8 }
            impl Mixed {
                pub fn set(mut self, a: u8) -> Self { self.a = a; self }
                fn internal(&self) {}
                pub const ONE: u8 = 1;
            }
            impl std::fmt::Display for Mixed {}
            impl inner::Internal for Mixed {}
            pub struct Wrapped(pub u8, u16);";
        let expected = "mod sample\n
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Mixed {
    pub a: u8,
    /* private fields */
}
impl Mixed {
    pub const ONE: u8;
    pub fn set(self, a: u8) -> Self;
}
impl Display for Mixed

pub struct Wrapped(pub u8, _);";
        assert_eq!(api(root, "pub trait Internal {}"), expected);
    }

    #[test]
    fn traits_say_which_methods_are_provided() {
        let root =
            "pub trait Wait { fn later(&self) -> u8; fn ask(&self) -> u8 { 1 } type Error; }";
        let expected = "mod sample\n
pub trait Wait {
    type Error;
    #[provided]
    fn ask(&self) -> u8;
    fn later(&self) -> u8;
}";
        assert_eq!(api(root, ""), expected);
    }

    #[test]
    fn conditions_are_shown_once_where_they_begin_to_hold() {
        let root =
            "#[cfg(feature = \"a\")] mod inner; #[cfg(feature = \"a\")] pub use inner::Gated;
            #[cfg(test)] mod tests { pub struct Hidden; }";
        let inner = "pub struct Gated; #[cfg(feature = \"b\")] impl Gated { pub fn more() {} }";
        let expected = "mod sample\n
#[cfg(feature = \"a\")]
pub struct Gated;
#[cfg(feature = \"b\")]
impl Gated {
    pub fn more();
}";
        assert_eq!(api(root, inner), expected);
    }

    #[test]
    fn implementations_for_foreign_types_are_listed_apart() {
        let root = "pub trait Wait {} impl<T: Wait> Wait for std::sync::Arc<T> {}";
        let expected = "mod sample\n\npub trait Wait;\n\nimplementations for other types\n
impl<T: Wait> Wait for std::sync::Arc<T>";
        assert_eq!(api(root, ""), expected);
    }

    #[test]
    fn a_change_of_the_public_api_changes_the_text_and_no_other_change_does() {
        let before = "mod inner; pub fn ask(a: u8) -> u8 { a }";
        let text = api(before, "");
        assert_eq!(
            api(
                "mod inner;\n\n/// More.\npub fn ask(\n    a: u8,\n) -> u8 { a + 1 }",
                ""
            ),
            text
        );
        for changed in [
            "mod inner; pub fn ask(a: u16) -> u8 { a }",
            "mod inner; pub fn ask(a: u8) -> u8 { a } pub fn tell() {}",
            "mod inner; fn ask(a: u8) -> u8 { a }",
            "mod inner; #[must_use] pub fn ask(a: u8) -> u8 { a }",
        ] {
            assert_ne!(api(changed, ""), text, "{changed}");
        }
    }
}
