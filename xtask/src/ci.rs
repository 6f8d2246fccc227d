//! Everything that continuous integration runs, step by step and by name.

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
    failure::{Failure, say},
    output::Mode,
    targets::codegen,
    trap::trapped,
};

/// A step: what to type to run it alone, what it shows, and how.
struct Step {
    name: &'static str,
    shows: &'static str,
    run: fn(&Path) -> Result<(), Failure>,
}

/// Cheap steps first, so that a slip is told early.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        shows: "the code is formatted",
        run: fmt,
    },
    Step {
        name: "codegen",
        shows: "the generated code is what spec/ asks for",
        run: drift,
    },
    Step {
        name: "lean",
        shows: "mps-models needs serde and serde_json, nothing else",
        run: lean,
    },
    Step {
        name: "msrv",
        shows: "no dependency needs a newer Rust than we declare",
        run: msrv,
    },
    Step {
        name: "clippy",
        shows: "no lint, with every feature and with none",
        run: clippy,
    },
    Step {
        name: "docs",
        shows: "the documentation builds without a warning",
        run: docs,
    },
    Step {
        name: "test",
        shows: "every test and doctest, with no other host in reach; no snapshot without a test",
        run: test,
    },
    Step {
        name: "readme",
        shows: "the first command of the README does what it says",
        run: readme,
    },
    Step {
        name: "package",
        shows: "every published crate packs and builds from its package",
        run: package,
    },
];

/// The steps, a line each, for the usage text.
#[must_use]
pub fn list() -> String {
    let line = |step: &Step| format!("    {:<9} {}\n", step.name, step.shows);
    STEPS.iter().map(line).collect()
}

/// Runs the named steps, or all of them.
pub fn run(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let known = |name: &&str| STEPS.iter().any(|step| step.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(Failure::new(format!(
            "error: there is no step `{unknown}`; there are\n{}",
            list()
        )));
    }
    for step in STEPS
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
    {
        say(&format!("== {}: {}", step.name, step.shows))?;
        (step.run)(root)?;
    }
    say("all steps passed")
}

fn fmt(root: &Path) -> Result<(), Failure> {
    cargo(root, ["fmt", "--all", "--check"])
}

fn drift(root: &Path) -> Result<(), Failure> {
    codegen(root, Mode::Check)
}

fn clippy(root: &Path) -> Result<(), Failure> {
    let deny = ["--", "-D", "warnings"];
    let all = ["clippy", "--workspace", "--all-targets", "--all-features"];
    cargo(root, all.iter().chain(&deny))?;
    // Not with --workspace: other members would switch the features on again.
    for package in ["mps-core", "mps-aigc"] {
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

/// Runs the tests with insta told to note every snapshot it looks at, then compares that list
/// with the files there are. (The variable is how `cargo insta` does it; this way nothing needs
/// to be installed.)
fn test(root: &Path) -> Result<(), Failure> {
    let looked_at = root.join("target").join("snapshots-looked-at.txt");
    let failed =
        |error: io::Error| Failure::new(format!("error: {}: {error}", looked_at.display()));
    fs::create_dir_all(root.join("target")).map_err(failed)?;
    fs::write(&looked_at, "").map_err(failed)?;
    let what = ["test", "--workspace", "--all-features"];
    // What is to be downloaded or built is, before there is no network.
    cargo(root, what.iter().chain(&["--no-run"]))?;
    let mut command = command(root);
    command.args(what).arg("--no-fail-fast");
    command
        .env("INSTA_UPDATE", "no")
        .env("INSTA_SNAPSHOT_REFERENCES_FILE", &looked_at);
    run_to_success(&mut trapped(&command)?)?;
    let noted = fs::read_to_string(&looked_at).map_err(failed)?;
    let noted: BTreeSet<PathBuf> = noted
        .lines()
        .filter_map(|line| fs::canonicalize(line).ok())
        .collect();
    let unreferenced: Vec<_> = snapshots(&root.join("tests"))
        .map_err(failed)?
        .into_iter()
        .filter(|file| !noted.contains(file))
        .map(|file| file.display().to_string())
        .collect();
    if unreferenced.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: no test looks at these snapshots\n{}\nhelp: delete them",
        unreferenced.join("\n")
    )))
}

