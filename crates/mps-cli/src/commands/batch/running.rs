//! A batch that runs, and what is said when it is left at once.

use mps_jobs::{Jobs, ledger::BatchId};

use crate::{
    failure::Failure,
    live::units::counted,
    options::GlobalOptions,
    outcome::{Outcome, Reason},
    resume::CommandLine,
    signals::Signal,
};

/// A batch that this command runs.
#[derive(Clone, Debug)]
pub(crate) struct RunningBatch {
    jobs: Jobs,
    name: BatchId,
    global: GlobalOptions,
    /// The command line that continues it.
    resume: CommandLine,
}

impl RunningBatch {
    pub(super) fn new(
        jobs: &Jobs,
        name: &BatchId,
        global: &GlobalOptions,
        resume: CommandLine,
    ) -> Self {
        Self {
            jobs: jobs.clone(),
            name: name.clone(),
            global: global.clone(),
            resume,
        }
    }

    /// Returns the error of a second signal. It is printed after one for each create on the wire.
    pub(crate) fn failure_at_exit(self, signal: Signal) -> Failure {
        let message = format!("batch {} was left by {}", self.name, signal.name());
        self.left(Reason::Signal(signal), "interrupted", &message)
    }

    /// Returns the error of a panic.
    pub(crate) fn failure_at_panic(self, message: &str) -> Failure {
        self.left(Reason::Receipt, "internal", message)
    }

    fn left(self, reason: Reason, kind: &'static str, message: &str) -> Failure {
        let doubts = self.jobs.on_wire();
        let message = match doubts.len() {
            0 => message.to_owned(),
            count => {
                let creates = counted(count, "create");
                format!("{message} with {creates} on the wire, which may be in doubt now")
            }
        };
        let mut failure = Failure::new(Outcome::Unfetched(reason), kind, message)
            .hint(format!("continue with: {}", self.resume))
            .resume(self.resume);
        failure.others = doubts
            .iter()
            .map(|key| doubtful(&self.global, &format!("{}/{key}", self.name)))
            .collect();
        failure
    }
}

/// Returns the error about a row whose create is in doubt.
fn doubtful(global: &GlobalOptions, name: &str) -> Failure {
    let message = format!("the create of {name} may have been executed and billed");
    let line = CommandLine::for_show(global, name);
    let hint = if global.emulator {
        "the emulator, and with it the task, ends with this command".to_owned()
    } else {
        format!("look at it, and decide: {line}")
    };
    let mut failure = Failure::new(Outcome::InDoubt, "interrupted", message).hint(hint);
    failure.key = Some(name.into());
    failure.resume(line)
}
