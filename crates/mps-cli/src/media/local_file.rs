//! A local file that an option names, read and checked.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use mps_aigc::models::preflight::Finding;
use mps_jobs::MEDIA_FOLDER;
use serde::Serialize;

use super::{
    MediaOption, file,
    format::{self, Format},
};
use crate::{failure::Failure, foreign_text, live::units};

/// A local file that was read.
#[derive(Clone, Debug)]
pub(super) struct LocalFile {
    pub(super) option: MediaOption,
    /// The member with its index, such as `ImageInfos[0].ImageUrl`.
    pub(super) member: String,
    pub(super) path: PathBuf,
    /// The SHA-256 of the content, in hexadecimal.
    sha256: String,
    pub(super) content: Bytes,
    /// `None` if the first bytes are those of no known format.
    pub(super) format: Option<&'static Format>,
}

/// A file that a create uploads, for `--dry-run`.
#[derive(Serialize)]
pub(crate) struct PlannedUpload<'a> {
    member: &'a str,
    path: String,
    bytes: usize,
    sha256: &'a str,
    content_type: &'static str,
}

impl fmt::Display for PlannedUpload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = foreign_text::path(Path::new(&self.path));
        let size = units::bytes(u64::try_from(self.bytes).unwrap_or(u64::MAX));
        let (member, content_type, sha256) = (self.member, self.content_type, self.sha256);
        write!(
            f,
            "{member}: {path}, {size}, {content_type}, sha256 {sha256}"
        )
    }
}

impl LocalFile {
    pub(super) fn read(option: MediaOption, nth: usize, path: &Path) -> Result<Self, Failure> {
        let content = file::read(option.flag, path)?;
        Ok(Self {
            option,
            member: member(option, nth),
            path: path.to_owned(),
            sha256: file::sha256(&content),
            format: Format::of(&content),
            content,
        })
    }

    /// Returns the same file as the value of another option.
    pub(super) fn for_member(self, option: MediaOption, nth: usize) -> Self {
        Self {
            option,
            member: member(option, nth),
            ..self
        }
    }

    /// Returns the name of the object, which is the hash of the content, with an extension that fits.
    pub(super) fn name(&self) -> String {
        let extension = self.format.map_or("bin", |format| format.extension());
        format!("{}.{extension}", self.sha256)
    }

    /// Returns the URL that stands for the file while its bucket is not known.
    pub(super) fn stand_in(&self) -> String {
        format!("https://local.invalid/{MEDIA_FOLDER}/{}", self.name())
    }

    pub(super) fn content_type(&self) -> &'static str {
        self.format
            .map_or("application/octet-stream", |format| format.content_type)
    }

    /// Returns the path as errors show it.
    pub(super) fn display_path(&self) -> String {
        foreign_text::path(&self.path)
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        format::findings(&self.member, &self.display_path(), self)
    }

    pub(super) fn planned_upload(&self) -> PlannedUpload<'_> {
        PlannedUpload {
            member: &self.member,
            path: self.path.display().to_string(),
            bytes: self.content.len(),
            sha256: &self.sha256,
            content_type: self.content_type(),
        }
    }
}

/// Returns the member that the value number `nth` of an option sets.
fn member(option: MediaOption, nth: usize) -> String {
    option.member.replace("[]", &format!("[{nth}]"))
}
