//! This machine: its name and its identity.

/// Returns the name of this machine, or an empty text if it has none.
pub(crate) fn host() -> String {
    #[cfg(unix)]
    return rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    whoami::hostname().unwrap_or_default()
}

/// Returns an id of this installation: a ledger with another id was copied from elsewhere.
pub(crate) fn identity() -> String {
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    match id.trim() {
        "" => host(),
        id => id.to_owned(),
    }
}

/// Returns an id of the current boot; empty where the system provides none.
pub(crate) fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.unwrap_or_default().trim().to_owned()
}
