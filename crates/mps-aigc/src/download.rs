//! Results onto disk: resumed where they broke off, whole or not there at all.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use http::{HeaderMap, Request, StatusCode, header};
use mps_core::{
    Client, clock,
    retry::{Backoff, retry_after},
    transport::{RequestBody, ResponseBody, TransportError, TransportErrorKind},
};
use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use crate::{
    destination::{Destination, cannot_write, must_not_exist, part},
    error::{Error, ErrorKind},
};

const ATTEMPTS: u32 = 6;
/// Longest time in which nothing at all comes, be it because the host asks for it.
const SILENCE: Duration = Duration::from_secs(120);
const BACKOFF: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_secs(20),
};

/// A result on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in lower-case hex.
    pub sha256: String,
}

pub(crate) async fn download_all(
    client: &Client,
    task_id: &str,
    urls: &[String],
    destination: &Destination,
) -> Result<Vec<SavedFile>, Error> {
    if urls.is_empty() {
        return Err(Error::new(
            ErrorKind::Unfetchable,
            format!("task {task_id} is done but names no result"),
        )
        .with_hint("look for it in your own storage if the task was told to store it there"));
    }
    let mut files = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let path = destination.file(index, task_id, url);
        files.push(download(client, url, &path).await?);
    }
    Ok(files)
}

async fn download(client: &Client, url: &str, path: &Path) -> Result<SavedFile, Error> {
    must_not_exist(path).await?;
    let part = part(path);
    let mut partial = Partial::create(&part)
        .await
        .map_err(|error| cannot_write(path, &error))?;
    let mut attempt = 0;
    loop {
        match transfer(client, url, &mut partial).await {
            Ok(()) => break,
            Err(Broken::ForGood(error)) => {
                let _best_effort = fs::remove_file(&part).await;
                return Err(error);
            }
            Err(Broken::ForNow { error, asked }) => {
                attempt += 1;
                pause(client, attempt, asked, error).await?;
                tracing::warn!(
                    attempt,
                    bytes = partial.bytes,
                    "a download broke off; resuming"
                );
            }
        }
    }
    partial.publish(&part, path).await
}

/// Waits before the next attempt, or says why there is none.
async fn pause(
    client: &Client,
    attempts: u32,
    asked: Option<Duration>,
    error: Error,
) -> Result<(), Error> {
    if attempts == ATTEMPTS {
        return Err(error.with_hint("fetch again; results live for 12 hours"));
    }
    let pause = BACKOFF.pause_asked(attempts - 1, fastrand::f64(), asked);
    // Only the host asks for this much.
    if pause > SILENCE {
        let (asked, most) = (pause.as_secs(), SILENCE.as_secs());
        let message =
            format!("{error}; it asks to wait {asked} s, and a download waits {most} s at most");
        return Err(Error::new(ErrorKind::Download, message)
            .with_hint("fetch again after that time; results live for 12 hours"));
    }
    client.clock().sleep(pause).await;
    Ok(())
}

/// Waits for the next step of a transfer, but not for ever. A transfer that goes on may take as long
/// as it takes.
async fn unless_silent<T>(
    client: &Client,
    step: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let step = clock::timeout(&**client.clock(), SILENCE, step).await;
    step.unwrap_or_else(|| {
        let why = format!("nothing came for {SILENCE:?}");
        Err(TransportError::new(TransportErrorKind::Interrupted, why))
    })
}

/// Why a transfer ended early.
enum Broken {
    ForNow {
        error: Error,
        /// The pause that the host asks for.
        asked: Option<Duration>,
    },
    ForGood(Error),
}

fn for_now(error: Error) -> Broken {
    Broken::ForNow { error, asked: None }
}

