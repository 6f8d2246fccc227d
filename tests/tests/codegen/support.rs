//! Specifications to feed the generator with.

use std::path::{Path, PathBuf};

use annotate_snippets::Renderer;
use xtask::{
    codegen::{GenerateError, Generated, generate},
    diagnostic::render,
    model::{SourceFile, Sources, read},
};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The repository's own specification.
pub(crate) fn real() -> Vec<SourceFile> {
    files(&workspace().join("spec"))
}

/// Returns the files of a fixture and those that all fixtures share.
pub(crate) fn fixture(name: &str) -> Vec<SourceFile> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codegen");
    let mut found = files(&all.join("base"));
    found.extend(files(&all.join(name)));
    found
}

/// Returns the names of all fixtures.
pub(crate) fn fixture_names() -> Vec<String> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codegen");
    let entries = all.read_dir().unwrap().map(|entry| entry.unwrap());
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name != "base").collect()
}

fn files(dir: &Path) -> Vec<SourceFile> {
    let (sources, mistakes) = read(dir);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    sources.iter().map(|(_, file)| file.clone()).collect()
}

/// Returns the generated files of a valid specification.
pub(crate) fn generated(files: Vec<SourceFile>) -> Generated {
    let sources = Sources::new(files);
    generate(&sources).unwrap_or_else(|fault| panic!("{}", text(&fault, &sources)))
}

/// Returns the diagnostics about an invalid specification.
pub(crate) fn diagnostics(files: Vec<SourceFile>) -> String {
    let sources = Sources::new(files);
    match generate(&sources) {
        Ok(_) => panic!("the specification is sound"),
        Err(fault) => text(&fault, &sources),
    }
}

fn text(fault: &GenerateError, sources: &Sources) -> String {
    match fault {
        GenerateError::Spec(mistakes) => render(mistakes, sources, &Renderer::plain()),
        GenerateError::Generator(fault) => fault.clone(),
    }
}

/// Compares with the snapshot of this name.
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
