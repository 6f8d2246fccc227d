//! The limit in a PostgreSQL server that is unreachable, slow, read-only, locked, restarted, failed over
//! or behind a pooler: it permits no create that it should not, and blocks no caller.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::TcpListener, time::Duration};

use mps_core::{
    clock::{Clock as _, SystemClock},
    limit::{Limiter, PostgresLimiter},
};
use mps_tests::{
    postgres::{PgBouncer, PostgresServer, Stop},
    shared_limit::{
        ACTION, CLOSED_PORT, LONG, NO_REPLY, PASSWORD, acquire, assert_refused,
        assert_refused_at_once, assert_widens, starts,
    },
};

mod encrypted;

/// The time for which a lost slot can matter.
const AFTER_LOSS: Duration = Duration::from_millis(1_100);

fn limiter(url: &str) -> PostgresLimiter {
    PostgresLimiter::new(url, "account", SystemClock::shared()).unwrap()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let address = format!("127.0.0.1:{CLOSED_PORT}");
    let limiter = limiter(&format!("postgres://user:{PASSWORD}@{address}/db"));
    assert!(format!("{limiter:?}").contains(&address));
    let requests = assert_refused(&limiter, &format!("{address} cannot be reached")).await;
    assert_eq!(limiter.stats(ACTION).unwrap().unavailable, requests);
}

#[tokio::test]
async fn a_server_that_accepts_and_never_replies_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let url = format!("postgres://u:{PASSWORD}@{address}/db");
    assert_refused(&limiter(&url), &format!("{address} {NO_REPLY}")).await;
}

#[test]
fn an_invalid_url_is_not_repeated() {
    for url in ["", "nonsense", "http://x", "postgres://:hunter2@host:port"] {
        let error = PostgresLimiter::new(url, "account", SystemClock::shared()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(PASSWORD), "{error}");
    }
}

#[tokio::test]
async fn eight_first_requests_at_once_create_the_table_and_all_start() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let limiters = [(); 8].map(|()| limiter(&server.url()));
    futures_util::future::join_all(limiters.iter().map(starts)).await;
    let rows = server.sql("SELECT count(*) FROM mps.ring").unwrap();
    assert_eq!(rows, "1");
    let kind = "SELECT relpersistence FROM pg_class WHERE relname = 'ring'";
    assert_eq!(server.sql(kind).unwrap(), "u");
}

#[tokio::test]
async fn throttling_of_one_host_widens_the_limit_of_all() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let [taught, other] = [(); 2].map(|()| limiter(&server.url()));
    assert_widens(&taught, &other).await;
}

#[tokio::test]
async fn what_the_server_refuses_is_an_error_at_once() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    server
        .sql(&format!(
            "CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}2'; CREATE ROLE poor LOGIN"
        ))
        .unwrap();
    let wrong = format!("locked:{PASSWORD}");
    for (url, expected) in [
        (
            server.url_of(&wrong, ""),
            "refuses the user or the password",
        ),
        (
            server.url_of("locked", ""),
            "refuses the user or the password",
        ),
        (
            server.url_of("nobody", ""),
            "refuses the user or the password",
        ),
        (server.url_of("poor", ""), "does not permit it"),
        (
            server
                .url()
                .replace("/postgres", "/elsewhere")
                .replace("//elsewhere", "//postgres"),
            "no such database",
        ),
        (
            server.url_of("postgres", "?sslmode=require"),
            "does not speak TLS",
        ),
    ] {
        assert_refused_at_once(&limiter(&url), expected).await;
    }
    let allowed = limiter(&server.url_of(&format!("locked:{PASSWORD}2"), ""));
    server
        .sql("GRANT CREATE ON DATABASE postgres TO locked")
        .unwrap();
    starts(&allowed).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_reported_and_used_again_afterwards() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    server.signal_all("STOP").unwrap();
    assert_refused(&limiter, NO_REPLY).await;
    server.signal_all("CONT").unwrap();
    starts(&limiter).await;
}

#[tokio::test]
async fn a_restart_a_crash_and_a_lost_row_delay_the_next_start() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    for how in [Stop::Orderly, Stop::Crash] {
        server.stop(how).unwrap();
        server.run().unwrap();
        let took = starts(&limiter).await;
        assert!(took >= AFTER_LOSS, "{how:?}: {took:?}");
    }
    for loss in [
        "DELETE FROM mps.ring",
        "TRUNCATE mps.ring",
        "UPDATE mps.ring SET state = 'the remains of something'",
        "DROP SCHEMA mps CASCADE",
    ] {
        server.sql(loss).unwrap();
        let took = starts(&limiter).await;
        assert!(took >= AFTER_LOSS, "{loss}: {took:?}");
    }
}

#[tokio::test]
async fn a_replica_grants_nothing_until_it_is_promoted_and_then_starts_anew() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let old = limiter(&server.url());
    starts(&old).await;
    let replica = server.replica().unwrap();
    let limiter = limiter(&replica.url());
    assert_refused(&limiter, "is read-only").await;
    // Both are named: the one that accepts writes is used.
    let both = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
        replica.port(),
        server.port()
    );
    let both = self::limiter(&both);
    starts(&both).await;
    server.stop(Stop::Crash).unwrap();
    replica.promote().unwrap();
    let took = starts(&both).await;
    assert!(took >= AFTER_LOSS, "{took:?}");
    starts(&limiter).await;
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_may_be_in_between() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let Some(pooler) = PgBouncer::start(&server, 2).unwrap() else {
        return;
    };
    let limiters = [(); 6].map(|()| limiter(&pooler.url("")));
    for _ in 0..3 {
        futures_util::future::join_all(limiters.iter().map(starts)).await;
    }
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mps'";
    assert!(server.sql(connections).unwrap().parse::<u32>().unwrap() <= 2);
}

/// A process that is stopped in the middle of a transaction holds the row for a second at most.
#[tokio::test]
async fn a_transaction_that_is_left_open_does_not_hold_up_the_others_for_long() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let limiter = limiter(&server.url());
    starts(&limiter).await;
    let dropped = acquire(&limiter, LONG);
    // Dropped in the middle of whatever it does.
    tokio::select! {
        biased;
        () = SystemClock::new().sleep(Duration::from_millis(1)) => {}
        _ = dropped => {}
    }
    starts(&limiter).await;
}
