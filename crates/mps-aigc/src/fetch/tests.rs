//! On scripted answers and a stepped clock.

use std::sync::Arc;

use mps_core::{
    clock::TestClock,
    credentials::Credentials,
    transport::{Reply, ScriptedTransport},
};

use super::*;

mod hostile;
mod property;

/// Ten bytes of a binary kind that is not known.
const FILE: &[u8] = b"\x00\x01media789";
const URL: &str = "https://bucket.example/0.mp4?q-signature=hunter2";

struct Case {
    transport: ScriptedTransport,
    client: Client,
    folder: tempfile::TempDir,
    urls: Vec<String>,
}

fn case(replies: impl IntoIterator<Item = Reply>) -> Case {
    let transport = ScriptedTransport::new(replies);
    let client = Client::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(transport.clone())
        .clock(Arc::new(TestClock::new(0).auto_advance()))
        .build()
        .unwrap();
    Case {
        transport,
        client,
        folder: tempfile::tempdir().unwrap(),
        urls: vec![URL.to_owned()],
    }
}

impl Case {
    fn results(&self) -> Results<'_> {
        Results {
            client: &self.client,
            task_id: "7",
            urls: &self.urls,
            done_for: Duration::ZERO,
            kept_for: Some(Duration::from_secs(12 * 3_600)),
        }
    }

    async fn run(&self) -> Result<SavedFile, Error> {
        let destination = Destination::reserve(self.folder.path().join("a.mp4")).await?;
        self.results()
            .download(&destination)
            .await
            .map(|mut files| files.remove(0))
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn whole() -> Reply {
    Reply::answer(200, "video/mp4", FILE)
        .header("content-length", "10")
        .header("etag", "\"v1\"")
}

fn cut_after_four() -> Reply {
    Reply::answer(200, "video/mp4", &FILE[..4])
        .header("content-length", "10")
        .header("etag", "\"v1\"")
        .then_cut()
}

#[tokio::test]
async fn a_whole_file_appears_under_its_name_with_its_digest() {
    let case = case([whole()]);
    let saved = case.run().await.unwrap();
    assert_eq!(saved.bytes, 10);
    // printf '\0\1media789' | sha256sum
    assert_eq!(
        saved.sha256,
        "bbd07cd2ad1e97a98a20b5059dc883fe29ec2038e9dfd1df9cbb87c2054bbd14"
    );
    assert_eq!(case.files(), ["a.mp4"]);
}

#[tokio::test]
async fn a_host_that_falls_silent_is_asked_again() {
    let case = case([Reply::silence(), whole()]);
    case.run().await.unwrap();
    assert_eq!(case.transport.requests().len(), 2);
    assert!(case.client.clock().monotonic() >= SILENCE);
}

/// An answer that asks for a pause, and the time on the clock at the end.
async fn after(status: u16, wish: &str) -> (Result<SavedFile, Error>, Duration, usize) {
    let busy = Reply::answer(status, "text/plain", "later").header("retry-after", wish);
    let case = case([busy, whole()]);
    let result = case.run().await;
    let waited = case.client.clock().monotonic();
    (result, waited, case.transport.requests().len())
}

#[tokio::test]
async fn a_host_that_asks_for_a_pause_gets_it() {
    // The clock starts in 1970.
    for (status, wish, seconds) in [
        (503, "30", 30),
        (429, "30", 30),
        (503, "120", 120),
        (503, "Thu, 01 Jan 1970 00:00:30 GMT", 30),
    ] {
        let (result, waited, requests) = after(status, wish).await;
        result.unwrap();
        assert_eq!((waited.as_secs(), requests), (seconds, 2), "{wish}");
    }
    for wish in ["0", "soon", "Wed, 31 Dec 1969 23:59:59 GMT"] {
        let (result, waited, _) = after(503, wish).await;
        result.unwrap();
        assert!(waited <= BACKOFF.base, "{wish}: {waited:?}");
    }
}

#[tokio::test]
async fn a_pause_that_is_too_long_ends_the_download_at_once() {
    for wish in ["121", "Thu, 01 Jan 1970 00:02:01 GMT"] {
        let (result, waited, requests) = after(503, wish).await;
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result's host answered with HTTP 503 Service Unavailable; \
             it asks to wait 121 s, and a download waits 120 s at most"
        );
        assert_eq!(error.kind(), ErrorKind::Download);
        assert_eq!((waited, requests), (Duration::ZERO, 1));
    }
}

