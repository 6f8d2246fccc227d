//! The requests that the emulator answers: the API, the object storage and the control API.

pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod operations;
pub(crate) mod results;
pub(crate) mod service_state;
pub(crate) mod snapshot;
pub(crate) mod state;
pub(crate) mod task_record;
