//! Envelopes of responses: the usual ones, and those that contradict themselves.

use mps_models::CreateAigcVideoTaskResponse;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

fn received(status: u16, content_type: &str, body: &str) -> Received {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
    Received {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn json(body: &str) -> Result<Answer, Error> {
    received(200, "application/json", body).open(Effect::PaidCreate)
}

#[test]
fn the_documented_answer_opens() {
    let mut answer =
        json(r#"{"Response":{"TaskId":"2147**3792","RequestId":"643fb583"}}"#).unwrap();
    assert_eq!(answer.request_id.as_deref(), Some("643fb583"));
    let body: CreateAigcVideoTaskResponse = answer.decode().unwrap();
    assert_eq!(body.task_id.as_deref(), Some("2147**3792"));
}

#[test]
fn an_error_inside_http_200_is_an_error() {
    let error = json(r#"{"Response":{"Error":{"Code":"RequestLimitExceeded.UinLimitExceeded","Message":"too\nfast"},"RequestId":"r"}}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "RequestLimitExceeded.UinLimitExceeded: too fast (request id r)"
    );
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Service, Dispatch::Refused)
    );
}

#[test]
fn codes_say_whether_the_action_ran() {
    for (code, dispatch) in [
        ("AuthFailure.SignatureFailure", Dispatch::Refused),
        ("InvalidParameter.SomethingNew", Dispatch::Refused),
        ("LimitExceeded.CreateTask", Dispatch::Refused),
        ("InternalError", Dispatch::Unknown),
        ("FailedOperation.Whatever", Dispatch::Unknown),
        ("NeverHeardOf", Dispatch::Unknown),
        ("", Dispatch::Unknown),
        ("ResponseSizeLimitExceeded", Dispatch::Executed),
    ] {
        assert_eq!(dispatch_of(code), dispatch, "{code}");
    }
}

#[test]
fn a_gateway_that_lost_patience_may_have_passed_the_request_on() {
    for (status, dispatch) in [
        (307, Dispatch::Unknown),
        (400, Dispatch::Refused),
        (401, Dispatch::Refused),
        (407, Dispatch::Refused),
        (408, Dispatch::Unknown),
        (413, Dispatch::Refused),
        (425, Dispatch::Refused),
        (429, Dispatch::Refused),
        (498, Dispatch::Refused),
        (499, Dispatch::Unknown),
        (500, Dispatch::Unknown),
        (504, Dispatch::Unknown),
    ] {
        let error = received(status, "text/html", "<html>")
            .open(Effect::PaidCreate)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gateway, "{status}");
        assert_eq!(error.dispatch(), dispatch, "{status}");
    }
}

