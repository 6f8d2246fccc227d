//! Where credentials come from: files in any state, machines that answer, lie, or do not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assume_role;
mod cvm;
mod files;
#[cfg(feature = "reqwest")]
mod loopback;
mod tccli;
mod web_identity;

use std::sync::Arc;

use mps_core::{
    clock::TestClock,
    credentials::{Credentials, CredentialsError, ProvideCredentials, Sts},
    transport::ScriptedTransport,
};

const NOW: u64 = 1_771_125_945;
/// In every place where a secret could be; no error may show it.
const SECRET: &str = "hunter2";

fn sts(transport: &ScriptedTransport) -> Sts {
    Sts::new(Arc::new(transport.clone()), Arc::new(TestClock::new(NOW)))
}

/// The answer of the token service that lends a role for two hours.
fn loan(token: &str) -> String {
    format!(
        r#"{{"Response":{{"Credentials":{{"TmpSecretId":"AKIDlent","TmpSecretKey":"{SECRET}","Token":"{token}"}},"ExpiredTime":{},"Expiration":"2026-02-15T05:25:45Z","RequestId":"r"}}}}"#,
        NOW + 7_200
    )
}

async fn error(provider: &impl ProvideCredentials) -> CredentialsError {
    let error = provider.provide().await.unwrap_err();
    let shown = format!("{error} {error:?} {provider:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

/// Id, token, and Unix seconds of the end.
fn parts(found: &Credentials) -> (&str, Option<&str>, Option<u64>) {
    let end = found.expires_at().map(|end| {
        let since = end.duration_since(std::time::UNIX_EPOCH);
        since.unwrap().as_secs()
    });
    (found.secret_id(), found.token(), end)
}
