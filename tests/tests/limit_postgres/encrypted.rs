//! Connections over TLS: used when the authority is trusted, refused at once when it is not, and never
//! made in clear text instead.

use mps_core::{clock::SystemClock, limit::PostgresLimiter};
use mps_tests::{postgres::PostgresServer, shared_limit::Authority};

use super::*;

/// Makes a server speak TLS with a certificate for `name`.
fn certify(authority: &Authority, server: &PostgresServer, name: &str) {
    let (certificate, key) = authority.sign(name);
    let certificate = server.write("server.pem", &certificate).unwrap();
    let key = server.write("server.key", &key).unwrap();
    for (name, value) in [
        ("ssl_cert_file", certificate.display().to_string()),
        ("ssl_key_file", key.display().to_string()),
        ("ssl", "on".to_owned()),
    ] {
        let set = format!("ALTER SYSTEM SET {name} = '{value}'");
        server.sql(&set).unwrap();
    }
    server.sql("SELECT pg_reload_conf()").unwrap();
}

fn trusting(authority: &Authority, url: &str) -> PostgresLimiter {
    let clock = SystemClock::shared();
    PostgresLimiter::with_authority(url, authority.pem.as_bytes(), "account", clock).unwrap()
}

#[tokio::test]
async fn a_server_is_used_if_and_only_if_its_authority_and_its_name_are_right() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let [ours, other] = [(); 2].map(|()| Authority::new());
    certify(&ours, &server, "localhost");
    let verified = server
        .url_of("postgres", "?sslmode=verify-full")
        .replace("127.0.0.1", "localhost");
    let limiter = trusting(&ours, &verified);
    starts(&limiter).await;
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = 'mps'";
    assert_eq!(server.sql(encrypted).unwrap(), "t");

    assert_refused_at_once(&trusting(&other, &verified), "is not trusted").await;
    // The platform does not know the authority.
    assert_refused_at_once(&self::limiter(&verified), "is not trusted").await;
    // The certificate is for another name.
    let by_address = server.url_of("postgres", "?sslmode=verify-full");
    assert_refused_at_once(&trusting(&ours, &by_address), "is not trusted").await;
}

#[tokio::test]
async fn an_authority_can_be_named_in_the_url() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let ours = Authority::new();
    certify(&ours, &server, "localhost");
    let file = server.write("ca.pem", &ours.pem).unwrap();
    let parameters = format!("?sslrootcert={}", file.display());
    let url = server
        .url_of("postgres", &parameters)
        .replace("127.0.0.1", "localhost");
    starts(&limiter(&url)).await;
}
