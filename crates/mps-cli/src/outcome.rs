//! The end of a command, as far as the bill is concerned, and the exit code that follows from it.

use mps_aigc::{ErrorKind as TaskErrorKind, models::service::ErrorClass};
use mps_core::Advice;

use crate::{exit::Exit, signals::Signal};

/// The end of a command that did not do all it was asked to.
///
/// The variant says where the money is; the reason only chooses among the exit codes of that variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This command created no task.
    NotCreated(Reason),
    /// A create may have been executed and billed.
    InDoubt,
    /// The task exists, and the command no longer waits for it.
    Continues(Reason),
    /// The task has failed; `refused` when its content was refused.
    Failed {
        /// `true` if the content of the request or of the result was refused.
        refused: bool,
    },
    /// The task is done, and its result was not delivered.
    Undelivered(Reason),
    /// A batch that has sent a row ended with some rows not fetched.
    Unfetched(Reason),
}

/// The reason why a command ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The request or the usage is wrong: repeating it unchanged is useless.
    Usage,
    /// Credentials are missing or rejected.
    Credentials,
    /// Quota or balance.
    Quota,
    /// The content of the request was refused.
    Content,
    /// The limit on billable seconds, `--max-seconds`, or the guard against repeats.
    SpendGuard,
    /// Network or service trouble, or a deadline that passed: repeating it later can succeed.
    Trouble,
    /// The result has expired: it can never be fetched again.
    Expired,
    /// The result cannot be fetched, or does not exist.
    Unfetchable,
    /// The result of the command could not be written to stdout.
    Receipt,
    /// A signal.
    Signal(Signal),
    /// A fault of this program or machine.
    Internal,
}

impl Outcome {
    /// Returns the exit code.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::InDoubt => Exit::InDoubt,
            Self::NotCreated(reason) => reason.exit(),
            Self::Failed { refused: true } => Exit::ContentRefused,
            Self::Failed { refused: false } => Exit::TaskFailed,
            Self::Continues(reason) => reason.exit_of_task(Exit::Continues),
            Self::Undelivered(reason) => reason.exit_of_task(Exit::Unsaved),
            Self::Unfetched(reason) => reason.exit_of_task(Exit::Unfetched),
        }
    }

    /// Returns the reason; trouble where there is none.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::NotCreated(reason)
            | Self::Continues(reason)
            | Self::Undelivered(reason)
            | Self::Unfetched(reason) => reason,
            Self::InDoubt | Self::Failed { .. } => Reason::Trouble,
        }
    }

    /// Returns the hint for an error that has none of its own.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::InDoubt => "look for the task before creating it again: mps tasks --in-doubt",
            Self::Continues(_) => "the task continues; look at it: mps tasks --undone",
            Self::Undelivered(Reason::Expired) => {
                "results are kept for a limited time; create it again"
            }
            Self::Undelivered(_) => "the task is done; download its result: mps tasks --expiring",
            Self::Failed { refused: true } => {
                "change the prompt or the media, then create it again"
            }
            Self::Failed { refused: false } => {
                "read the message of the service; change the request, or create it again"
            }
            Self::Unfetched(_) => "see which rows are left: mps batch status",
            Self::NotCreated(reason) => reason.hint(),
        }
    }

    /// Returns whether a create may have been executed without its outcome being known.
    pub(crate) fn in_doubt(self) -> bool {
        self == Self::InDoubt
    }

    /// Returns whether the same command line can succeed when it is run again, and creates nothing
    /// twice; `created` says whether this command has created a task.
    ///
    /// A create is not idempotent, so a command that has created a task is never retryable: its resume
    /// line is. `wait`, `status` and `download` are idempotent.
    pub(crate) fn is_retryable(self, created: bool) -> bool {
        let reason = match self {
            Self::NotCreated(reason) | Self::Continues(reason) | Self::Undelivered(reason) => {
                reason
            }
            Self::InDoubt | Self::Failed { .. } => return false,
            // A row that was sent is not sent again.
            Self::Unfetched(reason) => {
                return matches!(reason, Reason::Trouble | Reason::Signal(_));
            }
        };
        !created && matches!(reason, Reason::Trouble | Reason::Signal(_))
    }
}

impl Reason {
    fn exit(self) -> Exit {
        match self {
            Self::Usage => Exit::Usage,
            Self::Credentials => Exit::Credentials,
            Self::Quota => Exit::Quota,
            Self::Content => Exit::ContentRefused,
            Self::SpendGuard => Exit::SpendGuard,
            Self::Trouble => Exit::Trouble,
            Self::Expired | Self::Unfetchable => Exit::Unsaved,
            Self::Signal(signal) => signal.exit(),
            Self::Receipt | Self::Internal => Exit::Internal,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Usage => "see the options and examples: mps --help",
            Self::Credentials => "look for the cause: mps doctor",
            Self::Quota => "look into the account's quota and balance in the vendor's console",
            Self::Content => "change the prompt or the media",
            Self::SpendGuard => "see what may be billed: mps tasks --undone",
            Self::Trouble => "run the command again; look for the cause: mps doctor",
            Self::Expired => "results are kept for a limited time; create it again",
            Self::Unfetchable => "look at the task: mps tasks",
            Self::Signal(_) => "nothing was created by this command",
            Self::Receipt | Self::Internal => {
                "report it with the output of: mps version; mps doctor"
            }
        }
    }

