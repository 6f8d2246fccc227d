//! Delivery of a result to a writer or as a stream, without a file.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use mps_models::MediaKind;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{
    checksum::Digests,
    entity::Entity,
    errors::TransferError,
    options::DownloadOptions,
    partial::unproven_end,
    slots::Slot,
    source::Source,
    transfer::{Step, Transfer},
};
use crate::{
    error::{Error, ErrorKind},
    file_name::extension_of_url,
};

/// A result that was written to a writer completely.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivered {
    /// Number of bytes.
    pub bytes: u64,
    /// SHA-256 of the content, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The kind of media, as the first bytes show it.
    pub kind: MediaKind,
}

/// Reads a result piece by piece. The first bytes are checked before any of them is delivered, the
/// length and the checksum at the end.
#[derive(Debug)]
struct Reader {
    source: Source,
    transfer: Transfer,
    digests: Digests,
    delivered: u64,
    _slot: Slot,
}

impl Reader {
    async fn new(source: Source, options: DownloadOptions) -> Self {
        let slot = options.slots.acquire(source.expires_at).await;
        Self {
            transfer: Transfer::new(source.clone(), options).without_restart(),
            source,
            digests: Digests::new(&Entity::default().expected),
            delivered: 0,
            _slot: slot,
        }
    }

    /// Returns the next bytes, or `None` after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let step = self.transfer.next().await;
            match step.map_err(|error| self.error(error))? {
                // Nothing was delivered yet.
                Step::StartOver => {
                    self.digests = Digests::new(&self.transfer.entity().expected);
                    self.delivered = 0;
                }
                Step::Data(bytes) => {
                    self.digests.update(&bytes);
                    self.delivered += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                Step::End => {
                    self.check_end()?;
                    self.transfer.report_complete();
                    return Ok(None);
                }
            }
        }
    }

    fn check_end(&self) -> Result<(), Error> {
        let entity = self.transfer.entity();
        let bytes = self.delivered;
        if let Some(name) = self.digests.mismatch(&entity.expected) {
            let message = format!(
                "the {name} of the received bytes is not the one that the host states; discard the \
                 {bytes} bytes that were delivered"
            );
            return Err(self.error(Error::new(ErrorKind::WrongContent, message)));
        }
        if entity.has_proven_end() {
            return Ok(());
        }
        let TransferError::Transient { error, .. } = unproven_end(bytes) else {
            return Ok(());
        };
        let message = format!("{error}; discard the bytes that were delivered");
        Err(self.error(Error::new(ErrorKind::Download, message)))
    }

    fn error(&self, error: Error) -> Error {
        error.with_task(&self.source.task_id)
    }

    fn finish(&self) -> Delivered {
        let of_url = extension_of_url(&self.source.url);
        let (content, head) = (self.transfer.content(), self.transfer.head());
        Delivered {
            bytes: self.delivered,
            sha256: self.digests.sha256(),
            kind: content.media_kind(of_url.as_deref(), head),
        }
    }
}

/// Writes a result to `writer` and flushes it.
pub(crate) async fn write_to(
    source: Source,
    options: &DownloadOptions,
    writer: &mut (impl AsyncWrite + Unpin + Send + ?Sized),
) -> Result<Delivered, Error> {
    let mut reader = Reader::new(source, options.clone()).await;
    while let Some(bytes) = reader.next().await? {
        let written = writer.write_all(&bytes).await;
        written.map_err(|error| reader.error(Error::cannot_deliver(&error)))?;
    }
    let flushed = writer.flush().await;
    flushed.map_err(|error| reader.error(Error::cannot_deliver(&error)))?;
    Ok(reader.finish())
}

/// Returns a stream of the content of a result, which ends after its first error.
pub(crate) fn stream(
    source: Source,
    options: DownloadOptions,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    stream::once(Reader::new(source, options)).flat_map(|reader| {
        stream::try_unfold(reader, |mut reader| async move {
            let bytes = reader.next().await?;
            Ok(bytes.map(|bytes| (bytes, reader)))
        })
    })
}
