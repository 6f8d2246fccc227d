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
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));

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

#[cfg(test)]
mod tests;
