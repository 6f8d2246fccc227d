//! Downloads of results: resumed where they broke off, complete and of the right kind or not there at
//! all.

use std::{path::PathBuf, time::Duration};

use http::{Response, StatusCode, header};
use mps_core::{
    Client, clock,
    retry::{Backoff, retry_after},
    transport::{HostScope, ResponseBody, TransportError, TransportErrorKind},
};
use serde::{Deserialize, Serialize};

mod address;
mod container;
mod content;
mod options;
mod partial;
mod progress;
mod slots;

pub use self::{
    options::{DownloadOptions, ExistingFile},
    progress::DownloadProgress,
};

use self::partial::Partial;
use crate::{
    destination::{self, Destination},
    error::{Error, ErrorKind},
    place::Place,
};

const ATTEMPTS: u32 = 6;
/// Most redirects that one attempt follows.
const REDIRECTS: u32 = 5;
/// Attempts after which content that is not the result is an error.
const WRONG_CONTENT_ATTEMPTS: u32 = 3;
/// Longest time in which no byte arrives, also if the host asks for a pause.
const SILENCE: Duration = Duration::from_secs(120);
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));

/// A downloaded result.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedFile {
    /// The path of the file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, in lower-case hex.
    pub sha256: String,
    /// The requested path, if another file took that name while the download ran: then this file
    /// was saved beside it.
    pub instead_of: Option<PathBuf>,
}

/// The results of a task that is done.
pub(crate) struct Results<'a> {
    pub(crate) client: &'a Client,
    pub(crate) task_id: &'a str,
    pub(crate) urls: &'a [String],
    /// The time for which the task is known to be done.
    pub(crate) done_for: Duration,
    /// The time for which the service keeps results, where that is known.
    pub(crate) kept_for: Option<Duration>,
}

