//! An archive of a release is where `cargo binstall` looks for it, has what people need beside the command,
//! and agrees with its checksum.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use mps_tests::bounded;

const VERSION: &str = "1.2.3";
const TARGET: &str = "x86_64-unknown-linux-musl";

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// Returns a template of `cargo binstall`, filled in.
fn template(key: &str) -> String {
    let manifest = fs::read_to_string(root().join("crates/mps-cli/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let package = manifest.get("package").unwrap();
    let metadata = package.get("metadata").unwrap();
    let template = metadata.get("binstall").unwrap().get(key).unwrap();
    let filled = [
        ("{ repo }", "https://host/repo"),
        ("{ version }", VERSION),
        ("{ target }", TARGET),
        ("{ bin }", "mps"),
        ("{ binary-ext }", ""),
    ];
    filled.into_iter().fold(
        template.as_str().unwrap().to_owned(),
        |text, (name, value)| text.replace(name, value),
    )
}

fn output(command: &mut Command) -> String {
    let output = bounded::output(command).unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_archive_has_the_name_the_layout_and_the_checksum_that_are_expected() {
    let folder = tempfile::tempdir().unwrap();
    // Stands for a command of another platform, which this machine cannot run.
    let binary = folder.path().join("mps");
    fs::write(&binary, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let dist = folder.path().join("dist");
    let mut pack = Command::new(root().join(".github/release-archive.sh"));
    let archive = output(pack.arg(&binary).args([VERSION, TARGET]).arg(&dist));
    let archive = archive.trim();
    assert_eq!(
        template("pkg-url"),
        format!("https://host/repo/releases/download/v{VERSION}/{archive}")
    );
    let listed = output(Command::new("tar").arg("-tzf").arg(dist.join(archive)));
    let files: Vec<&str> = listed.lines().collect();
    let command = template("bin-dir");
    let beside = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
    assert!(files.contains(&command.as_str()), "{files:?}");
    for name in beside {
        assert!(
            files.contains(&command.replace("/mps", &format!("/{name}")).as_str()),
            "{files:?}"
        );
    }
    let checksum = format!("{archive}.sha256");
    output(
        Command::new("sha256sum")
            .arg("--check")
            .arg(&checksum)
            .current_dir(&dist),
    );
}
