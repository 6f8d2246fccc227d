//! Roles that are assumed with a token in a file.

use std::fs;

use mps_core::{
    credentials::{ProvideCredentials as _, WebIdentity},
    transport::{Reply, ScriptedTransport},
};
use serde_json::{Value, json};

use crate::{SECRET, error, loan, parts, sts};

const ARN: &str = "qcs::cam::uin/12345678:roleName/pod";

#[tokio::test]
async fn the_token_is_read_anew_each_time_and_the_request_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let transport = ScriptedTransport::new([Reply::json(loan("t")), Reply::json(loan("t"))]);
    let sts = sts(&transport).region("ap-jakarta");
    let role = WebIdentity::new(sts, "provider", &file, ARN);
    for token in ["first", "second\n"] {
        fs::write(&file, token).unwrap();
        let lent = role.provide().await.unwrap();
        assert_eq!(parts(&lent).0, "AKIDlent");
    }
    let requests = transport.requests();
    let body: Value = serde_json::from_slice(requests[1].body()).unwrap();
    assert_eq!(
        body,
        json!({
            "ProviderId": "provider", "WebIdentityToken": "second", "RoleArn": ARN,
            "RoleSessionName": "mps", "DurationSeconds": 7200,
        })
    );
    let header = |name: &str| requests[0].headers()[name].to_str().unwrap();
    assert_eq!(header("authorization"), "SKIP");
    assert_eq!(header("x-tc-action"), "AssumeRoleWithWebIdentity");
    assert_eq!(header("x-tc-region"), "ap-jakarta");
}

#[tokio::test]
async fn a_token_file_in_any_state_has_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let transport = ScriptedTransport::new([]);
    let role = WebIdentity::new(sts(&transport), "provider", &file, ARN);
    assert!(
        error(&role)
            .await
            .to_string()
            .ends_with("the file does not exist")
    );
    for (content, why) in [
        (b"".to_vec(), "token: the file is empty"),
        (b" \n".to_vec(), "token: the file is empty"),
        (
            format!("{SECRET} {SECRET}").into_bytes(),
            "token: the file has more than a token in it",
        ),
        (b"\xff".to_vec(), "token:1: not UTF-8 text"),
        (vec![b'x'; 300_000], "token: it is larger than 262144 bytes"),
    ] {
        fs::write(&file, content).unwrap();
        let error = error(&role).await;
        assert!(error.to_string().ends_with(why), "{error} and not {why}");
        assert!(!error.is_absent() && error.hint().is_some());
    }
    assert_eq!(transport.requests().len(), 0);
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, SECRET).unwrap();
    let message = format!("the token {SECRET} is bad");
    let reply = Reply::service_error("InvalidParameter.WebIdentityTokenError", &message);
    let role = WebIdentity::new(
        sts(&ScriptedTransport::new([reply])),
        "provider",
        &file,
        ARN,
    );
    assert!(
        error(&role)
            .await
            .to_string()
            .contains("the token <redacted> is bad")
    );
}
