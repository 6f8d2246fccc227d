//! The rate limiter that `--limiter` selects.

#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use mps_core::limit::LimitError;
use mps_core::{
    clock::SystemClock,
    limit::{Limiter, LocalLimiter},
};

#[cfg(unix)]
use crate::failure::WITHOUT_LIMIT_FILE;
use crate::{failure::Failure, options::LimiterScope, secret_url::SecretUrl};

/// Printed before a create that no other process can know of.
#[cfg(unix)]
const ONLY_THIS_PROCESS: &str = "there is no state folder for this machine's rate limit, so it holds for this process only; set \
     XDG_STATE_HOME to a writable folder on a disk of this machine";

/// Printed before a create that no other process can know of.
#[cfg(not(unix))]
const ONLY_THIS_PROCESS: &str = "this system has no rate limit for the whole machine, so it holds for this process only; share one with \
     --limiter redis://HOST or postgres://HOST, or accept it with --limiter process";

/// Returns the limiter of an account, and a warning for creates if it is not the one of the whole
/// machine for want of a place. Opens no file and no connection yet.
///
/// # Errors
/// Returns a usage error when there is no limiter for the URL, or no place for the file of a limiter
/// that is asked for by name.
pub(crate) fn build(
    scope: Option<LimiterScope>,
    account: &str,
) -> Result<(Arc<dyn Limiter>, Option<&'static str>), Failure> {
    let Some(scope) = scope else {
        return Ok(match machine_limiter(account) {
            Ok(limiter) => (limiter, None),
            Err(_) => (process_limiter(), Some(ONLY_THIS_PROCESS)),
        });
    };
    Ok((named(scope, account)?, None))
}

fn named(scope: LimiterScope, account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    match scope {
        LimiterScope::Machine => machine_limiter(account),
        LimiterScope::Process => Ok(process_limiter()),
        LimiterScope::Url(url) => match url.scheme().as_str() {
            "redis" | "rediss" | "redis+unix" | "unix" | "valkey" | "valkeys" => {
                redis_limiter(&url, account)
            }
            "postgres" | "postgresql" => postgres_limiter(&url, account),
            _ => Err(
                Failure::usage(format!("--limiter: there is no limiter for the URL {url}"))
                    .hint("write it as redis://HOST:6379/0 or postgres://USER@HOST/DATABASE"),
            ),
        },
    }
}

#[cfg(feature = "redis")]
fn redis_limiter(url: &SecretUrl, account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let limiter = mps_core::limit::RedisLimiter::new(url.reveal(), account, SystemClock::shared());
    let limiter = limiter.map_err(|error| {
        let failure = Failure::usage(format!("--limiter: {error}"));
        failure.hint("write it as redis://HOST:6379/0, or rediss:// for TLS")
    })?;
    Ok(Arc::new(limiter))
}

#[cfg(not(feature = "redis"))]
fn redis_limiter(url: &SecretUrl, _: &str) -> Result<Arc<dyn Limiter>, Failure> {
    Err(Failure::lacks_feature(&format!("--limiter {url}"), "redis"))
}

#[cfg(feature = "postgres")]
fn postgres_limiter(url: &SecretUrl, account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let url = url.reveal_with_password_file();
    let limiter = mps_core::limit::PostgresLimiter::new(&url, account, SystemClock::shared());
    let limiter = limiter.map_err(|error| {
        let hint = match &error {
            LimitError::Unavailable(error) => error.hint().map(ToOwned::to_owned),
            _ => None,
        };
        let hint = hint.unwrap_or_else(|| "write it as postgres://USER@HOST/DATABASE".to_owned());
        Failure::usage(format!("--limiter: {error}")).hint(hint)
    })?;
    Ok(Arc::new(limiter))
}

#[cfg(not(feature = "postgres"))]
fn postgres_limiter(url: &SecretUrl, _: &str) -> Result<Arc<dyn Limiter>, Failure> {
    Err(Failure::lacks_feature(
        &format!("--limiter {url}"),
        "postgres",
    ))
}

/// Returns the limiter of calls that no other process can have preceded: to an emulator inside this
/// process, or to nothing at all.
pub(crate) fn unshared_limiter() -> Arc<dyn Limiter> {
    Arc::new(LocalLimiter::without_warm_up(SystemClock::shared()))
}

fn process_limiter() -> Arc<dyn Limiter> {
    Arc::new(LocalLimiter::new(SystemClock::shared()))
}

#[cfg(unix)]
fn machine_limiter(account: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let clock = SystemClock::shared();
    let limiter = mps_core::limit::FileLimiter::new(directory()?, account, clock);
    Ok(Arc::new(limiter))
}

/// Returns a usage error: the standard library shows no clock here that two processes could compare.
#[cfg(not(unix))]
fn machine_limiter(_: &str) -> Result<Arc<dyn Limiter>, Failure> {
    let message = "--limiter machine: this system has no rate limit for the whole machine";
    Err(Failure::usage(message).hint(
        "use --limiter process, or share a limit with --limiter redis://HOST or postgres://HOST",
    ))
}

#[cfg(unix)]
fn directory() -> Result<PathBuf, Failure> {
    let state = mps_jobs::state_folder_from_env().map_err(|error| {
        let message =
            format!("there is no place for the file of this machine's rate limit: {error}");
        Failure::usage(message).hint(WITHOUT_LIMIT_FILE)
    })?;
    Ok(state.join("limits"))
}
