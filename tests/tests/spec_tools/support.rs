//! A workspace with a small specification, and a description that matches it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    cli,
    diff::{self, Change, Format},
    import::{Import, Options, import},
};

pub(crate) const SKETCH: &str = "actions/create_aigc_sketch.toml";
pub(crate) const FRAME: &str = "structs/sketch_frame.toml";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/spec_tools")
}

/// The description that matches the specification.
pub(crate) fn description() -> Value {
    let text = fs::read_to_string(fixtures().join("api.json")).expect("api.json");
    serde_json::from_str(&text).expect("JSON")
}

/// A member as a description has it.
pub(crate) fn member(name: &str, kind: &str, exact: &str) -> Value {
    json!({ "name": name, "type": kind, "member": exact, "required": false, "document": "Prose." })
}

/// The members of an object of a description.
pub(crate) fn members<'a>(description: &'a mut Value, object: &str) -> &'a mut Vec<Value> {
    let members = &mut description["objects"][object]["members"];
    members.as_array_mut().expect(object)
}

/// A folder with the specification in it.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        copy(&fixtures().join("spec"), &dir.path().join("spec"));
        Self(dir)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// Replaces a text in a file, which has to be there.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let file = self.root().join("spec").join(path);
        let text = fs::read_to_string(&file).expect(path);
        assert!(text.contains(from), "{path} has no {from}");
        fs::write(file, text.replacen(from, to, 1)).expect(path);
        self
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folder");
        fs::write(&file, text).expect(path);
        file
    }

    /// The specification's files by their paths, without the fingerprints.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        list(&self.root().join("spec"), "", &mut found);
        found.retain(|path, _| !path.starts_with("published/"));
        found
    }

    pub(crate) fn file(&self, path: &str) -> String {
        fs::read_to_string(self.root().join("spec").join(path)).expect(path)
    }

    /// Options for an import of a description.
    pub(crate) fn options(&self, description: &Value) -> Options {
        Options::new(self.write("api.json", description.to_string()))
    }

    pub(crate) fn import(&self, description: &Value) -> Import {
        let import = import(self.root(), &self.options(description));
        import.unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// Returns the result of `spec check`.
    pub(crate) fn check(&self) -> Result<(), String> {
        cli::spec_check(self.root()).map_err(|failure| failure.to_string())
    }

    /// Returns the error of an import that fails, after checking that it changed nothing.
    pub(crate) fn refusal(&self, options: &Options) -> String {
        let before = self.files();
        let failure = import(self.root(), options).expect_err("an import that fails");
        assert_eq!(self.files(), before, "the specification was touched");
        let root = self.root().display().to_string();
        failure.to_string().replace(&root, "…")
    }
}

/// The differences between two sides, named as on the command line.
pub(crate) fn difference(root: &Path, old: &str, new: &str) -> Result<Vec<Change>, String> {
    let (old, new) = (old.to_owned(), new.to_owned());
    let format = Format::Text;
    let options = diff::Options { old, new, format };
    let changes = diff::diff(root, &options);
    changes.map_err(|failure| {
        failure
            .to_string()
            .replace(&root.display().to_string(), "…")
    })
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

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folder");
    for entry in fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("file");
        }
    }
}

fn list(dir: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).expect("folder") {
        let entry = entry.expect("entry");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{path}/"), found);
        } else {
            let text = fs::read_to_string(entry.path()).expect("text");
            found.insert(path, text);
        }
    }
}
