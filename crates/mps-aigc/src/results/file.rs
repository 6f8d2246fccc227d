//! One result as plain data: kind, place, size, length and expiry.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use mps_models::{MediaKind, TaskFamily};
use serde::{Deserialize, Serialize};

use super::time;

/// One result of a task, as plain data. Every member that the service may leave out is an `Option`.
///
/// `Debug` shows URLs without their queries, which may contain signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResultFile {
    /// The kind. A 3-D scene of a video action is a [`Scene`](MediaKind::Scene), not a video.
    #[serde(default)]
    pub kind: MediaKind,
    /// Where the result is stored.
    pub location: Location,
    /// Width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Length of a sound or a video. In JSON it is `duration_ms`.
    #[serde(
        default,
        rename = "duration_ms",
        with = "time::millis",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Duration>,
    /// When the service deletes the result or its URL stops working, whichever is first; `None` if
    /// nothing states it, as for a result in a bucket of yours. In JSON it is a UTC time as in
    /// RFC 3339.
    ///
    /// The service does not say when a video, image or audio task was done, so the time is an
    /// estimate, whose source [`DoneAt`](super::DoneAt) has.
    #[serde(
        default,
        with = "time::rfc3339::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<SystemTime>,
}

impl ResultFile {
    /// Returns the result that an answer describes: a kind, width and height as text, a URL, and a
    /// length in seconds. The extension of the file, where it belongs to one kind, decides the kind.
    pub(crate) fn described(
        kind: MediaKind,
        size: Option<&str>,
        url: String,
        seconds: Option<i64>,
    ) -> Self {
        let (width, height) = size.and_then(pixels).unzip();
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Self {
            kind: kind_of_url(&url).unwrap_or(kind),
            location: Location::Url(url),
            width,
            height,
            duration: seconds.filter(|it| *it > 0).map(Duration::from_secs),
            expires_at: None,
        }
    }

    /// Returns the URL, or `None` for a result in a bucket whose URL the service does not state.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.location.url()
    }

    /// Returns the expiry of a result of `family` that was done at `done_at`.
    pub(crate) fn expiry(&self, family: TaskFamily, done_at: SystemTime) -> Option<SystemTime> {
        let Location::Url(url) = &self.location else {
            return None;
        };
        let kept = family.info().kept_for();
        let deleted = kept.and_then(|kept| done_at.checked_add(kept));
        let times = [deleted, signed_until(url)];
        times.into_iter().flatten().min()
    }
}

/// Where a result is stored.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Location {
    /// In the service's storage, behind a URL that may be signed.
    Url(String),
    /// In a COS bucket of the caller's, as the request asked for.
    Cos(CosObject),
}

impl Location {
    /// Returns the URL, or `None` for a bucket whose URL the service does not state.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Url(url) => Some(url),
            Self::Cos(object) => object.url.as_deref(),
        }
    }

    /// Returns the object in a bucket of the caller's, or `None` for the service's storage.
    #[must_use]
    pub fn cos(&self) -> Option<&CosObject> {
        match self {
            Self::Url(_) => None,
            Self::Cos(object) => Some(object),
        }
    }
}

impl Default for Location {
    fn default() -> Self {
        Self::Url(String::new())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.debug_tuple("Url").field(&without_query(url)).finish(),
            Self::Cos(object) => object.fmt(f),
        }
    }
}

/// An object in a COS bucket of the caller's.
///
/// `Display` writes it as `cos://bucket/key`.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CosObject {
    /// Name of the bucket, the account's number included.
    pub bucket: String,
    /// Region of the bucket.
    pub region: String,
    /// Key of the object; `None` if the service does not state it. Then the object is one of those
    /// in [`folder`](Self::folder).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The folder that the request named, if it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The URL that the service states, if it states one. It may need a signature of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl fmt::Display for CosObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.as_deref().unwrap_or_default();
        let (path, end) = match &self.key {
            Some(key) => (key.trim_start_matches('/'), ""),
            None => (
                folder.trim_matches('/'),
                if folder.is_empty() { "" } else { "/" },
            ),
        };
        write!(f, "cos://{}/{path}{end}", self.bucket)
    }
}

impl fmt::Debug for CosObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cos")
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .field("key", &self.key)
            .field("folder", &self.folder)
            .field("url", &self.url.as_deref().map(without_query))
            .finish()
    }
}

/// Returns width and height of a text, for example `1920x1088` or `1080*720`; the documentation has both
/// forms.
fn pixels(size: &str) -> Option<(u32, u32)> {
    let (width, height) = size.trim().split_once(['x', 'X', '*'])?;
    let number = |text: &str| text.trim().parse().ok().filter(|it| *it > 0);
    Some((number(width)?, number(height)?))
}

/// Returns the end of the signature of a COS URL, in the form `q-sign-time=START;END`.
fn signed_until(url: &str) -> Option<SystemTime> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, times) = pairs.find(|(name, _)| name == "q-sign-time")?;
    let (_, end) = times.split_once(';')?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end.parse().ok()?))
}

/// Returns the kind of the file that a URL names, if its extension belongs to one kind.
pub(super) fn kind_of_url(url: &str) -> Option<MediaKind> {
    let (_, extension) = without_query(url).rsplit_once('.')?;
    MediaKind::of_extension(extension)
}

/// Returns a URL without its query and fragment, which may contain a signature.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
