//! Facts about the results of a task that only its request states.

use std::borrow::Cow;

use mps_models::{MediaKind, TaskFamily};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    CosObject, Location, ResultFile,
    file::{kind_of_url, without_query},
};

/// The facts about the results of a task that its request states: their kind, and a bucket for them.
///
/// Answers leave both out, except those that repeat the request, as for scenario tasks. The default
/// has neither.
///
/// # Examples
/// ```
/// use mps_aigc::{Expected, MediaKind, TaskFamily};
///
/// let request = r#"{
///     "SceneType": "3d_scene",
///     "StoreCosParam": {"CosBucketName": "b-1250000000", "CosBucketRegion": "ap-guangzhou"}
/// }"#;
/// let expected = Expected::of_request(TaskFamily::Video, &serde_json::from_str(request)?);
/// assert_eq!(expected.kind, Some(MediaKind::Scene));
/// assert_eq!(expected.store.map(|store| store.bucket).as_deref(), Some("b-1250000000"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Expected {
    /// The kind, if the request decides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<MediaKind>,
    /// The bucket of the caller's in which the results are stored, if the request names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<CosFolder>,
}

/// A bucket of the caller's, and a folder in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CosFolder {
    /// Name of the bucket, the account's number included.
    pub bucket: String,
    /// Region of the bucket.
    pub region: String,
    /// The folder, if the request names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl Expected {
    /// Reads a request of a family, as the API writes it in JSON.
    ///
    /// A bucket without a name or a region counts as none, as for the service.
    #[must_use]
    pub fn of_request(family: TaskFamily, request: &Value) -> Self {
        let info = family.info();
        let mut kinds = info.kinds.iter();
        let decides = kinds.find(|kind| text(request, kind.member) == Some(kind.value));
        Self {
            kind: decides.map(|kind| kind.kind),
            store: info.store.and_then(|path| folder(member(request, path)?)),
        }
    }

    /// Returns `true` if the request states nothing about the results.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets a part by its name in the text of a handle.
    pub(crate) fn set_named(&mut self, name: &str, value: &str) {
        if name == "kind" {
            // A kind that a newer version knows is no reason to lose the task.
            self.kind = value.parse().ok();
            return;
        }
        let store = self.store.get_or_insert_default();
        match name {
            "cos_bucket" => value.clone_into(&mut store.bucket),
            "cos_region" => value.clone_into(&mut store.region),
            _ => store.folder = Some(value.to_owned()),
        }
    }

    /// Corrects the results of a task that is done: their kinds, and those that are in the bucket. If
    /// the answer has none, adds the one in the bucket.
    pub(crate) fn apply(&self, family: TaskFamily, files: &mut Vec<ResultFile>) {
        for file in files.iter_mut() {
            let named = file.url().and_then(kind_of_url);
            file.kind = named.or(self.kind).unwrap_or(file.kind);
            if let (Location::Url(url), Some(store)) = (&file.location, &self.store)
                && let Some(object) = store.object(url)
            {
                file.location = Location::Cos(object);
            }
        }
        if let (true, Some(store)) = (files.is_empty(), &self.store) {
            let usual = family.info().results.first().map(|result| result.kind);
            files.push(ResultFile {
                kind: self.kind.or(usual).unwrap_or_default(),
                location: Location::Cos(store.unnamed_object()),
                ..ResultFile::default()
            });
        }
    }
}

impl CosFolder {
    /// Returns the object that a URL names, or `None` if it is not in this bucket.
    fn object(&self, url: &str) -> Option<CosObject> {
        let parsed = url::Url::parse(without_query(url)).ok()?;
        let host = parsed.host_str()?;
        let path = decoded(parsed.path());
        let is_host = host.split_once('.').is_some_and(|(bucket, domain)| {
            bucket.eq_ignore_ascii_case(&self.bucket) && domain.ends_with(".myqcloud.com")
        });
        let key = if is_host {
            path.trim_start_matches('/')
        } else {
            // A gateway in front of buckets, as the emulator is one.
            let here = format!("/{}/{}/", self.bucket, self.region);
            path.split_once(&here)?.1
        };
        (!key.is_empty()).then(|| CosObject {
            key: Some(key.to_owned()),
            url: Some(url.to_owned()),
            ..self.unnamed_object()
        })
    }

    fn unnamed_object(&self) -> CosObject {
        CosObject {
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            folder: self.folder.clone(),
            ..CosObject::default()
        }
    }
}

