//! The uploaded objects, in memory.

use std::{collections::VecDeque, fmt};

use http::HeaderValue;

use crate::media::cache::Object;

/// Longest object. The vendor's storage takes 5 GB in one request.
pub(crate) const MAX_OBJECT_BYTES: usize = 100_000_000;

const MAX_OBJECTS: usize = 1_000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// An uploaded object with the time of its upload.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) object: Object,
    pub(crate) modified: HeaderValue,
}

/// The objects that were uploaded last, by their paths, the oldest first. No part of a snapshot.
#[derive(Default)]
pub(crate) struct Objects {
    objects: VecDeque<(String, StoredObject)>,
    bytes: usize,
}

impl Objects {
    /// Stores an object in place of an earlier one of the path.
    pub(super) fn put(&mut self, path: &str, object: StoredObject) {
        if let Some(at) = self.objects.iter().position(|(stored, _)| stored == path) {
            let earlier = self.objects.remove(at);
            self.bytes -= earlier.map_or(0, |(_, it)| it.object.bytes.len());
        }
        self.bytes += object.object.bytes.len();
        self.objects.push_back((path.to_owned(), object));
        while self.objects.len() > MAX_OBJECTS || self.bytes > MAX_BYTES {
            let forgotten = self.objects.pop_front();
            self.bytes -= forgotten.map_or(0, |(_, it)| it.object.bytes.len());
        }
    }

    /// Returns the object of a path; `None` if there is none.
    pub(super) fn get(&self, path: &str) -> Option<StoredObject> {
        let mut objects = self.objects.iter();
        let found = objects.find(|(stored, _)| stored == path);
        found.map(|(_, object)| object.clone())
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            .field("objects", &self.objects.len())
            .field("bytes", &self.bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn object(bytes: usize) -> StoredObject {
        StoredObject {
            object: Object {
                bytes: Bytes::from(vec![0; bytes]),
                etag: HeaderValue::from_static("\"\""),
                crc64: HeaderValue::from_static("0"),
                content_type: HeaderValue::from_static("image/png"),
            },
            modified: HeaderValue::from_static(""),
        }
    }

    #[test]
    fn an_object_replaces_the_earlier_one_and_the_oldest_is_forgotten() {
        let mut objects = Objects::default();
        objects.put("/a", object(MAX_OBJECT_BYTES));
        objects.put("/b", object(1));
        objects.put("/a", object(MAX_OBJECT_BYTES));
        assert_eq!(
            (objects.objects.len(), objects.bytes),
            (2, MAX_OBJECT_BYTES + 1)
        );
        objects.put("/c", object(MAX_OBJECT_BYTES));
        objects.put("/d", object(MAX_OBJECT_BYTES));
        let kept = ["/a", "/b", "/c", "/d"].map(|path| objects.get(path).is_some());
        assert_eq!(kept, [false, false, true, true]);
    }

    #[test]
    fn the_number_of_objects_is_bounded() {
        let mut objects = Objects::default();
        for number in 0..=MAX_OBJECTS {
            objects.put(&format!("/{number}"), object(1));
        }
        assert_eq!(
            (objects.objects.len(), objects.bytes),
            (MAX_OBJECTS, MAX_OBJECTS)
        );
        assert!(objects.get("/0").is_none());
    }
}
