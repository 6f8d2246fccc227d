//! The metadata service of a virtual machine, and whoever else answers in its place.

use std::{sync::Arc, time::Duration};

use mps_core::{
    Client, ClientBuilder,
    clock::TestClock,
    credentials::{Cached, Chain, CvmRole, ProvideCredentials as _},
    endpoint::Endpoint,
    transport::{Reply, ScriptedTransport},
};

use crate::{NOW, SECRET, error, parts};

fn role(transport: &ScriptedTransport) -> CvmRole {
    let clock = TestClock::new(NOW).auto_advance();
    CvmRole::new(Arc::new(transport.clone()), Arc::new(clock))
}

fn keys(end: i64) -> String {
    format!(
        r#"{{"TmpSecretId":"AKIDrole","TmpSecretKey":"{SECRET}","Token":"t","ExpiredTime":{end},"Expiration":"x","Code":"Success"}}"#
    )
}

fn in_an_hour() -> Reply {
    Reply::json(keys(i64::try_from(NOW).unwrap() + 3_600))
}

#[tokio::test]
async fn a_role_is_found_and_its_keys_have_token_and_end() {
    let transport = ScriptedTransport::new([
        Reply::answer(200, "text/plain", "renderer\n"),
        in_an_hour(),
        in_an_hour(),
    ]);
    let found = role(&transport).provide().await.unwrap();
    assert_eq!(parts(&found), ("AKIDrole", Some("t"), Some(NOW + 3_600)));
    role(&transport).role("given").provide().await.unwrap();

    let asked = transport
        .requests()
        .into_iter()
        .map(|request| request.uri().to_string());
    let folder = "http://metadata.tencentyun.com/latest/meta-data/cam/security-credentials/";
    let expected = ["", "renderer", "given"].map(|name| format!("{folder}{name}"));
    assert_eq!(asked.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn no_metadata_service_and_no_role_are_absent() {
    for (reply, why) in [
        (
            Reply::connect_error(),
            "no connection could be made: scripted",
        ),
        (
            Reply::answer(404, "text/html", "<html>"),
            "this machine has no role",
        ),
        (
            Reply::answer(200, "text/plain", " \n"),
            "this machine has no role",
        ),
    ] {
        let error = error(&role(&ScriptedTransport::new([reply]))).await;
        let message = format!("the metadata service at http://metadata.tencentyun.com: {why}");
        assert_eq!((error.is_absent(), error.to_string()), (true, message));
    }
}

#[tokio::test]
async fn a_role_that_is_none_leads_to_no_other_place() {
    for (name, asked) in [
        ("../../user-data", 0),
        ("a/b", 0),
        ("", 0),
        ("..", 0),
        ("a b", 0),
    ] {
        let transport = ScriptedTransport::new([in_an_hour()]);
        let error = error(&role(&transport).role(name)).await;
        assert!(
            error
                .to_string()
                .ends_with("the answer is not the name of a role")
        );
        assert_eq!(transport.requests().len(), asked);
    }
    let page = Reply::answer(200, "text/html", "<html>log in to our hotel's network");
    let error = error(&role(&ScriptedTransport::new([page]))).await;
    assert!(
        error.to_string().ends_with("its answer is a web page"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_without_keys_is_an_error_that_stops_a_chain() {
    let cut = format!("the answer was cut off after {} bytes", keys(now()).len());
    for (reply, why) in [
        (
            Reply::reset(),
            "the connection broke before the whole answer arrived: scripted".into(),
        ),
        (Reply::silence(), "no answer within 5s".into()),
        (in_an_hour().then_cut(), cut),
        (
            Reply::json("x".repeat(70_000)),
            "the answer is larger than 65536 bytes".into(),
        ),
        (
            Reply::answer(302, "text/html", ""),
            "it answered with HTTP 302 Found".into(),
        ),
        (
            Reply::answer(500, "text/html", SECRET),
            "it answered with HTTP 500 Internal Server Error".into(),
        ),
        (
            Reply::answer(404, "text/html", ""),
            "this machine does not have the role renderer".into(),
        ),
        (Reply::json("<html>"), "its answer is a web page".into()),
        (
            Reply::json(b"\"\xff\"".to_vec()),
            "its answer is not UTF-8 text".into(),
        ),
        (
            Reply::json(""),
            "its answer is not the JSON of a role's keys".into(),
        ),
        (
            Reply::json(format!("\"{SECRET}\"")),
            "its answer is not the JSON of a role's keys".into(),
        ),
        (
            Reply::json(r#"{"Code":"Success","TmpSecretId":7}"#),
            "its answer is not the JSON of a role's keys".into(),
        ),
        (Reply::json("{}"), "its answer has no Code".into()),
        (
            Reply::json(r#"{"Code":"Fail\nure"}"#),
            r#"it refused with Code "Fail\nure""#.into(),
        ),
    ] {
        assert_refused_date(reply, &why).await;
    }
}

#[tokio::test]
async fn keys_that_are_none_have_their_own_error() {
    let now = now();
    let without = |member: &str| {
        let text = keys(now + 60);
        Reply::json(text.replace(&format!("\"{member}\""), "\"Other\""))
    };
    let ends = |end: i64| Reply::json(keys(end));
    for (reply, why) in [
        (
            without("TmpSecretId"),
            "its answer is unusable: it has no TmpSecretId".into(),
        ),
        (
            without("TmpSecretKey"),
            "its answer is unusable: it has no TmpSecretKey".into(),
        ),
        (
            without("Token"),
            "its answer is unusable: it has no Token".into(),
        ),
        (
            without("ExpiredTime"),
            "its answer is unusable: it has no ExpiredTime".into(),
        ),
        (
            ends(now - 20),
            "its answer is unusable: it expired 20 s ago, by this machine's clock".into(),
        ),
        (
            ends(-1),
            format!("its answer is unusable: it expired {now} s ago, by this machine's clock"),
        ),
        (
            ends(now * 1_000),
            format!(
                "its answer is unusable: its ExpiredTime {} is 491487449 hours ahead, and no such keys live that long",
                now * 1_000
            ),
        ),
        (
            ends(i64::MAX),
            "its answer is unusable: its ExpiredTime 9223372036854775807 is".into(),
        ),
        (
            Reply::json(keys(now + 60).replace("AKIDrole", "AKID\\nrole")),
            "its answer is unusable: its TmpSecretId has characters that no key has".into(),
        ),
        (
            Reply::json(keys(now + 60).replace("\"t\"", &format!("\"{}\"", "t".repeat(20_000)))),
            "its answer is unusable: its Token has 20000 bytes, more than 16384".into(),
        ),
    ] {
        assert_refused_date(reply, &why).await;
    }
}

async fn assert_refused_date(reply: Reply, why: &str) {
    let error = error(&role(&ScriptedTransport::new([reply])).role("renderer")).await;
    let message = format!("the metadata service at http://metadata.tencentyun.com: {why}");
    assert!(
        error.to_string().starts_with(&message),
        "{error} and not {message}"
    );
    assert!(!error.is_absent() && error.hint().is_some(), "{error}");
}

fn now() -> i64 {
    i64::try_from(NOW).unwrap()
}

#[tokio::test]
async fn both_questions_share_five_seconds() {
    use mps_core::clock::Clock as _;
    let clock = TestClock::new(NOW).auto_advance();
    let transport = ScriptedTransport::new([Reply::json("renderer"), Reply::silence()]);
    let role = CvmRole::new(Arc::new(transport), Arc::new(clock.clone()));
    error(&role).await;
    assert_eq!(clock.monotonic(), Duration::from_secs(5));
}

/// A client for `endpoint` whose keys are a machine's, by way of a chain and a cache.
fn client(endpoint: &str, metadata: &ScriptedTransport) -> ClientBuilder {
    let keys = Cached::new(Chain::new().then(role(metadata)));
    Client::builder()
        .endpoint(Endpoint::parse(endpoint).unwrap())
        .credentials(keys)
        .transport(ScriptedTransport::new([]))
}

#[tokio::test]
async fn a_client_for_this_machine_asks_no_metadata_service_unless_it_may() {
    let describe = mps_models::DescribeAigcVideoTask::new("1");
    let metadata = ScriptedTransport::new([Reply::json("renderer"), in_an_hour()]);
    let emulator = "http://127.0.0.1:1";
    let confined = client(emulator, &metadata).build().unwrap();
    let error = confined.send(&describe).await.unwrap_err();
    assert!(error.message().contains("was not asked"), "{error}");
    assert_eq!(metadata.requests().len(), 0);

    let free = client(emulator, &metadata).allow_other_hosts();
    let _refused_connection = free.build().unwrap().send(&describe).await;
    assert_eq!(metadata.requests().len(), 2);
}
