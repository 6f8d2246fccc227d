//! The state machine behind the API: accounts, tasks, time, limits, the bill and the request log.

pub(crate) mod accounts;
pub(crate) mod bill;
pub(crate) mod clock;
pub(crate) mod ids;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod marker;
pub(crate) mod refusal;
pub(crate) mod settings;
pub(crate) mod tasks;
pub(crate) mod temporary_credentials;
