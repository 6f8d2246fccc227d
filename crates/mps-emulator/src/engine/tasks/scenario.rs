use mps_models::ScenarioTaskType;
use serde::{Deserialize, Serialize};

use crate::media::Clip;

/// What a scenario task is about: what its answers tell beside how far it is, and what a list can
/// be filtered by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) task_type: ScenarioTaskType,
    pub(crate) clip: Clip,
    pub(crate) resolution: Option<String>,
    pub(crate) ratio: Option<String>,
    /// How a document is made; nothing else has a mode.
    pub(crate) mode: Option<Mode>,
    pub(crate) video_type: Option<String>,
    pub(crate) model_tier: Option<String>,
    /// The request that made it, as JSON text. Never shown but in answers to the account itself,
    /// and written nowhere: it holds what the caller wants made.
    #[serde(skip)]
    pub(crate) request: String,
    /// Which step of a production in steps it is; none if it goes all the way, or is the last.
    pub(crate) step: Option<Step>,
    /// Whether another task has gone on from where it stopped.
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

/// How a document becomes a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// In one go.
    Auto,
    /// Step by step.
    Phased,
}

impl Mode {
    /// As a list filters by it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Phased => "phased",
        }
    }
}

/// A step after which a document waits to be confirmed. The wire calls it a stage, which here is
/// how far any task is.
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

    /// As it stands on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Outline => "STAGE_1",
            Self::Scenes => "STAGE_2",
        }
    }

    /// What is done once this one is confirmed: another step, or the film.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Outline => Some(Self::Scenes),
            Self::Scenes => None,
        }
    }
}
