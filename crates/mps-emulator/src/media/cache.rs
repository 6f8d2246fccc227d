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
    pub(crate) content_type: HeaderValue,
}

/// The files that were used last. Making a file takes milliseconds and always gives the same bytes,
/// so a forgotten one is made again.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Objects>);

/// Files in the order of their last use, the latest first.
#[derive(Debug, Default)]
struct Objects {
    objects: VecDeque<(Media, Object)>,
    bytes: usize,
}

/// Thousands of tasks of a batch differ in a few sizes and durations only, whose files all fit.
const MAX_OBJECTS: usize = 256;
const MAX_BYTES: usize = 64 * 1024 * 1024;

impl Cache {
    /// Returns the file for `media`, from the cache or newly made.
    pub(crate) fn object(&self, media: Media) -> Result<Object, RenderError> {
        // Locked while the file is made, so that concurrent requests make it once.
        let mut objects = lock(&self.0);
        if let Some(object) = objects.find(media) {
            return Ok(object);
        }
        let object = make(media)?;
        objects.add(media, object.clone());
        Ok(object)
    }
}

impl Objects {
    fn find(&mut self, media: Media) -> Option<Object> {
        let mut made = self.objects.iter();
        let at = made.position(|(made, _)| *made == media)?;
        let found = self.objects.remove(at)?;
        let object = found.1.clone();
        self.objects.push_front(found);
        Some(object)
    }

    fn add(&mut self, media: Media, object: Object) {
        self.bytes += object.bytes.len();
        self.objects.push_front((media, object));
        // The newest stays, whatever its size.
        while self.objects.len() > 1 && (self.objects.len() > MAX_OBJECTS || self.bytes > MAX_BYTES)
        {
            let forgotten = self.objects.pop_back();
            self.bytes -= forgotten.map_or(0, |(_, object)| object.bytes.len());
        }
    }
}

fn make(media: Media) -> Result<Object, RenderError> {
    let bytes = media.render()?;
    Ok(Object {
        etag: checksum::etag(&bytes),
        crc64: checksum::crc64_value(checksum::crc64(&bytes)),
        bytes,
        content_type: HeaderValue::from_static(media.content_type()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Clip, FrameSize};

    fn clip(seconds: u32) -> Media {
        Media::Video(Clip {
            size: FrameSize::parse(None, None).unwrap(),
            seconds,
        })
    }

    fn object(bytes: usize) -> Object {
        Object {
            bytes: Bytes::from(vec![0; bytes]),
            etag: HeaderValue::from_static("\"\""),
            crc64: HeaderValue::from_static("0"),
            content_type: HeaderValue::from_static("video/mp4"),
        }
    }

    #[test]
    fn the_file_whose_use_is_longest_ago_is_forgotten() {
        let mut objects = Objects::default();
        for seconds in 1..=3 {
            objects.add(clip(seconds), object(MAX_BYTES / 3));
        }
        assert!(objects.find(clip(1)).is_some());
        objects.add(clip(4), object(MAX_BYTES / 3));
        let kept = [1, 2, 3, 4].map(|seconds| objects.find(clip(seconds)).is_some());
        assert_eq!(kept, [true, false, true, true]);
        assert!(objects.bytes <= MAX_BYTES);
    }

    #[test]
    fn the_number_of_files_is_bounded_and_one_of_any_size_is_kept() {
        let mut objects = Objects::default();
        for seconds in 0..1_000 {
            objects.add(clip(seconds), object(1));
        }
        assert_eq!(
            (objects.objects.len(), objects.bytes),
            (MAX_OBJECTS, MAX_OBJECTS)
        );
        objects.add(clip(1_000), object(MAX_BYTES + 1));
        assert_eq!(objects.objects.len(), 1);
    }
}
