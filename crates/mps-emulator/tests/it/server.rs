//! The service over a socket, and behaviour that only a socket has.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use mps_core::clock::{Clock, TestClock};
use mps_emulator::{Emulator, Outcome};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bounded::{eventually_async, within},
    call::{CREATE, Call, DESCRIBE, HOST, START, cat},
};

pub(crate) async fn emulator() -> (Emulator, TestClock) {
    let clock = TestClock::new(START);
    let emulator = Emulator::builder()
        .clock(Arc::new(clock.clone()))
        .allow_host(HOST)
        .start()
        .await
        .unwrap();
    (emulator, clock)
}

pub(crate) fn signed(emulator: &Emulator, action: &'static str, body: &Value) -> Request<Bytes> {
    Call::new(emulator.service(), action, body.to_string())
        .at(i64::try_from(START).unwrap())
        .request()
}

/// Signs for an emulator on the machine's time.
pub(crate) fn signed_now(
    emulator: &Emulator,
    action: &'static str,
    body: &Value,
) -> Request<Bytes> {
    let now = emulator.clock().state().unix_seconds;
    Call::new(emulator.service(), action, body.to_string())
        .at(now)
        .request()
}

/// A request as bytes on the wire.
pub(crate) fn wire(request: &Request<Bytes>) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = request.body().len();
    bytes.extend(format!("content-length: {length}\r\n\r\n").bytes());
    bytes.extend(request.body());
    bytes
}

/// Reads one response: its head as text, its body as bytes.
pub(crate) async fn read(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let head = read_head(stream).await;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    let whole = within("whole body", stream.read_exact(&mut body)).await;
    whole.unwrap();
    (head, body)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let bytes = async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
    };
    within("answer", bytes).await;
    String::from_utf8(head).unwrap()
}

pub(crate) async fn exchange(stream: &mut TcpStream, request: &Request<Bytes>) -> Value {
    stream.write_all(&wire(request)).await.unwrap();
    let (head, body) = read(stream).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    serde_json::from_slice::<Value>(&body).unwrap()["Response"].take()
}

