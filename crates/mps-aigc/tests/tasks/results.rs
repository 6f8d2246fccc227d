//! The places of results and their expiry.

use std::time::{Duration, SystemTime};

use mps_aigc::{
    ErrorKind, MediaKind, TaskFamily, TaskHandle, TimeBasis, Video, models::AigcStoreCosParam,
};
use mps_core::{clock::Clock as _, transport::Reply};

use super::{answer, case, done, request, status};

#[tokio::test]
async fn a_result_in_a_bucket_is_a_success() {
    let done = |rest: &str| answer(&format!(r#""Status":"DONE"{rest}"#));
    let url = "https://b-1.cos.ap-guangzhou.myqcloud.com/out/0.mp4";
    let named = format!(r#","VideoUrls":["{url}"],"Resolution":"1280*720""#);
    for (answers, shown) in [
        (vec![done(""), done(&named)], "cos://b-1/out/0.mp4"),
        (vec![done(""), done(""), done("")], "cos://b-1/out/"),
    ] {
        let created = answer(r#""TaskId":"4-AigcVideo-0f""#);
        let case = case([created].into_iter().chain(answers));
        let mut store = AigcStoreCosParam::new("b-1", "ap-guangzhou");
        store.cos_bucket_path = Some("out".to_owned());
        let request = request().store_cos_param(store);
        let task = case.aigc.video().create(&request).await.unwrap();
        let done = task.until_done().await.unwrap();
        let object = done.first().unwrap().location.cos().cloned().unwrap();
        assert_eq!(object.to_string(), shown);
        assert_eq!(
            (done.first().unwrap().kind, done.expires_at()),
            (MediaKind::Video, None)
        );
        // Another process learns the bucket from the handle.
        let handle: TaskHandle = task.handle().to_string().parse().unwrap();
        assert_eq!(handle.expected(), task.handle().expected());
    }
}

#[tokio::test]
async fn the_expiry_is_never_later_than_the_truth() {
    let case = case([
        answer(r#""TaskId":"4-AigcVideo-0f""#),
        status("RUN"),
        status("RUN"),
        done(),
    ]);
    let task = case.aigc.video().create(&request()).await.unwrap();
    let created = case.clock.wall();
    let done = task.until_done().await.unwrap();
    let done_at = done.results().done_at.unwrap();
    assert_eq!(done_at.basis, TimeBasis::NotBefore);
    assert!(created < done_at.at && done_at.at < case.clock.wall());
    let kept = Duration::from_secs(12 * 3_600);
    assert_eq!(done.expires_at(), Some(done_at.at + kept));
}

#[tokio::test]
async fn the_expiry_of_a_scenario_follows_from_its_signature() {
    let url = "https://b.example/0.mp4?q-sign-time=1779798367%3B1780403227&q-signature=5";
    let case = case([answer(&format!(
        r#""TaskStatus":"FINISHED","FinishedTime":"2026-05-26 20:27:08","TaskInfo":"{{","OutputUrl":"{url}""#
    ))]);
    let done = case.aigc.scenario().task("u-1").until_done().await.unwrap();
    assert!(done.request().is_ok_and(|request| request.is_none()));
    assert!(done.details().is_err());
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(done.expires_at(), Some(at(1_780_403_227)));
    let done_at = done.results().done_at.unwrap();
    assert_eq!(
        (done_at.at, done_at.basis),
        (at(1_779_798_428), TimeBasis::Reported)
    );
    assert!(!format!("{done:?} {:?} {:?}", done.snapshot(), done.results()).contains("q-sign"));
}

#[tokio::test]
async fn another_process_gets_the_age_of_an_expired_result_from_the_handle() {
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    for (age, kind, shown) in [
        (hours(11), ErrorKind::Unfetchable, None),
        (hours(13), ErrorKind::Expired, Some(hours(13))),
    ] {
        let refused = || Reply::answer(403, "text/plain", "");
        let case = case([done(), refused(), done(), refused(), done(), refused()]);
        let created_at = case.clock.wall() - age;
        let handle =
            TaskHandle::new(TaskFamily::Video, "4-AigcVideo-0f").with_created_at(created_at);
        let handle: TaskHandle = handle.to_string().parse().unwrap();
        let task = case.aigc.task(handle).typed::<Video>().unwrap();
        let done = task.until_done().await.unwrap();
        assert_eq!(done.expires_at(), Some(created_at + hours(12)));
        let folder = tempfile::tempdir().unwrap();
        let file = done.first().unwrap();
        let error = file.save(folder.path().join("a.mp4")).await.unwrap_err();
        assert_eq!((error.kind(), error.age()), (kind, shown), "{error}");
    }
}

#[tokio::test]
async fn a_signed_url_of_a_scenario_expires_with_its_signature() {
    let url = "https://b.example/0.mp4?q-sign-time=1700000000%3B1700604860&q-signature=5";
    let body = format!(
        r#""TaskStatus":"FINISHED","FinishedTime":"2023-11-15 06:13:20","OutputUrl":"{url}""#
    );
    let refused = || Reply::answer(403, "text/plain", "");
    let case = case([answer(&body), refused(), answer(&body), refused()]);
    let done = case.aigc.scenario().task("u-1").until_done().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = done.first().unwrap();
    let error = file.save(folder.path().join("a.mp4")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired, "{error}");
}
