//! The sources of credentials, and the errors of each.

use std::{fs, path::Path};

use crate::support::{Emulator, Run, mps, run};

/// `mps sign` with what is in `home` and in `environment`: it shows whose keys were found.
fn sign(home: &Path, options: &[&str], environment: &[(&str, &str)]) -> Run {
    run(mps(home)
        .args(options)
        .args(["sign", "--payload", "{}", "--action", "A"])
        .args(["--timestamp", "1771125945"])
        .envs(environment.iter().copied()))
}

fn write(home: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = home.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

const INI: &str = ".tencentcloud/credentials";
const TCCLI: &str = ".tccli/default.credential";
const SECRET: &str = "hunter2";

fn ini(section: &str, id: &str) -> String {
    format!("[{section}]\nsecret_id = {id}\nsecret_key = {SECRET}\n")
}

fn tccli(id: &str) -> String {
    format!(r#"{{"secretId":"{id}","secretKey":"{SECRET}","token":null}}"#)
}

const IN_ENVIRONMENT: [(&str, &str); 2] = [
    ("TENCENTCLOUD_SECRET_ID", "AKIDenvironment"),
    ("TENCENTCLOUD_SECRET_KEY", SECRET),
];

#[test]
fn the_first_source_with_keys_is_used() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let signs_as = |id: &str, options: &[&str], environment: &[(&str, &str)]| {
        let run = sign(home, options, environment);
        assert_eq!(run.exit, 0, "{run:?}");
        assert!(run.stdout.contains(&format!("Credential={id}/")), "{run:?}");
        assert!(!run.stdout.contains(SECRET));
    };
    write(home, TCCLI, tccli("AKIDtccli"));
    write(home, ".tccli/work.credential", tccli("AKIDtccliwork"));
    signs_as("AKIDtccli", &[], &[]);
    signs_as("AKIDtccliwork", &[], &[("TCCLI_PROFILE", "work")]);
    signs_as("AKIDtccliwork", &["--profile", "work"], &[]);
    write(
        home,
        INI,
        ini("default", "AKIDini") + &ini("other", "AKIDiniother"),
    );
    signs_as("AKIDini", &[], &[]);
    signs_as("AKIDiniother", &["--profile", "other"], &IN_ENVIRONMENT);
    signs_as("AKIDtccliwork", &["--profile", "work"], &IN_ENVIRONMENT);
    signs_as("AKIDenvironment", &[], &IN_ENVIRONMENT);
    write(home, "mine.ini", ini("default", "AKIDnamed"));
    let mine = home.join("mine.ini");
    let named = [("TENCENTCLOUD_CREDENTIALS_FILE", mine.to_str().unwrap())];
    signs_as("AKIDnamed", &[], &named);
}

#[test]
fn missing_credentials_list_every_source_and_both_alternatives() {
    let home = tempfile::tempdir().unwrap();
    let missing = sign(home.path(), &[], &[]);
    assert_eq!((missing.exit, missing.stdout.as_str()), (3, ""));
    let (file, tool) = (home.path().join(INI), home.path().join(TCCLI));
    assert!(
        missing.stderr.starts_with(&format!(
            "error: no credentials found: TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not set; \
             there is no {} or /etc/tencentcloud/credentials; there is no {}\n",
            file.display(),
            tool.display()
        )),
        "{}",
        missing.stderr
    );
    assert!(missing.stderr.contains("hint: set TENCENTCLOUD_SECRET_ID"));
    assert!(missing.stderr.contains("--emulator"));

    let unknown = sign(home.path(), &["--profile", "work"], &IN_ENVIRONMENT);
    assert_eq!(unknown.exit, 3);
    assert!(
        !unknown.stderr.contains("are not set"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_malformed_credentials_file_is_exit_3_with_its_line_and_without_its_keys() {
    for (path, content, why) in [
        (
            INI,
            ini("default", "AKIDx") + "token",
            ":4: neither [section] nor key = value",
        ),
        (
            INI,
            format!("secret_key={SECRET}"),
            ":1: a key before the first [section]",
        ),
        (
            INI,
            format!("[default]\nsecret_key={SECRET}"),
            ":1: section [default] has no secret_id",
        ),
        (
            INI,
            ini("default", "a") + "secret_key=x",
            ":4: secret_key again, after line 3",
        ),
        (
            INI,
            format!("[default]\nsecret_id=a\nsecret_key=\"{SECRET}"),
            ":3: secret_key has a quote that is not closed",
        ),
        (INI, "#".repeat(300_000), ": it is larger than 262144 bytes"),
        (
            TCCLI,
            format!("{{\"secretKey\":\"{SECRET}"),
            ":1:21: the JSON ends early",
        ),
        (
            TCCLI,
            r#"{"secretId":"a","secretKey":"k","expiresAt":1}"#.into(),
            ": its keys expired ",
        ),
        (
            TCCLI,
            r#"{"type":"magic"}"#.into(),
            ": the unknown type \"magic\"",
        ),
    ] {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), path, &content);
        let run = sign(home.path(), &["--output", "json"], &[]);
        let error = run.error();
        let message = error["message"].as_str().unwrap();
        let place = home.path().join(path).display().to_string();
        assert_eq!((run.exit, &error["kind"]), (3, &"credentials".into()));
        assert!(message.starts_with(&format!("{place}{why}")), "{message}");
        assert!(error["hint"].as_str().unwrap().contains("--emulator"));
        assert!(!run.stderr.contains(SECRET), "{}", run.stderr);
    }
}

#[test]
fn a_credentials_file_that_is_a_directory_or_binary_is_exit_3() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(INI)).unwrap();
    let directory = sign(home.path(), &[], &[]);
    assert_eq!(directory.exit, 3);
    assert!(directory.stderr.contains("it is a directory, not a file"));

    let home = tempfile::tempdir().unwrap();
    write(home.path(), INI, b"[default]\n\xff");
    let binary = sign(home.path(), &[], &[]);
    assert_eq!(binary.exit, 3);
    assert!(binary.stderr.contains(":2: not UTF-8 text"));
}

