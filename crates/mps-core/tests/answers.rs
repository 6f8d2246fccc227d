//! Answers that contradict themselves: the task id is kept, and nothing is sent again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use mps_core::{
    Advice, CallOptions, Client, Dispatch, Error, UntypedCall,
    clock::TestClock,
    credentials::Credentials,
    transport::{Reply, ScriptedTransport},
};
use mps_models::{CreateAigcVideoTask, DescribeAigcVideoTask, Effect};
use proptest::prelude::*;
use serde_json::value::RawValue;

/// A call of each form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Create,
    Describe,
    UntypedCreate,
    UntypedRead,
}

const FORMS: [Form; 4] = [
    Form::Create,
    Form::Describe,
    Form::UntypedCreate,
    Form::UntypedRead,
];
const CREATES: [Form; 2] = [Form::Create, Form::UntypedCreate];

impl Form {
    fn is_read(self) -> bool {
        matches!(self, Self::Describe | Self::UntypedRead)
    }
}

/// The requests sent, and the task id or the error. The same answer comes to every request.
struct Outcome {
    sent: usize,
    result: Result<Option<String>, Error>,
}

async fn outcome(form: Form, answer: &str) -> Outcome {
    let replies = (0..100).map(|_| Reply::json(answer.to_owned()));
    let transport = ScriptedTransport::new(replies);
    let client = Client::builder()
        .credentials(Credentials::new("i", "k"))
        .transport(transport.clone())
        .clock(Arc::new(TestClock::new(1_771_125_945).auto_advance()))
        .build()
        .unwrap();
    let result = match form {
        Form::Create => {
            let request = CreateAigcVideoTask::new().prompt("a");
            let output = client.send(&request).await;
            output.map(|output| output.body.task_id)
        }
        Form::Describe => {
            let output = client.send(&DescribeAigcVideoTask::new("1")).await;
            output.map(|_| None)
        }
        Form::UntypedCreate => untyped(&client, Effect::PaidCreate).await,
        Form::UntypedRead => untyped(&client, Effect::Read).await,
    };
    Outcome {
        sent: transport.requests().len(),
        result,
    }
}

async fn untyped(client: &Client, effect: Effect) -> Result<Option<String>, Error> {
    let body = RawValue::from_string("{}".to_owned()).unwrap();
    let call = UntypedCall::new("SomethingNew", body).effect(effect);
    let output = client.call(call, CallOptions::new()).await?;
    Ok(output.body.task_id())
}

const ERROR: &str = r#""Error":{"Code":"RequestLimitExceeded","Message":"slow down"}"#;
const FINAL: &str = r#""Error":{"Code":"InvalidParameterValue","Message":"no"}"#;

