//! The thread that runs file operations, which may block for ever.
//!
//! Not tokio's pool for blocking work: a runtime waits for its tasks when it ends, and a disk that
//! does not respond would keep the program from ending.

use std::{
    io,
    sync::{Mutex, mpsc},
    thread,
};

use tokio::sync::oneshot;

use super::lock;

type Job = Box<dyn FnOnce() + Send>;

/// Runs file operations one after the other, by default on a thread of its own that starts with
/// the first one and ends with the worker.
#[derive(Debug)]
pub struct Worker {
    name: &'static str,
    inline: bool,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
}

impl Worker {
    /// Returns a worker whose thread has this name.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            inline: false,
            jobs: Mutex::new(None),
        }
    }

    /// Returns a worker that runs operations on the calling thread.
    #[must_use]
    pub fn inline() -> Self {
        Self {
            inline: true,
            ..Self::new("")
        }
    }

    /// Runs `work` and returns its result.
    ///
    /// # Errors
    /// When no thread can be started, or the work panicked.
    ///
    /// # Cancel safety
    /// When the future is dropped before the work begins, the work is skipped; else it goes on.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        if self.inline {
            return Ok(work());
        }
        let (reply, result) = oneshot::channel();
        self.send(Box::new(move || {
            // Behind a disk that hangs, requests of callers that left pile up.
            if !reply.is_closed() {
                // The caller may leave at any moment.
                let _ = reply.send(work());
            }
        }))?;
        result.await.map_err(io::Error::other)
    }

    /// Runs `work` without waiting for it; not at all when no thread can be started.
    pub fn run_detached(&self, work: impl FnOnce() + Send + 'static) {
        if self.inline {
            work();
        } else {
            // Callers do without the result.
            let _ = self.send(Box::new(work));
        }
    }

    fn send(&self, job: Job) -> io::Result<()> {
        let mut jobs = lock(&self.jobs);
        let job = match &*jobs {
            None => job,
            Some(running) => match running.send(job) {
                Ok(()) => return Ok(()),
                // The thread ended by a panic.
                Err(mpsc::SendError(job)) => job,
            },
        };
        let (sender, receiver) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name(self.name.to_owned())
            .spawn(move || receiver.iter().for_each(|job| job()))?;
        let sent = sender
            .send(job)
            .map_err(|_| io::Error::other("the thread ended"));
        *jobs = Some(sender);
        sent
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{RecvTimeoutError, channel},
        time::Duration,
    };

    use super::*;
    use crate::clock::{SystemClock, timeout};

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    }

    #[test]
    fn results_are_returned_in_order() {
        let worker = Worker::new("test");
        let results = runtime().block_on(async {
            let (one, two) = (worker.run(|| 1), worker.run(|| 2));
            (one.await.unwrap(), two.await.unwrap())
        });
        assert_eq!(results, (1, 2));
    }

    #[test]
    fn work_that_never_ends_delays_neither_its_caller_nor_the_end_of_the_runtime() {
        let worker = Worker::new("test");
        let (release, blocked) = channel::<()>();
        let (skipped, ran) = channel();
        let runtime = runtime();
        runtime.block_on(async {
            let limit = Duration::from_millis(1);
            worker.run_detached(move || {
                let _ = blocked.recv_timeout(Duration::from_secs(300));
            });
            let behind = worker.run(move || skipped.send(()));
            assert!(timeout(&SystemClock::new(), limit, behind).await.is_none());
        });
        drop(runtime);
        // Unblocked, the thread skips the work of the caller that left.
        drop(release);
        let ran = ran.recv_timeout(Duration::from_secs(300));
        assert_eq!(ran, Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_panic_ends_one_operation_and_not_the_worker() {
        let worker = Worker::new("test");
        runtime().block_on(async {
            assert!(worker.run(|| panic!("on purpose")).await.is_err());
            // The channel closes when the thread has unwound, which may be a little later.
            while worker.run(|| ()).await.is_err() {}
        });
    }
}
