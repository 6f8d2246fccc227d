//! A program that runs until it is stopped, and what it writes.

use std::{
    io::{self, BufReader, Error},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use mps_core::sync::lock;

use super::run;

/// Far more than it takes on any machine.
const AT_MOST: Duration = Duration::from_secs(120);
#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    log: Arc<Log>,
}

/// The lines that a program has written to its stderr.
#[derive(Debug, Default)]
struct Log {
    lines: Mutex<(String, bool)>,
    changed: Condvar,
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
        let log = Arc::new(Log::default());
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            std::thread::spawn(move || log.collect(BufReader::new(stderr)));
        }
        let running = Self { child, log };
        running.log.wait_for(ready)?;
        Ok(running)
    }

    /// Returns what it has written to its stderr, once that contains a text.
    pub(super) fn log_until(&self, text: &str) -> io::Result<String> {
        self.log.wait_for(text)?;
        Ok(lock(&self.log.lines).0.clone())
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
        let _ = self.child.wait();
    }
}

impl Log {
    fn collect(&self, stderr: impl io::BufRead) {
        for line in stderr.lines().map_while(Result::ok) {
            let mut lines = lock(&self.lines);
            lines.0.push_str(&line);
            lines.0.push('\n');
            self.changed.notify_all();
        }
        lock(&self.lines).1 = true;
        self.changed.notify_all();
    }

    fn wait_for(&self, text: &str) -> io::Result<()> {
        let waiting = |lines: &mut (String, bool)| !lines.0.contains(text) && !lines.1;
        let lines = self
            .changed
            .wait_timeout_while(lock(&self.lines), AT_MOST, waiting);
        let lines = lines
            .map_err(|_| Error::other("the log's thread panicked"))?
            .0;
        if lines.0.contains(text) {
            return Ok(());
        }
        Err(Error::other(format!(
            "the program is not ready: {}",
            lines.0
        )))
    }
}
