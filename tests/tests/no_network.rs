//! A program whose endpoint is an emulator connects to no other host: neither through a proxy from
//! the environment, nor because a response names one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Output},
    thread,
};

use mps_tests::{
    bounded,
    process::{EmulatorProcess, PROXY_VARIABLES, mps},
};

/// A listener that must receive no connection. Connections stay in its queue until it is checked.
struct ForbiddenHost(TcpListener);

impl ForbiddenHost {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    #[expect(clippy::disallowed_methods, reason = "the listener does not block")]
    fn assert_no_connection(&self) {
        assert!(self.0.accept().is_err());
    }
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(mps().unwrap());
    command
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .envs(environment.iter().copied())
        .env("MPS_LEDGER", "off");
    bounded::output(&mut command).unwrap()
}

fn assert_succeeds(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

#[test]
fn a_proxy_of_the_environment_is_ignored_for_an_emulator() {
    let forbidden = ForbiddenHost::new();
    let proxy = forbidden.url();
    let emulator = EmulatorProcess::start(["--queue-time=0s", "--render-time=0s"]).unwrap();
    let mut environment = vec![
        ("TENCENTCLOUD_SECRET_ID", emulator.secret_id.as_str()),
        ("TENCENTCLOUD_SECRET_KEY", emulator.secret_key.as_str()),
    ];
    environment.extend(PROXY_VARIABLES.map(|name| (name, proxy.as_str())));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cat.mp4");
    let (endpoint, out) = (
        format!("--endpoint=http://{}", emulator.address),
        format!("--out={}", file.display()),
    );

    let create = ["video", "create", "--prompt=a cat"];
    assert_succeeds(&run(
        &[&create[..], &[&endpoint, "--wait", &out]].concat(),
        &environment,
    ));
    assert!(file.exists());
    assert_succeeds(&run(&[&create[..], &["--emulator"]].concat(), &environment));
    forbidden.assert_no_connection();
}

#[test]
fn a_result_on_another_host_is_not_downloaded() {
    let forbidden = ForbiddenHost::new();
    let body = format!(
        r#"{{"Response":{{"Status":"DONE","VideoUrls":["{}/0.mp4"],"RequestId":"r"}}}}"#,
        forbidden.url()
    );
    let endpoint = format!("--endpoint={}", answer_once_with(body));
    let keys = [
        ("TENCENTCLOUD_SECRET_ID", "id"),
        ("TENCENTCLOUD_SECRET_KEY", "key"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let out = format!("--out={}", dir.path().display());
    let output = run(
        &["video", "download", "4-AigcVideo-0f", &endpoint, &out],
        &keys,
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(10), "{stderr}");
    assert!(stderr.contains("this client may only reach"), "{stderr}");
    forbidden.assert_no_connection();
}

/// Starts a service that answers one request with `body` and returns its URL.
fn answer_once_with(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut stream = bounded::accept(&listener).unwrap();
        read_request(&stream);
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
    });
    url
}

/// Reads a request to its end: a connection that is closed before is reset, and the answer may be lost.
fn read_request(stream: &TcpStream) {
    let mut request = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line).unwrap();
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    request.read_exact(&mut vec![0; length]).unwrap();
}
