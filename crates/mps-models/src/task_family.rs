//! Families of tasks as data: which actions create and describe a task.

use std::{fmt, str::FromStr};

use crate::{action::ActionInfo, generated::TaskFamily};

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
    /// Paths of the URLs of results in that answer, such as `VideoUrls` or `AudioInfos[].Url`.
    pub urls: &'static [&'static str],
    /// Hours for which the service keeps a result; `None` where no document states it.
    pub result_hours: Option<u32>,
    /// Middle part of task ids, as `AigcVideo` in `4-AigcVideo-0f1e`; `None` where ids are plain
    /// UUIDs.
    pub id_tag: Option<&'static str>,
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
