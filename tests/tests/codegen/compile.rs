//! The code of every fixture compiles, and the workspace's lints find nothing in it.
//!
//! All of it is in one temporary crate, next to a copy of the hand-written part of
//! `mps-models` it leans on, so one run of clippy is enough. Its target directory outlives the
//! test, which makes every run but the first take about a second.

use std::{fs, path::Path, process::Command};

use mps_tests::bounded;
use toml::Table;
use xtask::output::{Mode, update};

use crate::support::{fixture, generated, workspace};

const FIXTURES: &[&str] = &[
    "action",
    "capabilities",
    "docs",
    "enums",
    "example",
    "helpers",
    "kinds",
    "names",
    "required",
    "roles",
    "rules",
    "sensitive",
    "tasks",
];

#[test]
fn every_fixture_is_listed() {
    let all = fs::read_dir(workspace().join("tests/fixtures/codegen")).expect("fixtures");
    let names = all.map(|entry| {
        entry
            .expect("entry")
            .file_name()
            .into_string()
            .expect("UTF-8")
    });
    let mut names: Vec<String> = names.filter(|name| name != "base").collect();
    names.sort();
    assert_eq!(names, FIXTURES);
}

#[test]
fn the_code_of_every_fixture_compiles_without_a_warning() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write_crate(dir.path());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut clippy = Command::new(cargo);
    clippy
        .args(["clippy", "--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures"))
        .current_dir(dir.path())
        .env_remove("RUSTFLAGS");
    let output = bounded::long_output(&mut clippy).expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn write_crate(dir: &Path) {
    let root = workspace();
    copy(&root.join("crates/mps-models/src"), &dir.join("src"));
    // The versions that are already here, so nothing has to be fetched.
    fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).expect("Cargo.lock");
    fs::copy(root.join("clippy.toml"), dir.join("clippy.toml")).expect("clippy.toml");
    fs::write(dir.join("Cargo.toml"), manifest(&root)).expect("Cargo.toml");
    let lib = dir.join("src/lib.rs");
    let mut text = fs::read_to_string(&lib).expect("lib.rs");
    for name in FIXTURES {
        text.push_str(&modules(name));
        let target = dir.join(format!("src/fixture_{name}"));
        update(&generated(fixture(name)), &target, Mode::Write).expect("written");
    }
    fs::write(lib, text).expect("lib.rs");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("directory");
    for entry in fs::read_dir(from).expect("directory") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copy");
        }
    }
}

fn modules(name: &str) -> String {
    let tables = name == "capabilities";
    let exports = if tables {
        "capabilities::*, columns::*, rules::*, "
    } else {
        ""
    };
    let modules = MODULES.replace("NAME", name).replace("TABLES", exports);
    if tables { modules + QUERY } else { modules }
}

/// The module declarations for generated code, as in `mps-models`.
const MODULES: &str = "
/// A fixture.
#[deny(warnings)]
pub mod fixture_NAME {
    #[rustfmt::skip]
    mod generated;

    pub use generated::{TABLESservice::*, *};
}
";

/// The hand-written part for a request with a capability query, as in `mps-models`.
const QUERY: &str = r#"
/// The hand-written part.
pub mod query {
    use crate::{fixture_capabilities::{FILM, Make, Row}, preflight::capability::{CapabilityQuery, ToCapabilityQuery}};

    /// A row of the fixture's own columns, which its tables, made of the crate's rows, do not use.
    pub const ROW: Row = Row::new("film", "Whole", None, "a row");

    impl ToCapabilityQuery for Make {
        fn capability_query(&self) -> CapabilityQuery<'_> {
            CapabilityQuery::new(&FILM)
        }
    }
}
"#;

/// A crate with the lints of the workspace.
fn manifest(root: &Path) -> String {
    let workspace = fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml");
    let mut workspace: Table = workspace.parse().expect("TOML");
    let lints = workspace
        .get_mut("workspace")
        .and_then(|inner| inner.get_mut("lints"));
    let mut manifest: Table = MANIFEST.parse().expect("TOML");
    manifest.insert("lints".to_owned(), lints.expect("lints").clone());
    toml::to_string(&manifest).expect("TOML")
}

const MANIFEST: &str = r#"
[package]
name = "fixtures"
version = "0.0.0"
edition = "2024"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"

[profile.dev]
debug = false

[workspace]
"#;