#[tokio::test]
async fn a_create_whose_answer_contradicts_itself_is_in_doubt_and_keeps_the_id() {
    for (members, id) in [
        (format!(r#""TaskId":"17",{ERROR}"#), Some("17")),
        (format!(r#"{ERROR},"TaskId":"17""#), Some("17")),
        (format!(r#"{FINAL},"TaskId":"17""#), Some("17")),
        (format!(r#"{FINAL},"TaskId":17"#), Some("17")),
        (r#""TaskId":"""#.to_owned(), None),
        (r#""TaskId":"  ""#.to_owned(), None),
        (r#""TaskId":"17","TaskId":"18""#.to_owned(), Some("17")),
        (format!("{ERROR},{FINAL}"), None),
    ] {
        let answer = format!(r#"{{"Response":{{{members},"RequestId":"r"}}}}"#);
        for form in CREATES {
            let Outcome { sent, result } = outcome(form, &answer).await;
            let error = result.unwrap_err();
            assert_eq!(sent, 1, "{form:?} {answer}");
            assert_eq!(error.dispatch(), Dispatch::Unknown, "{form:?} {answer}");
            assert!(error.in_doubt() && !error.is_throttled(), "{error:?}");
            assert_eq!(error.advice(), Advice::LookFirst, "{error:?}");
            assert_eq!(error.task_id(), id, "{form:?} {answer}");
            assert_eq!(error.request_id(), Some("r"), "{form:?} {answer}");
        }
    }
}

#[tokio::test]
async fn two_response_members_are_no_answer() {
    for (answer, id) in [
        (r#"{"Response":{"TaskId":"17"},"Response":{}}"#, Some("17")),
        (r#"{"Response":{},"Response":{"TaskId":"17"}}"#, Some("17")),
        (
            r#"{"Response":{"TaskId":""},"Response":{"TaskId":"17"}}"#,
            Some("17"),
        ),
        (
            r#"{"Response":null,"Response":{"TaskId":"17"}}"#,
            Some("17"),
        ),
        (r#"{"Response":{"TaskId":"17"}}{"Response":{}}"#, Some("17")),
        (r#"{"Response":{"TaskId":"17""#, Some("17")),
        (r#"{"Response":[{"TaskId":"17"}]}"#, Some("17")),
        (r#"{"Response":{},"Response":{}}"#, None),
    ] {
        for form in FORMS {
            let Outcome { sent, result } = outcome(form, answer).await;
            let error = result.unwrap_err();
            assert_eq!(error.dispatch(), Dispatch::Unknown, "{form:?} {answer}");
            assert_eq!(error.in_doubt(), !form.is_read(), "{form:?} {answer}");
            assert_eq!(
                sent,
                if form.is_read() { 4 } else { 1 },
                "{form:?} {answer}"
            );
            assert_eq!(error.task_id(), id, "{form:?} {answer}");
        }
    }
}

#[tokio::test]
async fn a_read_with_an_error_and_a_task_id_fails_with_the_error() {
    let answer = format!(r#"{{"Response":{{"TaskId":"17",{FINAL}}}}}"#);
    for form in [Form::Describe, Form::UntypedRead] {
        let Outcome { sent, result } = outcome(form, &answer).await;
        let error = result.unwrap_err();
        assert_eq!((sent, error.dispatch()), (1, Dispatch::Refused), "{form:?}");
    }
}

#[tokio::test]
async fn an_id_is_escaped_and_cut_wherever_it_is_shown() {
    let id = format!(r"\u001b[31m{}", "9".repeat(5_000));
    let answer = format!(r#"{{"Response":{{"TaskId":"{id}",{FINAL}}}}}"#);
    let error = outcome(Form::Create, &answer).await.result.unwrap_err();
    let shown = error.task_id().unwrap();
    assert!(shown.starts_with(r"\u{1b}[31m999"), "{shown}");
    assert_eq!(shown.chars().count(), 200);
}

#[tokio::test]
async fn text_of_the_service_cannot_control_a_terminal() {
    let text = r"\u001b]0;owned\u0007\u001b[31mred \u009b31m \u202e";
    let long = "a".repeat(5_000_000);
    let answer = format!(
        r#"{{"Response":{{"Error":{{"Code":"X.{text}","Message":"{text}{long}"}},"RequestId":"{text}"}}}}"#
    );
    let error = outcome(Form::Create, &answer).await.result.unwrap_err();
    let shown = format!("{error} {error:?} {:?}", error.excerpt());
    assert!(shown.len() < 20_000, "{}", shown.len());
    let is_control = |letter: char| letter.is_control() || letter == '\u{202e}';
    assert!(!shown.contains(is_control), "{}", shown.escape_debug());
}

/// A member of a `Response`, with the task id in it.
fn member() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#""TaskId":"17""#.to_owned()),
        Just(r#""TaskId":"18""#.to_owned()),
        Just(r#""TaskId":17"#.to_owned()),
        Just(r#""TaskId":"""#.to_owned()),
        Just(r#""TaskId":null"#.to_owned()),
        Just(ERROR.to_owned()),
        Just(FINAL.to_owned()),
        Just(r#""Error":null"#.to_owned()),
        Just(r#""Error":"text""#.to_owned()),
        Just(r#""RequestId":"r""#.to_owned()),
        Just(r#""Status":"RUN""#.to_owned()),
    ]
}

fn envelope() -> impl Strategy<Value = String> {
    let response = prop::collection::vec(member(), 0..4)
        .prop_map(|members| format!(r#""Response":{{{}}}"#, members.join(",")));
    let responses = prop::collection::vec(response, 1..3);
    responses.prop_map(|responses| format!("{{{}}}", responses.join(",")))
}

fn run(form: Form, answer: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(outcome(form, answer))
}

proptest! {
    /// Whatever the answer is made of: an id that it names is in the result, a create is sent again
    /// only where it was throttled for sure, and no answer with an error is a success.
    #[test]
    fn no_id_is_lost_and_no_doubt_is_sent_again(answer in envelope(), form in 0_usize..4) {
        let form = FORMS[form];
        let Outcome { sent, result } = run(form, &answer);
        let names_an_id = [r#""17""#, r#""18""#].iter().any(|id| answer.contains(id));
        if form.is_read() {
            return Ok(());
        }
        match result {
            Ok(id) => {
                prop_assert!(!answer.contains(r#""Code""#), "{}", answer);
                prop_assert!(!names_an_id || id.is_some(), "{}", answer);
                prop_assert_eq!(sent, 1);
            }
            Err(error) => {
                prop_assert!(!names_an_id || error.task_id().is_some(), "{}: {:?}", answer, error);
                prop_assert!(!names_an_id || error.in_doubt(), "{}: {:?}", answer, error);
                prop_assert!(sent == 1 || error.is_throttled(), "{}: {:?}", answer, error);
            }
        }
    }
}
