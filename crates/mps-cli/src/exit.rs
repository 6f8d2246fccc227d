//! The exit codes.

use std::process::ExitCode;

/// The exit code of a command that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// A fault of this program or machine.
    Internal = 1,
    /// The usage is wrong, or preflight refused the request: nothing was sent.
    Usage = 2,
    /// Credentials are missing or rejected.
    Credentials = 3,
    /// Quota or balance.
    Quota = 4,
    /// The wait timed out; the task lives on.
    WaitTimedOut = 5,
    /// Network or service trouble; nothing was created.
    Trouble = 6,
    /// The task failed.
    TaskFailed = 7,
    /// Content refused.
    ContentRefused = 8,
    /// A create is in doubt: it may have been executed and billed.
    InDoubt = 9,
    /// The result has expired or cannot be downloaded.
    Unfetchable = 10,
    /// Interrupted by a signal; the line that resumes was printed.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