#[tokio::test]
async fn a_task_from_its_creation_to_its_file_over_one_connection() {
    let (emulator, clock) = emulator().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let created = exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    clock.advance(Duration::from_secs(3));
    let described = exchange(
        &mut stream,
        &signed(&emulator, DESCRIBE, &json!({ "TaskId": created["TaskId"] })),
    )
    .await;

    let url = described["VideoUrls"][0].as_str().unwrap();
    let path = url.strip_prefix(emulator.endpoint()).unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let (head, file) = read(&mut stream).await;
    assert!(head.contains("content-type: video/mp4"), "{head}");
    assert!(
        head.contains("date: Sun, 15 Feb 2026 12:00:03 GMT"),
        "{head}"
    );
    assert_eq!(file[4..8], *b"ftyp");

    stream
        .write_all(format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut head = vec![0; 64 * 1024];
    let length = stream.read(&mut head).await.unwrap();
    let head = String::from_utf8(head[..length].to_vec()).unwrap();
    assert!(
        head.contains(&format!("content-length: {}\r\n", file.len())) && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn http_errors_leave_the_connection_usable() {
    let (emulator, clock) = emulator().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let created = exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    clock.advance(Duration::from_secs(3));
    let task = created["TaskId"].as_str().unwrap();

    let two_hosts = b"GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n";
    stream.write_all(two_hosts).await.unwrap();
    let (head, _) = read(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");

    let known = format!(
        "GET /results/{task}/0.mp4 HTTP/1.1\r\nhost: localhost\r\nif-none-match: *\r\n\r\n"
    );
    stream.write_all(known.as_bytes()).await.unwrap();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 304 "), "{head}");

    let described = signed(&emulator, DESCRIBE, &json!({ "TaskId": task }));
    assert_eq!(exchange(&mut stream, &described).await["Status"], "DONE");
}

#[tokio::test]
async fn emulators_side_by_side_are_independent() {
    let mut emulators = Vec::new();
    for _ in 0..100 {
        emulators.push(Emulator::start().await.unwrap());
    }
    let distinct = |values: Vec<String>| {
        values
            .into_iter()
            .collect::<std::collections::HashSet<_>>()
            .len()
    };
    assert_eq!(
        distinct(
            emulators
                .iter()
                .map(|one| one.endpoint().to_owned())
                .collect()
        ),
        100
    );
    assert_eq!(
        distinct(
            emulators
                .iter()
                .map(|one| one.secret_id().to_owned())
                .collect()
        ),
        100
    );
    assert_eq!(
        distinct(
            emulators
                .iter()
                .map(|one| one.secret_key().to_owned())
                .collect()
        ),
        100
    );
}

#[tokio::test]
async fn an_address_of_other_machines_needs_an_allowed_host() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let refused = Emulator::builder()
            .listen(address.parse().unwrap())
            .start()
            .await
            .unwrap_err();
        assert!(refused.is_not_loopback());
        assert!(
            refused
                .to_string()
                .contains("use a loopback address such as 127.0.0.1:"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_with_a_cause() {
    let first = Emulator::start().await.unwrap();
    let error = Emulator::builder()
        .listen(first.address())
        .start()
        .await
        .unwrap_err();
    assert!(!error.is_not_loopback());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {}; port 0 takes any free one",
            first.address()
        )
    );
    assert!(std::error::Error::source(&error).is_some());
}

/// Reads the end of a connection.
async fn ended(stream: &mut TcpStream) -> usize {
    let mut byte = [0];
    let end = within("end of the connection", stream.read(&mut byte));
    end.await.unwrap()
}

async fn is_refused(address: SocketAddr) -> bool {
    TcpStream::connect(address).await.is_err()
}

#[tokio::test]
async fn it_stops_on_request_and_when_dropped() {
    let (emulator, _) = emulator().await;
    let address = emulator.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    exchange(&mut idle, &signed(&emulator, CREATE, &cat())).await;
    within("end of the emulator", emulator.stop())
        .await
        .unwrap();
    assert_eq!(ended(&mut idle).await, 0, "idle connections are closed");
    assert!(is_refused(address).await);

    let dropped = Emulator::start().await.unwrap();
    let address = dropped.address();
    drop(dropped);
    let refused = async {
        while !is_refused(address).await {
            tokio::task::yield_now().await;
        }
    };
    within("end of the emulator", refused).await;
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_it_up_for_ever() {
    let (emulator, clock) = emulator().await;
    let whole = wire(&signed(&emulator, CREATE, &cat()));
    let mut stalled = TcpStream::connect(emulator.address()).await.unwrap();
    stalled.write_all(&whole[..whole.len() - 1]).await.unwrap();
    let stopping = tokio::spawn(emulator.stop());
    eventually_async(|| {
        clock.advance(Duration::from_secs(1));
        stopping.is_finished()
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_sixty_seconds_of_the_clock() {
    let (emulator, clock) = emulator().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    clock.advance(Duration::from_secs(59));
    // The signature is as old as the connection, and young enough.
    exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    clock.advance(Duration::from_secs(60));
    assert_eq!(ended(&mut stream).await, 0);
    assert_eq!(clock.monotonic(), Duration::from_secs(119));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_in_the_words_of_the_service() {
    let (emulator, _) = emulator().await;
    let mut request = signed(&emulator, CREATE, &cat());
    *request.body_mut() = Bytes::from(vec![b' '; 12 * 1024 * 1024]);
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let answer = exchange(&mut stream, &request).await;
    assert_eq!(answer["Error"]["Code"], "RequestSizeLimitExceeded");
}

#[tokio::test]
async fn a_head_that_is_too_long_ends_the_connection() {
    let (emulator, _) = emulator().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let head = format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(1024 * 1024));
    let mut answer = [0; 12];
    let exchange = async {
        let _ = stream.write_all(head.as_bytes()).await;
        stream.read_exact(&mut answer).await
    };
    if within("end of the connection", exchange).await.is_ok() {
        assert_eq!(answer, *b"HTTP/1.1 431");
    }
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn a_request_that_breaks_off_is_noted_as_dropped() {
    let (emulator, _) = emulator().await;
    let whole = wire(&signed(&emulator, CREATE, &cat()));
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(&whole[..whole.len() - 1]).await.unwrap();
    drop(stream);
    eventually_async(|| !emulator.requests().is_empty()).await;
    let requests = emulator.requests();
    assert_eq!(
        (requests[0].outcome, requests[0].action.as_str()),
        (Outcome::Dropped, CREATE)
    );
    assert_eq!(emulator.bill().creates, 0);
}
