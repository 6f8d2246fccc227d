//! Faults of connections, as a client at a socket meets them.

use std::{io::ErrorKind, time::Duration};

use mps_emulator::{Fault, Service};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bounded::{eventually_async, within},
    call::{CREATE, DESCRIBE, cat},
    server::{emulator, exchange, read, signed, wire},
};

/// Returns the bytes that a client reads after it sent a create, and the end of the connection.
async fn after(fault: Fault) -> (Vec<u8>, std::io::Result<usize>) {
    let (emulator, _) = emulator().await;
    emulator.fail(fault.action(CREATE)).unwrap();
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let describe = signed(&emulator, DESCRIBE, &json!({ "TaskId": "none" }));
    exchange(&mut stream, &describe).await;
    let create = wire(&signed(&emulator, CREATE, &cat()));
    stream.write_all(&create).await.unwrap();
    let mut received = Vec::new();
    let rest = stream.read_to_end(&mut received);
    let end = within("end of the connection", rest).await;
    (received, end)
}

#[tokio::test]
async fn reset_faults_reset_the_connection() {
    for fault in [
        Fault::reset_before_read(),
        Fault::reset_after_read(),
        Fault::reply_lost(),
        Fault::close_idle(),
    ] {
        let kind = fault.kind();
        let (received, end) = after(fault).await;
        assert_eq!(received, b"", "{kind}");
        assert_eq!(
            end.unwrap_err().kind(),
            ErrorKind::ConnectionReset,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_it_has_and_ends() {
    let (received, end) = after(Fault::truncate().after(20)).await;
    assert!(end.is_ok());
    let text = String::from_utf8(received).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    assert!(length.unwrap().parse::<usize>().unwrap() > 100, "{head}");
    assert_eq!(body.len(), 20);
}

#[tokio::test]
async fn the_first_request_of_a_connection_never_meets_a_stale_one() {
    let (emulator, _) = emulator().await;
    emulator.fail(Fault::close_idle()).unwrap();
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let created = exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    assert!(created["TaskId"].is_string());
}

/// The clock stands still, so no delay ends by itself.
#[tokio::test]
async fn clearing_the_faults_lets_delayed_answers_go() {
    for clear in [Service::clear_faults, Service::reset] {
        let (emulator, _clock) = emulator().await;
        let delay = Fault::delay(Duration::from_secs(3600));
        emulator.fail(delay).unwrap();
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        let request = wire(&signed(&emulator, CREATE, &cat()));
        stream.write_all(&request).await.unwrap();
        eventually_async(|| emulator.bill().creates > 0).await;
        clear(emulator.service());
        let (head, _) = read(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
}
