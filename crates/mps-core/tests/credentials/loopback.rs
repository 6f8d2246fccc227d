//! The default transport against a metadata service that hangs, trickles or is not there.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use mps_core::{
    clock::TestClock,
    credentials::{CvmRole, ProvideCredentials as _},
    endpoint::Endpoint,
    transport::ReqwestTransport,
};

use crate::{NOW, SECRET, error, parts};

/// Serves one connection after another with `serve`, and says where.
fn service(serve: impl Fn(TcpStream) + Send + 'static) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    Endpoint::parse(&url).unwrap()
}

/// Reads a request's head and yields its first line.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Keeps a connection until the end of the test; a thread may wake from `park` without a cause.
fn hang() -> ! {
    loop {
        thread::park();
    }
}

fn role(endpoint: Endpoint, clock: &TestClock) -> CvmRole {
    let transport = ReqwestTransport::new();
    CvmRole::new(Arc::new(transport), Arc::new(clock.clone())).endpoint(endpoint)
}

fn answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn keys_are_read_over_a_real_socket() {
    let keys = format!(
        r#"{{"TmpSecretId":"AKIDrole","TmpSecretKey":"k","Token":"t","ExpiredTime":{},"Code":"Success"}}"#,
        NOW + 3_600
    );
    let endpoint = service(move |mut stream| {
        let line = head(&mut stream);
        let body = if line.contains("credentials/renderer ") {
            &*keys
        } else {
            "renderer"
        };
        let _gone = stream.write_all(answer(body).as_bytes());
    });
    let found = role(endpoint, &TestClock::new(NOW))
        .provide()
        .await
        .unwrap();
    assert_eq!(parts(&found), ("AKIDrole", Some("t"), Some(NOW + 3_600)));
}

#[tokio::test]
async fn no_metadata_service_is_absent() {
    // Port 1 (tcpmux): nothing listens there, and the system assigns no port below 1024 to a client.
    let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
    let error = error(&role(endpoint, &TestClock::new(NOW))).await;
    assert!(error.is_absent(), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let endpoint = service(|mut stream| {
        head(&mut stream);
        let reply =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
        let _gone = stream.write_all(reply.as_bytes());
    });
    let error = error(&role(endpoint, &TestClock::new(NOW))).await;
    assert!(
        error
            .to_string()
            .ends_with("it answered with HTTP 302 Found"),
        "{error}"
    );
}

/// Steps time on whenever nothing else happens, so that no test waits for it.
async fn with_time_passing<T>(clock: &TestClock, work: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            clock.advance(Duration::from_millis(1));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        done = work => done,
        () = passing => unreachable!("time does not end"),
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up() {
    let endpoint = service(|mut stream| {
        head(&mut stream);
        hang();
    });
    let clock = TestClock::new(NOW);
    let error = with_time_passing(&clock, error(&role(endpoint, &clock))).await;
    assert!(
        error.to_string().ends_with("no answer within 5s"),
        "{error}"
    );
}

#[tokio::test]
async fn a_service_that_trickles_is_given_up() {
    let endpoint = service(|mut stream| {
        head(&mut stream);
        let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n{SECRET}");
        let _gone = stream.write_all(reply.as_bytes());
        hang();
    });
    let clock = TestClock::new(NOW);
    let error = with_time_passing(&clock, error(&role(endpoint, &clock))).await;
    assert!(
        error.to_string().ends_with("no answer within 5s"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_its_bound() {
    let endpoint = service(|mut stream| {
        head(&mut stream);
        let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4_096]).is_ok() {}
    });
    let error = error(&role(endpoint, &TestClock::new(NOW))).await;
    assert!(
        error
            .to_string()
            .ends_with("the answer is larger than 65536 bytes"),
        "{error}"
    );
}
