//! From create to file, on scripted answers and a stepped clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refusals;
mod results;

use std::{sync::Arc, time::Duration};

use mps_aigc::{
    AccountHash, Advice, Aigc, CallHandle, CallOptions, Credentials, Error, ErrorKind, Image, Task,
    TaskFamily, Video, WaitOptions,
    models::{
        AiDramaInput, CreateAiDramaTask, CreateAigcAudioTask, CreateAigcImageTask,
        CreateAigcVideoTask,
    },
};
use mps_core::{
    clock::{Clock as _, TestClock},
    endpoint::Site,
    limit::Account,
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
    let builder = Aigc::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .retry(RetryPolicy::never());
    let aigc = Aigc::from_builder(builder).unwrap();
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

fn done() -> Reply {
    answer(r#""Status":"DONE","VideoUrls":["https://b.example/0.mp4"]"#)
}

fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new().prompt("move the picture")
}

#[tokio::test]
async fn a_task_is_created_waited_for_and_downloaded() {
    let done = answer(
        r#""Status":"DONE","VideoUrls":["https://b.example/0.mp4","https://b.example/1.mp4"],"Message":"ok""#,
    );
    let file = || Reply::answer(200, "video/mp4", "\0film").header("content-length", "5");
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
        .until_done_with(WaitOptions::new(), |event| {
            let Some(snapshot) = event.snapshot() else {
                return;
            };
            seen.push(snapshot.status.clone());
        })
        .await
        .unwrap();
    assert_eq!(seen, ["WAIT", "RUN", "DONE"]);

    let folder = tempfile::tempdir().unwrap();
    let files = done
        .results()
        .save_all(folder.path().join("cat.mp4"))
        .await
        .unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|file| file.path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["cat.mp4", "cat-2.mp4"]);
}

#[tokio::test]
async fn transient_errors_and_unknown_statuses_do_not_end_a_wait() {
    let case = case([
        Reply::connect_error(),
        Reply::reset(),
        Reply::answer(502, "text/html", "<html>"),
        Reply::service_error("InternalError", ""),
        Reply::service_error("RequestLimitExceeded", ""),
        status("PAUSED_FOR_REVIEW"),
        answer(r#""Status":null"#),
        done(),
    ]);
    let done = case.aigc.video().task("7").until_done().await.unwrap();
    assert_eq!(done.snapshot().status, "DONE");
    assert!(done.snapshot().is_known_status);
}

#[tokio::test]
async fn a_done_task_without_a_url_is_polled_again() {
    let without = || answer(r#""Status":"DONE","VideoUrls":null"#);
    let late = case([without(), without(), done()]);
    let task = late.aigc.video().task("7");
    assert_eq!(task.until_done().await.unwrap().snapshot().urls.len(), 1);
    assert_eq!(late.clock.monotonic().as_secs(), 3);

    let never = case((0..20).map(|_| without()));
    let error = never.aigc.video().task("7").until_done().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::Unfetchable, Some("7"))
    );
    assert_eq!(error.to_string(), "task 7 is done but names no result");
    assert_eq!(never.transport.requests().len(), 6);
    assert_eq!(never.clock.monotonic().as_secs(), 30);
}

#[tokio::test]
async fn the_deadline_ends_a_wait_and_keeps_the_id() {
    let case = case((0..1_000).map(|_| status("RUN")));
    let options = WaitOptions::new().timeout(Duration::from_secs(600));
    let error = case
        .aigc
        .video()
        .task("7")
        .until_done_with(options, |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.task_id()),
        (ErrorKind::WaitTimedOut, Some("7"))
    );
    assert_eq!(case.clock.monotonic().as_secs(), 600);
    assert!(
        (30..70).contains(&case.transport.requests().len()),
        "{}",
        case.transport.requests().len()
    );
    assert!(!error.in_doubt());
}

