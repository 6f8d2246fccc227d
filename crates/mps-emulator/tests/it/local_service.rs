//! Protection of the service from web pages and other machines, over a socket.

use mps_emulator::Emulator;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::server::read;

/// Sends a request without a body, and returns status and JSON of the answer.
async fn ask(emulator: &Emulator, method: &str, path: &str, headers: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", emulator.address().port()))
        .await
        .unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\n{headers}content-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, body) = read(&mut stream).await;
    assert!(head.contains("date: "), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn web_pages_and_rebound_names_are_refused_on_every_endpoint() {
    let emulator = Emulator::start().await.unwrap();
    let host = format!("host: {}\r\n", emulator.address());
    for (method, path) in [
        ("POST", "/"),
        ("POST", "/_emulator/v1/reset"),
        ("GET", "/_emulator/v1/snapshot"),
        ("GET", "/_emulator/v1/state"),
        ("GET", "/_emulator/"),
        ("GET", "/_emulator/page.js"),
        ("GET", "/results/none/0.mp4"),
        ("GET", "/cos/b-1/r/none_0.mp4"),
    ] {
        for headers in [
            "host: evil.example\r\n".to_owned(),
            format!("{host}origin: http://evil.example\r\ncontent-type: text/plain\r\n"),
            format!("{host}sec-fetch-site: cross-site\r\n"),
        ] {
            let (status, answer) = ask(&emulator, method, path, &headers).await;
            assert_eq!(status, 403, "{path} {headers}: {answer}");
            let hint = answer["hint"].as_str().unwrap();
            assert!(hint.contains("--allow-host"), "{answer}");
        }
    }
    let (status, _) = ask(&emulator, "POST", "/_emulator/v1/reset", &host).await;
    assert_eq!(status, 200);
    assert!(emulator.control_token().is_none());
}

#[tokio::test]
async fn an_allowed_host_is_answered() {
    let builder = Emulator::builder().allow_host("emulator.example");
    let emulator = builder.start().await.unwrap();
    for (host, expected) in [
        ("emulator.example:8080", 200),
        ("EMULATOR.EXAMPLE", 200),
        ("other.example", 403),
    ] {
        let header = format!("host: {host}\r\n");
        let (status, _) = ask(&emulator, "GET", "/_emulator/v1/clock", &header).await;
        assert_eq!(status, expected, "{host}");
    }
}

#[tokio::test]
async fn where_other_machines_can_call_the_control_api_needs_its_token() {
    let builder = Emulator::builder().listen("0.0.0.0:0".parse().unwrap());
    let emulator = builder
        .allow_host("emulator.example")
        .start()
        .await
        .unwrap();
    let port = emulator.address().port();
    assert_eq!(
        emulator.endpoint(),
        format!("http://emulator.example:{port}")
    );
    let token = emulator.control_token().unwrap();
    assert_eq!(token.len(), 32);
    for (authorization, expected) in [
        (String::new(), 401),
        ("authorization: Bearer guessed\r\n".to_owned(), 401),
        (format!("authorization: {token}\r\n"), 401),
        (format!("authorization: Bearer {token}\r\n"), 200),
    ] {
        let headers = format!("host: emulator.example\r\n{authorization}");
        let (status, answer) = ask(&emulator, "GET", "/_emulator/v1/bill", &headers).await;
        assert_eq!(status, expected, "{authorization}: {answer}");
    }
    let (status, answer) = ask(&emulator, "POST", "/", "host: emulator.example\r\n").await;
    assert_eq!(status, 200, "the API needs signatures instead");
    assert_eq!(answer["Response"]["Error"]["Code"], "MissingParameter");
    assert!(!format!("{emulator:?}").contains(token));
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn the_file_of_the_authority_has_no_key_and_ends_with_the_emulator() {
    let emulator = Emulator::builder().tls().start().await.unwrap();
    assert!(emulator.endpoint().starts_with("https://127.0.0.1:"));
    let file = emulator.ca_file().unwrap().to_owned();
    let pem = std::fs::read_to_string(&file).unwrap();
    assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 1);
    assert!(!pem.contains("PRIVATE KEY"));
    emulator.stop().await.unwrap();
    assert!(!file.exists());
    assert!(Emulator::start().await.unwrap().ca_file().is_none());
}
