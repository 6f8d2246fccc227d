//! A file that is not complete yet.

use std::{
    io::{self, Read as _, Seek as _},
    path::PathBuf,
};

use http::{HeaderMap, Request, StatusCode, Version, header, response};
use mps_core::{
    Client,
    transport::{RequestBody, ResponseBody},
};
use sha2::{Digest as _, Sha256};
use tokio::{
    fs::File,
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use super::{
    TransferError,
    container::Completeness,
    content::{self, Content},
    transient, unless_silent,
};
use crate::error::{Error, ErrorKind};

/// A file that is not complete yet, with the state that resuming needs.
pub(super) struct Partial {
    file: File,
    /// The path that errors name.
    path: PathBuf,
    hash: Sha256,
    bytes: u64,
    total: Option<u64>,
    /// `true` if the connection itself shows the end of a body without a length.
    is_framed: bool,
    /// The strong entity tag that proves a later range to be of the same content.
    validator: Option<String>,
}

impl Partial {
    pub(super) fn new(file: std::fs::File, path: PathBuf) -> Self {
        Self {
            file: File::from_std(file),
            path,
            hash: Sha256::new(),
            bytes: 0,
            total: None,
            is_framed: false,
            validator: None,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the next request ask for all of the content.
    pub(super) fn forget(&mut self) {
        self.validator = None;
    }

    /// Returns the tag and the total length of the content whose missing part is requested; `None`
    /// if all of it is.
    pub(super) fn resumed(&self) -> Option<(&str, u64)> {
        let resumed = self.validator.as_deref().zip(self.total);
        resumed.filter(|_| self.bytes > 0)
    }

    pub(super) fn request(&self, url: &str) -> Result<Request<RequestBody>, TransferError> {
        let mut request = Request::get(url).header(header::ACCEPT_ENCODING, "identity");
        if let Some((validator, _)) = self.resumed() {
            request = request
                .header(header::RANGE, format!("bytes={}-", self.bytes))
                .header(header::IF_RANGE, validator);
        }
        // The URL stays out of the error: it can contain a signature.
        request.body(RequestBody::new("")).map_err(|error| {
            let message = "the result's URL is not a URL";
            TransferError::Permanent(Error::new(ErrorKind::Unfetchable, message).with_source(error))
        })
    }

    /// Takes the head of an answer with content: begins anew with all of it, or continues with the
    /// part that was requested.
    pub(super) async fn accept(&mut self, head: &response::Parts) -> Result<(), TransferError> {
        let accepted = match encoding(&head.headers) {
            Some(encoding) => Err(wrong_content(&format!(
                "the host sent the file encoded as {encoding}, although it was asked for as it is"
            ))),
            None if head.status == StatusCode::PARTIAL_CONTENT => self.continued(&head.headers),
            None => self.start_over(head).await,
        };
        if accepted.is_err() {
            self.forget();
        }
        accepted
    }

    async fn start_over(&mut self, head: &response::Parts) -> Result<(), TransferError> {
        self.bytes = 0;
        self.hash = Sha256::new();
        self.total = content_length(&head.headers);
        self.is_framed = is_framed(head);
        self.validator = strong_tag(&head.headers).map(str::to_owned);
        self.file
            .set_len(0)
            .await
            .map_err(|error| self.disk(&error))?;
        self.file
            .rewind()
            .await
            .map_err(|error| self.disk(&error))?;
        Ok(())
    }

    /// Checks that a part was requested, and that this is the rest of the same content.
    fn continued(&self, headers: &HeaderMap) -> Result<(), TransferError> {
        let refused = |message| Err(transient(Error::new(ErrorKind::Download, message)));
        let Some((validator, total)) = self.resumed() else {
            return refused("the host sent a part of the file, although none was asked for");
        };
        if strong_tag(headers) != Some(validator) {
            return refused("the file changed at its host during the download");
        }
        let rest = Some((self.bytes, total.saturating_sub(1), total));
        let length = content_length(headers).unwrap_or(total - self.bytes);
        if content_range(headers) != rest || length != total - self.bytes {
            return refused("the host sent another part of the file than was asked for");
        }
        Ok(())
    }

    pub(super) async fn receive(
        &mut self,
        client: &Client,
        mut body: ResponseBody,
    ) -> Result<(), TransferError> {
        loop {
            let chunk = unless_silent(client, body.chunk()).await;
            let chunk = chunk.map_err(|error| {
                let message = format!("the download broke off after {} bytes", self.bytes);
                transient(Error::new(ErrorKind::Download, message).with_source(error))
            })?;
            let Some(chunk) = chunk else { break };
            let bytes = self.bytes + chunk.len() as u64;
            if let Some(total) = self.total.filter(|total| bytes > *total) {
                self.forget();
                let message = format!("the host sent more than the {total} bytes of the file");
                return Err(transient(Error::new(ErrorKind::Download, message)));
            }
            self.file
                .write_all(&chunk)
                .await
                .map_err(|error| self.disk(&error))?;
            self.hash.update(&chunk);
            self.bytes = bytes;
        }
        match self.total {
            Some(total) if total != self.bytes => {
                let message = format!("the download has {} bytes instead of {total}", self.bytes);
                Err(transient(Error::new(ErrorKind::Download, message)))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the file is complete, and of a kind that can have this extension.
    pub(super) async fn check(&mut self, extension: Option<&str>) -> Result<(), TransferError> {
        self.file.flush().await.map_err(|error| self.disk(&error))?;
        let file = self
            .file
            .try_clone()
            .await
            .map_err(|error| self.disk(&error))?;
        let (file, length) = (file.into_std().await, self.bytes);
        let inspected = tokio::task::spawn_blocking(move || inspect(&file, length)).await;
        let inspected = inspected.unwrap_or_else(|error| Err(io::Error::other(error)));
        let (content, completeness) = inspected.map_err(|error| self.disk(&error))?;
        let checked = self.judge(content, completeness, extension);
        if checked.is_err() {
            self.forget();
        }
        checked
    }

    fn judge(
        &self,
        content: Content,
        completeness: Completeness,
        extension: Option<&str>,
    ) -> Result<(), TransferError> {
        let bytes = self.bytes;
        let has_proven_length = self.total.is_some() || self.is_framed;
        if let Some(name) = content.unexpected(extension) {
            return Err(wrong_content(&match content {
                Content::Empty => format!("the host sent {name}"),
                _ => format!("the host sent {name}, {bytes} bytes"),
            }));
        }
        match (content, completeness) {
            (_, Completeness::Proven) => Ok(()),
            (_, Completeness::Possible) if has_proven_length => Ok(()),
            (Content::Container(container), Completeness::Cut) if has_proven_length => {
                let name = container.name();
                let message = format!("the host sent a cut {name} file, {bytes} bytes");
                Err(wrong_content(&message))
            }
            _ => {
                let message = format!(
                    "the download ended after {bytes} bytes, and nothing shows that this is all: \
                     the host sent no length"
                );
                Err(transient(Error::new(ErrorKind::Download, message)))
            }
        }
    }

    /// Writes out all of the content, and returns its size and digest.
    pub(super) async fn finish(mut self) -> Result<(u64, String), Error> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.unwritable(&error))?;
        Ok((self.bytes, hex::encode(self.hash.finalize())))
    }

    fn unwritable(&self, error: &io::Error) -> Error {
        Error::cannot_write(&self.path, error)
    }

    fn disk(&self, error: &io::Error) -> TransferError {
        TransferError::Permanent(self.unwritable(error))
    }
}

/// Returns the kind of a file of `length` bytes, and whether it is complete.
fn inspect(mut file: &std::fs::File, length: u64) -> io::Result<(Content, Completeness)> {
    file.rewind()?;
    let mut head = Vec::new();
    file.take(content::HEAD as u64).read_to_end(&mut head)?;
    let content = Content::of(&head);
    let completeness = match content {
        Content::Container(container) => {
            container.completeness(&mut io::BufReader::new(file), length)?
        }
        _ => Completeness::Possible,
    };
    Ok((content, completeness))
}

fn wrong_content(message: &str) -> TransferError {
    transient(Error::new(ErrorKind::WrongContent, message))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn strong_tag(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"))
}

/// Returns the announced length; `None` if there is none, or if several contradict each other.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let first = lengths.next()?;
    if lengths.any(|other| other != first) {
        return None;
    }
    first.to_str().ok()?.trim().parse().ok()
}

/// Returns the first and the last byte of a part, and the total length: `bytes 5-9/10`.
fn content_range(headers: &HeaderMap) -> Option<(u64, u64, u64)> {
    let range = text(headers, header::CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (part, total) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

/// Returns the encoding of the content, or `None` if it is sent as it is.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings
        .map(|encoding| String::from_utf8_lossy(encoding.as_bytes()).into_owned())
        .find(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity"))
}

/// Returns `true` if a body without a length cannot end early unnoticed: it is sent in chunks, or in
/// a stream of HTTP/2 or later.
fn is_framed(head: &response::Parts) -> bool {
    let coding = text(&head.headers, header::TRANSFER_ENCODING).unwrap_or_default();
    let last = coding.rsplit(',').next().unwrap_or_default().trim();
    head.version >= Version::HTTP_2 || last.eq_ignore_ascii_case("chunked")
}
