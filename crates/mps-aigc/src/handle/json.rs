//! Handles in JSON and other formats of serde.

use std::{fmt, sync::Arc};

use mps_core::endpoint::Site;
use mps_models::TaskFamily;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap as _,
};

use super::{
    AccountHash, HandleError, TaskHandle,
    text::{FORMAT, checked_id},
};

impl Serialize for TaskHandle {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let parts = &*self.0;
        let mut map = to.serialize_map(None)?;
        // First, so that a reader knows the format before it reads the rest.
        map.serialize_entry("v", &FORMAT)?;
        map.serialize_entry("family", &parts.family)?;
        map.serialize_entry("id", &parts.id)?;
        if let Some(model) = &parts.model {
            map.serialize_entry("model", model)?;
        }
        if let Some(version) = &parts.model_version {
            map.serialize_entry("model_version", version)?;
        }
        if parts.seconds > 0 {
            map.serialize_entry("seconds", &parts.seconds)?;
        }
        if parts.created_at_ms > 0 {
            map.serialize_entry("created_at_ms", &parts.created_at_ms)?;
        }
        if let Some(site) = &parts.site {
            map.serialize_entry("site", site)?;
        }
        if let Some(hash) = &parts.account_hash {
            map.serialize_entry("account", hash)?;
        }
        if let Some(expected) = &parts.expected {
            map.serialize_entry("expected", expected)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for TaskHandle {
    /// Reads an object, or the text of a handle.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(HandleVisitor)
    }
}

struct HandleVisitor;

impl<'de> Visitor<'de> for HandleVisitor {
    type Value = TaskHandle;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task handle")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TaskHandle, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<TaskHandle, M::Error> {
        let (mut id, mut family) = (None::<String>, None::<String>);
        // The family is set at the end, when its name can be understood.
        let mut handle = TaskHandle::new(TaskFamily::Video, "");
        let parts = Arc::make_mut(&mut handle.0);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "v" => checked_format(map.next_value()?).map_err(de::Error::custom)?,
                "id" => id = Some(map.next_value()?),
                "family" => family = Some(map.next_value()?),
                "model" => parts.model = map.next_value()?,
                "model_version" => parts.model_version = map.next_value()?,
                "seconds" => parts.seconds = map.next_value::<Option<u32>>()?.unwrap_or_default(),
                "created_at_ms" => {
                    parts.created_at_ms = map.next_value::<Option<u64>>()?.unwrap_or_default();
                }
                "site" => parts.site = site(map.next_value()?),
                "account" => parts.account_hash = map.next_value::<Option<AccountHash>>()?,
                "expected" => parts.expected = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let id = id.ok_or_else(|| de::Error::missing_field("id"))?;
        parts.id = checked_id(&id).map_err(de::Error::custom)?.into();
        let family = family.ok_or_else(|| de::Error::missing_field("family"))?;
        parts.family = family.parse().map_err(de::Error::custom)?;
        Ok(handle)
    }
}

fn checked_format(format: u64) -> Result<(), HandleError> {
    if format > FORMAT {
        return Err(HandleError::newer(format, FORMAT));
    }
    Ok(())
}

/// A site that a newer version knows is no reason to lose the task.
fn site(name: Option<String>) -> Option<Site> {
    name?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::handle::tests::{all_parts, handles};

    proptest! {
        #[test]
        fn a_handle_reads_back_from_json(handle in handles()) {
            let json = serde_json::to_string(&handle).unwrap();
            let read: TaskHandle = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(all_parts(&read), all_parts(&handle));
        }
    }

    #[test]
    fn a_handle_is_an_object_or_a_text_and_unknown_members_are_ignored() {
        let handle = TaskHandle::new(TaskFamily::Video, "7").with_model("Kling", None);
        let json = r#"{"v":1,"family":"video","id":"7","model":"Kling"}"#;
        assert_eq!(serde_json::to_string(&handle).unwrap(), json);
        for json in [
            r#"{"id":"7","later":{"a":[1]},"family":"video","site":"mars","model":"Kling","seconds":null}"#,
            r#""mps1:video:7?model=Kling""#,
        ] {
            let read: TaskHandle = serde_json::from_str(json).unwrap();
            assert_eq!(all_parts(&read), all_parts(&handle));
        }
    }

    #[test]
    fn a_handle_of_a_newer_version_is_a_clear_error() {
        let read = |json| {
            serde_json::from_str::<TaskHandle>(json)
                .unwrap_err()
                .to_string()
        };
        let newer = read(r#"{"v":2,"family":{"name":"video"},"ids":["7"]}"#);
        let expected = "the task handle has format 2, and this version reads format 1";
        assert!(newer.starts_with(expected), "{newer}");
        for (json, part) in [
            (r#"{"v":1,"id":"7"}"#, "family"),
            (r#"{"v":1,"family":"film","id":"7"}"#, "film"),
            (r#"{"v":1,"family":"video"}"#, "id"),
            (r#"{"v":1,"family":"video","id":""}"#, "id"),
            ("7", "a task handle"),
        ] {
            let error = read(json);
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
