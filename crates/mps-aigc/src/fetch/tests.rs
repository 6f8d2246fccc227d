//! On scripted answers and a stepped clock.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture, Client,
    clock::TestClock,
    credentials::Credentials,
    sync::lock,
    transport::{Reply, ScriptedTransport, Transport},
};

use super::{
    retries::{ATTEMPTS, BACKOFF},
    source::DescribeUrl,
    *,
};
use crate::{Destination, Error, ErrorKind};

mod checks;
mod delivery;
mod hostile;
mod parallel;
mod property;
mod resume;

/// Ten bytes of a binary kind that is not known.
const FILE: &[u8] = b"\x00\x01media789";
const URL: &str = "https://bucket.example/0.mp4?q-signature=hunter2";

struct Case {
    transport: ScriptedTransport,
    client: Client,
    folder: tempfile::TempDir,
    urls: Arc<NewUrls>,
}

/// The URLs that the service names when it is asked again.
#[derive(Debug, Default)]
struct NewUrls(Mutex<Vec<String>>);

impl DescribeUrl for NewUrls {
    fn url(&self, _: usize) -> BoxFuture<'_, Option<String>> {
        let url = lock(&self.0).pop();
        Box::pin(async { url })
    }
}

fn client(transport: impl Transport + 'static, clock: TestClock) -> Client {
    Client::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(transport)
        .clock(Arc::new(clock))
        .build()
        .unwrap()
}

fn case(replies: impl IntoIterator<Item = Reply>) -> Case {
    let transport = ScriptedTransport::new(replies);
    Case {
        client: client(transport.clone(), TestClock::new(0).auto_advance()),
        transport,
        folder: tempfile::tempdir().unwrap(),
        urls: Arc::default(),
    }
}

fn source(client: &Client, describe: Arc<dyn DescribeUrl>) -> Source {
    Source {
        client: client.clone(),
        task_id: "7".into(),
        index: 0,
        url: URL.into(),
        done_at: None,
        seen_at: client.clock().monotonic(),
        kept_for: Some(Duration::from_secs(12 * 3_600)),
        expires_at: None,
        describe,
    }
}

impl Case {
    /// Answers the requests of a next process.
    fn answer(&mut self, replies: impl IntoIterator<Item = Reply>) {
        self.transport = ScriptedTransport::new(replies);
        self.client = client(self.transport.clone(), TestClock::new(0).auto_advance());
    }

    fn source(&self) -> Source {
        source(&self.client, self.urls.clone())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.mp4")
    }

    async fn run(&self) -> Result<SavedFile, Error> {
        self.run_with(&DownloadOptions::new()).await
    }

    async fn run_with(&self, options: &DownloadOptions) -> Result<SavedFile, Error> {
        let destination = Destination::reserve_with(self.path(), options).await?;
        self.save(self.source(), &destination, options).await
    }

    async fn save(
        &self,
        source: Source,
        destination: &Destination,
        options: &DownloadOptions,
    ) -> Result<SavedFile, Error> {
        let saved = save_all(&[source], destination, options).await;
        saved.map(|mut files| files.remove(0))
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
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
    assert!(case.client.clock().monotonic() >= Duration::from_secs(120));
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

fn forbidden() -> Reply {
    Reply::answer(403, "application/xml", "<Error/>")
}

#[tokio::test]
async fn a_refused_url_is_asked_for_again_twice() {
    for status in [403, 404, 410] {
        let refused = || Reply::answer(status, "application/xml", "<Error/>");
        let case = case([refused(), refused(), whole()]);
        let new = ["https://bucket.example/0.mp4?q-signature=2", URL];
        *lock(&case.urls.0) = new.map(str::to_owned).to_vec();
        case.run().await.unwrap();
        let requests = case.transport.requests();
        let urls: Vec<_> = requests.iter().map(|it| it.uri().to_string()).collect();
        assert_eq!(urls, [URL, new[1], new[0]]);
    }
}

#[tokio::test]
async fn a_result_that_is_gone_leaves_nothing_and_no_url_behind() {
    let case = case((0..5).map(|_| forbidden()));
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetchable);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert!(case.files().is_empty());
    assert_eq!(case.transport.requests().len(), 3);
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
    let case = case((0..4).map(|_| forbidden()));
    let destination = Destination::reserve(case.path()).await.unwrap();
    let options = DownloadOptions::new();
    let started = case.client.service_time();
    let aged = |hours: u64| Source {
        done_at: started.checked_sub(Duration::from_secs(hours * 3_600)),
        ..case.source()
    };
    let fresh = case.save(aged(11), &destination, &options).await;
    assert_eq!(fresh.unwrap_err().kind(), ErrorKind::Unfetchable);
    let old = case
        .save(aged(13), &destination, &options)
        .await
        .unwrap_err();
    assert_eq!(
        old.to_string(),
        "the result has expired: HTTP 403 Forbidden, 13 hours after the task was done"
    );
    assert_eq!(old.kind(), ErrorKind::Expired);
    assert_eq!(case.transport.requests().len(), 4);
}

#[tokio::test]
async fn a_name_stays_reserved_after_a_download_that_failed() {
    let case = case([forbidden(), forbidden(), forbidden(), whole()]);
    let destination = Destination::reserve(case.path()).await.unwrap();
    let options = DownloadOptions::new();
    let failed = case.save(case.source(), &destination, &options).await;
    failed.unwrap_err();
    let error = Destination::reserve(case.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    let file = case.save(case.source(), &destination, &options).await;
    let file = file.unwrap();
    assert_eq!((&file.path, &file.instead_of), (&case.path(), &None));
}

#[tokio::test]
async fn a_name_that_is_taken_during_the_download_is_reported() {
    let case = case([whole()]);
    let path = case.path();
    let destination = Destination::reserve(&path).await.unwrap();
    std::fs::write(&path, "mine").unwrap();
    let options = DownloadOptions::new();
    let file = case.save(case.source(), &destination, &options).await;
    let file = file.unwrap();
    assert_eq!(file.path, case.folder.path().join("a-2.mp4"));
    assert_eq!(file.instead_of, Some(path.clone()));
    assert_eq!(std::fs::read(path).unwrap(), b"mine");
}
