//! The requests that the emulator answers: the API, the object storage, the control API and its page.

pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod objects;
pub(crate) mod operations;
pub(crate) mod page;
pub(crate) mod results;
pub(crate) mod service_state;
pub(crate) mod snapshot;
pub(crate) mod state;
pub(crate) mod task_record;
