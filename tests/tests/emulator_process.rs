//! The program `mps emulator` as a local service: few file handles, TLS, and its files.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::Duration,
};

use mps_tests::process::{EmulatorProcess, mps};
use serde_json::Value;

/// Far longer than an answer takes; a connection that is not served ends the test.
const LONG: Duration = Duration::from_secs(60);
const FILE_HANDLES: usize = 1_024;
const IDLE_CONNECTIONS: usize = 1_100;

fn few_handles() -> EmulatorProcess {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -n {FILE_HANDLES} && exec \"$0\" emulator --quiet");
    shell.args(["-c", &script]).arg(mps().unwrap());
    EmulatorProcess::spawn(shell).unwrap()
}

/// Asks for the clock on a connection that stays open, and returns whether it was answered.
fn is_answered(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(LONG)).unwrap();
    let request = b"GET /_emulator/v1/clock HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut answer = [0; 12];
    stream.write_all(request).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer == *b"HTTP/1.1 200"
}

/// Allows this process enough file handles for all connections.
fn allow_file_handles() {
    let wanted = rustix::process::Rlimit {
        current: Some(4_096),
        maximum: rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum,
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wanted).unwrap();
}

/// Opens as many connections as the test process's own limit allows, up to the wanted number.
fn idle_connections(address: &str) -> Vec<TcpStream> {
    (0..IDLE_CONNECTIONS)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect()
}

#[test]
fn a_new_client_is_answered_beside_more_idle_connections_than_file_handles() {
    allow_file_handles();
    let emulator = few_handles();
    let mut used = TcpStream::connect(&emulator.address).unwrap();
    assert!(is_answered(&mut used));
    let idle = idle_connections(&emulator.address);
    for _ in 0..20 {
        let mut new = TcpStream::connect(&emulator.address).unwrap();
        assert!(is_answered(&mut new), "a new client is not answered");
    }
    let mut last = idle.last().unwrap().try_clone().unwrap();
    assert!(
        is_answered(&mut last),
        "the newest idle connection was closed"
    );
    let mut first = idle.first().unwrap().try_clone().unwrap();
    assert!(
        !is_answered(&mut first),
        "the oldest idle connection is open"
    );
    assert!(emulator.control("bill").is_ok());
}

/// Half a request is not worth keeping a new client out, whether its head or its body is unfinished.
#[test]
fn a_new_client_is_answered_beside_more_unfinished_requests_than_file_handles() {
    allow_file_handles();
    for unfinished in [
        "GET /_emulator/v1/bill HTTP/1.1\r\nho",
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let emulator = few_handles();
        let stalled = idle_connections(&emulator.address);
        for mut stream in &stalled {
            // The emulator may have closed it already.
            let _ = stream.write_all(unfinished.as_bytes());
        }
        let mut new = TcpStream::connect(&emulator.address).unwrap();
        assert!(is_answered(&mut new), "{unfinished}");
    }
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served_over_tls() {
    let emulator = EmulatorProcess::start(["--tls"]).unwrap();
    let ca_file = emulator.ca_file.clone().unwrap();
    let pem = fs::read(&ca_file).unwrap();
    let client = |certificates: &[u8]| {
        let provider = rustls::crypto::ring::default_provider();
        let _ = provider.install_default();
        let certificates = reqwest::Certificate::from_pem_bundle(certificates).unwrap();
        let builder = reqwest::Client::builder().no_proxy();
        builder.tls_certs_only(certificates).build().unwrap()
    };
    let port = emulator.address.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{port}/_emulator/v1/bill");
        let answer = client(&pem).get(url).send().await.unwrap();
        let bill: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(bill["creates"], 0, "{host}");
    }
    let url = format!("https://127.0.0.1:{port}/_emulator/v1/bill");
    assert!(
        client(b"").get(url).send().await.is_err(),
        "no authority is trusted"
    );
}

#[test]
fn the_request_log_can_be_read_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| {
        let path = folder.path().join(name);
        let flag = format!("--log={}", path.display());
        drop(EmulatorProcess::start([flag]).unwrap());
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("new.jsonl"), 0o600);
    let existing = folder.path().join("existing.jsonl");
    fs::write(&existing, "").unwrap();
    fs::set_permissions(&existing, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(mode("existing.jsonl"), 0o600);
}
