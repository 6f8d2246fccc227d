//! Roles that are assumed with keys.

use std::{sync::Arc, time::Duration};

use mps_core::{
    BoxFuture,
    credentials::{AssumeRole, Credentials, CredentialsError, ProvideCredentials},
    endpoint::{Endpoint, Site},
    transport::{Reply, ScriptedTransport},
};
use serde_json::{Value, json};

use crate::{NOW, SECRET, error, loan, parts, sts};

const ARN: &str = "qcs::cam::uin/12345678:roleName/renderer";

fn role(transport: &ScriptedTransport) -> AssumeRole {
    let keys = Credentials::new("AKIDown", SECRET).with_token(format!("token-{SECRET}"));
    AssumeRole::new(sts(transport), Arc::new(keys), ARN)
}

fn header<'a>(request: &'a http::Request<bytes::Bytes>, name: &str) -> &'a str {
    let value = request.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Signature from the vendor's algorithm in Python's standard library, which for the headers that
/// the vendor's SDK (3.1.195) signs gives that SDK's signature.
#[tokio::test]
async fn the_request_is_signed_for_the_token_service() {
    let transport = ScriptedTransport::new([Reply::json(loan("t"))]);
    let keys = Credentials::new(
        "AKIDEXAMPLE0000000000000000000000000",
        "NotARealKeyNotARealKeyNotAReal00",
    );
    let role = AssumeRole::new(sts(&transport), Arc::new(keys), ARN)
        .session_name("nightly")
        .external_id("e-1");
    let lent = role.provide().await.unwrap();
    assert_eq!(parts(&lent), ("AKIDlent", Some("t"), Some(NOW + 7_200)));

    let request = &transport.requests()[0];
    assert_eq!(request.uri(), "https://sts.intl.tencentcloudapi.com/");
    for (name, value) in [
        ("content-type", "application/json"),
        ("host", "sts.intl.tencentcloudapi.com"),
        ("x-tc-action", "AssumeRole"),
        ("x-tc-version", "2018-08-13"),
        ("x-tc-timestamp", "1771125945"),
        ("x-tc-region", "ap-singapore"),
        ("x-tc-token", ""),
        (
            "authorization",
            "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE0000000000000000000000000/2026-02-15/sts/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=f880fa033d3ed1efcbbc93d669a411857b60a12d417e2c0ee7a571e664ef6de1",
        ),
    ] {
        assert_eq!(header(request, name), value, "{name}");
    }
    assert!(request.headers()["authorization"].is_sensitive());
}

#[tokio::test]
async fn every_parameter_is_sent_and_a_policy_url_encoded() {
    let transport = ScriptedTransport::new([Reply::json(loan("t"))]);
    let role = role(&transport)
        .session_name("nightly")
        .duration(Duration::from_secs(900))
        .external_id("e-1")
        .policy(r#"{"version": "2.0"}"#);
    role.provide().await.unwrap();
    let request = &transport.requests()[0];
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(
        body,
        json!({
            "RoleArn": ARN, "RoleSessionName": "nightly", "DurationSeconds": 900,
            "ExternalId": "e-1", "Policy": "%7B%22version%22%3A+%222.0%22%7D",
        })
    );
    assert_eq!(header(request, "x-tc-token"), format!("token-{SECRET}"));
}

#[tokio::test]
async fn site_region_and_endpoint_are_the_callers_choice() {
    let transport = ScriptedTransport::new([Reply::json(loan("t")), Reply::json(loan("t"))]);
    let keys = Arc::new(Credentials::new("i", "k"));
    let inside = Endpoint::parse("https://sts.internal.tencentcloudapi.com").unwrap();
    let cn = sts(&transport).site(Site::Cn);
    for sts in [cn.clone(), cn.endpoint(inside).region("ap-beijing")] {
        let role = AssumeRole::new(sts, keys.clone(), ARN);
        role.provide().await.unwrap();
    }
    let requests = transport.requests();
    let seen = |which: usize| {
        (
            header(&requests[which], "host"),
            header(&requests[which], "x-tc-region"),
        )
    };
    assert_eq!(seen(0), ("sts.tencentcloudapi.com", "ap-guangzhou"));
    assert_eq!(seen(1), ("sts.internal.tencentcloudapi.com", "ap-beijing"));
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_once_and_the_end_is_in_this_machines_time() {
    let late = || {
        Reply::service_error("AuthFailure.SignatureExpire", "expired")
            .header("date", "Sun, 15 Feb 2026 04:25:45 GMT")
    };
    let transport = ScriptedTransport::new([late(), Reply::json(loan("t"))]);
    let lent = role(&transport).provide().await.unwrap();
    assert_eq!(
        header(&transport.requests()[1], "x-tc-timestamp"),
        (NOW + 3_600).to_string()
    );
    // Two hours by this clock, which is an hour behind: one hour is left.
    assert_eq!(parts(&lent).2, Some(NOW + 3_600));

    let transport = ScriptedTransport::new([late(), late(), late()]);
    error(&role(&transport)).await;
    assert_eq!(transport.requests().len(), 2);

    // A service that is days ahead is not believed, and one that shows our own time teaches nothing.
    for date in [
        "Wed, 18 Feb 2026 04:25:45 GMT",
        "Sun, 15 Feb 2026 03:25:45 GMT",
    ] {
        let refused = Reply::service_error("AuthFailure.SignatureExpire", "expired");
        let refused = refused.header("date", date);
        let transport = ScriptedTransport::new([refused, Reply::json(loan("t"))]);
        error(&role(&transport)).await;
        assert_eq!(transport.requests().len(), 1, "{date}");
    }
}

/// Gives one token, and another after it was refused.
#[derive(Debug)]
struct Renewable;

impl ProvideCredentials for Renewable {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { Ok(Credentials::new("i", "k").with_token("old")) })
    }

    fn refresh<'a>(
        &'a self,
        refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        assert_eq!(refused.token(), Some("old"));
        Box::pin(async { Ok(Credentials::new("i", "k").with_token("new")) })
    }
}

