//! Whom the rate limit holds for together.

use std::{env, path::PathBuf, sync::Arc};

use mps_aigc::Endpoint;
use mps_core::{
    clock::SystemClock,
    limit::{Limiter, LocalLimiter},
};

use crate::{
    args::LimitScope,
    failure::{Failure, WITHOUT_LIMIT_FILE},
};

/// The limiter for an account, told by its host and secret id. Touches no file yet.
pub(crate) fn of(
    scope: LimitScope,
    endpoint: &Endpoint,
    secret_id: &str,
) -> Result<Arc<dyn Limiter>, Failure> {
    match scope {
        LimitScope::Machine => of_this_machine(&format!("{} {secret_id}", endpoint.host())),
        LimitScope::Process => Ok(of_this_process()),
    }
}

pub(crate) fn of_this_process() -> Arc<dyn Limiter> {
    Arc::new(LocalLimiter::new(SystemClock::shared()))
}

#[cfg(unix)]
fn of_this_machine(account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let clock = SystemClock::shared();
    let limiter = mps_core::limit::FileLimiter::new(directory()?, account, clock);
    Ok(Arc::new(limiter))
}

/// Where processes have no clock in common that a program can read.
#[cfg(not(unix))]
fn of_this_machine(_: &str) -> Result<Arc<dyn Limiter>, Failure> {
    Ok(of_this_process())
}

/// Where programs keep what is of use to this machine only, as the XDG specification has it.
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
