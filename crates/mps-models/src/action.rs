//! What an API action is, apart from any HTTP client: its name, its effect and its answer.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::{capabilities::Family, generated::ACTIONS, preflight::Preflight, schema::StructInfo};

/// What executing an action does, which decides whether it may ever be sent twice.
///
/// The effect is a fact of the specification, never a guess from the action's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// Changes nothing: may be sent again at will.
    Read,
    /// Starts work that is billed, and has no idempotency key: sent again only when it
    /// surely did not run.
    PaidCreate,
    /// Changes the state of a task: treated as carefully as a create.
    Control,
}

impl Effect {
    /// The effect's name in the specification: `read`, `paid-create` or `control`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::PaidCreate => "paid-create",
            Self::Control => "control",
        }
    }
}

/// A request that names its action and the type of its answer.
///
/// Implemented by every generated request struct. A client needs nothing else to send it.
pub trait Action: Debug + Serialize + DeserializeOwned + Preflight + Send + Sync {
    /// What the service answers, without the envelope and the request id.
    type Response: Debug + Serialize + DeserializeOwned + Send;

    /// The facts about this action that do not depend on a request's values.
    const INFO: &'static ActionInfo;

    /// Returns the seconds of video that the service bills if the task of this request succeeds.
    ///
    /// They are the duration that the request names, or the default of its model where all current
    /// versions that the request can mean have the same one.
    ///
    /// Returns `None` if the action creates no task, if the service bills it by the piece (images
    /// and songs), or if no document says how long the result is: for a model without a documented
    /// default, and for a request without a duration that edits a video or names a scene, since
    /// these take their length from their input. The service bills successful tasks only (billing
    /// guides of 2026-05-29 and 2026-07-03).
    ///
    /// # Examples
    /// ```
    /// use mps_models::{Action, CreateAigcImageTask, CreateAigcVideoTask};
    ///
    /// let request = CreateAigcVideoTask::new().model_name("Kling").prompt("a cat");
    /// assert_eq!(request.billable_seconds(), Some(5));
    /// assert_eq!(request.duration(10).billable_seconds(), Some(10));
    /// assert_eq!(CreateAigcImageTask::new().billable_seconds(), None);
    /// ```
    fn billable_seconds(&self) -> Option<u64> {
        None
    }
}

/// The facts about one action, as the specification states them.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionInfo {
    /// Name on the wire, sent as `X-TC-Action`.
    pub name: &'static str,
    /// API version, sent as `X-TC-Version`.
    pub version: &'static str,
    /// What executing it does.
    pub effect: Effect,
    /// Most request starts in any one second, for one account.
    pub rate_limit: u32,
    /// The action that tells how a created task is doing, if there is one.
    pub poll: Option<&'static str>,
    /// The capability table that requests are checked against, if there is one.
    pub capabilities: Option<&'static Family>,
    /// Error codes the documentation lists for this action, beside the common ones.
    pub errors: &'static [&'static str],
    /// Page of the documentation.
    pub doc_url: &'static str,
    /// Shape of the request.
    pub request: &'static StructInfo,
    /// Shape of the answer.
    pub response: &'static StructInfo,
}

/// The facts about the action with this name, or `None` if there is no such action.
///
/// Names are those of the wire, letter case included.
#[must_use]
pub fn action(name: &str) -> Option<&'static ActionInfo> {
    let found = ACTIONS.binary_search_by(|info| info.name.cmp(name)).ok()?;
    ACTIONS.get(found).copied()
}

/// Something to do with an action's request type, once its name has been looked up.
///
/// Passed to [`visit_action`](crate::visit_action), which turns a name known only at run time into the
/// matching type.
pub trait ActionVisitor {
    /// What the visit yields.
    type Output;

    /// Called with the request type of the action that was looked up.
    fn visit<A: Action>(self) -> Self::Output;
}
