//! The text of a public API, on small crates.

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
    let expected = "mod sample\n\npub use other::Thing as Item;\n\npub fn run(a: u8) -> u8;";
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
    let root = "pub trait Wait { fn later(&self) -> u8; fn ask(&self) -> u8 { 1 } type Error; }";
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
    let root = "#[cfg(feature = \"a\")] mod inner; #[cfg(feature = \"a\")] pub use inner::Gated;
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
