//! The limit in a Redis server that is unreachable, slow, full, read-only, locked or on another time:
//! it permits no create and blocks no caller.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;

use mps_core::{
    clock::{Clock as _, SystemClock, timeout},
    limit::{Limiter, RedisLimiter},
};
use mps_tests::{
    bounded::eventually_async,
    redis::RedisServer,
    shared_limit::{
        ACTION, CLOSED_PORT, LONG, NO_REPLY, PASSWORD, SHORT, acquire, assert_refused,
        assert_refused_at_once, assert_widens, starts,
    },
};
use redis::{Connection, cmd};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

mod clocks;

fn limiter(url: &str) -> RedisLimiter {
    RedisLimiter::new(url, "account", SystemClock::shared()).unwrap()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let address = format!("127.0.0.1:{CLOSED_PORT}");
    let limiter = limiter(&format!("redis://user:{PASSWORD}@{address}/0"));
    assert!(format!("{limiter:?}").contains(&address));
    let requests = assert_refused(&limiter, &format!("{address} cannot be reached")).await;
    assert_eq!(limiter.stats(ACTION).unwrap().unavailable, requests);
}

#[tokio::test]
async fn a_server_that_accepts_and_never_replies_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let limiter = limiter(&format!("redis://:{PASSWORD}@{address}"));
    assert_refused(&limiter, &format!("{address} {NO_REPLY}")).await;
}

#[test]
fn an_invalid_url_is_not_repeated() {
    for url in [
        "",
        "nonsense",
        "http://x",
        "redis://:hunter2@host:port",
        "rediss://:hunter2@host#insecure",
    ] {
        let error = RedisLimiter::new(url, "account", SystemClock::shared()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(PASSWORD), "{error}");
    }
}

#[tokio::test]
async fn throttling_of_one_host_widens_the_limit_of_all() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let [taught, other] = [(); 2].map(|()| limiter(&server.url()));
    assert_widens(&taught, &other).await;
}

/// Does something to a server that must stop all starts, and undoes it. Who waits meanwhile asks
/// again, and starts.
async fn with_fault(
    inject: impl Fn(&mut Connection),
    expected: &str,
    undo: impl Fn(&mut Connection),
) {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    inject(&mut connection);
    assert_refused(&limiter, expected).await;
    let before = refused(&mut connection);
    let undone = async {
        eventually_async(|| expected == NO_REPLY || refused(&mut connection) != before).await;
        undo(&mut connection);
    };
    tokio::join!(starts(&limiter), undone);
}

/// Returns the number of commands that the server has refused.
fn refused(connection: &mut Connection) -> String {
    let stats: String = cmd("INFO").arg("stats").query(connection).unwrap();
    let mut lines = stats.lines();
    let told = lines.find(|line| line.starts_with("total_error_replies"));
    told.unwrap().to_owned()
}

fn config(connection: &mut Connection, name: &str, value: &str) {
    cmd("CONFIG")
        .arg("SET")
        .arg(name)
        .arg(value)
        .exec(connection)
        .unwrap();
}

#[tokio::test]
async fn a_replica_permits_no_create() {
    let role = |connection: &mut Connection, of: [&str; 2]| {
        cmd("REPLICAOF").arg(&of[..]).exec(connection).unwrap();
    };
    with_fault(
        |connection| role(connection, ["127.0.0.1", "1"]),
        "is read-only",
        |connection| role(connection, ["NO", "ONE"]),
    )
    .await;
}

#[tokio::test]
async fn a_full_server_permits_no_create() {
    with_fault(
        |connection| config(connection, "maxmemory", "1"),
        "refuses the request: \"OOM\"",
        |connection| config(connection, "maxmemory", "0"),
    )
    .await;
}

/// It takes no command that may write, such as a script, for longer than a test runs.
fn pause(connection: &mut Connection) {
    let mut pause = cmd("CLIENT");
    let arguments = ["PAUSE", "3600000", "WRITE"];
    pause.arg(&arguments[..]).exec(connection).unwrap();
}

fn unpause(connection: &mut Connection) {
    cmd("CLIENT").arg("UNPAUSE").exec(connection).unwrap();
}

#[tokio::test]
async fn a_paused_server_permits_no_create() {
    with_fault(pause, NO_REPLY, unpause).await;
}