#[test]
fn a_command_for_an_emulator_requests_no_keys_from_other_hosts() {
    let emulator = Emulator::start("0s");
    let home = tempfile::tempdir().unwrap();
    let run = run(mps(home.path())
        .args(["--endpoint", &emulator.endpoint])
        .args(["video", "status", "1"])
        .env("TENCENTCLOUD_CVM_ROLE", "auto")
        .env("TKE_REGION", "r")
        .env("TKE_PROVIDER_ID", "p")
        .env("TKE_WEB_IDENTITY_TOKEN_FILE", "f")
        .env("TKE_ROLE_ARN", "a"));
    assert_eq!(run.exit, 3);
    for service in ["the token service", "the metadata service"] {
        let told = format!("{service} was not asked, since this client reaches this machine only");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
}

#[test]
fn a_credentials_file_that_others_can_read_is_warned_of_once() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for (path, content) in [
        (TCCLI, tccli("AKIDtccli")),
        (INI, ini("default", "AKIDini")),
        ("a file of; mine.ini", ini("default", "AKIDmine")),
    ] {
        write(home, path, content);
        let path = home.join(path);
        let named = ("TENCENTCLOUD_CREDENTIALS_FILE", path.to_str().unwrap());
        let is_named = path.extension() == Some("ini".as_ref());
        let named = if is_named { &[named][..] } else { &[] };
        for (mode, is_warned) in [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o644, 1)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let run = sign(home, &[], named);
            assert_eq!(run.exit, 0, "{run:?}");
            let warned = run.stderr.matches("chmod 600").count();
            assert_eq!(warned, is_warned, "{mode:o} {run:?}");
            let run = sign(home, &[], &IN_ENVIRONMENT);
            assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        }
    }
}

#[test]
fn an_endpoint_of_neither_the_vendor_nor_this_machine_is_warned_of_once() {
    let home = tempfile::tempdir().unwrap();
    for (endpoint, is_warned) in [
        ("https://gateway.example", 1),
        ("https://mps.ap-seoul.tencentcloudapi.com", 0),
        ("http://127.0.0.1:1", 0),
    ] {
        for verb in ["status", "wait"] {
            let run = run(mps(home.path()).args(["--endpoint", endpoint, "video", verb, "1"]));
            assert_eq!(run.exit, 3, "{run:?}");
            let warned = run.stderr.matches("warning: prompts").count();
            assert_eq!(warned, is_warned, "{run:?}");
        }
    }
}
