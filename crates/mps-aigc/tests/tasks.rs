//! From create to file on scripted answers and a clock that never waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use mps_aigc::{
    Aigc, Credentials, ErrorKind, WaitOptions,
    models::{
        AiDramaInput, CreateAiDramaTask, CreateAigcAudioTask, CreateAigcImageTask,
        CreateAigcVideoTask,
    },
};
use mps_core::{
    clock::{Clock as _, TestClock},
    retry::RetryPolicy,
    transport::{Reply, ScriptedTransport},
};

struct Case {
    transport: ScriptedTransport,
    clock: TestClock,
    aigc: Aigc,
}

fn case(replies: impl IntoIterator<Item = Reply>) -> Case {
    let transport = ScriptedTransport::new(replies);
    let clock = TestClock::new(1_771_125_945).auto_advance();
    let aigc = Aigc::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    Case {
        transport,
        clock,
        aigc,
    }
}

fn answer(body: &str) -> Reply {
    Reply::json(format!(r#"{{"Response":{{{body},"RequestId":"r"}}}}"#))
}

fn status(status: &str) -> Reply {
    answer(&format!(r#""Status":"{status}""#))
}

fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new().prompt("move the picture")
}

#[tokio::test]
async fn a_task_is_created_waited_for_and_fetched() {
    let done = answer(
        r#""Status":"DONE","VideoUrls":["https://b.example/0.mp4","https://b.example/1.mp4"],"Message":"ok""#,
    );
    let file = || Reply::answer(200, "video/mp4", "film").header("content-length", "4");
    let case = case([
        answer(r#""TaskId":"4-AigcVideo-0f""#),
        status("WAIT"),
        status("RUN"),
        status("RUN"),
        done,
        file(),
        file(),
    ]);
    let task = case.aigc.video().create(&request()).await.unwrap();
    assert_eq!(
        (task.id(), task.request_id(), task.attempts()),
        ("4-AigcVideo-0f", Some("r"), 1)
    );

    let mut seen = Vec::new();
    let done = task
        .wait_with(WaitOptions::new(), |snapshot| {
            seen.push(snapshot.status.clone());
        })
        .await
        .unwrap();
    assert_eq!(seen, ["WAIT", "RUN", "DONE"]);

    let folder = tempfile::tempdir().unwrap();
    let files = done.download(folder.path().join("cat.mp4")).await.unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|file| file.path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["cat.mp4", "cat-2.mp4"]);
}

#[tokio::test]
async fn trouble_that_may_pass_and_a_status_nobody_knows_do_not_end_a_wait() {
    let case = case([
        Reply::connect_error(),
        Reply::reset(),
        Reply::answer(502, "text/html", "<html>"),
        Reply::service_error("InternalError", ""),
        Reply::service_error("RequestLimitExceeded", ""),
        status("PAUSED_FOR_REVIEW"),
        answer(r#""Status":null"#),
        answer(r#""Status":"DONE","VideoUrls":null"#),
    ]);
    let done = case.aigc.video().task("7").wait().await.unwrap();
    assert_eq!(done.snapshot().status, "DONE");
    // Done without a result is an error of the download, with the id.
    let folder = tempfile::tempdir().unwrap();
    let error = done.download(folder.path()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::Unfetchable, Some("7"))
    );
}

#[tokio::test]
async fn the_deadline_ends_a_wait_and_keeps_the_id() {
    let case = case((0..1_000).map(|_| status("RUN")));
    let options = WaitOptions::new().timeout(Duration::from_secs(600));
    let error = case
        .aigc
        .video()
        .task("7")
        .wait_with(options, |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::WaitTimedOut, Some("7"))
    );
    assert_eq!(case.clock.monotonic().as_secs(), 600);
    assert!(
        (60..90).contains(&case.transport.requests().len()),
        "{}",
        case.transport.requests().len()
    );
    assert!(!error.in_doubt());
}

#[tokio::test]
async fn a_wait_ends_at_once_where_asking_again_cannot_help() {
    for code in [
        "AuthFailure.SignatureFailure",
        "ResourceNotFound.TaskNotFound",
        "InvalidParameterValue",
    ] {
        let case = case([Reply::service_error(code, "no")]);
        let error = case.aigc.video().task("7").wait().await.unwrap_err();
        assert_eq!(error.call().unwrap().code(), Some(code));
        assert_eq!(error.task_id(), Some("7"));
    }
}

#[tokio::test]
async fn a_failed_task_says_why() {
    let case = case([answer(r#""Status":"FAIL","Message":"ret:1201""#)]);
    let error = case.aigc.video().task("7").wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.to_string(), "task 7 failed: ret:1201");
}

#[tokio::test]
async fn a_create_says_whether_it_is_in_doubt() {
    for (reply, in_doubt) in [
        (Reply::connect_error(), false),
        (
            Reply::service_error("InvalidParameter.ViolationContent", ""),
            false,
        ),
        (Reply::reset(), true),
        (answer(r#""TaskId":{}"#), true),
        (answer(r#""TaskId":null"#), true),
        (answer(r#""TaskId":"""#), true),
    ] {
        let what = format!("{reply:?}");
        let error = case([reply])
            .aigc
            .video()
            .create(&request())
            .await
            .unwrap_err();
        assert_eq!(error.in_doubt(), in_doubt, "{what}: {error}");
    }
}

#[tokio::test]
async fn pictures_and_sounds_are_tasks_like_videos() {
    let created = || answer(r#""TaskId":"4-0f""#);
    let case = case([
        created(),
        answer(r#""Status":"DONE","ImageUrls":["https://b.example/0.png"]"#),
        created(),
        answer(
            r#""Status":"DONE","AudioInfos":[{"Url":"https://b.example/0.mp3","Duration":9},{"Url":null}],"VideoInfos":[{"Url":"https://b.example/0.mp4"}]"#,
        ),
    ]);
    let image = CreateAigcImageTask::new().prompt("a cat");
    let image = case.aigc.image().create(&image).await.unwrap();
    assert_eq!(
        image.wait().await.unwrap().snapshot().urls,
        ["https://b.example/0.png"]
    );
    let audio = CreateAigcAudioTask::new()
        .model_name("Mureka")
        .prompt("a song");
    let audio = case.aigc.audio().create(&audio).await.unwrap();
    let done = audio.wait().await.unwrap();
    assert_eq!(
        done.snapshot().urls,
        ["https://b.example/0.mp3", "https://b.example/0.mp4"]
    );
}

#[tokio::test]
async fn scenarios_speak_their_own_vocabulary() {
    let status = |status: &str, rest: &str| {
        answer(&format!(r#""TaskId":"u","TaskStatus":"{status}"{rest}"#))
    };
    let case = case([
        answer(r#""TaskId":"u""#),
        status("PENDING", r#","OutputUrl":"""#),
        status("RUNNING", r#","Stage":"STAGE_1""#),
        status("RUNNING", r#","Stage":"STAGE_1_FINISHED""#),
        status(
            "FINISHED",
            r#","TaskResultCode":0,"OutputUrl":"https://b.example/0.mp4""#,
        ),
        status(
            "FAILED",
            r#","TaskResultCode":-401,"TaskResultMsg":"Save to cos failed""#,
        ),
        status("STOP", ""),
        status("TIMEOUT", ""),
    ]);
    let request = CreateAiDramaTask::new(AiDramaInput::default());
    let options = mps_aigc::CallOptions::new().preflight(mps_aigc::PreflightLevel::Off);
    let task = case
        .aigc
        .scenario()
        .create_with(&request, options)
        .await
        .unwrap();
    let mut seen = Vec::new();
    let done = task
        .wait_with(WaitOptions::new(), |snapshot| {
            seen.push((
                snapshot.status.clone(),
                snapshot.stage.clone().unwrap_or_default(),
            ));
        })
        .await
        .unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(|(status, stage)| format!("{status} {stage}"))
        .collect();
    assert_eq!(
        seen,
        [
            "PENDING ",
            "RUNNING STAGE_1",
            "RUNNING STAGE_1_FINISHED",
            "FINISHED "
        ]
    );
    assert_eq!(done.snapshot().urls, ["https://b.example/0.mp4"]);
    for why in [
        "Save to cos failed (-401)",
        "the service gave no reason",
        "the service gave no reason",
    ] {
        let error = task.wait().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed);
        assert!(error.to_string().ends_with(why), "{error}");
    }
}
