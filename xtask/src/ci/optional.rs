//! Steps that need a tool beside Rust, or take long. A run of all steps includes those that are quick and
//! whose tools are installed, and says what it left out.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{command, run_to_success};
use crate::failure::{Failure, print};

/// A program that is not part of Rust.
struct Tool {
    /// The arguments that print its version.
    probe: &'static [&'static str],
    /// The command that installs it.
    install: &'static str,
}

const ACTIONLINT: Tool = tool(&["actionlint", "--version"], ". .ci/tools/install.sh");
const ZIZMOR: Tool = tool(&["zizmor", "--version"], ". .ci/tools/install.sh");
const TYPOS: Tool = tool(&["typos", "--version"], ". .ci/tools/install.sh");
const SHELLCHECK: Tool = tool(&["shellcheck", "--version"], "apt-get install shellcheck");
const DENY: Tool = tool(
    &["cargo", "deny", "--version"],
    "cargo install --locked cargo-deny",
);
const HACK: Tool = tool(
    &["cargo", "hack", "--version"],
    "cargo install --locked cargo-hack",
);
const COVERAGE: Tool = tool(
    &["cargo", "llvm-cov", "--version"],
    "cargo install --locked cargo-llvm-cov",
);

const fn tool(probe: &'static [&'static str], install: &'static str) -> Tool {
    Tool { probe, install }
}

/// A step that is not always run.
struct Optional {
    name: &'static str,
    proves: &'static str,
    tools: &'static [Tool],
    /// `true` if a run of all steps includes it.
    is_quick: bool,
    run: fn(&Path) -> Result<(), Failure>,
}

const STEPS: &[Optional] = &[
    Optional {
        name: "typos",
        proves: "no word is misspelt",
        tools: &[TYPOS],
        is_quick: true,
        run: |root| tool_run(root, &["typos"]),
    },
    Optional {
        name: "workflows",
        proves: "the workflows have no mistake and no weakness that their linters know",
        tools: &[ACTIONLINT, ZIZMOR],
        is_quick: true,
        run: workflows,
    },
    Optional {
        name: "scripts",
        proves: "shellcheck finds nothing in the shell scripts",
        tools: &[SHELLCHECK],
        is_quick: true,
        run: scripts,
    },
    Optional {
        name: "deny",
        proves: "licenses, sources and bans of dependencies are as deny.toml says",
        tools: &[DENY],
        is_quick: true,
        // Advisories need a network; the workflow looks them up.
        run: |root| {
            tool_run(
                root,
                &["cargo", "deny", "check", "bans", "licenses", "sources"],
            )
        },
    },
    Optional {
        name: "features",
        proves: "each pair of features compiles, and each alone",
        tools: &[HACK],
        is_quick: false,
        run: features,
    },
    Optional {
        name: "coverage",
        proves: "target/coverage has the lines that the unit and crate tests execute",
        tools: &[COVERAGE],
        is_quick: false,
        run: coverage,
    },
];

/// Names the checks of workflows that no step here can make.
const ELSEWHERE: &str = "macOS, Windows, advisories of dependencies and the oldest Rust are checked by \
     .github/workflows/ci.yml, long runs by nightly.yml";

/// Returns the optional steps, one per line, for the usage text.
pub(super) fn list() -> String {
    let line = |step: &Optional| {
        let when = if step.is_quick {
            "if installed"
        } else {
            "by name only"
        };
        format!("    {:<12} {} ({when})\n", step.name, step.proves)
    };
    STEPS.iter().map(line).collect()
}

pub(super) fn is_known(name: &str) -> bool {
    STEPS.iter().any(|step| step.name == name)
}

/// Runs the named steps, or without names the quick ones whose tools are installed.
pub(super) fn run(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let mut left_out = Vec::new();
    for step in STEPS {
        let is_named = names.contains(&step.name);
        if !is_named && !names.is_empty() {
            continue;
        }
        let missing = step.tools.iter().find(|tool| !is_installed(tool));
        match missing {
            Some(tool) if is_named => return Err(lacks(step, tool)),
            Some(tool) => left_out.push(format!("{}: install with `{}`", step.name, tool.install)),
            None if !is_named && !step.is_quick => {
                left_out.push(format!("{}: run `cargo xtask ci {0}`", step.name));
            }
            None => {
                print(&format!("== {}: {}", step.name, step.proves))?;
                (step.run)(root)?;
            }
        }
    }
    if names.is_empty() {
        for line in left_out {
            print(&format!("not run: {line}"))?;
        }
        print(&format!("not run: {ELSEWHERE}"))?;
    }
    Ok(())
}

fn lacks(step: &Optional, tool: &Tool) -> Failure {
    Failure::new(format!(
        "error: step `{}` needs `{}`, which is not installed\nhelp: {}",
        step.name,
        tool.probe.first().unwrap_or(&""),
        tool.install
    ))
}

fn is_installed(tool: &Tool) -> bool {
    let Some((program, arguments)) = tool.probe.split_first() else {
        return false;
    };
    let mut probe = Command::new(program);
    probe.args(arguments).stdin(Stdio::null());
    let probe = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

fn tool_run(root: &Path, words: &[&str]) -> Result<(), Failure> {
    let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
    run_to_success(Command::new(program).args(arguments).current_dir(root))
}

fn workflows(root: &Path) -> Result<(), Failure> {
    tool_run(root, &["actionlint"])?;
    tool_run(
        root,
        &["zizmor", "--offline", "--no-progress", "--quiet", ".github"],
    )
}

fn scripts(root: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("error: shell scripts: {error}"));
    let mut files = vec![root.join(".ci/run")];
    for folder in [".ci", ".github", "tests"] {
        files.extend(shell_scripts(&root.join(folder)).map_err(failed)?);
    }
    let mut shellcheck = Command::new("shellcheck");
    run_to_success(
        shellcheck
            .arg("--external-sources")
            .args(files)
            .current_dir(root),
    )
}

/// Returns the files below a folder whose names end in `.sh`.
fn shell_scripts(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = !path.ends_with("node_modules") && !path.ends_with("target");
        if path.is_dir() && is_ours {
            found.extend(shell_scripts(&path)?);
        } else if path.extension().is_some_and(|it| it == "sh") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Without `--all-targets`, so that no dependency of the tests adds features.
fn features(root: &Path) -> Result<(), Failure> {
    let mut hack = command(root);
    hack.args([
        "hack",
        "check",
        "--workspace",
        "--feature-powerset",
        "--depth",
        "2",
    ]);
    hack.args(["--exclude", "xtask", "--exclude", "mps-tests"]);
    run_to_success(hack.env("RUSTFLAGS", "-D warnings"))
}

fn coverage(root: &Path) -> Result<(), Failure> {
    let mut report = command(root);
    report.args(["llvm-cov", "--workspace", "--all-features", "--html"]);
    report.args(["--exclude", "mps-tests", "--output-dir", "target/coverage"]);
    run_to_success(&mut report)
}
