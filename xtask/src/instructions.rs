//! Instruction counts of the hot paths, compared with limits in the repository.
//!
//! Counts are stable where times are not: the toolchain and the dependencies are pinned. Left out are
//! hashing, because valgrind hides the processor's instructions for it, and the system's libraries,
//! whose counts depend on the system; instead, calls of the allocator are counted.

mod limits;
mod profile;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use self::{limits::Limit, profile::Profile};
use crate::failure::{Failure, print};

/// The limits, in the repository.
const LIMITS: &str = "tests/instruction-limits.toml";
const PACKAGE: &str = "mps-instructions";
/// The function that valgrind counts within, in the names of every way of mangling.
const SECTION: &str = "*measured_section*";

/// The counts of one bench, for one run of its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) instructions: u64,
    pub(crate) allocations: u64,
    /// Instructions by function.
    pub(crate) functions: BTreeMap<String, u64>,
}

/// Compares the counts as a step of CI. Skipped with a notice where valgrind is missing, unless CI is
/// `true`.
///
/// # Errors
/// Fails if a count is too far from its limit, or cannot be taken.
pub(crate) fn check(root: &Path) -> Result<(), Failure> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return print("skipped: the limits are for Linux on x86-64");
    }
    if !has_valgrind() && env::var_os("CI").is_none_or(|ci| ci != "true") {
        return print("skipped: valgrind is not installed");
    }
    compare(root, &[])
}

/// Counts the named benches, or all, and compares them with the limits.
///
/// # Errors
/// Fails if a count is too far from its limit, or cannot be taken.
pub fn compare(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let counts = counts(root, names)?;
    let limits = limits::read(&root.join(LIMITS))?;
    let mut failures = Vec::new();
    for (name, count) in &counts {
        print(&format!(
            "{name:<20} {:>9} instructions {:>6} allocations",
            count.instructions, count.allocations
        ))?;
        failures.extend(limits::difference(name, limits.get(name), count));
    }
    let is_whole = names.is_empty();
    let gone = limits
        .keys()
        .filter(|name| is_whole && !counts.contains_key(*name));
    failures.extend(gone.map(|name| format!("error: no bench has the name {name}")));
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{}\nhelp: find the cause; a change that is intended moves its limits by `cargo xtask \
         instructions --update`, in the commit that explains it",
        failures.join("\n")
    )))
}

/// Counts the named benches, or all, and writes their limits.
///
/// # Errors
/// Fails if a count cannot be taken or the file cannot be written.
pub fn update(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let counts = counts(root, names)?;
    let path = root.join(LIMITS);
    let mut limits = if names.is_empty() {
        BTreeMap::new()
    } else {
        limits::read(&path)?
    };
    for (name, count) in counts {
        print(&format!("{name}: {} instructions", count.instructions))?;
        limits.insert(name, Limit::of(count));
    }
    let written = fs::write(&path, limits::text(&limits));
    written.map_err(|error| Failure::new(format!("error: {LIMITS}: {error}")))
}

fn has_valgrind() -> bool {
    let mut version = Command::new("valgrind");
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

fn counts(root: &Path, names: &[&str]) -> Result<BTreeMap<String, Count>, Failure> {
    let program = build(root)?;
    let all = stdout(&mut Command::new(&program))?;
    let wanted = |name: &&str| names.is_empty() || names.contains(name);
    let unknown = names
        .iter()
        .find(|name| !all.lines().any(|known| known == **name));
    if let Some(unknown) = unknown {
        let known = all.lines().collect::<Vec<_>>().join(", ");
        return Err(Failure::new(format!(
            "error: no bench has the name `{unknown}`; known are {known}"
        )));
    }
    let count = |name: &str| Ok((name.to_owned(), count(&program, name)?));
    all.lines().filter(wanted).map(count).collect()
}

/// Builds the benches and returns the path of the program.
fn build(root: &Path) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root)
        .args(["build", "--profile", "instructions"]);
    cargo.args([
        "--package",
        PACKAGE,
        "--message-format",
        "json-render-diagnostics",
    ]);
    // Both change what the compiler generates.
    cargo.env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
    let messages = stdout(&mut cargo)?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut programs = messages.filter_map(|message: serde_json::Value| {
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    let program = programs.next_back();
    program.ok_or_else(|| Failure::new(format!("error: cargo built no program of {PACKAGE}")))
}

/// Counts one bench.
fn count(program: &Path, name: &str) -> Result<Count, Failure> {
    let out = program.with_file_name(format!("callgrind.{name}.out"));
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--tool=callgrind",
        "--quiet",
        "--compress-strings=no",
        "--compress-pos=no",
    ]);
    valgrind.arg(format!("--toggle-collect={SECTION}"));
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    // A short environment, because its size moves the stack; the path of the program is the folder's.
    valgrind
        .env_clear()
        .envs(env::vars_os().filter(|(name, _)| name == "PATH"));
    let times = stdout(valgrind.arg(program).arg(name))?;
    let profile = fs::read_to_string(&out);
    let profile =
        profile.map_err(|error| Failure::new(format!("error: {}: {error}", out.display())))?;
    let times = times.trim().parse::<u64>().ok().filter(|times| *times > 0);
    let times = times.ok_or_else(|| Failure::new(format!("error: {name} printed no number")))?;
    Ok(Profile::parse(&profile).count(times))
}

fn stdout(command: &mut Command) -> Result<String, Failure> {
    let output = command.stderr(Stdio::inherit()).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(Failure::new(format!(
            "error: {command:?}: {}",
            output.status
        ))),
        Err(error) => Err(Failure::new(format!("error: {command:?}: {error}"))),
    }
}
