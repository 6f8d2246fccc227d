//! A machine without certificates, as a small container is: `https` needs them, an emulator does not.

use std::{io::ErrorKind, net::TcpListener, process::Command};

use crate::support::{Emulator, Run, mps, run};

fn without_certificates(command: &mut Command) -> Run {
    let nowhere = "/nonexistent";
    run(command
        .env("SSL_CERT_FILE", nowhere)
        .env("SSL_CERT_DIR", nowhere))
}

const CREATE: [&str; 4] = ["video", "create", "--prompt", "a cat"];

#[test]
fn an_emulator_is_used_without_certificates() {
    let emulator = Emulator::start("0s");
    let created = without_certificates(&mut emulator.recorded(&CREATE));
    assert_eq!(created.exit, 0, "{created:?}");
    assert_eq!(emulator.creates(), 1);
    let home = tempfile::tempdir().unwrap();
    let inside = without_certificates(mps(home.path()).args(CREATE).arg("--emulator"));
    assert_eq!(inside.exit, 0, "{inside:?}");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a listener that does not block is asked"
)]
fn https_without_certificates_says_what_to_install_and_connects_to_nobody() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mps = |arguments: &[&str]| {
        without_certificates(
            mps(home.path())
                .args(["--output", "json", "--endpoint", &url, "--ledger", "l.db"])
                .args(arguments)
                .env("TENCENTCLOUD_SECRET_ID", "AKIDtest")
                .env("TENCENTCLOUD_SECRET_KEY", "not a real key"),
        )
    };
    let commands: [&[&str]; 3] = [
        &CREATE,
        &["video", "status", "1-AigcVideo-0"],
        &[
            "call",
            "DescribeAigcVideoTask",
            "--json",
            r#"{"TaskId":"1-AigcVideo-0"}"#,
        ],
    ];
    for arguments in commands {
        let run = mps(arguments);
        assert_eq!(run.exit, 2, "{run:?}");
        assert_eq!(run.error()["kind"], "config", "{run:?}");
        assert!(run.stderr.contains("ca-certificates"), "{run:?}");
        let connected = listener.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(connected, Err(ErrorKind::WouldBlock), "{arguments:?}");
    }
    let tasks = mps(&["tasks"]);
    assert_eq!(tasks.json()["state"], "refused", "{tasks:?}");
}
