//! Task handles: everything about a task that is worth storing, as a value.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mps_core::{endpoint::Site, limit::Account};
use mps_models::TaskFamily;

use crate::results::Expected;

mod account_hash;
mod error;
mod json;
mod text;

pub use self::{account_hash::AccountHash, error::HandleError};

/// A handle of a task: its id and family, and what is known of its creation. It can be stored, sent
/// to another process, and turned back into a task with [`Aigc::task`](crate::Aigc::task).
///
/// Handles are equal when family and id are, so that a handle from a bare id equals the one that the
/// create returned. Cheap to clone; clones share one allocation.
///
/// # Formats
/// - JSON, by serde: `{"v":1,"family":"video","id":"4-AigcVideo-0f","model":"Kling"}`. Unknown members
///   are ignored, so that newer versions can add some.
/// - One line of text, by `Display` and `FromStr`: `mps1:video:4-AigcVideo-0f?model=Kling`.
/// - A bare id, by `FromStr`, if it contains the family's name, as `4-AigcVideo-0f` does; otherwise by
///   [`TaskHandle::parse`], with the family.
///
/// A handle in a format that this version does not read is an error, see
/// [`HandleError::is_newer`].
///
/// # Examples
/// ```
/// use mps_aigc::{TaskFamily, TaskHandle};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let handle = TaskHandle::new(TaskFamily::Video, "4-AigcVideo-0f").with_model("Kling", Some("2.6"));
/// let text = handle.to_string();
/// assert_eq!(text, "mps1:video:4-AigcVideo-0f?model=Kling&model_version=2.6");
/// assert_eq!(text.parse::<TaskHandle>()?.model(), Some("Kling"));
/// assert_eq!("4-AigcVideo-0f".parse::<TaskHandle>()?, handle);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TaskHandle(Arc<Parts>);

/// The parts of a handle, in as few bytes as possible: programs keep 100,000 handles.
#[derive(Clone)]
struct Parts {
    id: Box<str>,
    model: Option<Box<str>>,
    model_version: Option<Box<str>>,
    /// Milliseconds since 1970; 0 if not known.
    created_at_ms: u64,
    account_hash: Option<AccountHash>,
    /// Requested duration of the result; 0 if not known.
    seconds: u32,
    family: TaskFamily,
    site: Option<Site>,
    expected: Option<Box<Expected>>,
}

impl TaskHandle {
    /// Returns the handle of a task of which only family and id are known.
    #[must_use]
    pub fn new(family: TaskFamily, id: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Parts {
            id: id.into(),
            model: None,
            model_version: None,
            created_at_ms: 0,
            account_hash: None,
            seconds: 0,
            family,
            site: None,
            expected: None,
        }))
    }

    /// Reads the text of a handle, or a bare id of a task of `family`.
    ///
    /// # Errors
    /// [`HandleError`] when the text is a handle that cannot be read or names another family, or no
    /// id: empty, longer than 1,000 bytes, or with control characters.
    ///
    /// # Examples
    /// ```
    /// use mps_aigc::{TaskFamily, TaskHandle};
    ///
    /// let handle = TaskHandle::parse(TaskFamily::Scenario, "0f1e2d3c")?;
    /// assert_eq!(handle.id(), "0f1e2d3c");
    /// assert!(TaskHandle::parse(TaskFamily::Image, "mps1:video:4-AigcVideo-0f").is_err());
    /// # Ok::<(), mps_aigc::HandleError>(())
    /// ```
    pub fn parse(family: TaskFamily, text: &str) -> Result<Self, HandleError> {
        text::read(text, Some(family))
    }

    /// Sets the model and its version, by which the duration of the task is estimated.
    #[must_use]
    pub fn with_model(self, model: &str, version: Option<&str>) -> Self {
        self.with(|parts| {
            parts.model = Some(model.into());
            parts.model_version = version.map(Into::into);
        })
    }

    /// Sets the requested duration of the result in seconds, by which the duration of the task is
    /// estimated.
    #[must_use]
    pub fn with_seconds(self, seconds: u32) -> Self {
        self.with(|parts| parts.seconds = seconds)
    }

    /// Sets the time at which the task was created, by the service's clock
    /// ([`Client::service_time`](mps_core::Client::service_time)), from which its age follows. It is
    /// kept in milliseconds; times before 1970 count as not known.
    #[must_use]
    pub fn with_created_at(self, at: SystemTime) -> Self {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or_default();
        self.with(|parts| parts.created_at_ms = millis)
    }

    /// Sets the site on which the task was created.
    #[must_use]
    pub fn with_site(self, site: Site) -> Self {
        self.with(|parts| parts.site = Some(site))
    }

    /// Sets the account that created the task. Only a hash of it is kept.
    #[must_use]
    pub fn with_account(self, account: &Account) -> Self {
        self.with(|parts| parts.account_hash = Some(AccountHash::of(account)))
    }

    /// Sets the facts about the results that answers leave out: their kind, and the bucket in which
    /// they are stored. [`Expected::of_request`] reads them from a request.
    #[must_use]
    pub fn with_expected(self, expected: Expected) -> Self {
        let expected = (!expected.is_empty()).then(|| Box::new(expected));
        self.with(|parts| parts.expected = expected)
    }

    /// Returns the family of the task.
    #[must_use]
    pub fn family(&self) -> TaskFamily {
        self.0.family
    }

    /// Returns the task's id: opaque text of the service.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the name of the model, or `None` if it is not known.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// Returns the version of the model, or `None` if it is not known.
    #[must_use]
    pub fn model_version(&self) -> Option<&str> {
        self.0.model_version.as_deref()
    }

    /// Returns the requested duration of the result in seconds, or `None` if it is not known.
    #[must_use]
    pub fn seconds(&self) -> Option<u32> {
        (self.0.seconds > 0).then_some(self.0.seconds)
    }

    /// Returns the time at which the task was created, by the service's clock as its creator knew it, or
    /// `None` if it is not known.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        let millis = Some(self.0.created_at_ms).filter(|millis| *millis > 0)?;
        UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    }

    /// Returns the site on which the task was created, or `None` if it is not known.
    #[must_use]
    pub fn site(&self) -> Option<Site> {
        self.0.site
    }

    /// Returns the facts about the results that only the request states, or `None` if it states none or
    /// is not known.
    #[must_use]
    pub fn expected(&self) -> Option<&Expected> {
        self.0.expected.as_deref()
    }

    /// Returns the hash of the account that created the task, or `None` if it is not known.
    #[must_use]
    pub fn account_hash(&self) -> Option<AccountHash> {
        self.0.account_hash
    }

    /// Returns the handle with what a request says about its task.
    pub(crate) fn labelled(
        self,
        model: Option<&str>,
        version: Option<&str>,
        seconds: Option<i64>,
    ) -> Self {
        let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
        self.with(|parts| {
            parts.model = model.map(Into::into);
            parts.model_version = version.map(Into::into);
            parts.seconds = seconds.unwrap_or_default();
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl PartialEq for TaskHandle {
    fn eq(&self, other: &Self) -> bool {
        (self.family(), self.id()) == (other.family(), other.id())
    }
}

impl Eq for TaskHandle {}

impl Hash for TaskHandle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.family(), self.id()).hash(state);
    }
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskHandle({self})")
    }
}

