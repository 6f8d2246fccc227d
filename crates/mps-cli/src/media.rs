//! Local media: files that options name in place of a URL, such as `--image ./cat.png`.
//!
//! A file is read and checked before anything is sent. In the request it is the URL of an object whose name is
//! the SHA-256 of the content, so the same file is the same request, in any bucket and under any signature.
//! It is uploaded, and the URL signed, once the ledger has admitted the create.

use std::{collections::BTreeMap, path::Path};

use mps_aigc::models::{Action, preflight::Finding};
use serde_json::Value;

mod bucket;
mod file;
mod format;
mod local_file;
#[cfg(not(feature = "media"))]
mod no_upload;
#[cfg(feature = "media")]
mod sign;
#[cfg(feature = "media")]
mod storage_response;
mod texts;
#[cfg(feature = "media")]
mod upload;

#[cfg(not(feature = "media"))]
use self::no_upload as upload;
pub(crate) use self::{
    bucket::{Bucket, VARIABLE, from_environment},
    local_file::PlannedUpload,
};
use self::{
    local_file::LocalFile,
    texts::{collect_texts, replace_texts},
};
use crate::{
    context::{Connection, Context},
    failure::Failure,
    request::{json, url_and_options},
};

/// The kind of file that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Image,
    Video,
    Audio,
}

/// An option whose value is a URL or a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MediaOption {
    /// The option as it is typed.
    pub(crate) flag: &'static str,
    /// The member that it sets, such as `ImageInfos[].ImageUrl`.
    pub(crate) member: &'static str,
    pub(crate) kind: FileKind,
    /// The keys that may follow the value, as in `URL,type=style`.
    pub(crate) keys: &'static [&'static str],
}

/// The values of all such options.
#[derive(Debug, Default)]
pub(crate) struct MediaOptions<'a>(Vec<(MediaOption, usize, &'a mut String)>);

impl<'a> MediaOptions<'a> {
    /// Adds the values of an option.
    pub(crate) fn add(
        &mut self,
        option: MediaOption,
        values: impl IntoIterator<Item = &'a mut String>,
    ) {
        let values = values.into_iter().enumerate();
        self.0
            .extend(values.map(|(nth, value)| (option, nth, value)));
    }
}

/// The local files of a request. Empty if all its media are URLs.
#[derive(Debug, Default)]
pub(crate) struct LocalMedia(Vec<LocalFile>);

impl LocalMedia {
    /// Reads the files among the values of options, and replaces each by a URL that stands for its content.
    ///
    /// # Errors
    /// Returns a usage error for a file that cannot be read, is no regular file, or is empty; and for any file
    /// if this program cannot upload.
    pub(crate) fn read(options: MediaOptions<'_>) -> Result<Self, Failure> {
        let mut files: Vec<LocalFile> = Vec::new();
        for (option, nth, value) in options.0 {
            let (text, _) = url_and_options(option.flag, value, option.keys)?;
            if is_url(text) {
                continue;
            }
            upload::must_be_possible(option.flag)?;
            let path = Path::new(text);
            let file = match files.iter().find(|file| file.path == path) {
                // Read once, so that all members that name it have the same content.
                Some(file) => file.clone().for_member(option, nth),
                None => LocalFile::read(option, nth, path)?,
            };
            *value = file.stand_in() + value.get(text.len()..).unwrap_or_default();
            files.push(file);
        }
        Ok(Self(files))
    }

    /// Returns the request with the URLs that the files have in the bucket: that of the request, else that of the
    /// environment or the config file.
    ///
    /// # Errors
    /// Returns a usage error if there is no bucket, or if its name is not valid.
    pub(crate) fn placed<A: Action>(&self, request: A, context: &Context) -> Result<A, Failure> {
        let Some(first) = self.0.first() else {
            return Ok(request);
        };
        let mut body = json(&request)?;
        let bucket = match Bucket::of_request(&body)? {
            Some(bucket) => bucket,
            None => context.media_bucket()?.ok_or_else(|| no_bucket(first))?,
        };
        for file in &self.0 {
            replace_texts(&mut body, &file.stand_in(), &bucket.url(&file.name()));
        }
        parsed(body)
    }

    /// Returns the findings about the files.
    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.0.iter().flat_map(LocalFile::findings)
    }

    /// Returns the files that a create uploads: one entry for each member that names a file, also if several name
    /// the same one.
    pub(crate) fn uploads(&self) -> Vec<PlannedUpload<'_>> {
        self.0.iter().map(LocalFile::planned_upload).collect()
    }

    /// Uploads the files that the bucket does not have, and returns the request with signed URLs; `None` if it
    /// has no URL of an uploaded file.
    ///
    /// # Errors
    /// As [`signed_again`]. The request was not sent.
    ///
    /// # Cancel safety
    /// An upload is lost; it is idempotent.
    pub(crate) async fn uploaded<A: Action>(
        &self,
        request: &A,
        connection: &Connection,
        context: &Context,
    ) -> Result<Option<A>, Failure> {
        let mut body = json(request)?;
        if !has_uploads(&body) {
            return Ok(None);
        }
        upload::must_be_possible(SIGNED_URL)?;
        let storage = upload::Storage::new(connection, context)?;
        sign(&mut body, &self.0, &storage).await?;
        parsed(body).map(Some)
    }
}

