//! Faults on demand: which rule strikes which request.

mod check;
mod effect;
mod fault;
mod invalid_fault;
mod kind;
mod parse;
mod rules;

use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use mps_models::ActionInfo;
use serde_json::{Map, Value};

pub(crate) use effect::CallEffect;
pub use fault::Fault;
pub use invalid_fault::InvalidFault;
pub(crate) use kind::Kind;
use kind::Phase;
pub(crate) use rules::Faults;

use crate::{engine::ids::Ids, http::exchange::Connection};

/// What a rule names to be about the fetching of results, where others name an action.
pub(crate) const DOWNLOAD: &str = "download";

/// A request as rules see it.
struct RequestView<'a> {
    /// The action that is called, or [`DOWNLOAD`].
    action: &'a str,
    /// Where a rule's `match` is looked for: the body of a call, the path of a download.
    text: &'a [u8],
}

impl Faults {
    /// The fault that ends a request before anything of its body is read.
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
        self.strike(ids, &view, |kind| {
            kind.phase() == Phase::Head && kind.concerns(connection)
        })
    }

    /// The fault that befalls a call that has arrived in full, at `now` by the service's clock.
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
        self.strike(ids, &view, |kind| {
            kind.phase() == Phase::Request && kind.applies_to_timestamp(head, now)
        })
    }

    /// The fault that befalls a download.
    pub(crate) fn on_download(&mut self, ids: &Ids, head: &Parts) -> Option<Kind> {
        let view = RequestView {
            action: DOWNLOAD,
            text: path_of_download(DOWNLOAD, head),
        };
        self.strike(ids, &view, |kind| kind.phase() == Phase::Request)
    }

    /// The fault that changes what an executed action answers, which it does at once.
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
        let kind = self.strike(ids, &view, |kind| kind.altered(action, answer).is_some())?;
        if let Some(altered) = kind.altered(action, answer) {
            *answer = altered;
        }
        Some(kind)
    }
}

fn path_of_download<'a>(action: &str, head: &'a Parts) -> &'a [u8] {
    if action == DOWNLOAD {
        head.uri.path().as_bytes()
    } else {
        // Not read yet, and no rule that asks for it can be set.
        b""
    }
}
