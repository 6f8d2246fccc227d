//! A cache of media files.

use std::{collections::VecDeque, sync::Mutex};

use bytes::Bytes;
use http::HeaderValue;

use super::{Media, RenderError, checksum};
use crate::lock::lock;

/// A file, its entity tag and its checksum.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    pub(crate) etag: HeaderValue,
    pub(crate) crc64: HeaderValue,
    pub(crate) content_type: &'static str,
}

/// The latest files. Making a file takes milliseconds and always gives the same bytes, so a
/// forgotten one is made again: memory stays below 20 MB at the largest sizes.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<VecDeque<(Media, Object)>>);

const MAX_OBJECTS: usize = 8;

impl Cache {
    /// Returns the file for `media`, from the cache or newly made.
    pub(crate) fn object(&self, media: Media) -> Result<Object, RenderError> {
        // Locked while the file is made, so that concurrent requests make it once.
        let mut objects = lock(&self.0);
        if let Some((_, object)) = objects.iter().find(|(made, _)| *made == media) {
            return Ok(object.clone());
        }
        let object = make(media)?;
        objects.truncate(MAX_OBJECTS - 1);
        objects.push_front((media, object.clone()));
        Ok(object)
    }
}

fn make(media: Media) -> Result<Object, RenderError> {
    let bytes = media.render()?;
    Ok(Object {
        etag: checksum::etag(&bytes),
        crc64: checksum::crc64_value(checksum::crc64(&bytes)),
        bytes,
        content_type: media.content_type(),
    })
}