fn folder(store: &Value) -> Option<CosFolder> {
    let given = |name| text(store, name).filter(|text| !text.is_empty());
    Some(CosFolder {
        bucket: given("CosBucketName")?.to_owned(),
        region: given("CosBucketRegion")?.to_owned(),
        folder: given("CosBucketPath").map(str::to_owned),
    })
}

/// Returns the text at a path, for example `Input.Mode`.
pub(crate) fn text<'a>(request: &'a Value, path: &str) -> Option<&'a str> {
    member(request, path)?.as_str()
}

fn member<'a>(request: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(request, |value, name| value.get(name))
}

/// Returns the text of a URL path, with its percent signs decoded; unchanged if that is not UTF-8.
fn decoded(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8();
    decoded.map_or_else(|_| path.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Expected {
        let store = json!({"CosBucketName": "b-1", "CosBucketRegion": "ap-guangzhou", "CosBucketPath": "/out"});
        Expected::of_request(TaskFamily::Video, &json!({ "StoreCosParam": store }))
    }

    fn applied(expected: &Expected, urls: &[&str]) -> Vec<ResultFile> {
        let described =
            |url: &&str| ResultFile::described(MediaKind::Video, None, (*url).to_owned(), None);
        let mut files = urls.iter().map(described).collect();
        expected.apply(TaskFamily::Video, &mut files);
        files
    }

    #[test]
    fn a_bucket_without_name_or_region_is_none() {
        for store in [
            json!({"CosBucketName": "", "CosBucketRegion": "", "CosBucketPath": ""}),
            json!({"CosBucketName": "b-1"}),
            json!({"CosBucketName": 1, "CosBucketRegion": "r"}),
            json!("b-1"),
            json!(null),
        ] {
            let request = json!({ "CosInfo": store });
            let expected = Expected::of_request(TaskFamily::Scenario, &request);
            assert!(expected.is_empty(), "{request}");
        }
    }

    #[test]
    fn a_url_of_the_bucket_is_an_object_and_others_stay_urls() {
        let files = applied(
            &stored(),
            &[
                "https://b-1.cos.ap-guangzhou.myqcloud.com/out/a%20b.mp4?q-sign=x",
                "https://b-1.evil.example/out/a.mp4",
                "http://127.0.0.1:1/cos/b-1/ap-guangzhou/out/c.mp4",
                "https://other.cos.ap-guangzhou.myqcloud.com/a.mp4",
                "not a url",
            ],
        );
        let object = files[0].location.cos().unwrap();
        assert_eq!(object.to_string(), "cos://b-1/out/a b.mp4");
        assert_eq!(object.region, "ap-guangzhou");
        assert!(files[0].url().unwrap().ends_with("q-sign=x"));
        let others = files.iter().skip(1).map(|file| file.location.cos());
        let others: Vec<_> = others
            .map(|object| object.and_then(|it| it.key.as_deref()))
            .collect();
        assert_eq!(others, [None, Some("out/c.mp4"), None, None]);
    }

    #[test]
    fn a_stored_result_without_a_url_is_a_folder() {
        let files = applied(&stored(), &[]);
        assert_eq!(files.len(), 1);
        assert_eq!(
            files[0].location.cos().unwrap().to_string(),
            "cos://b-1/out/"
        );
        assert_eq!((files[0].url(), files[0].kind), (None, MediaKind::Video));
        assert!(applied(&Expected::default(), &[]).is_empty());
    }

    #[test]
    fn a_3d_scene_is_not_called_a_video() {
        use MediaKind::{Scene, Video};

        let scene = Expected::of_request(TaskFamily::Video, &json!({"SceneType": "3d_scene"}));
        let kinds = |expected: &Expected| {
            let urls = [
                "https://h/a.zip",
                "https://h/a.glb",
                "https://h/a.mp4",
                "https://h/a",
            ];
            applied(expected, &urls)
                .iter()
                .map(|file| file.kind)
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds(&scene), [Scene, Scene, Video, Scene]);
        assert_eq!(kinds(&Expected::default()), [Video, Scene, Video, Video]);
    }

    #[test]
    fn percent_signs_that_encode_nothing_are_kept() {
        assert_eq!(decoded("a%2fb%zz%4"), "a/b%zz%4");
        assert_eq!(decoded("%ff"), "%ff");
    }
}