impl Results<'_> {
    pub(crate) async fn download(
        &self,
        destination: &Destination,
    ) -> Result<Vec<SavedFile>, Error> {
        if self.urls.is_empty() {
            return Err(Error::no_result(self.task_id));
        }
        let mut files = Vec::new();
        for (index, url) in self.urls.iter().enumerate() {
            let place = destination.place(index, self.task_id, url).await?;
            match self.save(url, place).await {
                Ok(file) => files.push(file),
                Err((error, place)) => {
                    if let Some(place) = place {
                        destination.put_back(place);
                    }
                    return Err(error);
                }
            }
        }
        Ok(files)
    }

    /// Downloads one result to its place; gives the place back if the download failed.
    async fn save(&self, url: &str, place: Place) -> Result<SavedFile, (Error, Option<Place>)> {
        let mut partial = match place.file() {
            Ok(file) => Partial::new(file, place.path()),
            Err(error) => return Err((error, Some(place))),
        };
        if let Err(error) = self.transfer(url, &mut partial).await {
            return Err((error, Some(place)));
        }
        let wanted = place.path();
        let (bytes, sha256) = match partial.finish().await {
            Ok(finished) => finished,
            Err(error) => return Err((error, Some(place))),
        };
        let path = place.publish().await.map_err(|error| (error, None))?;
        Ok(SavedFile {
            bytes,
            sha256,
            instead_of: Some(wanted).filter(|wanted| *wanted != path),
            path,
        })
    }

    async fn transfer(&self, url: &str, partial: &mut Partial) -> Result<(), Error> {
        let mut attempts = 0;
        loop {
            match self.attempt(url, partial).await {
                Ok(()) => return Ok(()),
                Err(TransferError::Permanent(error)) => return Err(error),
                Err(TransferError::Transient { error, retry_after }) => {
                    attempts += 1;
                    self.pause(attempts, retry_after, error).await?;
                    tracing::warn!(
                        attempts,
                        bytes = partial.bytes(),
                        "a download broke off; resuming"
                    );
                }
            }
        }
    }

    /// Waits before the next attempt; returns the error if there is none.
    async fn pause(
        &self,
        attempts: u32,
        retry_after: Option<Duration>,
        error: Error,
    ) -> Result<(), Error> {
        let is_wrong = error.kind() == ErrorKind::WrongContent;
        if attempts >= ATTEMPTS || (is_wrong && attempts >= WRONG_CONTENT_ATTEMPTS) {
            return Err(error.with_hint(self.hint("download again")));
        }
        let pause = BACKOFF.pause_asked(attempts - 1, fastrand::f64(), retry_after);
        // Only the host asks for this much.
        if pause > SILENCE {
            let (asked, most) = (pause.as_secs(), SILENCE.as_secs());
            let message = format!(
                "{error}; it asks to wait {asked} s, and a download waits {most} s at most"
            );
            return Err(Error::new(ErrorKind::Download, message)
                .with_hint(self.hint("download again after that time")));
        }
        self.client.clock().sleep(pause).await;
        Ok(())
    }

    /// Sends one request for the part that is missing, and receives its answer.
    async fn attempt(&self, url: &str, partial: &mut Partial) -> Result<(), TransferError> {
        let (head, body) = self.send(url, partial).await?.into_parts();
        match head.status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => partial.accept(&head).await?,
            // The content is shorter than before.
            StatusCode::RANGE_NOT_SATISFIABLE if partial.resumed().is_some() => {
                partial.forget();
                let message = "the host does not have the missing part of the file";
                return Err(transient(Error::new(ErrorKind::Download, message)));
            }
            status if is_transient(status) => {
                let message = format!("the result's host answered with HTTP {status}");
                partial.forget();
                return Err(TransferError::Transient {
                    error: Error::new(ErrorKind::Download, message),
                    retry_after: retry_after(&head.headers, self.client.clock().wall()),
                });
            }
            status => return Err(TransferError::Permanent(self.refused(status))),
        }
        partial.receive(self.client, body).await?;
        partial.check(destination::extension(url).as_deref()).await
    }

    /// Sends the request, and follows redirects to addresses that a result may have.
    async fn send(
        &self,
        url: &str,
        partial: &Partial,
    ) -> Result<Response<ResponseBody>, TransferError> {
        let scope = if self.client.endpoint().is_loopback() {
            HostScope::Loopback
        } else {
            HostScope::Public
        };
        let mut url = address::checked(url, scope).map_err(TransferError::Permanent)?;
        for _ in 0..=REDIRECTS {
            let mut request = partial.request(url.as_str())?;
            request.extensions_mut().insert(scope);
            let response = unless_silent(self.client, self.client.transport().send(request)).await;
            let response = response.map_err(unreachable)?;
            let Some(location) = location(&response) else {
                return Ok(response);
            };
            let target = address::redirected(&url, location, scope);
            url = target.map_err(TransferError::Permanent)?;
        }
        let message = format!("the result's host redirects more than {REDIRECTS} times");
        let error = Error::new(ErrorKind::Unfetchable, message);
        Err(TransferError::Permanent(error))
    }

    fn refused(&self, status: StatusCode) -> Error {
        let is_gone = matches!(
            status,
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE
        );
        match self.kept_for {
            Some(kept) if is_gone && self.done_for >= kept => self.expired(status),
            _ => {
                let message = format!("the result cannot be fetched: HTTP {status}");
                let hint = "sign the URL if the result is in your own bucket";
                Error::new(ErrorKind::Unfetchable, message).with_hint(self.hint(hint))
            }
        }
    }

    /// Returns a hint, with the time for which results can be fetched if it is known.
    fn hint(&self, step: &str) -> String {
        match self.kept_for {
            Some(kept) => format!(
                "{step}; the service keeps results for {} hours",
                hours(kept)
            ),
            None => step.to_owned(),
        }
    }

    fn expired(&self, status: StatusCode) -> Error {
        let message = format!(
            "the result has expired: HTTP {status}, {} hours after the task was done",
            hours(self.done_for)
        );
        Error::new(ErrorKind::Expired, message)
            .with_age(self.done_for)
            .with_hint(self.hint("create the task anew"))
    }
}

fn hours(time: Duration) -> u64 {
    time.as_secs() / 3_600
}

/// The reason why a transfer ended early.
enum TransferError {
    Transient {
        error: Error,
        /// The pause that the host asks for.
        retry_after: Option<Duration>,
    },
    Permanent(Error),
}

fn transient(error: Error) -> TransferError {
    TransferError::Transient {
        error,
        retry_after: None,
    }
}

fn unreachable(error: TransportError) -> TransferError {
    let message = "the result's host could not be reached";
    match error.kind() {
        TransportErrorKind::Request => {
            TransferError::Permanent(Error::new(ErrorKind::Unfetchable, message).with_source(error))
        }
        _ => transient(Error::new(ErrorKind::Download, message).with_source(error)),
    }
}

/// Waits for the next step of a transfer for at most two minutes. The transfer as a whole may take as
/// long as it needs.
async fn unless_silent<T>(
    client: &Client,
    step: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let step = clock::timeout(&**client.clock(), SILENCE, step).await;
    step.unwrap_or_else(|| {
        let message = format!("no byte arrived for {SILENCE:?}");
        Err(TransportError::new(
            TransportErrorKind::Interrupted,
            message,
        ))
    })
}

/// Returns the target of a redirect, or `None` for any other answer.
fn location<T>(response: &Response<T>) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION);
    location.filter(|_| is_redirect)?.to_str().ok()
}

/// Returns `true` if the same request can succeed later.
fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

#[cfg(test)]
mod tests;