/// Returns a recorded body in which the URLs of uploaded files are signed anew; `None` if it has none.
///
/// # Errors
/// Returns the refusal of the bucket, or the failure to reach it; a usage error if the bucket does not have a
/// file, or if this program cannot sign.
///
/// # Cancel safety
/// Only reads.
pub(crate) async fn signed_again(
    body: &str,
    connection: &Connection,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let Ok(mut body) = serde_json::from_str::<Value>(body) else {
        return Ok(None);
    };
    if !has_uploads(&body) {
        return Ok(None);
    }
    upload::must_be_possible(SIGNED_URL)?;
    let storage = upload::Storage::new(connection, context)?;
    sign(&mut body, &[], &storage).await?;
    Ok(Some(body.to_string()))
}

/// The media that need this program to sign, for errors of a build that cannot.
const SIGNED_URL: &str = "the URL of an uploaded file";

fn has_uploads(body: &Value) -> bool {
    !uploaded_objects(body).is_empty()
}

/// Returns the URLs of uploaded files in a body, each once, with their buckets and names.
fn uploaded_objects(body: &Value) -> BTreeMap<String, (Bucket, String)> {
    let mut texts = Vec::new();
    collect_texts(body, &mut texts);
    let objects = texts.into_iter().filter_map(|text| {
        let object = Bucket::of_url(&text)?;
        Some((text, object))
    });
    objects.collect()
}

/// Uploads the files that their buckets do not have, and replaces every URL of an uploaded file by a signed one.
///
/// Also a URL that the user gave as such is signed: the ledger cannot tell it from that of a file, so `create` and
/// `resolve --recreate` would send different requests otherwise. One that cannot be read ends the command, because
/// the service would generate from the prompt alone, and bill that.
async fn sign(
    body: &mut Value,
    files: &[LocalFile],
    storage: &upload::Storage<'_>,
) -> Result<(), Failure> {
    for (url, (bucket, name)) in uploaded_objects(body) {
        let file = files.iter().find(|file| file.name() == name);
        let signed = Box::pin(storage.offer(&bucket, &url, file)).await?;
        replace_texts(body, &url, &signed);
    }
    Ok(())
}

/// Returns `true` for a text with a scheme; any other text is the path of a file.
fn is_url(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        // A letter and a colon begin a path on Windows.
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it))
            && !Path::new(text).exists()
    })
}

fn no_bucket(file: &LocalFile) -> Failure {
    let (flag, path) = (file.option.flag, file.display_path());
    let message = format!("{flag}: the file {path} has no bucket to be uploaded to");
    Failure::usage(message).hint(format!(
        "name a bucket of yours: --cos bucket=NAME-APPID,region=REGION; or for all commands \
         {VARIABLE}=bucket=...,region=..., or media-bucket below [defaults] in the config file; or give a URL"
    ))
}

fn parsed<A: Action>(body: Value) -> Result<A, Failure> {
    serde_json::from_value(body).map_err(|error| Failure::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use mps_aigc::models::CreateAigcVideoTask;

    use super::*;

    const IMAGE: MediaOption = MediaOption {
        flag: "--ref-image",
        member: "ImageInfos[].ImageUrl",
        kind: FileKind::Image,
        keys: &["type"],
    };

    #[test]
    fn a_text_with_a_scheme_is_a_url_and_any_other_a_path() {
        for (text, expected) in [
            ("https://a.example/cat.png", true),
            ("HTTP://a.example/cat.png", true),
            ("data:image/png;base64,AA", true),
            ("ftp:x", true),
            ("cat.png", false),
            ("./a:b.png", false),
            ("C:\\cat.png", false),
            ("a.example/cat.png", false),
            ("", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_is_replaced_by_its_content_and_keeps_its_options() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a,b=c.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
        let mut values = [
            "https://a.example/1.png,type=x".to_owned(),
            format!("{},type=style", path.display()),
        ];
        let mut options = MediaOptions::default();
        options.add(IMAGE, &mut values);
        let media = LocalMedia::read(options).unwrap();
        let sha256 = "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6";
        assert_eq!(values[0], "https://a.example/1.png,type=x");
        assert_eq!(
            values[1],
            format!("https://local.invalid/mps-media/{sha256}.png,type=style")
        );
        let upload = serde_json::to_value(media.uploads()).unwrap();
        assert_eq!(upload[0]["member"], "ImageInfos[1].ImageUrl");
        assert_eq!(upload[0]["content_type"], "image/png");
        assert_eq!(media.findings().count(), 0);
    }

    #[test]
    fn a_path_that_two_options_name_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
        let mut values = [(); 2].map(|()| path.display().to_string());
        let mut options = MediaOptions::default();
        options.add(IMAGE, &mut values);
        let LocalMedia(files) = LocalMedia::read(options).unwrap();
        let members: Vec<_> = files.iter().map(|file| file.member.as_str()).collect();
        assert_eq!(
            members,
            ["ImageInfos[0].ImageUrl", "ImageInfos[1].ImageUrl"]
        );
        // The same memory, not an equal one.
        assert_eq!(files[0].content.as_ptr(), files[1].content.as_ptr());
    }

    #[test]
    fn a_prompt_that_equals_a_url_changes_with_it_and_others_do_not() {
        let request = CreateAigcVideoTask::new().prompt("a").image_url("b");
        let mut body = json(&request).unwrap();
        replace_texts(&mut body, "b", "c");
        let request: CreateAigcVideoTask = parsed(body).unwrap();
        assert_eq!(request.image_url.as_deref(), Some("c"));
        assert_eq!(request.prompt.as_deref(), Some("a"));
    }
}
