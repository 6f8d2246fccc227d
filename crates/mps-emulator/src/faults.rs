//! Faults on demand: which rule strikes which request.

mod bad;
mod check;
mod effect;
mod fault;
mod kind;
mod read;
mod rules;

use bytes::Bytes;
use http::request::Parts;
use mps_models::ActionInfo;
use serde_json::{Map, Value};

pub use bad::BadFault;
pub(crate) use effect::Verdict;
pub use fault::Fault;
use kind::Phase;
pub(crate) use kind::{Kind, MOST_SKEW};
pub(crate) use rules::Faults;

use crate::{exchange::Connection, service::Inner};

/// What a rule names to be about the fetching of results, where others name an action.
pub(crate) const DOWNLOAD: &str = "download";

/// A request as rules see it.
struct Sight<'a> {
    /// The action that is called, or [`DOWNLOAD`].
    action: &'a str,
    /// Where a rule's `match` is looked for: the body of a call, the path of a download.
    text: &'a [u8],
}

/// The fault that ends a request before anything of its body is read.
pub(crate) fn on_head(
    service: &Inner,
    action: &str,
    head: &Parts,
    connection: Connection,
) -> Option<Kind> {
    let sight = Sight {
        action,
        text: path_of_download(action, head),
    };
    service.state().faults.strike(&service.ids, &sight, |kind| {
        kind.phase() == Phase::Head && kind.concerns(connection)
    })
}

/// The fault that befalls a call that has arrived in full.
pub(crate) fn on_call(service: &Inner, action: &str, head: &Parts, body: &Bytes) -> Option<Kind> {
    let now = mps_core::clock::unix_seconds(service.time.wall());
    let sight = Sight { action, text: body };
    service.state().faults.strike(&service.ids, &sight, |kind| {
        kind.phase() == Phase::Request && kind.is_news_to(head, now)
    })
}

/// The fault that befalls a download.
pub(crate) fn on_download(service: &Inner, head: &Parts) -> Option<Kind> {
    let sight = Sight {
        action: DOWNLOAD,
        text: path_of_download(DOWNLOAD, head),
    };
    let is_due = |kind: &Kind| kind.phase() == Phase::Request;
    service.state().faults.strike(&service.ids, &sight, is_due)
}

/// The fault that changes what an executed action answers, which it does at once.
pub(crate) fn on_answer(
    service: &Inner,
    action: &ActionInfo,
    body: &Bytes,
    answer: &mut Map<String, Value>,
) -> Option<Kind> {
    let sight = Sight {
        action: action.name,
        text: body,
    };
    let alters = |kind: &Kind| kind.altered(action, answer).is_some();
    let kind = service
        .state()
        .faults
        .strike(&service.ids, &sight, alters)?;
    if let Some(altered) = kind.altered(action, answer) {
        *answer = altered;
    }
    Some(kind)
}

fn path_of_download<'a>(action: &str, head: &'a Parts) -> &'a [u8] {
    if action == DOWNLOAD {
        head.uri.path().as_bytes()
    } else {
        // Not read yet, and no rule that asks for it can be set.
        b""
    }
}
