use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::media::{Broken, Media};

/// A file, and the validator that stands for its contents.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(super) bytes: Bytes,
    pub(super) etag: HeaderValue,
    pub(super) content_type: &'static str,
}

/// The latest few files. One is made in milliseconds and is the same every time, so that what
/// does not fit is made again: memory stays bounded, below 20 MB at the largest sizes.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<VecDeque<(Media, Object)>>);

const MOST_OBJECTS: usize = 8;

impl Cache {
    /// The file for `media`, made now or remembered.
    pub(crate) fn object(&self, media: Media) -> Result<Object, Broken> {
        // Held while the file is made: others who want it need not make it too.
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, object)) = objects.iter().find(|(made, _)| *made == media) {
            return Ok(object.clone());
        }
        let object = make(media)?;
        objects.truncate(MOST_OBJECTS - 1);
        objects.push_front((media, object.clone()));
        Ok(object)
    }
}

fn make(media: Media) -> Result<Object, Broken> {
    let bytes = media.render()?;
    let mut digest = hex::encode(Sha256::digest(&bytes));
    digest.truncate(32);
    let etag =
        HeaderValue::from_str(&format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    Ok(Object {
        bytes,
        etag,
        content_type: media.content_type(),
    })
}
