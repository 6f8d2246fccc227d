//! The record of a partial file, from which another process resumes it.
//!
//! The first line describes the content as JSON, the second is the digest of the first, and each
//! later one is a checkpoint: a number of bytes and their SHA-256. Lines are only added, so a write
//! that is cut loses one checkpoint.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{checksum::Expected, entity::Entity, source::Source};
use crate::results::without_query;

/// Version of the format. A record of another version is not used.
const VERSION: u32 = 1;
/// Most bytes of a record that are read: enough for 100 GB.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The content of which a file is a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    version: u32,
    task_id: String,
    index: usize,
    /// Without the query, which may be signed anew.
    url: String,
    tag: String,
    total: u64,
    crc64: Option<u64>,
    md5: Option<String>,
}

impl Header {
    /// Returns the record of content that can be resumed, or `None` for any other content.
    pub(super) fn of(source: &Source, entity: &Entity) -> Option<Self> {
        let (tag, total) = entity.resumable()?;
        Some(Self {
            version: VERSION,
            task_id: source.task_id.to_string(),
            index: source.index,
            url: without_query(&source.url).to_owned(),
            tag: tag.to_owned(),
            total,
            crc64: entity.expected.crc64,
            md5: entity.expected.md5.map(hex::encode),
        })
    }

    /// Returns `true` if the record is about this result.
    pub(super) fn is_of(&self, source: &Source) -> bool {
        self.version == VERSION
            && self.task_id == *source.task_id
            && self.index == source.index
            && self.url == without_query(&source.url)
    }

    pub(super) fn entity(&self) -> Entity {
        let md5 = self.md5.as_deref().and_then(|it| hex::decode(it).ok());
        Entity {
            total: Some(self.total),
            tag: Some(self.tag.clone()),
            is_framed: false,
            expected: Expected {
                crc64: self.crc64,
                md5: md5.and_then(|it| it.try_into().ok()),
            },
        }
    }
}

/// A number of bytes that were written, and their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A record that is being written.
#[derive(Debug)]
pub(super) struct ResumeLog(File);

impl ResumeLog {
    /// Begins a record in place of the content of `file`.
    pub(super) fn begin(mut file: File, header: &Header) -> io::Result<Self> {
        let line = serde_json::to_string(header)?;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(format!("{line}\n{}\n", digest(&line)).as_bytes())?;
        Ok(Self(file))
    }

    pub(super) fn add(&mut self, checkpoint: &Checkpoint) -> io::Result<()> {
        let line = format!("{} {}\n", checkpoint.bytes, checkpoint.sha256);
        self.0.write_all(line.as_bytes())
    }

    #[cfg(test)]
    fn into_file(self) -> File {
        self.0
    }
}

/// Reads a record: the content and its checkpoints in ascending order. Returns `None` if it is damaged
/// or of another version.
pub(super) fn read(mut file: &File) -> Option<(Header, Vec<Checkpoint>)> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let mut lines = text
        .split_inclusive('\n')
        .map_while(|line| line.strip_suffix('\n'));
    let (header, check) = (lines.next()?, lines.next()?);
    if digest(header) != check {
        return None;
    }
    let header: Header = serde_json::from_str(header).ok()?;
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    for line in lines {
        let Some(checkpoint) = checkpoint(line) else {
            break;
        };
        let is_ascending = checkpoints
            .last()
            .is_none_or(|it| it.bytes < checkpoint.bytes);
        if !is_ascending || checkpoint.bytes > header.total {
            break;
        }
        checkpoints.push(checkpoint);
    }
    Some((header, checkpoints))
}

fn checkpoint(line: &str) -> Option<Checkpoint> {
    let (bytes, sha256) = line.split_once(' ')?;
    Some(Checkpoint {
        bytes: bytes.parse().ok()?,
        sha256: sha256.to_owned(),
    })
}

fn digest(line: &str) -> String {
    hex::encode(Sha256::digest(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            version: VERSION,
            task_id: "7".into(),
            index: 0,
            url: "https://bucket.example/0.mp4".into(),
            tag: "\"v1\"".into(),
            total: 100,
            crc64: Some(u64::MAX),
            md5: None,
        }
    }

    fn at(bytes: u64) -> Checkpoint {
        let sha256 = digest(&bytes.to_string());
        Checkpoint { bytes, sha256 }
    }

    fn record() -> Vec<u8> {
        let mut log = ResumeLog::begin(tempfile::tempfile().unwrap(), &header()).unwrap();
        log.add(&at(10)).unwrap();
        log.add(&at(20)).unwrap();
        let mut file = log.into_file();
        let mut content = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut content).unwrap();
        content
    }

    fn read_back(content: &[u8]) -> Option<(Header, Vec<Checkpoint>)> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        read(&file)
    }

    #[test]
    fn a_record_that_is_cut_anywhere_has_fewer_checkpoints() {
        let record = record();
        let whole = read_back(&record).unwrap();
        assert_eq!(whole, (header(), vec![at(10), at(20)]));
        for length in 0..record.len() {
            if let Some((read, checkpoints)) = read_back(&record[..length]) {
                assert_eq!(read, header());
                assert!(whole.1.starts_with(&checkpoints), "{length}");
                assert!(checkpoints.len() < 2, "{length}");
            }
        }
    }

    #[test]
    fn a_changed_description_is_not_used() {
        let record = record();
        let end = record.iter().position(|byte| *byte == b'\n').unwrap();
        for at in 0..end {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert_eq!(read_back(&changed), None, "{at}");
        }
    }
}