#[tokio::test]
async fn a_create_whose_future_was_dropped_is_found_by_its_handle() {
    let case = case([answer(r#""TaskId":"7""#), answer(r#""TaskId":"""#)]);
    let video = case.aigc.video();
    for expected in [Ok("7"), Err(Advice::LookFirst)] {
        let handle = CallHandle::new();
        let options = CallOptions::new().handle(handle.clone());
        let _outcome = video.create_with(&request(), options).await;
        let found = video.created_by(&handle).await;
        let found = found.as_ref().map(Task::id).map_err(Error::advice);
        assert_eq!(found, expected);
    }
    assert!(case.aigc.drain(Duration::from_secs(1)).await.is_empty());
}

#[tokio::test]
async fn handles_are_equal_when_their_ids_are() {
    let case = case([answer(r#""TaskId":"7""#)]);
    let task = case.aigc.video().create(&request()).await.unwrap();
    let found = case.aigc.video().task("7");
    assert_eq!(task, found);
    assert_eq!(task.clone().to_string(), "7");
    assert_ne!(task, case.aigc.video().task("8"));
}

#[tokio::test]
async fn a_created_task_has_a_handle_from_which_another_process_continues() {
    let case = case([answer(r#""TaskId":"7""#), done(), done()]);
    let request = request().model_name("Hunyuan").duration(5);
    let task = case.aigc.video().create(&request).await.unwrap();
    let handle = task.handle();
    assert_eq!((handle.family(), handle.id()), (TaskFamily::Video, "7"));
    assert_eq!(
        (handle.model(), handle.seconds()),
        (Some("Hunyuan"), Some(5))
    );
    // The limiter starts the first create after a second.
    let created = handle.created_at().unwrap();
    assert_eq!(mps_core::clock::unix_seconds(created), 1_771_125_946);
    assert_eq!(handle.site(), Some(Site::Intl));
    let account = Account::from_credentials(&Credentials::new("id", "key"));
    assert_eq!(handle.account_hash(), Some(AccountHash::of(&account)));

    let json = serde_json::to_string(&task).unwrap();
    let found = case.aigc.task(serde_json::from_str(&json).unwrap());
    assert_eq!(found, *task.any());
    assert_eq!(found.status().await.unwrap().urls.len(), 1);
    assert!(found.typed::<Image>().is_none());
    let found = found.typed::<Video>().unwrap();
    assert_eq!((found.attempts(), task.attempts()), (0, 1));
    assert_eq!(found.status().await.unwrap().urls.len(), 1);
}

#[tokio::test]
async fn the_error_of_a_failed_task_has_its_reason() {
    let case = case([answer(r#""Status":"FAIL","Message":"ret:1201""#)]);
    let error = case.aigc.video().task("7").until_done().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.to_string(), "task 7 failed: ret:1201");
}

#[tokio::test]
async fn a_create_is_in_doubt_when_it_may_have_run() {
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
        let shown = format!("{reply:?}");
        let error = case([reply])
            .aigc
            .video()
            .create(&request())
            .await
            .unwrap_err();
        assert_eq!(error.in_doubt(), in_doubt, "{shown}: {error}");
    }
}

#[tokio::test]
async fn images_and_sounds_are_tasks_like_videos() {
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
        image.until_done().await.unwrap().snapshot().urls,
        ["https://b.example/0.png"]
    );
    let audio = CreateAigcAudioTask::new()
        .model_name("Mureka")
        .prompt("a song");
    let audio = case.aigc.audio().create(&audio).await.unwrap();
    let done = audio.until_done().await.unwrap();
    assert_eq!(
        done.snapshot().urls,
        ["https://b.example/0.mp3", "https://b.example/0.mp4"]
    );
}

#[tokio::test]
async fn scenarios_have_statuses_of_their_own() {
    let status = |status: &str, rest: &str| {
        answer(&format!(r#""TaskId":"u","TaskStatus":"{status}"{rest}"#))
    };
    let case = case([
        answer(r#""TaskId":"u""#),
        status("PENDING", r#","OutputUrl":"""#),
        status("RUNNING", r#","Stage":"STAGE_1""#),
        status("RUNNING", r#","Stage":"STAGE_2""#),
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
        .until_done_with(WaitOptions::new(), |event| {
            let Some(snapshot) = event.snapshot() else {
                return;
            };
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
            "RUNNING STAGE_2",
            "FINISHED "
        ]
    );
    assert_eq!(done.snapshot().urls, ["https://b.example/0.mp4"]);
    for why in [
        "Save to cos failed (-401)",
        "the service gave no reason",
        "the service gave no reason",
    ] {
        let error = task.until_done().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed);
        assert!(error.to_string().ends_with(why), "{error}");
    }
}

#[tokio::test]
async fn a_stage_that_waits_for_confirmation_ends_the_wait() {
    let stage = |rest: &str| {
        answer(&format!(
            r#""TaskStatus":"RUNNING","Stage":"STAGE_1_FINISHED"{rest}"#
        ))
    };
    let auto = r#","RequestBody":"{\"Input\":{\"Mode\":\"auto\"}}""#;
    let staged = r#","RequestBody":"{\"Input\":{\"Mode\":\"stage\"}}""#;
    for rest in ["", staged, r#","RequestBody":"{""#] {
        // A task that was not asked to stop goes on.
        let case = case([stage(auto), stage(rest)]);
        let task = case.aigc.scenario().task("u-1");
        let error = task.until_done().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AwaitsConfirmation);
        assert_eq!(error.stage(), Some("STAGE_1"));
        assert_eq!(error.task_id(), Some("u-1"));
        assert!(!error.in_doubt());
        let request = r#"{"Input":{"Action":"confirm","SourceTaskId":"u-1","Stage":"STAGE_1"}}"#;
        let hint = error.hint().unwrap();
        assert!(
            hint.ends_with(&format!("ModifyDocToVideoTaskStatus {request}")),
            "{hint}"
        );
    }
}
