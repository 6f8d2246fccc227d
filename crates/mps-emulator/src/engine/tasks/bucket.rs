//! Buckets of callers, as places of results.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// Everything but unreserved characters (RFC 3986, section 2.3) and the star, with which the
/// documentation hides parts of bucket names.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*');

/// A caller's bucket in the object storage (COS) for a task's results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    name: String,
    region: String,
    folder: String,
}

impl Bucket {
    /// Returns `None` unless name and region are given. An empty text counts as absent, as in the
    /// documentation's own requests.
    pub(crate) fn complete(
        name: Option<&str>,
        region: Option<&str>,
        folder: Option<&str>,
    ) -> Option<Self> {
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            name: given(name)?,
            region: given(region)?,
            folder: folder.unwrap_or_default().trim_matches('/').to_owned(),
        })
    }

    /// Returns the bucket's host in the real storage.
    pub(crate) fn host(&self) -> String {
        format!(
            "{}.cos.{}.myqcloud.com",
            encoded(&self.name),
            encoded(&self.region)
        )
    }

    /// Returns the bucket's path in the emulator: `BUCKET/REGION`.
    pub(crate) fn local(&self) -> String {
        format!("{}/{}", encoded(&self.name), encoded(&self.region))
    }

    /// Returns the path of a task's file in the bucket: `FOLDER/TASK_0.mp4`.
    pub(crate) fn key(&self, task_id: &str, file: &str) -> String {
        let folders = self.folders().into_iter();
        let folders: String = folders.map(|folder| encoded(folder) + "/").collect();
        format!("{folders}{task_id}_{file}")
    }

    /// Returns the parts of the folder without `.` and `..`, escaped or not. HTTP clients resolve
    /// these before sending (RFC 3986, section 5.2.4), so a URL with them could not be downloaded.
    fn folders(&self) -> Vec<&str> {
        let mut folders = Vec::new();
        for folder in self.folder.split('/') {
            match folder {
                "" | "." => {}
                ".." => drop(folders.pop()),
                name => folders.push(name),
            }
        }
        folders
    }

    /// Returns the bytes of its texts.
    pub(crate) fn weight(&self) -> usize {
        self.name.len() + self.region.len() + self.folder.len()
    }
}

/// Escapes a part of a URL.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(folder: &str) -> String {
        let bucket = Bucket::complete(Some("b-1250000000"), Some("ap-guangzhou"), Some(folder));
        bucket.unwrap().key("7-AigcVideo-a", "0.mp4")
    }

    #[test]
    fn objects_have_the_addresses_of_the_real_ones() {
        let bucket = Bucket::complete(Some("b-1250000000"), Some("ap-guangzhou"), None).unwrap();
        assert_eq!(bucket.host(), "b-1250000000.cos.ap-guangzhou.myqcloud.com");
        assert_eq!(bucket.local(), "b-1250000000/ap-guangzhou");
        for folder in ["", "/", "//"] {
            assert_eq!(key(folder), "7-AigcVideo-a_0.mp4");
        }
        assert_eq!(key("/my/out/"), "my/out/7-AigcVideo-a_0.mp4");
        assert_eq!(key("a*b-._~"), "a*b-._~/7-AigcVideo-a_0.mp4");
        assert_eq!(key("a b?/é"), "a%20b%3F/%C3%A9/7-AigcVideo-a_0.mp4");
    }

    #[test]
    fn half_a_bucket_is_none() {
        assert_eq!(Bucket::complete(Some(""), Some(""), Some("/x")), None);
        assert_eq!(Bucket::complete(Some("b"), None, None), None);
        assert_eq!(Bucket::complete(None, Some("r"), None), None);
    }
}
