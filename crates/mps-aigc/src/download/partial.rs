//! A file that is not complete yet.

use std::{io, path::PathBuf};

use http::{HeaderMap, Request, header};
use mps_core::{
    Client,
    transport::{RequestBody, ResponseBody},
};
use sha2::{Digest as _, Sha256};
use tokio::{
    fs::File,
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use super::{TransferError, transient, unless_silent};
use crate::error::{Error, ErrorKind};

/// A file that is not complete yet, with the state that resuming needs.
pub(super) struct Partial {
    file: File,
    /// The path that errors name.
    path: PathBuf,
    hash: Sha256,
    bytes: u64,
    total: Option<u64>,
    /// The entity tag that proves a later range to be of the same content.
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

    pub(super) fn request(&self, url: &str) -> Result<Request<RequestBody>, TransferError> {
        let mut request = Request::get(url);
        if let Some(validator) = self.validator.as_ref().filter(|_| self.bytes > 0) {
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

    pub(super) async fn start_over(&mut self, headers: &HeaderMap) -> Result<(), TransferError> {
        self.bytes = 0;
        self.hash = Sha256::new();
        self.total = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        self.validator = text(headers, header::ETAG)
            .filter(|tag| !tag.starts_with("W/"))
            .map(str::to_owned);
        let emptied = async {
            self.file.set_len(0).await?;
            self.file.rewind().await
        };
        let emptied = emptied.await.map(|_| ());
        emptied.map_err(|error| TransferError::Permanent(self.unwritable(&error)))
    }

    /// Returns whether a partial answer begins where the file ends: `Content-Range: bytes 5-9/10`.
    pub(super) fn continues(&self, headers: &HeaderMap) -> bool {
        let first = text(headers, header::CONTENT_RANGE)
            .and_then(|range| range.strip_prefix("bytes "))
            .and_then(|range| range.split_once('-'))
            .and_then(|(first, _)| first.parse().ok());
        first == Some(self.bytes)
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
            let written = self.file.write_all(&chunk).await;
            written.map_err(|error| TransferError::Permanent(self.unwritable(&error)))?;
            self.hash.update(&chunk);
            self.bytes += chunk.len() as u64;
        }
        match self.total {
            Some(total) if total != self.bytes => {
                let message = format!("the download has {} bytes instead of {total}", self.bytes);
                Err(transient(Error::new(ErrorKind::Download, message)))
            }
            _ => Ok(()),
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
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