/// Every snapshot file below a folder.
fn snapshots(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(snapshots(&path)?);
        } else if path.extension() == Some(OsStr::new("snap")) {
            found.push(fs::canonicalize(path)?);
        }
    }
    Ok(found)
}

/// Runs the command that the README marks, in a shell, and looks for the file it promises.
fn readme(root: &Path) -> Result<(), Failure> {
    const MARK: &str = "<!-- run by `cargo xtask ci readme` -->\n```sh\n";
    let readme = fs::read_to_string(root.join("README.md"));
    let readme = readme.map_err(|error| Failure::new(format!("error: README.md: {error}")))?;
    let marked = readme
        .split_once(MARK)
        .and_then(|(_, rest)| rest.split_once("```"));
    let (shell, _) =
        marked.ok_or_else(|| Failure::new("error: README.md marks no command to run"))?;
    let promised = root.join("cat.mp4");
    let _not_there_yet = fs::remove_file(&promised);
    run_to_success(Command::new("sh").args(["-euc", shell]).current_dir(root))?;
    let size = fs::metadata(&promised).map_or(0, |file| file.len());
    let _best_effort = fs::remove_file(&promised);
    if size == 0 {
        return Err(Failure::new(
            "error: the command of the README left no cat.mp4",
        ));
    }
    say(&format!("cat.mp4: {size} bytes"))
}

/// Packs, then builds from the packages.
///
/// Cargo unpacks what it builds below its home, under a name that depends on the target directory
/// and the version alone, and takes what it finds there for current. So the target directory is
/// named for the content of the packages.
fn package(root: &Path) -> Result<(), Failure> {
    let target = root.join("target");
    let packed = target.join("packed");
    pack(root, &packed, &["--no-verify"])?;
    let digest = digest(&packed.join("package"))
        .map_err(|error| Failure::new(format!("error: {}: {error}", packed.display())))?;
    pack(root, &target.join(format!("package-{digest:016x}")), &[])
}

fn pack(root: &Path, target: &Path, more: &[&str]) -> Result<(), Failure> {
    let mut command = command(root);
    command.args(["package", "--workspace", "--allow-dirty", "--quiet"]);
    command.args(["--exclude", "xtask", "--exclude", "mps-tests"]);
    run_to_success(command.args(more).arg("--target-dir").arg(target))
}

/// One number for the content of every package in a folder.
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

/// What `serde` and `serde_json` themselves stand on.
const BELOW_SERDE: &[&str] = &[
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

fn lean(root: &Path) -> Result<(), Failure> {
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
    let strangers: BTreeSet<_> = tree
        .lines()
        .map(|name| name.trim().replace('-', "_"))
        .filter(|name| {
            !name.is_empty()
                && !BELOW_SERDE
                    .iter()
                    .any(|known| known.replace('-', "_") == *name)
        })
        .collect();
    if strangers.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: mps-models now depends on {strangers:?}"
    )))
}

/// The oldest Rust we promise is as honest as our dependencies: each says what it needs.
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
    let needs = |package| {
        Some((
            version(&text(package, "rust_version")?),
            text(package, "name")?,
        ))
    };
    let needs: Vec<_> = packages.into_iter().flatten().filter_map(needs).collect();
    let ours = needs
        .iter()
        .find(|(_, name)| name == "mps-core")
        .map(|(version, _)| version.clone());
    let ours = ours.ok_or_else(|| Failure::new("error: mps-core declares no rust-version"))?;
    let newer: Vec<_> = needs
        .iter()
        .filter(|(version, _)| *version > ours)
        .map(|(_, name)| name.as_str())
        .collect();
    if newer.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "error: these need a newer Rust than we declare: {}",
        newer.join(", ")
    )))
}

/// `1.88` as numbers, comparable.
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