    /// Returns the exit code for a task that exists: `usual`, except for signals and receipts.
    fn exit_of_task(self, usual: Exit) -> Exit {
        match self {
            Self::Signal(_) | Self::Receipt => self.exit(),
            _ => usual,
        }
    }
}

/// Returns the outcome of a call that failed: by the library's advice, which depends on the bill
/// first, and by the exit codes that divide it further.
pub(crate) fn of_call(error: &mps_core::Error) -> Outcome {
    let class = error.class();
    Outcome::NotCreated(match error.advice() {
        Advice::LookFirst => return Outcome::InDoubt,
        Advice::FixAccount => match class {
            Some(ErrorClass::Quota | ErrorClass::Account) => Reason::Quota,
            _ => Reason::Credentials,
        },
        Advice::FixRequest if class == Some(ErrorClass::Content) => Reason::Content,
        Advice::FixRequest => Reason::Usage,
        Advice::GiveUp if class.is_some() => Reason::Usage,
        _ => Reason::Trouble,
    })
}

/// Returns the outcome of an error about a task that this command did not create.
pub(crate) fn of_task(error: &mps_aigc::Error) -> Outcome {
    match (error.kind(), error.call()) {
        _ if error.in_doubt() => Outcome::InDoubt,
        (TaskErrorKind::WaitTimedOut, _) => Outcome::Continues(Reason::Trouble),
        // Waiting again ends in the same way.
        (TaskErrorKind::AwaitsConfirmation, _) => Outcome::Continues(Reason::Usage),
        (TaskErrorKind::TaskFailed, _) => Outcome::Failed { refused: false },
        (TaskErrorKind::Expired, _) => Outcome::Undelivered(Reason::Expired),
        (TaskErrorKind::Unfetchable, _) => Outcome::Undelivered(Reason::Unfetchable),
        (TaskErrorKind::Download | TaskErrorKind::WrongContent, _) => {
            Outcome::Undelivered(Reason::Trouble)
        }
        (kind, _) if kind.is_about_output() => Outcome::NotCreated(Reason::Usage),
        (_, Some(call)) => of_call(call),
        (_, None) => Outcome::NotCreated(Reason::Internal),
    }
}

/// Returns the outcome of an error after this command has created a task, or has learned that it
/// exists. The task continues, so no such error promises an unchanged bill. For example, a rejected
/// key is exit 3 before the create and exit 5 after it.
pub(crate) fn of_living_task(error: &mps_aigc::Error) -> Outcome {
    match of_task(error) {
        Outcome::NotCreated(reason) => Outcome::Continues(reason),
        other => other,
    }
}

/// Returns the outcome of an error after the task was done: its result was not saved.
pub(crate) fn of_done_task(error: &mps_aigc::Error) -> Outcome {
    match of_task(error) {
        Outcome::NotCreated(reason) | Outcome::Continues(reason) => Outcome::Undelivered(reason),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: [Reason; 11] = [
        Reason::Usage,
        Reason::Credentials,
        Reason::Quota,
        Reason::Content,
        Reason::SpendGuard,
        Reason::Trouble,
        Reason::Expired,
        Reason::Unfetchable,
        Reason::Receipt,
        Reason::Signal(Signal::Terminate),
        Reason::Internal,
    ];

    /// The exit codes after which the bill has not grown.
    const UNBILLED: [Exit; 5] = [
        Exit::Usage,
        Exit::Credentials,
        Exit::Quota,
        Exit::Trouble,
        Exit::SpendGuard,
    ];

    #[test]
    fn a_task_that_exists_never_ends_with_a_code_that_promises_an_unchanged_bill() {
        for reason in REASONS {
            for outcome in [Outcome::Continues(reason), Outcome::Undelivered(reason)] {
                assert!(!UNBILLED.contains(&outcome.exit()), "{outcome:?}");
                assert!(!outcome.is_retryable(true), "{outcome:?}");
            }
            assert!(!UNBILLED.contains(&Outcome::Unfetched(reason).exit()));
        }
        assert!(!UNBILLED.contains(&Outcome::InDoubt.exit()));
        assert!(!Outcome::InDoubt.is_retryable(false));
    }

    #[test]
    fn a_command_that_created_nothing_ends_by_its_reason() {
        let codes = REASONS.map(|reason| Outcome::NotCreated(reason).exit() as u8);
        assert_eq!(codes, [2, 3, 4, 8, 12, 6, 10, 10, 1, 143, 1]);
    }

    #[test]
    fn the_most_important_of_several_exit_codes_is_chosen() {
        let ranked = [9, 1, 10, 5, 7, 8, 6, 3, 4, 2];
        let mut codes = [
            Exit::Usage,
            Exit::Quota,
            Exit::Credentials,
            Exit::Trouble,
            Exit::ContentRefused,
            Exit::TaskFailed,
            Exit::Continues,
            Exit::Unsaved,
            Exit::Internal,
            Exit::InDoubt,
        ];
        codes.sort_by_key(|code| code.rank());
        assert_eq!(codes.map(|code| code as u8), ranked);
    }
}
