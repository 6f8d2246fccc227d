//! HTTP without sockets: responses, how they are delivered, and signature checks.

pub(crate) mod auth;
pub(crate) mod control_token;
pub(crate) mod exchange;
pub(crate) mod guard;
pub(crate) mod gzip;
pub(crate) mod headers;
pub(crate) mod reply;
