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
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use mps_core::{
    CallOptions, Client, Dispatch, Error, ErrorKind, StopReason, UntypedCall,
    clock::{SharedClock, TestClock},
    credentials::Credentials,
    endpoint::Endpoint,
    limit::LocalLimiter,
    retry::RetryPolicy,
};
use mps_models::{CreateAigcVideoTask, Effect};

#[path = "../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;

use self::bounded::within;

/// Answers one connection with `answer` and yields what was received on it.
fn serve_once(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = bounded::accept(&listener).unwrap();
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
async fn the_signed_bytes_equal_the_sent_bytes() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n{\"Response\":{\"TaskId\":\"7\",\"RequestId\":\"\"}}";
    let (endpoint, server) = serve_once(answer);
    assert_eq!(create(&endpoint).await.unwrap().as_deref(), Some("7"));
    let received = bounded::join(server).to_ascii_lowercase();
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
    // Port 1 (tcpmux): nothing listens there, and the system assigns no port below 1024 to a client.
    let error = create("http://127.0.0.1:1").await.unwrap_err();
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
    bounded::join(server);
}

#[tokio::test]
async fn a_body_that_is_cut_off_keeps_the_received_part() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"Response\":{\"TaskId\":\"4-AigcVideo-0f\",\"Req";
    let (endpoint, server) = serve_once(answer);
    let error = create(&endpoint).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Interrupted, Dispatch::Unknown)
    );
    assert_eq!(error.http_status(), Some(200));
    assert!(error.excerpt().unwrap().contains("4-AigcVideo-0f"));
    bounded::join(server);
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
    bounded::join(server);
}

/// Serves connections one after the other, as `scripts` say: each a list of answers, one a
/// request, of which an empty one closes the connection after the request was read. Yields how
/// many requests each connection brought.
fn serve(scripts: &'static [&'static [&'static str]]) -> (String, JoinHandle<Vec<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let one = move |answers: &&[&str]| {
        let mut stream = bounded::accept(&listener).unwrap();
        for answer in *answers {
            read_request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
        }
        answers.len()
    };
    let server = thread::spawn(move || scripts.iter().map(one).collect());
    (endpoint, server)
}

const CREATED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n{\"Response\":{\"TaskId\":\"7\",\"RequestId\":\"\"}}";

fn client(endpoint: &str) -> Client {
    Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key"))
        .endpoint(Endpoint::parse(endpoint).unwrap())
        .build()
        .unwrap()
}

fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new().prompt("a")
}

#[tokio::test]
async fn a_pooled_connection_that_closes_under_a_create_leaves_doubt_and_no_second_request() {
    // The second request arrives on the first one's connection, and nothing comes back.
    let (endpoint, server) = serve(&[&[CREATED, ""]]);
    let client = client(&endpoint);
    client.send(&request()).await.unwrap();
    let error = client.send(&request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Interrupted, Dispatch::Unknown)
    );
    assert_eq!(
        (error.attempts(), error.stopped()),
        (1, Some(StopReason::InDoubt))
    );
    assert_eq!(bounded::join(server), [2]);
}

#[tokio::test]
async fn a_pooled_connection_that_closes_under_a_read_is_replaced() {
    let (endpoint, server) = serve(&[&[CREATED, ""], &[CREATED]]);
    let client = client(&endpoint);
    client.send(&request()).await.unwrap();
    // The same bytes as those of the create, so that the server knows their end.
    let body = serde_json::value::to_raw_value(&request()).unwrap();
    let read = UntypedCall::new("DescribeSomething", body).effect(Effect::Read);
    let output = client.call(read, CallOptions::new()).await.unwrap();
    assert_eq!(output.attempts, 2);
    assert_eq!(bounded::join(server), [2, 1]);
}

#[tokio::test]
async fn a_pooled_connection_that_closed_while_idle_costs_nothing_or_leaves_doubt() {
    // The server closes after its first answer. Whether the client has heard of it when it sends
    // the second request is up to the scheduler; that it arrives at most once is not.
    let (endpoint, server) = serve(&[&[CREATED], &[CREATED]]);
    let client = client(&endpoint);
    client.send(&request()).await.unwrap();
    match client.send(&request()).await {
        Ok(output) => {
            assert_eq!(output.attempts, 1);
            assert_eq!(bounded::join(server), [1, 1]);
        }
        Err(error) => {
            assert_eq!(
                (error.dispatch(), error.attempts()),
                (Dispatch::Unknown, 1),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let (greeted, mut greeting) = tokio::sync::oneshot::channel();
    let server = thread::spawn(move || {
        let mut stream = bounded::accept(&listener).unwrap();
        let count = stream.read(&mut [0; 4096]).unwrap();
        greeted.send(count).unwrap();
        stream
    });
    let clock = TestClock::new(1_771_125_945);
    let shared: SharedClock = Arc::new(clock.clone());
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "key"))
        .endpoint(Endpoint::parse(&endpoint).unwrap())
        .limiter(LocalLimiter::without_warm_up(shared.clone()))
        .clock(shared)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let request = request();
    let mut call = Box::pin(client.send(&request));
    // Bytes of the handshake left, none of the request.
    let count = tokio::select! {
        biased;
        count = within("greeting", &mut greeting) => count.unwrap(),
        _ = &mut call => unreachable!("nobody answers"),
    };
    assert_ne!(count, 0);
    clock.advance(Duration::from_secs(60));
    let error = within("end of the call", call).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Timeout, Dispatch::NotSent)
    );
    drop(bounded::join(server));
}
