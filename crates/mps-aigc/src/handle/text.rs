//! Handles as one line of text: `mps1:family:id?name=value&...`.

use std::{borrow::Cow, fmt, str::FromStr};

use mps_models::TaskFamily;
use url::form_urlencoded;

use super::{HandleError, Parts, TaskHandle};

/// The format of a handle, as text and as JSON. A format with more members keeps its number; one that
/// an older version would misread gets the next.
pub(super) const FORMAT: u64 = 1;
const PREFIX: &str = "mps";
/// Longest id, in bytes. Those of the service have about 60.
const ID_BYTES: usize = 1_000;

impl fmt::Display for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{PREFIX}{FORMAT}:{}:", self.family());
        text.extend(form_urlencoded::byte_serialize(self.id().as_bytes()));
        let mut separator = '?';
        for (name, value) in self.0.named() {
            text.extend([separator]);
            text.push_str(name);
            text.push('=');
            text.extend(form_urlencoded::byte_serialize(value.as_bytes()));
            separator = '&';
        }
        f.pad(&text)
    }
}

impl FromStr for TaskHandle {
    type Err = HandleError;

    /// Reads the text of a handle, or a bare id that contains the name of its family.
    fn from_str(text: &str) -> Result<Self, HandleError> {
        read(text, None)
    }
}

pub(super) fn read(text: &str, family: Option<TaskFamily>) -> Result<TaskHandle, HandleError> {
    let text = text.trim();
    let Some((format, rest)) = format_and_rest(text) else {
        let family = family.or_else(|| family_of_id(text));
        let family = family.ok_or_else(|| HandleError::no_family(text))?;
        return Ok(TaskHandle::new(family, checked_id(text)?));
    };
    if format != FORMAT.to_string() {
        return Err(HandleError::newer(format, FORMAT));
    }
    let (name, rest) = rest.split_once(':').unwrap_or((rest, ""));
    let named = name
        .parse()
        .map_err(|_| HandleError::invalid("family", name))?;
    if family.is_some_and(|family| family != named) {
        return Err(HandleError::new(format!(
            "the task handle is for the family {named}"
        )));
    }
    let (id, query) = rest.split_once('?').unwrap_or((rest, ""));
    let id = decoded(id);
    let mut parts = TaskHandle::new(named, checked_id(&id)?);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parts = parts.with_named(&name, &value)?;
    }
    Ok(parts)
}

/// Splits `mps1:rest`; `None` if the text is no handle but an id.
fn format_and_rest(text: &str) -> Option<(&str, &str)> {
    let (format, rest) = text.strip_prefix(PREFIX)?.split_once(':')?;
    let is_number = !format.is_empty() && format.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((format, rest))
}

fn decoded(text: &str) -> Cow<'_, str> {
    // As a value of a query: the encoding above is that one.
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map_or(Cow::Borrowed(""), |(name, _)| name)
}

fn family_of_id(id: &str) -> Option<TaskFamily> {
    let mut parts = id.split('-').skip(1);
    let tag = parts.next().filter(|_| parts.next().is_some())?;
    let tagged = |family: &&TaskFamily| family.info().id_tag == Some(tag);
    TaskFamily::ALL.iter().find(tagged).copied()
}

pub(super) fn checked_id(id: &str) -> Result<&str, HandleError> {
    if id.is_empty() || id.len() > ID_BYTES || id.chars().any(char::is_control) {
        return Err(HandleError::invalid("id", id));
    }
    Ok(id)
}

