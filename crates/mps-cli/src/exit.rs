//! The exit codes.

use std::process::ExitCode;

/// The exit code of a command that failed.
///
/// [`Outcome::exit`](crate::outcome::Outcome::exit) decides it; no kind of error maps to an exit code
/// by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// A fault of this program or machine, or a receipt that could not be written.
    Internal = 1,
    /// The request or the usage is wrong; nothing was created.
    Usage = 2,
    /// Credentials are missing or rejected; nothing was created.
    Credentials = 3,
    /// Quota or balance; nothing was created.
    Quota = 4,
    /// The task continues, and the command no longer waits for it.
    Continues = 5,
    /// Network or service trouble; nothing was created, and the command can be run again.
    Trouble = 6,
    /// The task failed.
    TaskFailed = 7,
    /// The content was refused.
    ContentRefused = 8,
    /// A create is in doubt: it may have been executed and billed.
    InDoubt = 9,
    /// The task is done, but its result has expired, or cannot be downloaded or saved.
    Unsaved = 10,
    /// A batch ended with some rows not fetched.
    Unfetched = 11,
    /// Refused before anything was sent: by `--max-seconds`, the limit on billable seconds, or as a
    /// repeat of a create that may be billed already.
    SpendGuard = 12,
    /// Interrupted by SIGHUP.
    HungUp = 129,
    /// Interrupted by SIGINT.
    Interrupted = 130,
    /// Interrupted by SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The order in which one exit code is chosen for several tasks: the first one present. A signal
    /// ends the whole command, so its code is the most important one.
    const PRECEDENCE: [Self; 15] = [
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
        Self::InDoubt,
        Self::Internal,
        Self::Unfetched,
        Self::Unsaved,
        Self::Continues,
        Self::TaskFailed,
        Self::ContentRefused,
        Self::Trouble,
        Self::SpendGuard,
        Self::Credentials,
        Self::Quota,
        Self::Usage,
    ];

    /// Returns the position in the order of precedence; 0 is the most important one. For example,
    /// `wait` of a failed task and of an unknown one ends with 7, not with 2.
    pub(crate) fn rank(self) -> usize {
        let mut codes = Self::PRECEDENCE.iter();
        codes.position(|code| *code == self).unwrap_or(usize::MAX)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