#[cfg(test)]
mod tests {
    use mps_models::MediaKind;
    use proptest::{option, prelude::*, sample::select};

    use super::*;
    use crate::results::CosFolder;

    pub(super) fn handles() -> impl Strategy<Value = TaskHandle> {
        let text = || "[A-Za-z0-9 .:?&=%+é-]{1,20}";
        let model = option::of((text(), option::of(text())));
        let numbers = (0..100_u32, 0..2_000_000_000_000_u64);
        let scope = (option::of(select(Site::ALL)), option::of(text()));
        let id = "[A-Za-z0-9.:?&=%+é-]{1,40}";
        let store = (text(), text(), option::of(text()));
        let expected = (option::of(Just(MediaKind::Scene)), option::of(store));
        (select(TaskFamily::ALL), id, model, numbers, scope, expected).prop_map(
            |(family, id, model, (seconds, millis), (site, account), (kind, store))| {
                let store = store.map(|(bucket, region, folder)| CosFolder {
                    bucket,
                    region,
                    folder,
                });
                let at = UNIX_EPOCH + Duration::from_millis(millis);
                let mut handle = TaskHandle::new(family, id)
                    .with_seconds(seconds)
                    .with_created_at(at)
                    .with_expected(Expected { kind, store });
                if let Some((model, version)) = model {
                    handle = handle.with_model(&model, version.as_deref());
                }
                if let Some(site) = site {
                    handle = handle.with_site(site);
                }
                match account {
                    Some(account) => handle.with_account(&Account::from_name(&account)),
                    None => handle,
                }
            },
        )
    }

    /// Returns everything that a handle has: equality compares only the task.
    pub(super) fn all_parts(handle: &TaskHandle) -> impl PartialEq + fmt::Debug + use<> {
        let model = handle.model().map(str::to_owned);
        let version = handle.model_version().map(str::to_owned);
        let made = (handle.seconds(), handle.created_at());
        let scope = (handle.site(), handle.account_hash());
        let expected = handle.expected().cloned();
        (handle.clone(), model, version, made, scope, expected)
    }

    #[test]
    fn handles_are_equal_when_family_and_id_are() {
        let bare = TaskHandle::new(TaskFamily::Video, "7");
        assert_eq!(bare, bare.clone().with_model("Kling", None).with_seconds(5));
        assert_ne!(bare, TaskHandle::new(TaskFamily::Image, "7"));
        assert_ne!(bare, TaskHandle::new(TaskFamily::Video, "8"));
    }

    #[test]
    fn a_handle_is_small() {
        assert_eq!(size_of::<TaskHandle>(), size_of::<usize>());
        assert!(size_of::<Parts>() <= 80, "{}", size_of::<Parts>());
    }

    #[test]
    fn the_account_is_not_readable() {
        let handle = TaskHandle::new(TaskFamily::Video, "7");
        let handle = handle.with_account(&Account::from_name("team-video"));
        assert!(!format!("{handle:?} {handle}").contains("team"));
    }
}
