//! The steps of continuous integration; each can be run alone by its name.

mod optional;
mod test_run;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::{Failure, print},
    instructions,
    output::Mode,
    targets::codegen,
};

/// A step: its name on the command line, what its success proves, and the function that runs it.
struct Step {
    name: &'static str,
    proves: &'static str,
    run: fn(&Path) -> Result<(), Failure>,
}

/// All steps in order, the cheapest first, so that a run fails early.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        proves: "the code is formatted",
        run: fmt,
    },
    Step {
        name: "codegen",
        proves: "spec/ has no mistake, and the generated code and pages match it",
        run: drift,
    },
    Step {
        name: "deps",
        proves: "mps-models depends on serde and serde_json only",
        run: deps,
    },
    Step {
        name: "msrv",
        proves: "no dependency needs a newer Rust than the declared minimum",
        run: msrv,
    },
    Step {
        name: "clippy",
        proves: "no lint fires, with every feature and with none",
        run: clippy,
    },
    Step {
        name: "docs",
        proves: "the documentation builds without a warning",
        run: docs,
    },
    Step {
        name: "instructions",
        proves: "hot paths execute as many instructions as tests/instruction-limits.toml says",
        run: instructions::check,
    },
    Step {
        name: "test",
        proves: "tests and doctests pass in an isolated network, and every snapshot has a test",
        run: test_run::run,
    },
    Step {
        name: "readme",
        proves: "the first command of the README writes its video",
        run: readme,
    },
    Step {
        name: "package",
        proves: "every published crate builds from its package",
        run: package,
    },
];

/// Returns the steps, one per line, for the usage text.
#[must_use]
pub fn list() -> String {
    let line = |step: &Step| format!("    {:<12} {}\n", step.name, step.proves);
    let always: String = STEPS.iter().map(line).collect();
    always + &optional::list()
}

/// Runs the named steps, or all of them if `names` is empty. Of the optional steps all that are quick and
/// whose tools are installed; what is left out is listed.
///
/// # Errors
/// Fails at the first step that fails, or before any step if a name is unknown.
pub fn run(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let known =
        |name: &&str| optional::is_known(name) || STEPS.iter().any(|step| step.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(Failure::new(format!(
            "error: unknown step `{unknown}`; the steps are\n{}",
            list()
        )));
    }
    for step in STEPS
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
    {
        print(&format!("== {}: {}", step.name, step.proves))?;
        (step.run)(root)?;
    }
    optional::run(root, names)?;
    print("all steps passed")
}

fn fmt(root: &Path) -> Result<(), Failure> {
    cargo(root, ["fmt", "--all", "--check"])
}

fn drift(root: &Path) -> Result<(), Failure> {
    crate::cli::spec_check(root)?;
    codegen(root, Mode::Check)
}

fn clippy(root: &Path) -> Result<(), Failure> {
    let deny = ["--", "-D", "warnings"];
    let all = ["clippy", "--workspace", "--all-targets", "--all-features"];
    cargo(root, all.iter().chain(&deny))?;
    // Not with --workspace: other members would enable the features again.
    for package in ["mps-core", "mps-aigc", "mps-jobs"] {
        let bare = ["clippy", "--package", package, "--no-default-features"];
        cargo(root, bare.iter().chain(&deny))?;
    }
    Ok(())
}