/// One request, from where the file ends now.
async fn transfer(client: &Client, url: &str, partial: &mut Partial) -> Result<(), Broken> {
    let request = partial.request(url)?;
    let response = unless_silent(client, client.transport().send(request)).await;
    let response = response.map_err(|error| {
        let message = "the result's host could not be reached";
        match error.kind() {
            TransportErrorKind::Request => {
                Broken::ForGood(Error::new(ErrorKind::Unfetchable, message).with_source(error))
            }
            _ => for_now(Error::new(ErrorKind::Download, message).with_source(error)),
        }
    })?;
    let (head, body) = response.into_parts();
    match head.status {
        StatusCode::OK if is_page(&head.headers) => {
            let message = "the result's host answered with a page of HTML";
            return Err(for_now(Error::new(ErrorKind::Download, message)));
        }
        StatusCode::OK => partial.start_over(&head.headers).await?,
        StatusCode::PARTIAL_CONTENT if partial.continues(&head.headers) => {}
        status if may_pass(status) => {
            let message = format!("the result's host answered with HTTP {status}");
            // Whatever range came, it is not the missing one: begin anew.
            partial.validator = None;
            return Err(Broken::ForNow {
                error: Error::new(ErrorKind::Download, message),
                asked: retry_after(&head.headers, client.clock().wall()),
            });
        }
        status => return Err(Broken::ForGood(gone(status))),
    }
    partial.receive(client, body).await
}

/// Whether the same request could get the result later, or, after a range that is not the missing
/// one, one for all of it could.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::PARTIAL_CONTENT
        )
}

/// No result is a page: something in between answered, such as a portal that wants a login.
fn is_page(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_TYPE)
        .is_some_and(|found| found.to_ascii_lowercase().starts_with("text/html"))
}

fn gone(status: StatusCode) -> Error {
    Error::new(
        ErrorKind::Unfetchable,
        format!("the result cannot be fetched: HTTP {status}"),
    )
    .with_hint("results live for 12 hours; one stored in your own bucket may need a signed URL")
}

/// A file that is not whole yet.
struct Partial {
    file: File,
    hash: Sha256,
    bytes: u64,
    total: Option<u64>,
    /// The entity tag that proves a later range to be of the same content.
    validator: Option<String>,
}

impl Partial {
    async fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: File::create(path).await?,
            hash: Sha256::new(),
            bytes: 0,
            total: None,
            validator: None,
        })
    }

    fn request(&self, url: &str) -> Result<Request<RequestBody>, Broken> {
        let mut request = Request::get(url);
        if let Some(validator) = self.validator.as_ref().filter(|_| self.bytes > 0) {
            request = request
                .header(header::RANGE, format!("bytes={}-", self.bytes))
                .header(header::IF_RANGE, validator);
        }
        // The URL stays out of the error: it can carry a signature.
        request.body(RequestBody::new("")).map_err(|error| {
            Broken::ForGood(
                Error::new(ErrorKind::Unfetchable, "the result's URL is not a URL")
                    .with_source(error),
            )
        })
    }

    async fn start_over(&mut self, headers: &HeaderMap) -> Result<(), Broken> {
        self.bytes = 0;
        self.hash = Sha256::new();
        self.total = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        self.validator = text(headers, header::ETAG)
            .filter(|tag| !tag.starts_with("W/"))
            .map(str::to_owned);
        self.file.set_len(0).await.map_err(disk)?;
        self.file.rewind().await.map_err(disk)?;
        Ok(())
    }

    /// Whether a partial answer begins where the file ends: `Content-Range: bytes 5-9/10`.
    fn continues(&self, headers: &HeaderMap) -> bool {
        let first = text(headers, header::CONTENT_RANGE)
            .and_then(|range| range.strip_prefix("bytes "))
            .and_then(|range| range.split_once('-'))
            .and_then(|(first, _)| first.parse().ok());
        first == Some(self.bytes)
    }

    async fn receive(&mut self, client: &Client, mut body: ResponseBody) -> Result<(), Broken> {
        loop {
            let chunk = unless_silent(client, body.chunk()).await;
            let chunk = chunk.map_err(|error| {
                let message = format!("the download broke off after {} bytes", self.bytes);
                for_now(Error::new(ErrorKind::Download, message).with_source(error))
            })?;
            let Some(chunk) = chunk else { break };
            self.file.write_all(&chunk).await.map_err(disk)?;
            self.hash.update(&chunk);
            self.bytes += chunk.len() as u64;
        }
        match self.total {
            Some(total) if total != self.bytes => {
                let message = format!("the download has {} bytes instead of {total}", self.bytes);
                Err(for_now(Error::new(ErrorKind::Download, message)))
            }
            _ => Ok(()),
        }
    }

    /// Makes the whole file appear under its name, at once.
    async fn publish(mut self, part: &Path, path: &Path) -> Result<SavedFile, Error> {
        let written = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            drop(self.file);
            must_not_exist(path).await.map_err(std::io::Error::other)?;
            fs::rename(part, path).await
        };
        written.await.map_err(|error| cannot_write(path, &error))?;
        Ok(SavedFile {
            path: path.to_owned(),
            bytes: self.bytes,
            sha256: hex::encode(self.hash.finalize()),
        })
    }
}

