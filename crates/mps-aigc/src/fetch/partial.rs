//! A file that is not complete yet, with the record from which another process resumes it. All of
//! this blocks.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
};

use bytes::Bytes;

use super::{
    checksum::Digests,
    container::Completeness,
    content::{self, Content},
    entity::Entity,
    errors::{TransferError, transient, wrong_content},
    resume_log::{self, Checkpoint, Header, ResumeLog},
    source::Source,
    transfer::Received,
};
use crate::{error::Error, place::Place};

/// Bytes between two checkpoints: after a kill, at most these are fetched again.
const CHECKPOINT: u64 = 512 * 1024;
/// Size of the pieces in which a kept part is read.
const READ: usize = 256 * 1024;

/// A file that is not complete yet. Dropping it keeps it if it can be resumed.
#[derive(Debug)]
pub(super) struct Partial {
    place: Option<Place>,
    file: File,
    log: Option<ResumeLog>,
    digests: Digests,
    written: u64,
    /// Bytes at the last checkpoint.
    checkpoint: u64,
    /// `true` once a write has failed: later bytes have a gap before them.
    is_broken: bool,
}

impl Partial {
    /// Opens the temporary file of a place. Returns the part of the result that is there already, if an
    /// earlier download has left that there.
    pub(super) fn open(
        place: Place,
        source: &Source,
    ) -> Result<(Self, Option<Received>), (Error, Option<Place>)> {
        let file = match place.file() {
            Ok(file) => file,
            Err(error) => return Err((error, Some(place))),
        };
        let mut partial = Self {
            place: Some(place),
            file,
            log: None,
            digests: Digests::new(&Entity::default().expected),
            written: 0,
            checkpoint: 0,
            is_broken: false,
        };
        match partial.take_over(source) {
            Ok(received) => Ok((partial, received)),
            Err(error) => {
                let error = partial.unwritable(&error);
                Err((error, partial.into_place()))
            }
        }
    }

    fn take_over(&mut self, source: &Source) -> io::Result<Option<Received>> {
        let received = self.received(source)?;
        if received.is_none() {
            self.clear()?;
        }
        Ok(received)
    }

    /// Reads the kept part up to the last checkpoint that its bytes agree with.
    fn received(&mut self, source: &Source) -> io::Result<Option<Received>> {
        let Some(record) = self.place.as_ref().and_then(Place::record) else {
            return Ok(None);
        };
        let Some((header, checkpoints)) = resume_log::read(&record) else {
            return Ok(None);
        };
        let entity = header.entity();
        let Some(verified) = (if header.is_of(source) {
            verified(&self.file, &checkpoints, &entity)?
        } else {
            None
        }) else {
            return Ok(None);
        };
        let (digests, checkpoint) = verified;
        self.file.set_len(checkpoint.bytes)?;
        let head = head(&self.file)?;
        self.file.seek(io::SeekFrom::Start(checkpoint.bytes))?;
        let mut log = ResumeLog::begin(record, &header)?;
        log.add(&checkpoint)?;
        self.log = Some(log);
        self.digests = digests;
        self.written = checkpoint.bytes;
        self.checkpoint = checkpoint.bytes;
        self.keep(true);
        Ok(Some(Received {
            entity,
            bytes: checkpoint.bytes,
            head,
        }))
    }

    /// Begins with another content.
    pub(super) fn start_over(&mut self, source: &Source, entity: &Entity) -> io::Result<()> {
        self.clear()?;
        self.digests = Digests::new(&entity.expected);
        let header = Header::of(source, entity);
        let record = self.place.as_ref().and_then(Place::record);
        // Without a record the download continues, and starts over in another process.
        self.log = header
            .zip(record)
            .and_then(|(header, record)| ResumeLog::begin(record, &header).ok());
        Ok(())
    }

