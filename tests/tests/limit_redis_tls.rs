//! The limit in a Redis server over TLS: used when its authority is trusted, refused at once when it
//! is not, and never requested in clear text instead.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, net::TcpListener, path::Path, time::Duration};

use mps_core::{
    clock::{SystemClock, timeout},
    limit::{LimitError, RedisLimiter},
};
use mps_tests::{
    ports::unused_port,
    redis::RedisServer,
    shared_limit::{
        Authority, CLOSED_PORT, LONG, NO_REPLY, PASSWORD, acquire, assert_refused,
        assert_refused_at_once, starts,
    },
};
use tempfile::TempDir;
use tokio::{
    io::{copy, copy_bidirectional, sink},
    net::TcpStream,
};

/// Writes the files of a server for `name` into `folder`.
fn sign(authority: &Authority, name: &str, folder: &Path) {
    let (certificate, key) = authority.sign(name);
    fs::write(folder.join("ca.pem"), &authority.pem).unwrap();
    fs::write(folder.join("server.pem"), certificate).unwrap();
    fs::write(folder.join("server.key"), key).unwrap();
}

/// A server on a port, and its files.
struct OnPort {
    server: RedisServer,
    port: u16,
    _folder: TempDir,
}

impl OnPort {
    /// `None` where there is no program for it.
    fn start(arguments: impl Fn(u16, &Path) -> Vec<String>) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = unused_port().unwrap();
        let server = RedisServer::start_with(arguments(port, folder.path())).unwrap()?;
        Some(Self {
            server,
            port,
            _folder: folder,
        })
    }

    /// One over TLS, with a certificate for `name`.
    fn with_tls(authority: &Authority, name: &str, clients: &str) -> Option<Self> {
        Self::start(|port, folder| {
            sign(authority, name, folder);
            let file = |name: &str| folder.join(name).display().to_string();
            let arguments = [
                ("--tls-port", port.to_string()),
                ("--tls-ca-cert-file", file("ca.pem")),
                ("--tls-cert-file", file("server.pem")),
                ("--tls-key-file", file("server.key")),
                ("--tls-auth-clients", clients.to_owned()),
                ("--requirepass", PASSWORD.to_owned()),
            ];
            let words = |(name, value): (&str, String)| [name.to_owned(), value];
            arguments.into_iter().flat_map(words).collect()
        })
    }

    fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://:{PASSWORD}@{host}:{}/0", self.port)
    }
}

fn trusting(authority: &Authority, url: &str) -> RedisLimiter {
    let clock = SystemClock::shared();
    RedisLimiter::with_authority(url, authority.pem.as_bytes(), "account", clock).unwrap()
}

fn unavailable(refused: LimitError) -> String {
    let LimitError::Unavailable(error) = refused else {
        panic!("{refused}");
    };
    let text = format!("{error} {:?} {error:?}", error.hint());
    assert!(!text.contains(PASSWORD), "{text}");
    error.to_string()
}

#[tokio::test]
async fn a_server_whose_authority_is_named_keeps_the_limit_and_may_restart() {
    let authority = Authority::new();
    let Some(mut tls) = OnPort::with_tls(&authority, "127.0.0.1", "no") else {
        return;
    };
    let url = tls.url("rediss", "127.0.0.1");
    // Named beside another one, as in a bundle.
    let bundle = [Authority::new().pem, authority.pem.clone()].concat();
    let clock = SystemClock::shared();
    let bundled = RedisLimiter::with_authority(&url, bundle.as_bytes(), "account", clock).unwrap();
    let limiter = trusting(&authority, &url);
    for limiter in [&bundled, &limiter] {
        starts(limiter).await;
        drop(acquire(limiter, LONG).await.unwrap());
    }
    tls.server.run().unwrap();
    starts(&limiter).await;
    // The certificate vouches for the server, the password for the client.
    let wrong = trusting(&authority, &url.replace(PASSWORD, "another"));
    assert_refused_at_once(&wrong, "refuses the user or the password").await;
}

