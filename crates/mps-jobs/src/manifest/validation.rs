//! The version of the rules that rows are validated by.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::OnceLock,
};

/// Returns a text that differs between builds of which one may refuse a row that the other accepts: the
/// version of this crate, and a digest of what the specification says about every action and model.
pub(super) fn rules_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut digest = DefaultHasher::new();
        mps_models::ACTIONS.hash(&mut digest);
        format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), digest.finish())
    })
}
