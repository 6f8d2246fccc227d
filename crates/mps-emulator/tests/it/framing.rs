//! The framing of downloads without an announced length, over a socket.

use std::time::Duration;

use mps_emulator::Fault;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bounded::within,
    call::{CREATE, cat},
    server::{emulator, exchange, signed},
};

/// Returns the bytes that a download under a fault yields until the connection ends.
async fn downloaded_under(fault: Fault) -> Vec<u8> {
    let (emulator, clock) = emulator().await;
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let created = exchange(&mut stream, &signed(&emulator, CREATE, &cat())).await;
    clock.advance(Duration::from_secs(3));
    emulator.fail(fault).unwrap();
    let path = format!("/results/{}/0.mp4", created["TaskId"].as_str().unwrap());
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    // A cut body ends with an error or without one; the bytes are the same.
    let rest = stream.read_to_end(&mut received);
    let _ = within("end of the connection", rest).await;
    received
}

#[tokio::test]
async fn a_body_without_length_ends_with_the_connection_or_in_chunks() {
    let split = |bytes: Vec<u8>| {
        let at = bytes.windows(4).position(|part| part == b"\r\n\r\n");
        let head = String::from_utf8(bytes[..at.unwrap()].to_vec()).unwrap();
        (head.to_ascii_lowercase(), bytes[at.unwrap() + 4..].to_vec())
    };
    let (head, body) = split(downloaded_under(Fault::no_length().after(5_000)).await);
    assert!(
        !head.contains("content-length") && !head.contains("chunked"),
        "{head}"
    );
    assert_eq!(body.len(), 5_000);

    let (head, body) = split(downloaded_under(Fault::no_length().chunked()).await);
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.ends_with(b"\r\n0\r\n\r\n"), "the last chunk is there");

    let (head, body) = split(downloaded_under(Fault::no_length().chunked().after(50)).await);
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(!body.ends_with(b"0\r\n\r\n"), "the last chunk is missing");
}
