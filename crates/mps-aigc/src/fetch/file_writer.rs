//! Writes a partial file from asynchronous code: pieces are collected, and written and hashed on a
//! thread for blocking work while the next ones arrive.

use std::{io, mem};

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::partial::Partial;
use crate::{
    error::{Error, ErrorKind},
    place::Place,
};

/// Bytes that are collected before they are written.
const BLOCK: usize = 256 * 1024;

/// A partial file and the bytes that are to be written to it.
///
/// Dropping it writes the collected bytes, unless a write is in progress at that moment.
#[derive(Debug)]
pub(super) struct FileWriter {
    partial: Access,
    pieces: Vec<Bytes>,
    collected: usize,
}

/// The access to a partial file.
#[derive(Debug)]
enum Access {
    Idle(Box<Partial>),
    Busy(JoinHandle<(Box<Partial>, Result<(), Error>)>),
    /// The thread ended without giving the file back.
    Lost,
}

impl FileWriter {
    pub(super) fn new(partial: Partial) -> Self {
        Self {
            partial: Access::Idle(Box::new(partial)),
            pieces: Vec::new(),
            collected: 0,
        }
    }

    /// Takes bytes to be written.
    ///
    /// # Errors
    /// Fails if earlier bytes could not be written.
    ///
    /// # Cancel safety
    /// The bytes are taken when the future is first polled.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.collected += bytes.len();
        self.pieces.push(bytes);
        if self.collected >= BLOCK {
            self.flush().await?;
        }
        Ok(())
    }

    /// Begins to write the collected bytes, after those before them are written.
    async fn flush(&mut self) -> Result<(), Error> {
        self.wait().await?;
        let pieces = mem::take(&mut self.pieces);
        self.collected = 0;
        self.begin(move |partial| partial.append(&pieces));
        Ok(())
    }

    /// Runs blocking work on the file after all bytes before it are written.
    ///
    /// # Errors
    /// The error of the work or of an earlier write.
    ///
    /// # Cancel safety
    /// The work may be done or not if the future is dropped.
    pub(super) async fn run(
        &mut self,
        work: impl FnOnce(&mut Partial) -> io::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        self.wait().await?;
        self.begin(work);
        self.wait().await
    }

    /// Forgets bytes that are not written yet.
    pub(super) fn forget_collected(&mut self) {
        self.pieces.clear();
        self.collected = 0;
    }

    /// Writes everything and returns the file.
    ///
    /// # Errors
    /// Fails if bytes could not be written; the place is returned if it still exists.
    ///
    /// # Cancel safety
    /// As for dropping the writer.
    pub(super) async fn finish(&mut self) -> Result<Box<Partial>, Error> {
        self.flush().await?;
        self.wait().await?;
        match mem::replace(&mut self.partial, Access::Lost) {
            Access::Idle(partial) => Ok(partial),
            other => {
                self.partial = other;
                Err(lost())
            }
        }
    }

    /// Gives a file back that [`finish`](Self::finish) has returned.
    pub(super) fn put_back(&mut self, partial: Box<Partial>) {
        self.partial = Access::Idle(partial);
    }

    /// Ends early and returns the place; the received part is kept if it can be resumed.
    ///
    /// # Cancel safety
    /// As for dropping the writer.
    pub(super) async fn into_place(mut self) -> Option<Place> {
        // A write that failed leaves the bytes before it.
        let _is_reported_already = self.wait().await;
        let pieces = mem::take(&mut self.pieces);
        match mem::replace(&mut self.partial, Access::Lost) {
            Access::Idle(mut partial) => {
                let done = tokio::task::spawn_blocking(move || {
                    let _best_effort = partial.append(&pieces);
                    partial.into_place()
                });
                done.await.ok().flatten()
            }
            _ => None,
        }
    }

    /// Waits until no work is in progress.
    async fn wait(&mut self) -> Result<(), Error> {
        let Access::Busy(work) = &mut self.partial else {
            return Ok(());
        };
        match work.await {
            Ok((partial, done)) => {
                self.partial = Access::Idle(partial);
                done
            }
            Err(error) => {
                self.partial = Access::Lost;
                Err(lost().with_source(error))
            }
        }
    }

    fn begin(&mut self, work: impl FnOnce(&mut Partial) -> io::Result<()> + Send + 'static) {
        if let Access::Idle(mut partial) = mem::replace(&mut self.partial, Access::Lost) {
            self.partial = Access::Busy(tokio::task::spawn_blocking(move || {
                let done = work(&mut partial).map_err(|error| partial.unwritable(&error));
                (partial, done)
            }));
        }
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if let Access::Idle(partial) = &mut self.partial {
            let _best_effort = partial.append(&self.pieces);
        }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::File, "the work on an output file did not end")
}
