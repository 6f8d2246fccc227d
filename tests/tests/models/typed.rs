//! Values of types that are known only by the name of an action.

use mps_models::{
    ACTIONS, Action, ActionInfo, ActionVisitor, preflight::Report, schema::StructInfo,
};
use serde_json::Value;

/// A request or an answer of one action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) action: &'static ActionInfo,
    pub(crate) is_request: bool,
}

impl Message {
    pub(crate) const fn schema(self) -> &'static StructInfo {
        if self.is_request {
            self.action.request
        } else {
            self.action.response
        }
    }
}

/// Every request and every answer.
pub(crate) fn messages() -> Vec<Message> {
    let both = [true, false];
    let of = |action: &'static ActionInfo| both.map(|is_request| Message { action, is_request });
    ACTIONS.iter().copied().flat_map(of).collect()
}

/// The result of reading a JSON value as a message.
#[derive(Debug)]
pub(crate) struct Typed {
    /// Written again.
    pub(crate) json: Value,
    /// Its `Debug` output.
    pub(crate) debug: String,
    /// Findings of the inspection; empty for a response.
    pub(crate) report: Report,
}

/// Reads a JSON value as a message.
pub(crate) fn read(message: Message, json: &Value) -> Result<Typed, serde_json::Error> {
    let visitor = Read {
        json: json.clone(),
        is_request: message.is_request,
    };
    mps_models::visit_action(message.action.name, visitor).expect("an action of the list")
}

struct Read {
    json: Value,
    is_request: bool,
}

impl ActionVisitor for Read {
    type Output = Result<Typed, serde_json::Error>;

    fn visit<A: Action>(self) -> Self::Output {
        if self.is_request {
            let request: A = serde_json::from_value(self.json)?;
            let report = request.preflight();
            typed(&request, report)
        } else {
            let response: A::Response = serde_json::from_value(self.json)?;
            typed(&response, Report::default())
        }
    }
}

fn typed<T: std::fmt::Debug + serde::Serialize>(
    value: &T,
    report: Report,
) -> Result<Typed, serde_json::Error> {
    Ok(Typed {
        json: serde_json::to_value(value)?,
        debug: format!("{value:?} {value:#?}"),
        report,
    })
}

/// The request of an action, inspected.
pub(crate) fn preflight(action: &str, json: &Value) -> Report {
    let action = mps_models::action(action).expect("an action");
    let is_request = true;
    read(Message { action, is_request }, json)
        .expect("a request")
        .report
}
