//! Results of tasks that are done, as JSON and as lines for people.

use mps_aigc::{CosObject, MediaKind, ResultFile};
use serde::Serialize;

use crate::foreign_text;

/// One result in JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ResultEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The object in a bucket of the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    cos: Option<CosEntry>,
    kind: MediaKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct CosEntry {
    bucket: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
}

impl From<&ResultFile> for ResultEntry {
    fn from(file: &ResultFile) -> Self {
        Self {
            url: file.url().map(str::to_owned),
            cos: file.location.cos().map(CosEntry::from),
            kind: file.kind,
            width: file.width,
            height: file.height,
            duration_ms: file.duration.map(|duration| duration.as_millis()),
            expires_at: None,
        }
    }
}

impl From<&CosObject> for CosEntry {
    fn from(object: &CosObject) -> Self {
        Self {
            bucket: object.bucket.clone(),
            region: object.region.clone(),
            key: object.key.clone(),
            folder: object.folder.clone(),
        }
    }
}

/// Returns one line for each result, with its URL or its place in a bucket. On a terminal the kind
/// follows, and what else the service states; a pipe gets the places alone.
pub(crate) fn lines(results: &[ResultFile], is_terminal: bool) -> Vec<String> {
    let line = |file: &ResultFile| {
        let place = match (file.url(), file.location.cos()) {
            (None, Some(object)) => foreign_text::url(&object.to_string()).into_owned(),
            (url, _) => foreign_text::url(url.unwrap_or_default()).into_owned(),
        };
        if is_terminal {
            format!("{place} ({})", description(file))
        } else {
            place
        }
    };
    results.iter().map(line).collect()
}

/// Returns the kind of a result with its size and length, for example `video, 1280x720, 8 s`.
fn description(file: &ResultFile) -> String {
    let kind = match file.kind {
        MediaKind::Scene => "3-D scene",
        kind => kind.as_str(),
    };
    let size = file.width.zip(file.height);
    let size = size.map(|(width, height)| format!("{width}x{height}"));
    let duration = file
        .duration
        .map(|duration| format!("{} s", duration.as_secs_f64()));
    let parts = [Some(kind.to_owned()), size, duration];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(json: serde_json::Value) -> Vec<ResultFile> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_terminal_gets_kind_and_size_and_a_pipe_the_places_alone() {
        let files = files(serde_json::json!([
            {"kind": "video", "location": {"url": "https://h/a.mp4"}, "width": 1280, "height": 720},
            {"kind": "audio", "location": {"url": "https://h/\u{1b}.mp3"}, "duration_ms": 8000},
            {"kind": "scene", "location": {"cos": {"bucket": "b-1", "region": "r", "folder": "/out"}}},
        ]));
        let terminal = lines(&files, true);
        assert_eq!(
            terminal,
            [
                "https://h/a.mp4 (video, 1280x720)",
                r"https://h/\u{1b}.mp3 (audio, 8 s)",
                "cos://b-1/out/ (3-D scene)",
            ]
        );
        assert_eq!(lines(&files, false)[2], "cos://b-1/out/");
        assert_eq!(lines(&files, false)[0], "https://h/a.mp4");
    }
}