/// Or each question to a silent server would leave one behind.
#[tokio::test]
async fn a_connection_ends_with_a_question_that_has_no_answer() {
    let authority = Authority::new();
    let Some(tls) = OnPort::with_tls(&authority, "127.0.0.1", "no") else {
        return;
    };
    let way = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = way.local_addr().unwrap();
    let limiter = trusting(&authority, &format!("rediss://:{PASSWORD}@{address}"));
    let mut client = None;
    // The limiter connects again after a reply that was too late to be of use.
    let relay = async {
        loop {
            let (stream, _) = way.accept().await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", tls.port)).await.unwrap();
            let _ended = copy_bidirectional(client.insert(stream), &mut server).await;
        }
    };
    tokio::select! {
        () = relay => unreachable!("it never ends"),
        _ = starts(&limiter) => {}
    }
    // From here on nothing is passed on.
    assert_refused(&limiter, NO_REPLY).await;
    let (mut asked, mut nowhere) = (client.unwrap(), sink());
    let to_its_end = copy(&mut asked, &mut nowhere);
    let ended = timeout(&SystemClock::new(), LONG, to_its_end).await;
    assert!(ended.is_some());
}

#[tokio::test]
async fn a_server_with_a_certificate_of_somebody_else_is_refused_at_once() {
    let authority = Authority::new();
    let Some(tls) = OnPort::with_tls(&authority, "127.0.0.1", "no") else {
        return;
    };
    let url = tls.url("rediss", "127.0.0.1");
    let platform = RedisLimiter::new(&url, "account", SystemClock::shared()).unwrap();
    let another = trusting(&Authority::new(), &url);
    let Some(misnamed) = OnPort::with_tls(&authority, "redis.example", "no") else {
        return;
    };
    let misnamed = trusting(&authority, &misnamed.url("rediss", "127.0.0.1"));
    for limiter in [platform, another, misnamed] {
        assert_refused_at_once(&limiter, "is not trusted").await;
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_asked_in_clear() {
    let plain = OnPort::start(|port, _| ["--port".to_owned(), port.to_string()].to_vec());
    let Some(plain) = plain else {
        return;
    };
    let url = plain.url("rediss", "127.0.0.1");
    assert_refused_at_once(
        &trusting(&Authority::new(), &url),
        "does not speak TLS on this port",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_requires_client_certificates_is_named_as_such() {
    let authority = Authority::new();
    let Some(tls) = OnPort::with_tls(&authority, "127.0.0.1", "yes") else {
        return;
    };
    let url = tls.url("rediss", "127.0.0.1");
    assert_refused_at_once(&trusting(&authority, &url), "requires client certificates").await;
}

#[tokio::test]
async fn tls_is_not_spoken_where_the_address_does_not_ask_for_it() {
    let authority = Authority::new();
    let Some(tls) = OnPort::with_tls(&authority, "127.0.0.1", "no") else {
        return;
    };
    let url = tls.url("redis", "127.0.0.1");
    let limiter = RedisLimiter::new(&url, "account", SystemClock::shared()).unwrap();
    assert_refused(&limiter, "cannot be reached").await;
}

#[tokio::test]
async fn a_server_that_accepts_and_never_replies_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let limiter = trusting(
        &Authority::new(),
        &format!("rediss://:{PASSWORD}@{address}"),
    );
    // By then it was asked whether it knows any TLS, and did not answer that either.
    let refused = acquire(&limiter, Duration::from_millis(800)).await;
    let error = unavailable(refused.unwrap_err());
    assert!(error.contains(&format!("{address} {NO_REPLY}")), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let url = format!("rediss://:{PASSWORD}@127.0.0.1:{CLOSED_PORT}");
    assert_refused(&trusting(&Authority::new(), &url), "cannot be reached").await;
}

#[test]
fn invalid_authorities_and_urls_without_tls_are_refused_before_any_request() {
    let authority = Authority::new().pem;
    let secure = format!("rediss://:{PASSWORD}@127.0.0.1");
    let plain = format!("redis://:{PASSWORD}@127.0.0.1");
    let damaged = authority.replace("MII", "!!!");
    for (url, pem, says) in [
        (&secure, "", "not a certificate in PEM"),
        (&secure, "ca.pem", "not a certificate in PEM"),
        (&secure, damaged.as_str(), "not a certificate in PEM"),
        (&plain, &authority, "does not ask for TLS"),
        (
            &format!("{secure}#insecure"),
            &authority,
            "ends in a fragment",
        ),
        (
            &format!("rediss://:{PASSWORD}@a..b"),
            &authority,
            "has no host name",
        ),
    ] {
        let clock = SystemClock::shared();
        let refused = RedisLimiter::with_authority(url, pem.as_bytes(), "account", clock);
        let error = unavailable(refused.unwrap_err());
        assert!(error.contains(says), "{error}");
    }
}
