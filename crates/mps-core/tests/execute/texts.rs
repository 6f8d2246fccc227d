//! Texts of errors and builders, without secrets and prompts.

use mps_core::{Client, Error, ErrorKind, credentials::Credentials, transport::Reply};

use crate::support::{PROMPT, SECRET, case};

#[tokio::test]
async fn secrets_and_prompts_stay_out_of_every_text() {
    let texts = |error: &Error| format!("{error} {error:?} {:?}", error.hint());
    for reply in [
        Reply::reset(),
        Reply::service_error("AuthFailure.SignatureFailure", "no"),
        Reply::json("[]"),
    ] {
        let case = case([reply]);
        let error = case.create().await.unwrap_err();
        let all = format!("{} {:?}", texts(&error), case.client);
        assert!(!all.contains(SECRET) && !all.contains(PROMPT), "{all}");
    }
}

#[tokio::test]
async fn an_error_is_one_line_with_action_code_message_and_request_id() {
    let case = case([Reply::service_error(
        "InvalidParameter.ViolationContent",
        "the prompt\nwas refused",
    )]);
    let error = case.create().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CreateAigcVideoTask: InvalidParameter.ViolationContent: the prompt was refused (request id scripted)"
    );
}

/// The answer may repeat a prompt, so only its length is told.
#[tokio::test]
async fn the_debug_text_of_an_error_has_everything_but_the_answer() {
    let case = case([Reply::json(r#"["a prompt"]"#)]);
    let error = case.create().await.unwrap_err();
    assert_eq!(error.excerpt(), Some(r#"["a prompt"]"#));
    let text = format!("{error:?}");
    for known in [
        r#"action: Some("CreateAigcVideoTask")"#,
        "dispatch: Unknown",
        "http_status: Some(200)",
        "excerpt_bytes: Some(12)",
        "attempts: 1",
        "stopped: Some(InDoubt)",
    ] {
        assert!(text.contains(known), "{known} in {text}");
    }
    assert!(!text.contains("a prompt"), "{text}");
}

#[test]
fn the_debug_text_of_a_builder_has_the_endpoint_and_no_credentials() {
    let builder = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET))
        .region("ap-guangzhou");
    let text = format!("{builder:?}");
    assert!(text.contains("ap-guangzhou"), "{text}");
    assert!(
        !text.contains("AKIDEXAMPLE") && !text.contains(SECRET),
        "{text}"
    );
}

#[test]
fn a_client_without_credentials_is_an_error_with_a_hint() {
    let error = Client::builder().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.hint().is_some());
}