#[tokio::test]
async fn a_server_that_ended_and_was_started_anew_is_found_again() {
    let Some(mut server) = RedisServer::start().unwrap() else {
        return;
    };
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    server.kill();
    assert_refused(&limiter, "cannot be reached").await;
    server.run().unwrap();
    starts(&limiter).await;
}

/// Otherwise callers with short waits would use a connection for ever whose other end is gone.
#[tokio::test]
async fn a_connection_is_closed_after_a_request_without_a_reply() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    let (before, clock) = (connections(&mut connection), SystemClock::new());
    // On a busy machine the caller may leave before its request does.
    while connections(&mut connection) == before {
        assert!(clock.monotonic() < LONG);
        pause(&mut connection);
        let left = timeout(&clock, SHORT, acquire(&limiter, LONG)).await;
        assert!(left.is_none());
        unpause(&mut connection);
        starts(&limiter).await;
    }
}

/// Returns the number of connections since the start of the server.
fn connections(connection: &mut Connection) -> u64 {
    let mut stats = cmd("INFO");
    let stats: redis::InfoDict = stats.arg("stats").query(connection).unwrap();
    stats.get("total_connections_received").unwrap()
}

#[tokio::test]
async fn a_refused_user_is_reported_at_once() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    let url = server.url();
    for forbidden in ["-info", "-evalsha", "-script", "resetkeys"] {
        let mut user = cmd("ACL");
        let rules = ["reset", "on", ">hunter2", "~*", "+@all", forbidden];
        user.arg(&["SETUSER", "guest"]).arg(&rules);
        user.exec(&mut connection).unwrap();
        // It would have to be loaded again.
        cmd("SCRIPT").arg("FLUSH").exec(&mut connection).unwrap();
        let guest = limiter(&format!("{url}?user=guest&pass={PASSWORD}"));
        assert_refused_at_once(&guest, "does not permit the script").await;
    }

    config(&mut connection, "requirepass", PASSWORD);
    for url in [url.clone(), format!("{url}?pass=wrong")] {
        assert_refused_at_once(&limiter(&url), "refuses the user or the password").await;
    }
    starts(&limiter(&format!("{url}?pass={PASSWORD}"))).await;
}

/// A server that refuses every command in these words.
async fn server_that_refuses_with(words: &'static str) -> RedisLimiter {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (asked, mut answers) = stream.split();
            let mut asked = BufReader::new(asked).lines();
            while let Ok(Some(line)) = asked.next_line().await {
                // A command is an array, which begins with its length.
                if line.starts_with('*') {
                    let answer = format!("-{words}\r\n");
                    answers.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        }
    });
    limiter(&format!("redis://{address}"))
}

#[tokio::test]
async fn a_server_whose_restarts_cannot_be_noticed_is_refused_at_once() {
    let limiter = server_that_refuses_with("NORUNID this server does not report its run_id").await;
    for part in ["does not report its run_id", "a restart goes unnoticed"] {
        assert_refused_at_once(&limiter, part).await;
    }
}

#[tokio::test]
async fn an_unused_permit_releases_its_slot_in_the_server() {
    while let Some(server) = RedisServer::start().unwrap() {
        if is_released(&server).await {
            return;
        }
    }
}

/// Checks that the slot of an unused permit is released. Returns `false` if a grant came too late to be used, as may
/// happen on a busy machine: it is released as well.
async fn is_released(server: &RedisServer) -> bool {
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    let mut connection = server.connection().unwrap();
    let reserved = "local key = redis.call('KEYS', '*')[1] \
        return cmsgpack.unpack(redis.call('GET', key)).reserved";
    let mut reserved = || -> i64 {
        cmd("EVAL")
            .arg(reserved)
            .arg(0)
            .query(&mut connection)
            .unwrap()
    };
    let before = reserved();
    let permit = acquire(&limiter, LONG).await.unwrap();
    if limiter.stats(ACTION).unwrap().released > 0 {
        return false;
    }
    assert_eq!(reserved(), before + 1);
    drop(permit);
    eventually_async(|| reserved() == before).await;
    assert_eq!(limiter.stats(ACTION).unwrap().released, 1);
    true
}
