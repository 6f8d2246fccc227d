//! Faults on demand: selects the rule that matches a request.

mod answer;
mod check;
mod download;
mod effect;
mod fault;
mod invalid_fault;
mod kind;
mod parse;
mod response;
mod rules;

use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, request::Parts};
use mps_models::ActionInfo;
use serde_json::{Map, Value};

pub(crate) use effect::CallEffect;
pub use fault::Fault;
pub use invalid_fault::InvalidFault;
pub(crate) use kind::Kind;
use kind::Phase;
#[cfg(test)]
pub(crate) use parse::kind_names;
pub(crate) use rules::Faults;

use crate::{engine::ids::Ids, http::exchange::Connection};

/// The name that a rule uses for downloads, in place of an action.
pub(crate) const DOWNLOAD: &str = "download";

/// The name that a rule uses for uploads to a bucket.
pub(crate) const UPLOAD: &str = "upload";

/// Returns the name that a rule uses for a request of this method to the object storage.
pub(crate) fn storage_action(method: &Method) -> &'static str {
    if *method == Method::PUT {
        UPLOAD
    } else {
        DOWNLOAD
    }
}

/// Returns the message of an error code: its meaning in the specification, if it is known.
fn usual_message(code: &str) -> &'static str {
    mps_models::service::error_code(code).map_or("refused on demand", |known| known.meaning)
}

/// The parts of a request that rules compare.
struct RequestView<'a> {
    /// The called action, [`DOWNLOAD`] or [`UPLOAD`].
    action: &'a str,
    /// The text that a rule's `match` searches: the body of a call, the path of a download.
    text: &'a [u8],
}

impl Faults {
    /// Returns the fault that ends a request before its body is read.
    pub(crate) fn on_head(
        &mut self,
        ids: &Ids,
        action: &str,
        head: &Parts,
        connection: Connection,
    ) -> Option<Kind> {
        let view = RequestView {
            action,
            text: path_of_download(action, head),
        };
        self.matching_rule(ids, &view, |kind| {
            kind.phase() == Phase::Head && kind.applies_to_connection(connection)
        })
    }

    /// Returns the fault for a call that has arrived completely, at `now` on the service's clock.
    pub(crate) fn on_call(
        &mut self,
        ids: &Ids,
        action: &str,
        head: &Parts,
        body: &Bytes,
        now: SystemTime,
    ) -> Option<Kind> {
        let now = mps_core::clock::unix_seconds(now);
        let view = RequestView { action, text: body };
        self.matching_rule(ids, &view, |kind| {
            kind.phase() == Phase::Request && kind.applies_to_timestamp(head, now)
        })
    }

    /// Returns the fault for a download, or for an upload.
    pub(crate) fn on_download(&mut self, ids: &Ids, head: &Parts) -> Option<Kind> {
        let action = storage_action(&head.method);
        let view = RequestView {
            action,
            text: path_of_download(action, head),
        };
        self.matching_rule(ids, &view, |kind| kind.phase() == Phase::Request)
    }

    /// Applies the fault that changes the answer of an executed action, and returns it.
    pub(crate) fn on_answer(
        &mut self,
        ids: &Ids,
        action: &ActionInfo,
        body: &Bytes,
        answer: &mut Map<String, Value>,
    ) -> Option<Kind> {
        let view = RequestView {
            action: action.name,
            text: body,
        };
        let kind = self.matching_rule(ids, &view, |kind| {
            kind.changed_answer(action, answer).is_some()
        })?;
        if let Some(changed_answer) = kind.changed_answer(action, answer) {
            *answer = changed_answer;
        }
        Some(kind)
    }
}

fn path_of_download<'a>(action: &str, head: &'a Parts) -> &'a [u8] {
    if matches!(action, DOWNLOAD | UPLOAD) {
        head.uri.path().as_bytes()
    } else {
        // The body is not read yet; rules that search it are rejected for such faults.
        b""
    }
}
