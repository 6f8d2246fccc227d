//! The facts of a scenario task.

use mps_models::ScenarioTaskType;
use serde::{Deserialize, Serialize};

use crate::media::Clip;

/// A scenario task: the content of its answers besides the status, and the members that lists
/// filter by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) task_type: ScenarioTaskType,
    pub(crate) clip: Clip,
    pub(crate) resolution: Option<String>,
    pub(crate) ratio: Option<String>,
    /// The mode of a document; other scenarios have none.
    pub(crate) mode: Option<Mode>,
    pub(crate) video_type: Option<String>,
    pub(crate) model_tier: Option<String>,
    /// The request as JSON text. Shown to the account itself only, and never written to a snapshot,
    /// since it contains the caller's content.
    #[serde(skip)]
    pub(crate) request: String,
    /// The step of a document in steps; `None` for a task that does everything, or the last one.
    pub(crate) step: Option<Step>,
    /// `true` if another task has continued from this one.
    #[serde(rename = "is_taken_on")]
    pub(crate) is_continued: bool,
}

impl Scenario {
    pub(crate) fn new(task_type: ScenarioTaskType, clip: Clip) -> Self {
        Self {
            task_type,
            clip,
            resolution: None,
            ratio: None,
            mode: None,
            video_type: None,
            model_tier: None,
            request: String::new(),
            step: None,
            is_continued: false,
        }
    }
}

/// The way from a document to a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// In one task.
    Auto,
    /// Step by step, with a task for each.
    Phased,
}

impl Mode {
    /// Returns the name that lists filter by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Phased => "phased",
        }
    }
}

/// A step after which a document waits to be confirmed. On the wire it is called a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    Outline,
    Scenes,
}

impl Step {
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Outline, Self::Scenes]
            .into_iter()
            .find(|step| step.name() == name)
    }

    /// Returns the name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Outline => "STAGE_1",
            Self::Scenes => "STAGE_2",
        }
    }

    /// Returns the step after this one is confirmed, or `None` for the film.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Outline => Some(Self::Scenes),
            Self::Scenes => None,
        }
    }
}
