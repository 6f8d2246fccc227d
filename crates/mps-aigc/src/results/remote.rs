//! One result with the client that can fetch it.

use std::{fmt, ops::Deref, path::Path};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future, stream};
use mps_core::Client;
use tokio::io::AsyncWrite;

use super::{ResultFile, Results};
use crate::{
    destination::Destination,
    error::Error,
    fetch::{self, Delivered, DownloadOptions, SavedFile, Source},
};

/// One result of a task, with the client that can fetch it. Returned by
/// [`Results::first`] and [`Results::iter`]. Cheap to clone.
///
/// It derefs to [`ResultFile`].
#[derive(Clone)]
pub struct RemoteFile {
    results: Results,
    file: ResultFile,
    index: usize,
}

impl RemoteFile {
    pub(super) fn new(results: Results, index: usize) -> Self {
        let file = results.files.get(index).cloned().unwrap_or_default();
        Self {
            results,
            file,
            index,
        }
    }

    /// Returns the position among the results of the task, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the id of the task.
    #[must_use]
    pub fn task_id(&self) -> &str {
        &self.results.task_id
    }

    /// Returns all results of the task.
    #[must_use]
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Returns the client that fetches the result.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.results.client()
    }

    /// Saves the result as `path`, which is a file, a folder or a template, see [`Destination`].
    /// Idempotent and free.
    ///
    /// The file appears under its name only when it is complete and verified: its length, its
    /// checksum where the host states one, and its container. No file is ever replaced. A name that
    /// was taken while the download ran is left alone, and the result is saved beside it; see
    /// [`SavedFile::instead_of`].
    ///
    /// # Errors
    /// An error of the output file (see
    /// [`ErrorKind::is_about_output`](crate::ErrorKind::is_about_output)),
    /// [`Expired`](crate::ErrorKind::Expired), [`Unfetchable`](crate::ErrorKind::Unfetchable),
    /// [`Download`](crate::ErrorKind::Download), [`WrongContent`](crate::ErrorKind::WrongContent) or
    /// [`TooLarge`](crate::ErrorKind::TooLarge), with the task id.
    ///
    /// # Cancel safety
    /// Dropping the future stops the download. The received part is kept beside the output file, and
    /// the next download of the same result to the same name continues it.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
    /// let done = aigc.video().task("4-AigcVideo-0f1e2d3c4b5a69788796a5b4c3d2e1f0").until_done().await?;
    /// let file = done.first()?.save("fox.mp4").await?;
    /// println!("{}: {} bytes, SHA-256 {}", file.path.display(), file.bytes, file.sha256);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save(&self, path: impl AsRef<Path> + Send) -> Result<SavedFile, Error> {
        let options = DownloadOptions::new();
        let destination = Destination::reserve_with(path, &options).await;
        let destination = destination.map_err(|error| error.with_task(self.task_id()))?;
        self.save_to(&destination, &options).await
    }

    /// Saves the result in a place that was reserved before, with settings. Otherwise as
    /// [`save`](Self::save).
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    ///
    /// # Cancel safety
    /// As for [`save`](Self::save).
    pub async fn save_to(
        &self,
        destination: &Destination,
        options: &DownloadOptions,
    ) -> Result<SavedFile, Error> {
        let source = Source::of(self)?;
        let mut files = fetch::save_all(&[source], destination, options).await?;
        files.pop().ok_or_else(|| Error::no_result(self.task_id()))
    }

    /// Writes the result to `writer` and flushes it. Idempotent and free.
    ///
    /// Written bytes cannot be taken back. The first bytes are checked before any of them is
    /// written, so that an error page is never delivered; length and checksum are checked at the
    /// end. **After an error the bytes that were written must be discarded.** The container is not
    /// checked, which needs the whole file: see [`save`](Self::save).
    ///
    /// # Errors
    /// As for [`save`](Self::save); an error of the writer has one of the kinds of an output file.
    ///
    /// # Cancel safety
    /// Dropping the future stops the transfer; a part of the result may have been written.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(done: mps_aigc::Done<mps_aigc::Video>) -> Result<(), mps_aigc::Error> {
    /// use mps_aigc::DownloadOptions;
    ///
    /// let mut content = Vec::new();
    /// let options = DownloadOptions::new().max_bytes(100 << 20);
    /// let delivered = done.first()?.write_to(&mut content, &options).await?;
    /// assert_eq!(delivered.bytes, content.len() as u64);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_to(
        &self,
        writer: &mut (impl AsyncWrite + Unpin + Send + ?Sized),
        options: &DownloadOptions,
    ) -> Result<Delivered, Error> {
        fetch::write_to(Source::of(self)?, options, writer).await
    }

    /// Returns the content of the result as a stream. Idempotent and free.
    ///
    /// The checks are those of [`write_to`](Self::write_to). The stream ends after its first error,
    /// after which **the bytes before it must be discarded**. Nothing is sent before the stream is
    /// polled, and dropping it stops the transfer.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(done: mps_aigc::Done<mps_aigc::Video>) -> Result<(), mps_aigc::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use mps_aigc::DownloadOptions;
    ///
    /// let mut content = std::pin::pin!(done.first()?.stream(&DownloadOptions::new()));
    /// while let Some(bytes) = content.try_next().await? {
    ///     println!("{} more bytes", bytes.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(
        &self,
        options: &DownloadOptions,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static + use<> {
        match Source::of(self) {
            Ok(source) => fetch::stream(source, options.clone()).left_stream(),
            Err(error) => stream::once(future::ready(Err(error))).right_stream(),
        }
    }
}

impl Deref for RemoteFile {
    type Target = ResultFile;

    fn deref(&self) -> &ResultFile {
        &self.file
    }
}

impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteFile")
            .field("task_id", &self.task_id())
            .field("index", &self.index)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