#[test]
fn each_unusable_answer_has_its_own_error_and_keeps_its_evidence() {
    for (answer, message, kind, dispatch) in [
        (
            received(200, "application/json", r#"{"Response":null}"#),
            "the answer has no Response",
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
        (
            received(200, "application/json", r#"{"a":1}"#),
            "the answer has no Response",
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
        (
            received(200, "application/json", r#"{"Response":[1]}"#),
            "the answer's Response does not have the service's form",
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
        (
            received(
                200,
                "application/json",
                r#"{"Response":{"RequestId":"r1","Ta"#,
            ),
            "the answer is not the JSON that the service sends",
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
        (
            received(200, "text/html", "<html>"),
            "the answer is text/html, not JSON",
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
        (
            received(502, "text/html", "<html>"),
            "something in between answered with HTTP 502 Bad Gateway",
            ErrorKind::Gateway,
            Dispatch::Unknown,
        ),
        (
            received(403, "text/html", "<html>"),
            "something in between answered with HTTP 403 Forbidden",
            ErrorKind::Gateway,
            Dispatch::Refused,
        ),
        (
            received(429, "application/json", r#"{"message":"slow down"}"#),
            "something in between answered with HTTP 429 Too Many Requests",
            ErrorKind::Gateway,
            Dispatch::Refused,
        ),
        (
            received(503, "application/json", r#"{"Response":"busy"}"#),
            "something in between answered with HTTP 503 Service Unavailable",
            ErrorKind::Gateway,
            Dispatch::Unknown,
        ),
    ] {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let error = answer.open(Effect::PaidCreate).unwrap_err();
        assert_eq!(
            (error.message(), error.kind(), error.dispatch()),
            (message, kind, dispatch)
        );
        assert_eq!(error.excerpt(), Some(&*body));
        assert_eq!(error.http_status(), Some(answer.status.as_u16()));
        assert_eq!(error.request_id(), body.contains("r1").then_some("r1"));
    }
}

#[test]
fn a_changed_content_type_does_not_lose_a_task() {
    let answer = received(
        200,
        "text/plain",
        r#"{"Response":{"TaskId":"1","RequestId":"r"}}"#,
    );
    assert!(answer.open(Effect::PaidCreate).is_ok());
}

#[test]
fn an_answer_decodes_as_its_response_does() {
    for members in [
        r#""TaskId":"1-AigcVideo-2","RequestId":"r""#,
        r#""RequestId":"r","TaskId":"es\u0063aped \"id\"""#,
        r#""TaskId":"1""#,
        r#""TaskId":"1","Unheard":{"TaskId":"2"},"RequestId":"r""#,
        r#""RequestId":"r""#,
    ] {
        let mut answer = json(&format!(r#"{{"Response":{{{members}}}}}"#)).unwrap();
        let response = answer.response();
        let expected = serde_json::from_str(response.get()).unwrap();
        let decoded: CreateAigcVideoTaskResponse = answer.decode().unwrap();
        assert_eq!(decoded, expected, "{members}");
    }
}

#[test]
fn an_answer_of_another_shape_was_executed_and_keeps_its_text() {
    let mut answer = json(r#"{"Response":{"TaskId":{"id":7},"RequestId":"r"}}"#).unwrap();
    let error = answer.decode::<CreateAigcVideoTaskResponse>().unwrap_err();
    assert_eq!(error.dispatch(), Dispatch::Executed);
    assert_eq!(error.json_path(), Some("TaskId"));
    assert_eq!(error.request_id(), Some("r"));
    assert!(error.excerpt().unwrap().contains(r#"{"id":7}"#));
}

/// Opens an answer with and without the short way, which must not make a difference.
fn opened(body: &str, effect: Effect) -> [String; 2] {
    let received = received(200, "application/json", body);
    let shown = |opened: Result<Answer, Error>| match opened {
        Ok(answer) => format!(
            "{:?} {:?} {}",
            answer.request_id,
            task_id_of(&answer.response()),
            answer.response().get()
        ),
        Err(error) => format!("{error:?}"),
    };
    [received.open(effect), received.open_unusual(effect)].map(shown)
}

#[test]
fn a_plain_answer_is_read_as_every_other_one() {
    for response in [
        r#"{"TaskId":"1","RequestId":"r"}"#,
        r#"{"RequestId":"r"}"#,
        r#"{"RequestId":"r","RequestId":"s"}"#,
        r#"{"TaskId":"1","TaskId":"2"}"#,
        r#"{"TaskId":"1","TaskId":"1"}"#,
        r#"{"TaskId":" ","RequestId":" "}"#,
        r#"{"TaskId":7,"RequestId":"r"}"#,
        r#"{"TaskId":null,"RequestId":null}"#,
        r#"{"TaskId":{},"RequestId":"r"}"#,
        r#"{"RequestId":1}"#,
        r#"{"Error":null,"TaskId":"1"}"#,
        r#"{"Error":{"Code":"InternalError"},"TaskId":"1"}"#,
        r#"{"T\u0061skId":"\u0031","Other":[{"Error":{}}]}"#,
        r#"{"Other":1e400}"#,
        r#"{"TaskId":"1","T\u0061skId":"2"}"#,
        r#"{"RequestId":"r","Request\u0049d":"s"}"#,
        r#"{"TaskId":"1","Err\u006fr":{"Code":"InternalError"}}"#,
        r#"{"TaskId":"\ud800","RequestId":"r"}"#,
        r#"{"\ud800":1,"TaskId":"1"}"#,
        "{\"TaskId\":\"a\u{0}b\",\"RequestId\":\"r\"}",
        r#"{"TaskId":"1","Other":"\u0000"}"#,
        r#"{"TaskId":"1",}"#,
        r#"{"TaskId":"1""#,
        "{}",
        "[]",
        "null",
        "7",
    ] {
        for body in [
            format!(r#"{{"Response":{response}}}"#),
            format!(r#" {{ "a" : [1] , "Response" : {response} }} "#),
            format!(r#"{{"Response":{response},"Response":{response}}}"#),
            format!(r#"{{"Response":{response}}} trailing"#),
            format!(r#"{{"Response":{response},"R\u0065sponse":{{"TaskId":"9"}}}}"#),
            format!("\u{feff}{{\"Response\":{response}}}"),
            response.to_owned(),
        ] {
            for effect in [Effect::Read, Effect::PaidCreate] {
                let [short, long] = opened(&body, effect);
                assert_eq!(short, long, "{body}");
            }
        }
    }
}

#[test]
fn a_deeply_nested_answer_is_read_as_every_other_one() {
    for levels in [1, 126, 127, 128, 129, 100_000] {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        let body = format!(r#"{{"Response":{{"TaskId":"1","Other":{open}{close}}}}}"#);
        let [short, long] = opened(&body, Effect::PaidCreate);
        assert_eq!(short, long, "{levels}");
    }
}

proptest! {
    /// Members from a small alphabet, so that names and ids often meet.
    #[test]
    fn any_answer_is_read_as_by_the_long_way(
        members in vec(
            (
                select(vec!["TaskId", "RequestId", "Error", "Other", "T\\u0061skId", "TaskID"]),
                select(vec!["\"1\"", "\"2\"", "\"\"", "null", "1", "{}", "{\"Code\":\"X\"}", "\"\\ud800\""]),
            ),
            0..5,
        ),
        repeats in 1..3_usize,
    ) {
        let members = members.iter().map(|(name, value)| format!(r#""{name}":{value}"#));
        let response = format!(r#""Response":{{{}}}"#, members.collect::<Vec<_>>().join(","));
        let body = format!("{{{}}}", vec![response; repeats].join(","));
        for effect in [Effect::Read, Effect::PaidCreate] {
            let [short, long] = opened(&body, effect);
            prop_assert_eq!(short, long, "{}", body);
        }
    }
}

#[test]
fn an_answer_that_is_no_text_is_not_opened() {
    let mut received = received(200, "application/json", "");
    received.body = Bytes::from_static(b"{\"Response\":{\"TaskId\":\"1\",\"a\":\"\xff\"}}");
    assert!(received.open(Effect::Read).is_err());
}
