//! The number of connections that the process's file handles allow.

/// Far more than any test needs, and few enough that memory stays small.
const MAX_CONNECTIONS: usize = 8_192;
/// File handles for the state file, logs and the runtime.
const RESERVED_HANDLES: usize = 64;
/// Connections that are always accepted; with fewer handles, accepting fails and frees one.
const MIN_CONNECTIONS: usize = 16;

/// Returns the largest number of open connections.
pub(super) fn connections() -> usize {
    within(file_handles())
}

fn within(handles: Option<u64>) -> usize {
    let handles = handles.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    });
    let free = handles.saturating_sub(RESERVED_HANDLES);
    free.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

/// Returns the soft limit of the process; `None` if there is none.
#[cfg(unix)]
fn file_handles() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn file_handles() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_handles_for_everything_else() {
        assert_eq!(within(Some(1_024)), 960);
        assert_eq!(within(Some(10)), MIN_CONNECTIONS);
        assert_eq!(within(None), MAX_CONNECTIONS);
    }
}