fn docs(root: &Path) -> Result<(), Failure> {
    let mut command = command(root);
    command.args(["doc", "--workspace", "--no-deps", "--all-features"]);
    run_to_success(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs the command that is marked in the README, in a shell, and checks the file that it writes.
fn readme(root: &Path) -> Result<(), Failure> {
    const MARK: &str = "<!-- run by `cargo xtask ci readme` -->\n```sh\n";
    let readme = fs::read_to_string(root.join("README.md"));
    let readme = readme.map_err(|error| Failure::new(format!("error: README.md: {error}")))?;
    let marked = readme
        .split_once(MARK)
        .and_then(|(_, rest)| rest.split_once("```"));
    let (shell, _) =
        marked.ok_or_else(|| Failure::new("error: README.md has no marked command"))?;
    let written = root.join("cat.mp4");
    let _absent = fs::remove_file(&written);
    run_to_success(Command::new("sh").args(["-euc", shell]).current_dir(root))?;
    let size = fs::metadata(&written).map_or(0, |file| file.len());
    let _best_effort = fs::remove_file(&written);
    if size == 0 {
        return Err(Failure::new(
            "error: the command of the README wrote no cat.mp4",
        ));
    }
    print(&format!("cat.mp4: {size} bytes"))
}

/// Makes the pictures of the documentation. They show dates and ports, so CI does not compare them.
///
/// # Errors
/// Fails if the program that makes them does.
pub fn pictures(root: &Path) -> Result<(), Failure> {
    let run = [
        "run",
        "--quiet",
        "--package",
        "mps-tests",
        "--example",
        "pictures",
        "--",
    ];
    cargo(root, run.iter().chain(&["docs/pictures"]))
}

/// Packs the published crates, then builds them from their packages.
///
/// Cargo unpacks packages below its home folder under a name that depends on the target directory
/// and the version only, and treats what it finds there as current. The target directory is
/// therefore named after the content of the packages.
fn package(root: &Path) -> Result<(), Failure> {
    let target = root.join("target");
    let packed = target.join("packed");
    pack(root, &packed, &["--no-verify"])?;
    let digest = digest(&packed.join("package"))
        .map_err(|error| Failure::new(format!("error: {}: {error}", packed.display())))?;
    pack(root, &target.join(format!("package-{digest:016x}")), &[])
}

fn pack(root: &Path, target: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut command = command(root);
    command.args(["package", "--workspace", "--allow-dirty", "--quiet"]);
    for unpublished in ["xtask", "mps-tests", "mps-instructions"] {
        command.args(["--exclude", unpublished]);
    }
    run_to_success(command.args(options).arg("--target-dir").arg(target))
}

/// Returns a hash of the content of every package in a folder.
fn digest(folder: &Path) -> io::Result<u64> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let packages: BTreeSet<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some(OsStr::new("crate")))
        .collect();
    let mut hasher = DefaultHasher::new();
    for package in packages {
        fs::read(package)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// `serde`, `serde_json` and their own dependencies.
const ALLOWED: &[&str] = &[
    "itoa",
    "memchr",
    "mps-models",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
    "zmij",
];

fn deps(root: &Path) -> Result<(), Failure> {
    let mut command = command(root);
    command.args([
        "tree",
        "--package",
        "mps-models",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib}",
    ]);
    command.arg("--no-dedupe");
    let tree = output(&mut command)?;
    let unexpected: BTreeSet<_> = tree
        .lines()
        .map(|name| name.trim().replace('-', "_"))
        .filter(|name| {
            !name.is_empty() && !ALLOWED.iter().any(|known| known.replace('-', "_") == *name)
        })
        .collect();
    if unexpected.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: mps-models depends on {unexpected:?}"
    )))
}

/// Checks the `rust-version` that every dependency declares against our own.
fn msrv(root: &Path) -> Result<(), Failure> {
    let mut command = command(root);
    command.args(["metadata", "--format-version", "1", "--all-features"]);
    let metadata: serde_json::Value = serde_json::from_str(&output(&mut command)?)
        .map_err(|error| Failure::new(format!("error: cargo metadata: {error}")))?;
    let packages = metadata
        .get("packages")
        .and_then(serde_json::Value::as_array);
    let text =
        |package: &serde_json::Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    let requirement = |package| {
        Some((
            version(&text(package, "rust_version")?),
            text(package, "name")?,
        ))
    };
    let requirements: Vec<_> = packages
        .into_iter()
        .flatten()
        .filter_map(requirement)
        .collect();
    let ours = requirements
        .iter()
        .find(|(_, name)| name == "mps-core")
        .map(|(version, _)| version.clone());
    let ours = ours.ok_or_else(|| Failure::new("error: mps-core declares no rust-version"))?;
    let newer: Vec<_> = requirements
        .iter()
        .filter(|(version, _)| *version > ours)
        .map(|(_, name)| name.as_str())
        .collect();
    if newer.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: these need a newer Rust than the declared minimum: {}",
        newer.join(", ")
    )))
}

/// Returns the parts of a version such as `1.89` as three numbers that can be compared.
fn version(text: &str) -> Vec<u64> {
    let mut parts: Vec<_> = text
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect();
    parts.resize(3, 0);
    parts
}

fn cargo<A: AsRef<OsStr>>(
    root: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<(), Failure> {
    run_to_success(command(root).args(arguments))
}

fn command(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root);
    command
}

fn run_to_success(command: &mut Command) -> Result<(), Failure> {
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("error: {command:?}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("error: {command:?}: {status}")))
}

fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("error: {command:?}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::new(
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}
