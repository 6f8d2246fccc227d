//! HTTP without sockets: responses, how they are delivered, and signature checks.

pub(crate) mod auth;
pub(crate) mod exchange;
pub(crate) mod gzip;
pub(crate) mod headers;
pub(crate) mod reply;
