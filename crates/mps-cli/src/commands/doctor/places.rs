//! Checks of the ledger and of the disks.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use mps_aigc::Endpoint;
use mps_jobs::{Ledger, State, ledger::Filter, state_folder_from_env};

use super::check::Check;
use crate::{
    context::{Connection, Context},
    failure::Failure,
    foreign_text,
    ledger::{self, Identity, Located},
    live::units,
    outcome::Reason,
};

/// Rows that are looked at for other accounts.
const ROWS: usize = 500;

/// Less free space than this is warned of: a few results need it.
const LITTLE: u64 = 1_000_000_000;

/// Less free space than this is an error: neither a ledger nor a result can grow.
const TOO_LITTLE: u64 = 20_000_000;

pub(super) async fn ledger(
    connection: Option<&Connection>,
    endpoint: &Endpoint,
    context: &Context,
) -> Vec<Check> {
    let identity = Identity {
        endpoint,
        secret_id: connection.map_or("", Connection::secret_id),
    };
    let place = match ledger::locate(&context.global, identity) {
        Located::InMemory => {
            return vec![Check::ok("ledger", "in memory, as long as the emulator")];
        }
        Located::Off => {
            let check = Check::warning("ledger", "it is turned off: creates are not recorded");
            return vec![check.fix("leave --ledger and MPS_LEDGER out")];
        }
        Located::NoPlace(reason) => {
            let check = Check::warning("ledger", format!("creates are not recorded: {reason}"));
            return vec![check.fix("name a file on a disk of this machine: --ledger PATH")];
        }
        Located::File(file) if !file.exists() => {
            let file = foreign_text::path(&file);
            let message = format!("{file} does not exist; the first create makes it");
            return vec![Check::ok("ledger", message)];
        }
        Located::File(file) => place_of(&file),
        Located::Server(url) => url,
    };
    match ledger::open(&context.global, identity, &context.clock).await {
        Ok(ledger) => opened(&place, &ledger, connection).await,
        Err(failure) => vec![Check::failed("ledger", &failure)],
    }
}

fn place_of(file: &Path) -> String {
    let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let bytes = length(file) + length(Path::new(&log));
    format!("{}, {}", foreign_text::path(file), units::bytes(bytes))
}

async fn opened(place: &str, ledger: &Ledger, connection: Option<&Connection>) -> Vec<Check> {
    let doubtful = Filter {
        states: vec![State::InDoubt],
        limit: ROWS,
        ..Filter::default()
    };
    let in_doubt = match ledger.list(&doubtful).await {
        Ok(rows) => rows.len(),
        Err(error) => return vec![Check::failed("ledger", &Failure::from(error))],
    };
    let mut checks = vec![if in_doubt == 0 {
        Check::ok("ledger", format!("{place}, nothing in doubt"))
    } else {
        let (creates, are) = (units::counted(in_doubt, "create"), units::are(in_doubt));
        let message = format!("{place}; {creates} {are} in doubt, and may be billed");
        Check::warning("ledger", message).fix("look at them: mps tasks --in-doubt")
    }];
    checks.extend(accounts(ledger, connection).await);
    checks
}

/// Warns of several accounts in one ledger: two keys of one account share its limit, which this
/// program cannot know.
async fn accounts(ledger: &Ledger, connection: Option<&Connection>) -> Option<Check> {
    let newest = Filter {
        limit: ROWS,
        ..Filter::default()
    };
    let rows = ledger.list(&newest).await.ok()?;
    let accounts = rows.into_iter().filter_map(|row| row.account);
    let mut accounts: BTreeSet<String> = accounts.collect();
    accounts.extend(connection.map(|it| it.account().to_owned()));
    // A name that the user chose is meant to differ.
    let by_key = accounts.iter().filter(|account| !account.contains('='));
    let count = by_key.count();
    (count > 1).then(|| {
        let message = format!("the ledger has tasks of {count} keys, each with a limit of its own");
        Check::warning("account", message)
            .fix("if they are of one account, name it the same for all: --account NAME")
    })
}

pub(super) fn space(context: &Context) -> Vec<Check> {
    let state = state_folder_from_env().ok();
    let out = context.defaults().folder().map(Path::to_owned);
    let out = out.or_else(|| std::env::current_dir().ok());
    let folders: Vec<PathBuf> = state.into_iter().chain(out).collect();
    let disks = folders.iter().filter_map(|folder| {
        let folder = existing(folder)?;
        Some((folder, free_bytes(folder)?))
    });
    let mut disks: Vec<_> = disks.collect();
    // One disk has both in most cases.
    disks.dedup_by_key(|(_, bytes)| *bytes);
    let checks = disks.into_iter();
    checks
        .map(|(folder, bytes)| free_space(folder, bytes))
        .collect()
}

/// Returns the folder, or the closest one above it that exists.
fn existing(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.is_dir())
}

fn free_space(folder: &Path, bytes: u64) -> Check {
    let message = format!(
        "{} free at {}",
        units::bytes(bytes),
        foreign_text::path(folder)
    );
    let check = match bytes {
        0..TOO_LITTLE => Check::error("space", Reason::Usage, message),
        TOO_LITTLE..LITTLE => Check::warning("space", message),
        _ => return Check::ok("space", message),
    };
    check.fix("free some, or use another disk: --out DIR/, --ledger PATH")
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The standard library cannot query it.
#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::check::State as Severity;

    #[test]
    fn little_free_space_is_warned_of_and_almost_none_is_an_error() {
        let state = |bytes| free_space(Path::new("/"), bytes).state;
        assert_eq!(state(1_000), Severity::Error);
        assert_eq!(state(500_000_000), Severity::Warning);
        assert_eq!(state(50_000_000_000), Severity::Ok);
    }
}
