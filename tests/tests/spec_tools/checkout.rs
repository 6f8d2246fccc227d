//! The checkout that a command works on, when two of them share one program.

use std::path::Path;

use crate::support::Workspace;

/// Makes a folder look like a checkout with its own specification.
fn checkout() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n");
    workspace
}

fn root(manifest: Option<&Path>, folder: &Path) -> Result<std::path::PathBuf, String> {
    xtask::workspace::find(manifest, folder).map_err(|failure| failure.to_string())
}

#[test]
fn cargo_names_the_checkout() {
    let (one, other) = (checkout(), checkout());
    let manifest = one.root().join("xtask");
    assert_eq!(
        root(Some(&manifest), other.root()).as_deref(),
        Ok(one.root())
    );
}

#[test]
fn without_cargo_it_is_the_closest_one_upward() {
    let (outer, deep) = (checkout(), "spec/actions");
    let folder = outer.root().join(deep);
    assert_eq!(root(None, &folder).as_deref(), Ok(outer.root()));
    // Another package's manifest folder is not a checkout.
    let elsewhere = tempfile::tempdir().expect("folder");
    assert_eq!(
        root(Some(elsewhere.path()), &folder).as_deref(),
        Ok(outer.root())
    );
    let refusal = root(None, elsewhere.path()).expect_err("no checkout");
    assert!(refusal.contains("is not in a checkout"), "{refusal}");
}
