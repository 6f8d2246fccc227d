//! A program that runs until it is stopped.

use std::{
    io::{self, Error},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use mps_core::sync::lock;

use super::run;
use crate::bounded::{self, Lines};

#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    log: Mutex<Lines>,
}

impl Running {
    /// Spawns the program and waits until its stderr says that it is ready.
    pub(super) fn start(mut command: Command, ready: &str) -> io::Result<Self> {
        let mut child = command
            // Closed when this process ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = child.stderr.take().map(Lines::of);
        let log = log.ok_or_else(|| Error::other("the program has no stderr"))?;
        let log = log.into();
        let running = Self { child, log };
        running.log_until(ready)?;
        Ok(running)
    }

    /// Returns what it has written to its stderr, once that contains a text.
    pub(super) fn log_until(&self, text: &str) -> io::Result<String> {
        lock(&self.log).until(text)
    }

    pub(super) fn signal(&self, signal: &str) -> io::Result<()> {
        let id = self.child.id().to_string();
        run(Command::new("kill").arg(format!("-{signal}")).arg(id)).map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has ended and was waited for has given its id up, perhaps to another one.
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.signal("QUIT");
        }
        let _ = bounded::wait(&mut self.child);
    }
}