impl Parts {
    /// Returns everything but family and id, by name.
    fn named(&self) -> impl Iterator<Item = (&'static str, String)> {
        let expected = self.expected.as_deref();
        let kind = expected.and_then(|expected| expected.kind);
        let store = expected.and_then(|expected| expected.store.as_ref());
        let some = |number: u64| (number > 0).then(|| number.to_string());
        [
            ("model", self.model.as_deref().map(Into::into)),
            (
                "model_version",
                self.model_version.as_deref().map(Into::into),
            ),
            ("seconds", some(u64::from(self.seconds))),
            ("created_at_ms", some(self.created_at_ms)),
            ("site", self.site.map(|site| site.to_string())),
            ("account", self.account_hash.map(|hash| hash.to_string())),
            ("kind", kind.map(|kind| kind.to_string())),
            ("cos_bucket", store.map(|store| store.bucket.clone())),
            ("cos_region", store.map(|store| store.region.clone())),
            ("cos_folder", store.and_then(|store| store.folder.clone())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl TaskHandle {
    /// Sets a part by its name. Unknown names are ignored.
    fn with_named(mut self, name: &str, value: &str) -> Result<Self, HandleError> {
        let parts = std::sync::Arc::make_mut(&mut self.0);
        let invalid = || HandleError::invalid(name, value);
        match name {
            "model" => parts.model = Some(value.into()),
            "model_version" => parts.model_version = Some(value.into()),
            "seconds" => parts.seconds = value.parse().map_err(|_| invalid())?,
            "created_at_ms" => parts.created_at_ms = value.parse().map_err(|_| invalid())?,
            // A site that a newer version knows is no reason to lose the task.
            "site" => parts.site = value.parse().ok(),
            "account" => parts.account_hash = Some(value.parse()?),
            "kind" | "cos_bucket" | "cos_region" | "cos_folder" => {
                let expected = parts.expected.get_or_insert_default();
                expected.set_named(name, value);
            }
            _ => {}
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::handle::tests::{all_parts, handles};

    proptest! {
        #[test]
        fn a_handle_reads_back_from_its_text(handle in handles()) {
            let text = handle.to_string();
            prop_assert!(text.is_ascii() && !text.contains(char::is_whitespace));
            let read: TaskHandle = text.parse().unwrap();
            prop_assert_eq!(all_parts(&read), all_parts(&handle));
            prop_assert_eq!(TaskHandle::parse(handle.family(), &text).unwrap(), handle);
        }

        #[test]
        fn no_text_breaks_the_parser(text in ".{0,60}", tail in "[a-z0-9:?=&%-]{0,40}") {
            let _ = text.parse::<TaskHandle>();
            let _ = format!("mps1:{tail}").parse::<TaskHandle>();
        }
    }

    #[test]
    fn a_bare_id_needs_a_family_unless_it_contains_one() {
        let of = |text: &str| text.parse::<TaskHandle>().map(|handle| handle.family());
        assert_eq!(of("2600-AigcVideo-0f1e"), Ok(TaskFamily::Video));
        assert_eq!(of("2600-AigcImage-0f1e"), Ok(TaskFamily::Image));
        let error = of("0f1e2d3c-4b5a-6978").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the id \"0f1e2d3c-4b5a-6978\" does not show its family; name the family"
        );
        let handle = TaskHandle::parse(TaskFamily::Scenario, " 0f1e2d3c-4b5a-6978\n").unwrap();
        assert_eq!(handle.id(), "0f1e2d3c-4b5a-6978");
        for no_id in ["", " ", "a\nb", &"a".repeat(1_001)] {
            assert!(
                TaskHandle::parse(TaskFamily::Video, no_id).is_err(),
                "{no_id:?}"
            );
        }
    }

    #[test]
    fn a_handle_of_a_newer_version_is_a_clear_error_and_unknown_parts_are_ignored() {
        let newer = "mps2:video:4-AigcVideo-0f"
            .parse::<TaskHandle>()
            .unwrap_err();
        assert!(newer.is_newer());
        assert_eq!(
            newer.to_string(),
            "the task handle has format 2, and this version reads format 1"
        );
        let read: TaskHandle = "mps1:video:7?colour=red&model=Kling&site=mars"
            .parse()
            .unwrap();
        assert_eq!(
            (read.id(), read.model(), read.site()),
            ("7", Some("Kling"), None)
        );
        for broken in [
            "mps1:film:7",
            "mps1:video:",
            "mps1:",
            "mps1:video:7?seconds=x",
            "mps1:video:7?account=0",
        ] {
            let error = broken.parse::<TaskHandle>().unwrap_err();
            assert!(!error.is_newer(), "{broken}: {error}");
        }
        assert!(TaskHandle::parse(TaskFamily::Image, "mps1:video:7").is_err());
    }
}
