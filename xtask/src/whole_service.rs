//! `cargo xtask models-all`: a drop-in replacement of `mps-models` that has every action of the
//! service.
//!
//! It is `mps-models` with the actions of the description last seen added, so the types are the same
//! and the library has the same name; a workspace that prefers it names it in place of `mps-models`.
//! It has 130,000 lines, which is why it is generated where it is wanted and not kept here.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use toml_edit::DocumentMut;

use crate::{
    add,
    codegen::{self, GenerateError},
    failure::{Failure, print},
    lower::MODULE,
    model::{SourceFile, Sources},
    output::{Extent, Mode, update_part},
    sources,
};

/// The crate that is extended.
const MODELS: &str = "crates/mps-models";

/// The test of the crate: the published examples, read and written again.
const TEST: &str = include_str!("whole_service/round_trip.rs.txt");

/// The options of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The folder of the crate.
    pub dir: PathBuf,
    /// The file of published examples.
    pub examples: Option<PathBuf>,
}

impl Options {
    /// Parses the arguments of `models-all`.
    ///
    /// # Errors
    /// Returns a failure for an unknown option or a missing folder.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        match words {
            [dir] if !dir.starts_with('-') => Ok(Self {
                dir: dir.into(),
                examples: None,
            }),
            [dir, "--examples", file] if !dir.starts_with('-') => Ok(Self {
                dir: dir.into(),
                examples: Some(file.into()),
            }),
            _ => Err(Failure::new(
                "error: usage: cargo xtask models-all <folder> [--examples <examples.json>]",
            )),
        }
    }
}

/// Writes the crate and prints what it has.
///
/// # Errors
/// Returns a failure if the specification has mistakes, or a file cannot be read or written.
pub fn write(root: &Path, options: &Options) -> Result<(), Failure> {
    let sources = with_all_actions(root, options)?;
    let api = codegen::api(&sources).map_err(|it| Failure::from_mistakes(&it, &sources))?;
    let generated = codegen::code(&api).map_err(|error| match error {
        GenerateError::Spec(mistakes) => Failure::from_mistakes(&mistakes, &sources),
        GenerateError::Generator(error) => {
            Failure::new(format!("error: the generated code is not Rust: {error}"))
        }
    })?;
    let failed =
        |error: io::Error| Failure::new(format!("error: {}: {error}", options.dir.display()));
    let by_hand = |name: &str| name != MODULE && name != format!("{MODULE}.rs");
    let source = root.join(MODELS).join("src");
    let target = options.dir.join("src");
    copy(&source, &target, &by_hand).map_err(failed)?;
    update_part(&generated, &target, Extent::Module(MODULE), Mode::Write).map_err(failed)?;
    let tests = options.dir.join("tests");
    fs::create_dir_all(&tests).map_err(failed)?;
    fs::write(tests.join("round_trip.rs"), TEST).map_err(failed)?;
    fs::write(options.dir.join("Cargo.toml"), manifest(root)?).map_err(failed)?;
    for (_, file) in sources
        .iter()
        .filter(|(_, file)| file.path.starts_with("examples/"))
    {
        let path = options.dir.join(&file.path);
        let folder = path.parent().unwrap_or(&options.dir);
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(&path, &file.text).map_err(failed)?;
    }
    print(&format!(
        "{}: {} actions, {} structs",
        options.dir.display(),
        api.actions.len(),
        api.structs.len()
    ))
}

/// Returns the specification with every action of the description last seen.
fn with_all_actions(root: &Path, options: &Options) -> Result<Sources, Failure> {
    let words = add::Options {
        actions: Vec::new(),
        all: true,
        site: "intl".to_owned(),
        examples: options.examples.clone(),
        dry_run: true,
    };
    let added = add::add(root, &words)?;
    let ours = sources::of(root);
    let ours = ours.iter().map(|(_, file)| file.clone());
    let kept = ours.filter(|file| !added.files.contains_key(&file.path));
    let new = added.files.iter().map(|(path, text)| SourceFile {
        path: path.clone(),
        text: text.clone(),
    });
    Ok(Sources::new(kept.chain(new).collect()))
}

/// Copies the files of a folder whose names at the top fit.
fn copy(from: &Path, to: &Path, fits: &dyn Fn(&str) -> bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !fits(&name.to_string_lossy()) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, &|_| true)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns the manifest, with the versions of the workspace.
fn manifest(root: &Path) -> Result<String, Failure> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("error: {}: {error}", path.display())))?;
    let workspace: DocumentMut = text
        .parse()
        .map_err(|_| Failure::new("error: Cargo.toml: not valid TOML"))?;
    let item = |section: &str, key: &str| {
        let value = workspace
            .get("workspace")
            .and_then(|it| it.get(section)?.get(key));
        value.map_or_else(
            || "\"*\"".to_owned(),
            |value| value.to_string().trim().to_owned(),
        )
    };
    Ok(format!(
        "# Generated by `cargo xtask models-all`. Do not edit.\n\
         [package]\nname = \"mps-models-all\"\nversion = {}\nedition = {}\nrust-version = {}\n\
         license = {}\npublish = false\n\
         description = \"Every action of Tencent Cloud MPS as types; replaces mps-models\"\n\n\
         [lib]\nname = \"mps_models\"\n\n\
         [dependencies]\nserde = {}\nserde_json = {}\n\n[workspace]\n",
        item("package", "version"),
        item("package", "edition"),
        item("package", "rust-version"),
        item("package", "license"),
        with_derive(&item("dependencies", "serde")),
        item("dependencies", "serde_json"),
    ))
}

/// Returns a dependency with the feature that the models need, which the workspace leaves to each
/// crate.
fn with_derive(dependency: &str) -> String {
    match dependency.strip_prefix('{') {
        Some(rest) if !dependency.contains("derive") && !dependency.contains("features") => {
            format!("{{ features = [\"derive\"],{rest}")
        }
        None => format!("{{ version = {dependency}, features = [\"derive\"] }}"),
        Some(_) => dependency.to_owned(),
    }
}
