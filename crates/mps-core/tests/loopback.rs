//! The reqwest transport against real sockets: what leaves, what does not, and what comes back.
#![cfg(feature = "reqwest")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use mps_core::{
    Client, Dispatch, Error, ErrorKind, credentials::Credentials, endpoint::Endpoint,
    retry::RetryPolicy,
};
use mps_models::CreateAigcVideoTask;

/// Answers one connection with `answer` and yields what was received on it.
fn serve_once(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let received = read_request(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        received
    });
    (endpoint, server)
}

/// Reads up to the end of the one body that these tests send.
fn read_request(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while !received.ends_with(br#"{"Prompt":"a"}"#) {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the request ended early");
        received.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(received).unwrap()
}

async fn create(endpoint: &str) -> Result<Option<String>, Error> {
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key").with_token("token"))
        .endpoint(Endpoint::parse(endpoint)?)
        .retry(RetryPolicy::never())
        .build()?;
    Ok(client
        .send(&CreateAigcVideoTask::new().prompt("a"))
        .await?
        .body
        .task_id)
}

#[tokio::test]
async fn what_is_signed_is_what_is_on_the_wire() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n{\"Response\":{\"TaskId\":\"7\",\"RequestId\":\"\"}}";
    let (endpoint, server) = serve_once(answer);
    assert_eq!(create(&endpoint).await.unwrap().as_deref(), Some("7"));
    let received = server.join().unwrap().to_ascii_lowercase();
    let lines: Vec<_> = received.lines().collect();
    assert_eq!(lines[0], "post / http/1.1");
    let host = format!("host: {}", endpoint.strip_prefix("http://").unwrap());
    for line in [
        &host,
        "content-type: application/json",
        "content-length: 14",
        "x-tc-action: createaigcvideotask",
        "x-tc-token: token",
    ] {
        assert_eq!(
            lines.iter().filter(|found| *found == &line).count(),
            1,
            "{line} in {received}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = create(&format!("http://{gone}")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Connect, Dispatch::NotSent)
    );
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_doubt() {
    let (endpoint, server) = serve_once("");
    let error = create(&endpoint).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Interrupted, Dispatch::Unknown)
    );
    server.join().unwrap();
}

#[tokio::test]
async fn a_body_that_is_cut_off_keeps_what_arrived() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"Response\":{\"TaskId\":\"4-AigcVideo-0f\",\"Req";
    let (endpoint, server) = serve_once(answer);
    let error = create(&endpoint).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Interrupted, Dispatch::Unknown)
    );
    assert_eq!(error.http_status(), Some(200));
    assert!(error.excerpt().unwrap().contains("4-AigcVideo-0f"));
    server.join().unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let (endpoint, server) = serve_once(answer);
    let error = create(&endpoint).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.http_status()),
        (ErrorKind::Gateway, Some(307))
    );
    server.join().unwrap();
}