fn disk(error: std::io::Error) -> Broken {
    let message = "the download cannot be written to disk";
    Broken::ForGood(Error::new(ErrorKind::File, message).with_source(error))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Kept next to the code it tests: everything here runs on scripted answers and a stepped clock.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mps_core::{
        clock::TestClock,
        credentials::Credentials,
        transport::{Reply, ScriptedTransport},
    };

    use super::*;

    const URL: &str = "https://bucket.example/0.mp4?q-signature=hunter2";

    struct Case {
        transport: ScriptedTransport,
        client: Client,
        folder: tempfile::TempDir,
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
        }
    }

    impl Case {
        async fn run(&self) -> Result<SavedFile, Error> {
            download(&self.client, URL, &self.folder.path().join("a.mp4")).await
        }

        fn files(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path()).unwrap();
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        }
    }

    fn whole() -> Reply {
        Reply::answer(200, "video/mp4", "0123456789")
            .header("content-length", "10")
            .header("etag", "\"v1\"")
    }

    fn cut_after_four() -> Reply {
        Reply::answer(200, "video/mp4", "0123")
            .header("content-length", "10")
            .header("etag", "\"v1\"")
            .then_cut()
    }

    #[tokio::test]
    async fn a_whole_file_appears_under_its_name_with_its_digest() {
        let case = case([whole()]);
        let saved = case.run().await.unwrap();
        assert_eq!(saved.bytes, 10);
        // printf 0123456789 | sha256sum
        assert_eq!(
            saved.sha256,
            "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
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
        let rest =
            Reply::answer(206, "video/mp4", "456789").header("content-range", "bytes 4-9/10");
        let case = case([cut_after_four(), Reply::connect_error(), rest]);
        let saved = case.run().await.unwrap();
        assert_eq!(std::fs::read(&saved.path).unwrap(), b"0123456789");
        let requests = case.transport.requests();
        assert_eq!(requests[1].headers()["range"], "bytes=4-");
        assert_eq!(requests[1].headers()["if-range"], "\"v1\"");
    }

    #[tokio::test]
    async fn content_that_changed_meanwhile_and_a_wrong_range_begin_anew() {
        let wrong = Reply::answer(206, "video/mp4", "89").header("content-range", "bytes 8-9/10");
        for second in [whole(), wrong] {
            let case = case([cut_after_four(), second, whole()]);
            let saved = case.run().await.unwrap();
            assert_eq!(std::fs::read(&saved.path).unwrap(), b"0123456789");
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
        let short = || Reply::answer(200, "video/mp4", "0123").header("content-length", "10");
        let case = case((0..ATTEMPTS).map(|_| short()));
        let error = case.run().await.unwrap_err();
        assert_eq!(error.to_string(), "the download has 4 bytes instead of 10");
        assert_eq!(case.files(), ["a.mp4.part"]);
    }
}