    /// Removes all content.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.keep(false);
        self.log = None;
        self.written = 0;
        self.checkpoint = 0;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.is_broken = false;
        Ok(())
    }

    pub(super) fn append(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        for piece in pieces {
            if self.is_broken {
                return Err(io::ErrorKind::Other.into());
            }
            self.file
                .write_all(piece)
                .inspect_err(|_| self.is_broken = true)?;
            self.digests.update(piece);
            self.written += piece.len() as u64;
            if self.written - self.checkpoint >= CHECKPOINT {
                self.add_checkpoint();
            }
        }
        Ok(())
    }

    /// Adds a checkpoint after the last byte that was written. A failure costs a later process a part of the transfer, no more.
    pub(super) fn add_checkpoint(&mut self) {
        let Some(log) = &mut self.log else {
            return;
        };
        if self.written == self.checkpoint {
            return;
        }
        let checkpoint = Checkpoint {
            bytes: self.written,
            sha256: self.digests.sha256(),
        };
        if log.add(&checkpoint).is_ok() {
            self.checkpoint = self.written;
            self.keep(true);
        } else {
            self.log = None;
        }
    }

    /// Checks that the file is complete and has the checksums that its host states. Returns its
    /// SHA-256.
    pub(super) fn verify(&mut self, entity: &Entity) -> Result<String, TransferError> {
        let bytes = self.written;
        if let Some(total) = entity.total.filter(|total| *total != bytes) {
            let message = format!("the file has {bytes} bytes instead of {total}");
            return Err(transient(message));
        }
        if let Some(name) = self.digests.mismatch(&entity.expected) {
            let message = format!(
                "the {name} of the {bytes} received bytes is not the one that the host states"
            );
            return Err(wrong_content(message));
        }
        let inspected = inspect(&self.file, bytes);
        let (content, completeness) =
            inspected.map_err(|error| TransferError::Permanent(self.unwritable(&error)))?;
        match (content, completeness) {
            (_, Completeness::Proven) => {}
            (_, Completeness::Possible) if entity.has_proven_end() => {}
            (Content::Container(container), Completeness::Cut) if entity.has_proven_end() => {
                let name = container.name();
                let message = format!("the host sent a cut {name} file, {bytes} bytes");
                return Err(wrong_content(message));
            }
            _ => return Err(unproven_end(bytes)),
        }
        Ok(self.digests.sha256())
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Returns the place, whose name stays reserved; the received part is kept if it can be resumed.
    pub(super) fn into_place(mut self) -> Option<Place> {
        self.add_checkpoint();
        self.place.take()
    }

    pub(super) fn unwritable(&self, error: &io::Error) -> Error {
        let path = self.place.as_ref().map(Place::path).unwrap_or_default();
        Error::cannot_write(&path, error)
    }

    fn keep(&mut self, keep: bool) {
        if let Some(place) = &mut self.place {
            place.keep(keep);
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.add_checkpoint();
    }
}

/// Returns the error of a body of which nothing shows that it is complete.
pub(super) fn unproven_end(bytes: u64) -> TransferError {
    transient(format!(
        "the download ended after {bytes} bytes, and nothing shows that this is all: the host sent \
         no length"
    ))
}

/// Reads a file up to the last checkpoint that its bytes agree with; `None` if none does.
fn verified(
    mut file: &File,
    checkpoints: &[Checkpoint],
    entity: &Entity,
) -> io::Result<Option<(Digests, Checkpoint)>> {
    file.rewind()?;
    let mut digests = Digests::new(&entity.expected);
    let mut last = None;
    let mut read = 0;
    for checkpoint in checkpoints {
        let length = checkpoint.bytes - read;
        if !digest(&mut file.take(length), length, &mut digests)?
            || digests.sha256() != checkpoint.sha256
        {
            break;
        }
        read = checkpoint.bytes;
        last = Some((digests.clone(), checkpoint.clone()));
    }
    Ok(last)
}

/// Adds `length` bytes to the digests. Returns `false` if there are not as many.
fn digest(from: &mut impl io::Read, length: u64, digests: &mut Digests) -> io::Result<bool> {
    let mut buffer = vec![0; READ];
    let mut left = length;
    while left > 0 {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if count == 0 {
            return Ok(false);
        }
        digests.update(buffer.get(..count).unwrap_or_default());
        left = left.saturating_sub(count as u64);
    }
    Ok(true)
}

/// Returns the checksums of a whole file.
pub(super) fn digests_of(mut file: &File, entity: &Entity) -> io::Result<Digests> {
    let mut digests = Digests::new(&entity.expected);
    let length = file.metadata()?.len();
    file.rewind()?;
    if digest(&mut file, length, &mut digests)? {
        Ok(digests)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Returns the first bytes of a file, at most [`content::HEAD`].
pub(super) fn head(mut file: &File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.rewind()?;
    file.take(content::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Returns the kind of a file of `length` bytes, and whether it is complete.
fn inspect(file: &File, length: u64) -> io::Result<(Content, Completeness)> {
    let content = Content::of(&head(file)?);
    let completeness = match content {
        Content::Container(container) => {
            container.completeness(&mut io::BufReader::new(file), length)?
        }
        _ => Completeness::Possible,
    };
    Ok((content, completeness))
}
