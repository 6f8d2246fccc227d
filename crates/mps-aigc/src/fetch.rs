//! Downloads of results: resumed where they broke off, complete and of the right kind or not there at
//! all.
//!
//! [`transfer`](self::transfer) receives the content over any number of attempts. [`entity`] decides
//! whether a response continues it, [`retries`] whether another attempt follows, and [`content`] and
//! [`container`] whether it is the result. [`partial`] is the file on the disk with its record
//! ([`resume_log`]), and [`save`] and [`reader`] are the two ways to deliver it.

use std::path::PathBuf;

use mps_models::MediaKind;
use serde::{Deserialize, Serialize};

mod address;
mod checksum;
mod container;
mod content;
mod entity;
mod errors;
mod file_writer;
mod options;
mod partial;
mod progress;
mod reader;
mod request;
mod resume_log;
mod retries;
mod save;
mod slots;
mod source;
mod speed;
mod transfer;

pub use self::{
    options::{DownloadOptions, ExistingFile},
    progress::DownloadProgress,
    reader::Delivered,
};
pub(crate) use self::{
    reader::{stream, write_to},
    save::save_all,
    source::Source,
};

/// A downloaded result.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedFile {
    /// The path of the file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The kind of media, as the first bytes show it; [`Unknown`](MediaKind::Unknown) for binary
    /// content of a kind that this version does not recognize.
    #[serde(default)]
    pub kind: MediaKind,
    /// The requested path, if another file took that name while the download ran: then this file
    /// was saved beside it.
    pub instead_of: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