#[tokio::test]
async fn a_broken_download_resumes_with_its_validator() {
    let rest = Reply::answer(206, "video/mp4", &FILE[4..])
        .header("content-range", "bytes 4-9/10")
        .header("etag", "\"v1\"");
    let case = case([cut_after_four(), Reply::connect_error(), rest]);
    let saved = case.run().await.unwrap();
    assert_eq!(std::fs::read(&saved.path).unwrap(), FILE);
    let requests = case.transport.requests();
    assert_eq!(requests[1].headers()["range"], "bytes=4-");
    assert_eq!(requests[1].headers()["if-range"], "\"v1\"");
}

#[tokio::test]
async fn content_that_changed_meanwhile_and_a_wrong_range_begin_anew() {
    let wrong = Reply::answer(206, "video/mp4", &FILE[8..])
        .header("content-range", "bytes 8-9/10")
        .header("etag", "\"v1\"");
    for second in [whole(), wrong] {
        let case = case([cut_after_four(), second, whole()]);
        let saved = case.run().await.unwrap();
        assert_eq!(std::fs::read(&saved.path).unwrap(), FILE);
    }
}

#[tokio::test]
async fn a_result_that_is_gone_leaves_nothing_and_no_url_behind() {
    let case = case([Reply::answer(403, "application/xml", "<Error/>")]);
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetchable);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert!(case.files().is_empty());
}

#[tokio::test]
async fn a_short_file_is_never_published() {
    let short = || Reply::answer(200, "video/mp4", &FILE[..4]).header("content-length", "10");
    let case = case((0..ATTEMPTS).map(|_| short()));
    let error = case.run().await.unwrap_err();
    assert_eq!(error.to_string(), "the download has 4 bytes instead of 10");
    assert!(case.files().is_empty());
}

#[tokio::test]
async fn a_result_that_is_refused_after_its_lifetime_has_expired() {
    let refused = || Reply::answer(403, "application/xml", "<Error/>");
    let case = case([refused(), refused()]);
    let destination = Destination::reserve(case.folder.path().join("a.mp4"))
        .await
        .unwrap();
    let after = |hours: u64| Results {
        done_for: Duration::from_secs(hours * 3_600),
        ..case.results()
    };
    let fresh = after(11).download(&destination).await.unwrap_err();
    assert_eq!(fresh.kind(), ErrorKind::Unfetchable);
    let old = after(13).download(&destination).await.unwrap_err();
    assert_eq!(
        old.to_string(),
        "the result has expired: HTTP 403 Forbidden, 13 hours after the task was done"
    );
    assert_eq!(old.kind(), ErrorKind::Expired);
}

#[tokio::test]
async fn a_name_stays_reserved_after_a_download_that_failed() {
    let case = case([Reply::answer(403, "application/xml", "<Error/>"), whole()]);
    let path = case.folder.path().join("a.mp4");
    let destination = Destination::reserve(&path).await.unwrap();
    case.results().download(&destination).await.unwrap_err();
    let error = Destination::reserve(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    let files = case.results().download(&destination).await.unwrap();
    assert_eq!((&files[0].path, &files[0].instead_of), (&path, &None));
}

#[tokio::test]
async fn a_name_that_is_taken_during_the_download_is_reported() {
    let case = case([whole()]);
    let path = case.folder.path().join("a.mp4");
    let destination = Destination::reserve(&path).await.unwrap();
    std::fs::write(&path, "mine").unwrap();
    let files = case.results().download(&destination).await.unwrap();
    assert_eq!(files[0].path, case.folder.path().join("a-2.mp4"));
    assert_eq!(files[0].instead_of, Some(path.clone()));
    assert_eq!(std::fs::read(path).unwrap(), b"mine");
}
