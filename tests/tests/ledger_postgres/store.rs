//! Ledgers in a PostgreSQL server that the tests of this program share, each in a schema of its own.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use mps_jobs::Ledger;
use mps_tests::postgres::PostgresServer;

use crate::support::clock;

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// Returns an empty ledger; one in memory where no PostgreSQL is installed.
pub(crate) async fn new_ledger() -> Ledger {
    match PostgresServer::shared().unwrap() {
        Some(server) => open(&new_location(&server.url())).await,
        None => Ledger::in_memory(clock()).unwrap(),
    }
}

/// Returns the URL of a ledger in a new schema of a server, with a seal of its own.
pub(crate) fn new_location(server: &str) -> String {
    let schema = SCHEMAS.fetch_add(1, Relaxed);
    format!(
        "{server}?schema=ledger_{schema}&seal={}",
        new_host().display()
    )
}

/// Returns a new folder for a seal, as another host has one.
pub(crate) fn new_host() -> PathBuf {
    static HOSTS: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}-{}", std::process::id(), HOSTS.fetch_add(1, Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("seals")
        .join(name);
    // Of an earlier process with the same id.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) async fn open(url: &str) -> Ledger {
    Ledger::open(url, clock()).await.unwrap()
}

/// Returns the schema in the URL of a ledger.
pub(crate) fn schema_of(url: &str) -> &str {
    let (_, rest) = url.split_once("schema=").unwrap();
    rest.split('&').next().unwrap()
}
