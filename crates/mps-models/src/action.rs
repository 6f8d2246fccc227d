//! The actions of the API apart from any HTTP client: names, effects, responses.

use std::fmt::{self, Debug};

use serde::{Serialize, de::DeserializeOwned};

use crate::{capabilities::Family, generated::ACTIONS, preflight::Preflight, schema::StructInfo};

/// The effect of an action, which decides whether a request may be sent twice.
///
/// The effect is a fact of the specification and is never derived from the name of the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// Changes nothing. The request is idempotent and may be sent again at any time.
    Read,
    /// Starts work that is billed. The API has no idempotency key, so the request is sent again
    /// only if the service certainly did not execute it.
    PaidCreate,
    /// Changes the state of a task. It is retried under the same conditions as a create.
    Control,
}

impl Effect {
    /// Returns the name of the effect in the specification: `read`, `paid-create` or `control`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::PaidCreate => "paid-create",
            Self::Control => "control",
        }
    }
}

/// Formats the name of the effect in the specification.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request with the name of its action and the type of its response.
///
/// Every generated request struct implements it. A client needs nothing else to send a request.
pub trait Action: Debug + Serialize + DeserializeOwned + Preflight + Send + Sync {
    /// The response of the service, without the envelope and the request id.
    type Response: Debug + Serialize + DeserializeOwned + Send;

    /// The facts about the action that are the same for every request.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ActionInfo {
    /// Name on the wire, sent as `X-TC-Action`.
    pub name: &'static str,
    /// API version, sent as `X-TC-Version`.
    pub version: &'static str,
    /// Effect of executing the action.
    pub effect: Effect,
    /// Maximum number of request starts in any one second, for one account.
    pub rate_limit: u32,
    /// Action that describes a created task, if there is one.
    pub poll: Option<&'static str>,
    /// Capability table that requests are checked against, if there is one.
    pub capabilities: Option<&'static Family>,
    /// Error codes that the documentation lists for this action, beside the common ones.
    pub errors: &'static [&'static str],
    /// Page of the documentation.
    pub doc_url: &'static str,
    /// False if only the structure of the action is specified: its effect and rate limit are then safe
    /// assumptions.
    pub described: bool,
    /// Shape of the request.
    pub request: &'static StructInfo,
    /// Shape of the response.
    pub response: &'static StructInfo,
}

/// Returns the facts about the action with this name, or `None` if there is no such action.
///
/// Names are compared as they are sent, including letter case.
#[must_use]
pub fn action(name: &str) -> Option<&'static ActionInfo> {
    let found = ACTIONS.binary_search_by(|info| info.name.cmp(name)).ok()?;
    ACTIONS.get(found).copied()
}

/// An operation on the request type of an action whose name is known only at run time.
///
/// Passed to [`visit_action`](crate::visit_action), which finds the type that matches the name.
pub trait ActionVisitor {
    /// The result of the visit.
    type Output;

    /// Runs the operation for the request type of the action that was looked up.
    fn visit<A: Action>(self) -> Self::Output;
}
