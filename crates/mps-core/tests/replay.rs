//! Exchanges that are recorded, kept as text, and played back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{error::Error as _, sync::Arc, time::Duration};

use mps_core::{
    CallOptions, Client, Dispatch, Error, ErrorKind,
    clock::TestClock,
    credentials::Credentials,
    transport::{Recorder, Recording, Replay, Reply, RequestBody, ScriptedTransport, Transport},
};
use mps_models::{CreateAigcVideoTask, DescribeAigcVideoTask};

const CREATED: &str = r#"{"Response":{"TaskId":"1","RequestId":"r"}}"#;
const DONE: &str = r#"{"Response":{"Status":"DONE","VideoUrls":["https://b.example/1.mp4?q-sign=SIGNED&x=1"],"RequestId":"r"}}"#;

fn client(transport: impl Transport + 'static, clock: u64) -> Client {
    Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", "hunter2-key").with_token("hunter2-token"))
        .transport(transport)
        .clock(Arc::new(TestClock::new(clock).auto_advance()))
        .build()
        .unwrap()
}

async fn create(client: &Client, prompt: &str) -> Result<Option<String>, Error> {
    let request = CreateAigcVideoTask::new().prompt(prompt);
    Ok(client.send(&request).await?.body.task_id)
}

async fn describe(client: &Client) -> Result<Vec<String>, Error> {
    let request = DescribeAigcVideoTask::new("1");
    Ok(client.send(&request).await?.body.video_urls)
}

async fn record(replies: Vec<Reply>, prompt: &str) -> Recording {
    let recorder = Recorder::new(ScriptedTransport::new(replies));
    let client = client(recorder.clone(), 1_771_125_945);
    drop(create(&client, prompt).await);
    drop(describe(&client).await);
    recorder.recording()
}

#[tokio::test]
async fn what_was_recorded_is_met_again_at_another_time_with_other_keys() {
    let recording = record(vec![Reply::json(CREATED), Reply::json(DONE)], "a cat").await;
    let recording = Recording::from_json_lines(&recording.to_json_lines()).unwrap();
    let replay = Replay::new(recording);
    let client = client(replay.clone(), 1_900_000_000);
    assert_eq!(
        create(&client, "a cat").await.unwrap().as_deref(),
        Some("1")
    );
    assert_eq!(
        describe(&client).await.unwrap(),
        ["https://b.example/1.mp4"]
    );
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn a_recording_holds_no_key_prompt_or_signature() {
    let replies = vec![
        Reply::json(CREATED).header("set-cookie", "SESSION"),
        Reply::json(DONE),
    ];
    let recording = record(replies, "a secret cat").await;
    let text = recording.to_json_lines();
    for secret in ["hunter2", "AKID", "TC3-", "secret cat", "SIGNED", "SESSION"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("https://b.example/1.mp4"));
    assert_eq!(format!("{recording:?}"), "Recording(2 exchanges)");
}

#[tokio::test]
async fn another_request_is_refused_and_told_apart() {
    let recording = record(vec![Reply::json(CREATED), Reply::json(DONE)], "a cat").await;
    let replay = Replay::new(recording);
    let client = client(replay.clone(), 1_771_125_945);
    for error in [
        create(&client, "a dog").await.unwrap_err(),
        describe(&client).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.dispatch()),
            (ErrorKind::Config, Dispatch::NotSent)
        );
        let cause = error.source().unwrap().source().unwrap().to_string();
        assert!(
            cause.starts_with("exchange 1 of the recording is CreateAigcVideoTask (POST /"),
            "{cause}"
        );
    }
    assert_eq!(replay.left(), 2);
    create(&client, "a cat").await.unwrap();
    describe(&client).await.unwrap();
    let error = describe(&client).await.unwrap_err();
    let cause = error.source().unwrap().source().unwrap().to_string();
    assert!(cause.starts_with("the recording ends after 2"), "{cause}");
}

#[tokio::test]
async fn trouble_is_played_back_as_far_as_it_went() {
    for (reply, kind, dispatch) in [
        (Reply::reset(), ErrorKind::Interrupted, Dispatch::Unknown),
        (
            Reply::json(CREATED).then_cut(),
            ErrorKind::Interrupted,
            Dispatch::Unknown,
        ),
        (Reply::silence(), ErrorKind::Timeout, Dispatch::Unknown),
        (
            Reply::answer(502, "text/html", "<html>"),
            ErrorKind::Gateway,
            Dispatch::Unknown,
        ),
        (
            Reply::answer(200, "image/png", &b"\x89PNG\xff"[..]),
            ErrorKind::Decode,
            Dispatch::Unknown,
        ),
    ] {
        let recording = record(vec![reply, Reply::json(DONE)], "a cat").await;
        let text = recording.to_json_lines();
        let replay = Replay::new(Recording::from_json_lines(&text).unwrap());
        let client = client(replay.clone(), 1_771_125_945);
        let error = create(&client, "a cat").await.unwrap_err();
        assert_eq!((error.kind(), error.dispatch()), (kind, dispatch), "{text}");
        describe(&client).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_failed_fails_again_and_sends_nothing() {
    let replies = vec![
        Reply::connect_error(),
        Reply::json(CREATED),
        Reply::json(DONE),
    ];
    let recording = record(replies, "a cat").await;
    assert_eq!(recording.len(), 3);
    let client = client(Replay::new(recording), 1_771_125_945);
    let request = CreateAigcVideoTask::new().prompt("a cat");
    let options = CallOptions::new().deadline(Duration::from_secs(60));
    let output = client.send_with(&request, options).await.unwrap();
    assert_eq!(output.attempts, 2);
}

#[tokio::test]
async fn bytes_that_are_no_text_come_back_as_they_were() {
    let picture = &b"\x89PNG\xff\x00"[..];
    let recorder = Recorder::new(ScriptedTransport::new([Reply::answer(
        206,
        "image/png",
        picture,
    )
    .header("etag", "\"e\"")]));
    let get = || {
        let request = http::Request::get("https://b.example/1.png?q-sign=SIGNED");
        request.body(RequestBody::new("")).unwrap()
    };
    drop(recorder.send(get()).await.unwrap());
    let text = recorder.recording().to_json_lines();
    assert!(!text.contains("SIGNED"), "{text}");
    let replay = Replay::new(Recording::from_json_lines(&text).unwrap());
    let mut answer = replay.send(get()).await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers()["etag"], "\"e\"");
    assert_eq!(answer.body_mut().chunk().await.unwrap().unwrap(), picture);
}

#[test]
fn a_file_that_is_no_recording_is_refused_with_its_line() {
    for text in ["\n{}\n", "\nnot json", "\n{\"request\":1}"] {
        let error = Recording::from_json_lines(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.message(), "line 2 of the recording is no exchange");
    }
    assert!(Recording::from_json_lines("\n \n").unwrap().is_empty());
}
