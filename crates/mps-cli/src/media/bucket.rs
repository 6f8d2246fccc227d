//! The bucket that local files are uploaded to, and the URLs of objects in it.

use std::{env, fmt};

use mps_jobs::MEDIA_FOLDER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::{failure::Failure, foreign_text, request::keys_and_values};

/// The variable with the bucket of commands whose request names none.
pub(crate) const VARIABLE: &str = "MPS_MEDIA_BUCKET";

/// Everything but unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const EXAMPLE: &str = "bucket=NAME-1250000000,region=ap-guangzhou";

/// A bucket of the user's in the vendor's object storage (COS), with a folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    name: String,
    region: String,
    /// The folder without slashes at its ends; empty for none.
    folder: String,
}

impl Bucket {
    /// Parses `bucket=B,region=R[,path=P]`. `origin` is the place of the text for errors.
    ///
    /// # Errors
    /// Returns a usage error if a part is missing or not valid.
    pub(crate) fn parse(origin: &str, text: &str) -> Result<Self, Failure> {
        let pairs = keys_and_values(origin, text, &["bucket", "region", "path"], EXAMPLE)?;
        let value = |name| {
            let pair = pairs.iter().rev().find(|(key, _)| *key == name);
            pair.map(|(_, value)| *value).unwrap_or_default()
        };
        Self::new(origin, value("bucket"), value("region"), value("path"))
    }

    /// Returns the bucket that a request stores its result in; `None` if it names none.
    ///
    /// # Errors
    /// Returns a usage error if its name is not valid.
    pub(super) fn of_request(body: &Value) -> Result<Option<Self>, Failure> {
        let Some(store) = body.get("StoreCosParam").filter(|it| !it.is_null()) else {
            return Ok(None);
        };
        let text = |name: &str| store.get(name).and_then(Value::as_str).unwrap_or_default();
        let [name, region, folder] =
            ["CosBucketName", "CosBucketRegion", "CosBucketPath"].map(text);
        if name.is_empty() && region.is_empty() {
            return Ok(None);
        }
        Self::new("StoreCosParam", name, region, folder).map(Some)
    }

    fn new(origin: &str, name: &str, region: &str, folder: &str) -> Result<Self, Failure> {
        let failure = |message: String| {
            Failure::usage(format!("{origin}: {message}")).hint(format!("write {EXAMPLE}"))
        };
        for (what, text) in [("bucket", name), ("region", region)] {
            // Both become a part of a host name.
            let is_label = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
            if text.is_empty() || text.len() > 63 || !text.chars().all(is_label) {
                let shown = foreign_text::name(text);
                return Err(failure(match text {
                    "" => format!("a local file needs a {what}"),
                    _ => format!("{shown} is not the name of a {what}"),
                }));
            }
        }
        let folder = folder.trim_matches('/');
        let mut parts = folder.split('/');
        if !folder.is_empty() && parts.any(|part| matches!(part, "" | "." | "..")) {
            let shown = foreign_text::name(folder);
            return Err(failure(format!(
                "the path {shown} has an empty part or dots"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            region: region.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// Returns the bucket and the name of an uploaded file at this URL; `None` for any other text.
    pub(super) fn of_url(url: &str) -> Option<(Self, String)> {
        let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
        let (name, region) = host.strip_suffix(".myqcloud.com")?.split_once(".cos.")?;
        let (folder, file) = match path.rsplit_once('/')? {
            (MEDIA_FOLDER, file) => ("", file),
            (folders, file) => (folders.strip_suffix(MEDIA_FOLDER)?.strip_suffix('/')?, file),
        };
        mps_jobs::uploaded_hash(url).filter(|_| !url.contains(['?', '#']))?;
        let folder = percent_decode_str(folder).decode_utf8().ok()?;
        let bucket = Self {
            name: name.to_owned(),
            region: region.to_owned(),
            folder: folder.into_owned(),
        };
        (bucket.url(file) == url).then(|| (bucket, file.to_owned()))
    }

    /// Returns the URL of an object, without a signature.
    pub(super) fn url(&self, file: &str) -> String {
        let (name, region) = (&self.name, &self.region);
        format!(
            "https://{name}.cos.{region}.myqcloud.com/{}",
            self.key(file)
        )
    }

    /// Returns the URL of an object of this bucket at an emulator.
    #[cfg(feature = "media")]
    pub(super) fn local_url(&self, endpoint: &mps_aigc::Endpoint, file: &str) -> String {
        let scheme = endpoint.as_str().split("://").next().unwrap_or("http");
        let (host, name, region) = (endpoint.host(), &self.name, &self.region);
        format!("{scheme}://{host}/cos/{name}/{region}/{}", self.key(file))
    }

    fn key(&self, file: &str) -> String {
        let folders = self.folder.split('/').filter(|part| !part.is_empty());
        let folders = folders.map(|part| utf8_percent_encode(part, RESERVED).to_string());
        let parts: Vec<_> = folders
            .chain([MEDIA_FOLDER.to_owned(), file.to_owned()])
            .collect();
        parts.join("/")
    }

    #[cfg(feature = "media")]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    #[cfg(feature = "media")]
    pub(super) fn region(&self) -> &str {
        &self.region
    }
}

/// Formats the bucket as [`Bucket::parse`] takes it.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bucket={},region={}", self.name, self.region)?;
        if !self.folder.is_empty() {
            write!(f, ",path={}", self.folder)?;
        }
        Ok(())
    }
}

/// Returns the bucket that the environment sets.
///
/// # Errors
/// Returns a usage error if the variable is not valid.
pub(crate) fn from_environment() -> Result<Option<Bucket>, Failure> {
    let text = env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    text.map(|text| Bucket::parse(VARIABLE, &text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6";

    #[test]
    fn an_object_has_the_address_of_the_real_storage_and_is_found_by_it() {
        for (path, key) in [
            ("", String::new()),
            (",path=/my films/é/", "my%20films/%C3%A9/".to_owned()),
        ] {
            let text = format!("bucket=b-1250000000,region=ap-guangzhou{path}");
            let bucket = Bucket::parse("--cos", &text).unwrap();
            assert_eq!(Bucket::parse("--cos", &bucket.to_string()).unwrap(), bucket);
            let file = format!("{HASH}.png");
            let url = bucket.url(&file);
            let host = "https://b-1250000000.cos.ap-guangzhou.myqcloud.com";
            assert_eq!(url, format!("{host}/{key}mps-media/{file}"));
            assert_eq!(Bucket::of_url(&url), Some((bucket, file)));
            assert_eq!(Bucket::of_url(&format!("{url}?q-signature=1")), None);
        }
        for other in [
            format!("https://b.cos.r.myqcloud.com/{HASH}.png"),
            "https://b.cos.r.myqcloud.com/mps-media/cat.png".to_owned(),
            format!("https://b.example/mps-media/{HASH}.png"),
            "a cat".to_owned(),
        ] {
            assert_eq!(Bucket::of_url(&other), None, "{other}");
        }
    }

    #[test]
    fn a_text_that_would_change_the_host_or_the_folder_is_refused() {
        for text in [
            "region=r",
            "bucket=b-1",
            "bucket=,region=r",
            "bucket=b.evil.example/,region=r",
            "bucket=B-1,region=r",
            "bucket=b-1,region=r@evil.example",
            "bucket=b-1,region=r,path=../x",
            "bucket=b-1,region=r,path=a//b",
            "bucket=b-1,region=r,size=1",
        ] {
            assert!(Bucket::parse("--cos", text).is_err(), "{text}");
        }
    }
}
