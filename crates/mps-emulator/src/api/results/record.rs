//! Records requests for results in the log.

use bytes::Bytes;
use http::{Method, Response, header, request::Parts};

use crate::{
    api::service_state::ServiceState,
    engine::{
        clock::micros,
        log::{DownloadRecord, Outcome},
    },
    faults::{self, CallEffect, Kind},
    http::exchange::Exchange,
};

/// Returns the record of a request before it is answered.
pub(super) fn arrived(service: &ServiceState, head: &Parts) -> DownloadRecord {
    let range = head.headers.get(header::RANGE);
    DownloadRecord {
        at_us: micros(service.uptime()),
        action: faults::storage_action(&head.method).to_owned(),
        outcome: Outcome::Dropped,
        code: None,
        request_id: service.ids.hex(),
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        range: range.map(|range| String::from_utf8_lossy(range.as_bytes()).into_owned()),
        status: None,
        bytes: None,
        fault: None,
    }
}

/// Records the answer of the storage, and the number of bytes that a fault leaves of it.
pub(super) fn answered(
    service: &ServiceState,
    mut record: DownloadRecord,
    fault: Option<&Kind>,
    exchange: &Exchange,
) {
    record.fault = fault.map(|kind| kind.name().to_owned());
    if fault.is_some_and(|kind| matches!(kind.call_effect(), CallEffect::Dropped)) {
        record.outcome = Outcome::Dropped;
        record.code = None;
    }
    if let Some((response, bytes)) = exchange.sent() {
        let is_head = record.method == Method::HEAD.as_str();
        record.status = Some(response.status().as_u16());
        record.bytes = Some(if is_head { 0 } else { bytes as u64 });
    }
    service.state().downloads.add(record);
}

/// Records a request that ended before it was complete or was not read.
pub(crate) fn dropped(service: &ServiceState, head: &Parts, fault: Option<&Kind>) {
    let mut record = arrived(service, head);
    record.fault = fault.map(|kind| kind.name().to_owned());
    service.state().downloads.add(record);
}

pub(super) fn outcome(response: &Response<Bytes>) -> Outcome {
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        Outcome::Refused
    } else {
        Outcome::Executed
    }
}
