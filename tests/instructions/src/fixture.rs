//! Parts of a measured call: keys, a request and its answer, and a limiter that is not measured.

use mps_core::{
    BoxFuture,
    limit::{LimitError, Limiter, Permit, PermitRequest},
};

pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
pub(crate) const SECRET_KEY: &str = "not a real key, but just as long";
/// The request in the vendor's documentation.
pub(crate) const REQUEST: &str =
    include_str!("../../../spec/examples/CreateAigcVideoTask/documentation.request.json");
pub(crate) const ENVELOPE: &str = r#"{"Response":{"TaskId":"1500039689-AigcVideo-6cd2c44b6cd2c44b6cd2c44b6cd2c44b","RequestId":"643fb583-09a5-4b52-a2ee-c77e5c8d4ee1"}}"#;

/// A limiter that grants every permit at once: a limit would be most of the work.
#[derive(Debug)]
pub(crate) struct NoLimit;

impl Limiter for NoLimit {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async { Ok(Permit::unlimited()) })
    }

    fn throttled(&self, _: &str) {}
}