#[tokio::test]
async fn a_refused_token_of_the_own_keys_is_replaced_once() {
    let refused = || Reply::service_error("AuthFailure.TokenFailure", "token expired");
    let transport = ScriptedTransport::new([refused(), Reply::json(loan("t"))]);
    let role = AssumeRole::new(sts(&transport), Arc::new(Renewable), ARN);
    role.provide().await.unwrap();
    let tokens = transport
        .requests()
        .iter()
        .map(|request| header(request, "x-tc-token").to_owned())
        .collect::<Vec<_>>();
    assert_eq!(tokens, ["old", "new"]);

    // Keys that cannot change are not tried twice.
    let transport = ScriptedTransport::new([refused(), refused()]);
    error(&self::role(&transport)).await;
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test]
async fn every_refusal_is_one_line_without_secrets() {
    for (reply, why) in [
        (
            Reply::service_error("UnauthorizedOperation", &format!("no\nrole for {SECRET}")),
            "UnauthorizedOperation: no role for <redacted> (request id scripted)",
        ),
        (
            Reply::connect_error(),
            "no connection could be made: scripted",
        ),
        (Reply::silence(), "no answer within 10s"),
        (
            Reply::answer(502, "text/html", SECRET),
            "something in between answered with HTTP 502 Bad Gateway",
        ),
        (
            Reply::answer(302, "text/html", SECRET),
            "something in between answered with HTTP 302 Found",
        ),
        (
            Reply::answer(200, "text/html", SECRET),
            "the answer is text/html, not JSON",
        ),
        (
            Reply::json(r#"{"Response":{"RequestId":"r"}}"#),
            "its answer has no Credentials",
        ),
        (
            Reply::json(r#"{"Response":{"Credentials":7}}"#),
            "its answer is not that of a lent role",
        ),
        (
            Reply::json(
                loan("t")
                    .replace("\"Token\":\"t\",", "")
                    .replace(",\"Token\":\"t\"", ""),
            ),
            "its answer is unusable: it has no Token",
        ),
        (
            Reply::json(loan("t").replace(&(NOW + 7_200).to_string(), "1")),
            "its answer is unusable: it expired",
        ),
    ] {
        let transport = ScriptedTransport::new([reply]);
        let clock = mps_core::clock::TestClock::new(NOW).auto_advance();
        let sts = mps_core::credentials::Sts::new(Arc::new(transport), Arc::new(clock));
        let role = AssumeRole::new(sts, Arc::new(Credentials::new("i", SECRET)), ARN);
        let error = error(&role).await;
        let message = format!("the token service at sts.intl.tencentcloudapi.com: {why}");
        assert!(
            error.to_string().starts_with(&message),
            "{error} and not {message}"
        );
        assert!(!error.is_absent());
    }
}

#[tokio::test]
async fn invalid_parameters_are_refused_before_anything_is_sent() {
    let transport = ScriptedTransport::new([]);
    for (role, why) in [
        (
            role(&transport).duration(Duration::ZERO),
            "a role cannot be assumed for 0ns",
        ),
        (
            role(&transport).duration(Duration::from_secs(43_201)),
            "a role cannot be assumed for 43201s",
        ),
    ] {
        assert_eq!(error(&role).await.to_string(), why);
    }
    let nobody = CredentialsError::absent("nothing there");
    let role = AssumeRole::new(sts(&transport), Arc::new(nobody), ARN);
    let error = error(&role).await;
    assert!(error.is_absent());
    assert_eq!(
        error.to_string(),
        "no keys to assume the role with: nothing there"
    );
}
