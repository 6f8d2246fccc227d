//! The rate limiter that `--limiter` selects.

use std::{env, path::PathBuf, sync::Arc};

use mps_aigc::Endpoint;
use mps_core::{
    clock::SystemClock,
    limit::{Limiter, LocalLimiter},
};

use crate::{
    failure::{Failure, WITHOUT_LIMIT_FILE},
    options::LimiterScope,
};

/// Returns the limiter of an account, identified by endpoint host and secret id. Opens no file yet.
pub(crate) fn build(
    scope: LimiterScope,
    endpoint: &Endpoint,
    secret_id: &str,
) -> Result<Arc<dyn Limiter>, Failure> {
    match scope {
        LimiterScope::Machine => machine_limiter(&format!("{} {secret_id}", endpoint.host())),
        LimiterScope::Process => Ok(process_limiter()),
    }
}

pub(crate) fn process_limiter() -> Arc<dyn Limiter> {
    Arc::new(LocalLimiter::new(SystemClock::shared()))
}

#[cfg(unix)]
fn machine_limiter(account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let clock = SystemClock::shared();
    let limiter = mps_core::limit::FileLimiter::new(directory()?, account, clock);
    Ok(Arc::new(limiter))
}

/// Limits this process alone: this platform has no clock that two processes can compare.
#[cfg(not(unix))]
fn machine_limiter(_: &str) -> Result<Arc<dyn Limiter>, Failure> {
    Ok(process_limiter())
}

/// Returns the state folder of the XDG specification, for data that is of use to this machine only.
#[cfg(unix)]
fn directory() -> Result<PathBuf, Failure> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || absolute("HOME").map(|home| home.join(".local").join("state"));
    let state = absolute("XDG_STATE_HOME").or_else(home).ok_or_else(|| {
        Failure::usage("there is no place for the file that holds this machine's rate limit: neither XDG_STATE_HOME nor HOME is an absolute path")
            .hint(WITHOUT_LIMIT_FILE)
    })?;
    Ok(state.join("mps").join("limits"))
}
