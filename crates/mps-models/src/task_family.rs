//! Families of tasks as data: which actions create and describe a task.

use std::{fmt, str::FromStr, time::Duration};

use crate::{action::ActionInfo, generated::TaskFamily, media_kind::MediaKind};

/// The facts about a family of tasks, as the specification states them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TaskFamilyInfo {
    /// Name, as in `mps video`.
    pub name: &'static str,
    /// The action that describes a task.
    pub describe: &'static ActionInfo,
    /// The actions that create a task.
    pub creates: &'static [&'static ActionInfo],
    /// Path of the status in the answer that describes a task, such as `Status`.
    pub status: &'static str,
    /// Path of the message in that answer.
    pub message: &'static str,
    /// Hours for which the service keeps a result; `None` where no document states it.
    pub result_hours: Option<u32>,
    /// Paths of the URLs of results in that answer, such as `VideoUrls` or `AudioInfos[].Url`.
    pub urls: &'static [&'static str],
    /// The kinds of the files at these URLs, and the paths of their sizes, in the same order.
    pub results: &'static [ResultSource],
    /// Members of the request that decide the kind of the results.
    pub kinds: &'static [ResultKind],
    /// Path of the member of the request that names a bucket for the results, such as
    /// `StoreCosParam`. It has the members `CosBucketName`, `CosBucketRegion` and `CosBucketPath`.
    pub store: Option<&'static str>,
    /// Path of the time at which the task ended, as `2026-06-01 20:44:32`, eight hours ahead of UTC.
    pub finished: Option<&'static str>,
    /// Path of the request that created the task, as JSON text.
    pub request: Option<&'static str>,
    /// Path of details of the task, as JSON text.
    pub details: Option<&'static str>,
    /// The confirmation of a stage, for tasks that stop after stages; `None` if tasks have no stages.
    pub confirm: Option<Confirmation>,
    /// Middle part of task ids, as `AigcVideo` in `4-AigcVideo-0f1e`; `None` where ids are plain
    /// UUIDs.
    pub id_tag: Option<&'static str>,
}

impl TaskFamilyInfo {
    /// Returns the time for which the service keeps a result; `None` where no document states it.
    #[must_use]
    pub fn kept_for(&self) -> Option<Duration> {
        let hours = u64::from(self.result_hours?);
        Some(Duration::from_secs(hours * 3_600))
    }
}

/// A place of results in an answer, and their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ResultSource {
    /// Path of the URLs, such as `VideoUrls`.
    pub url: &'static str,
    /// The kind of the files, unless the request decides it; see [`ResultKind`].
    pub kind: MediaKind,
    /// Path of width and height in pixels, as text such as `1920x1088` or `1080*720`.
    pub size: Option<&'static str>,
    /// Path of the length in seconds, in the same list as the URL.
    pub duration: Option<&'static str>,
}

/// A member of a request that decides the kind of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ResultKind {
    /// Path of the member, such as `SceneType`.
    pub member: &'static str,
    /// The value, such as `3d_scene`.
    pub value: &'static str,
    /// The kind of the results of a request with this value.
    pub kind: MediaKind,
}

/// The confirmation of a stage after which a task stops: a person looks at the outcome, and confirms it
/// or has the stage done again. Either starts a new task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Confirmation {
    /// The action that confirms a stage.
    pub action: &'static ActionInfo,
    /// Path of the member of the creating request that makes a task stop, such as `Input.Mode`.
    pub mode: &'static str,
    /// The value with which it does.
    pub value: &'static str,
    /// Each stage at which a task stops, such as `STAGE_1_FINISHED`, with the name that the confirming
    /// request has for it, such as `STAGE_1`.
    pub stages: &'static [(&'static str, &'static str)],
}

impl Confirmation {
    /// Returns the name of a stage in the confirming request, or `None` if a task does not stop at
    /// this stage.
    ///
    /// # Examples
    /// ```
    /// use mps_models::TaskFamily;
    ///
    /// let confirm = TaskFamily::Scenario.info().confirm.as_ref();
    /// let stage = |name| confirm.and_then(|it| it.stage(name));
    /// assert_eq!(stage("STAGE_1_FINISHED"), Some("STAGE_1"));
    /// assert_eq!(stage("STAGE_1"), None);
    /// ```
    #[must_use]
    pub fn stage(&self, stopped: &str) -> Option<&'static str> {
        let mut stages = self.stages.iter();
        let (_, stage) = stages.find(|(name, _)| *name == stopped)?;
        Some(stage)
    }
}

impl TaskFamily {
    /// Returns the family's name in lower case, as in `mps video`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.info().name
    }

    /// Returns the family of the tasks that an action creates, or `None` if it creates none.
    ///
    /// # Examples
    /// ```
    /// use mps_models::TaskFamily;
    ///
    /// assert_eq!(TaskFamily::created_by("CreateAigcVideoTask"), Some(TaskFamily::Video));
    /// assert_eq!(TaskFamily::created_by("DescribeAigcVideoTask"), None);
    /// ```
    #[must_use]
    pub fn created_by(action: &str) -> Option<Self> {
        let creates = |family: &&Self| family.info().creates.iter().any(|it| it.name == action);
        Self::ALL.iter().find(creates).copied()
    }
}

impl fmt::Display for TaskFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Error of reading a [`TaskFamily`]: the text names no family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFamily(Box<str>);

impl fmt::Display for UnknownFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} names no family of tasks", self.0)
    }
}

impl std::error::Error for UnknownFamily {}

impl FromStr for TaskFamily {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, UnknownFamily> {
        let named = |family: &&Self| family.as_str() == text;
        let found = Self::ALL.iter().find(named).copied();
        found.ok_or_else(|| UnknownFamily(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Effect;

    #[test]
    fn a_family_reads_back_from_its_name() {
        for family in TaskFamily::ALL {
            assert_eq!(family.to_string().parse(), Ok(*family));
            assert_eq!(
                serde_json::to_string(family).ok(),
                Some(format!("{:?}", family.as_str()))
            );
        }
        assert!("film".parse::<TaskFamily>().is_err());
    }

    #[test]
    fn every_creating_action_belongs_to_a_family_and_is_not_a_read() {
        for action in crate::ACTIONS {
            let family = TaskFamily::created_by(action.name);
            if action.effect == Effect::PaidCreate {
                assert!(family.is_some(), "{}", action.name);
            }
            assert!(family.is_none() || action.effect != Effect::Read);
        }
    }
}
