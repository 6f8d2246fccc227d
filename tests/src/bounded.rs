//! Waits that end: for processes, connections, threads and lines of output. Each fails after [`BOUND`] and says what it
//! waited for, since a test that hangs ends its whole run without a word about the cause.
//!
//! Functions with a name of the standard library do the same as there. `clippy.toml` forbids those without a bound.

use std::{
    env, fs,
    io::{self, Error, ErrorKind},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    panic::resume_unwind,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock, timeout};
use tokio::task::yield_now;

// The path is stated, since the packages that include this file by its path would look beside it.
#[path = "bounded/output.rs"]
mod output;
#[cfg(all(test, unix))]
#[path = "bounded/tests.rs"]
mod tests;

use self::output::Streams;
pub use self::output::{Lines, read_line};

/// The longest wait for anything outside the thread of a test, far more than it takes on any machine.
pub const BOUND: Duration = Duration::from_secs(300);
/// The longest wait for a command that takes minutes, shorter than the silence after which `cargo xtask ci test` ends
/// a program.
const LONG_BOUND: Duration = Duration::from_secs(540);
/// The pause between two looks, which leaves the processor to the others.
const LOOK: Duration = Duration::from_millis(2);
/// The longest wait for the rest of the output of a process that has ended, before a failure is reported.
const LAST_OUTPUT: Duration = Duration::from_secs(5);

/// The moment at which a wait fails.
struct Deadline {
    clock: SystemClock,
    bound: Duration,
    at: Duration,
}

impl Deadline {
    fn new() -> Self {
        Self::after(BOUND)
    }

    /// Returns the deadline of a wait. Nightly runs do ten times as much.
    fn after(bound: Duration) -> Self {
        let is_long = env::var_os("MPS_TEST_LONG").is_some_and(|long| long == "1");
        let (bound, clock) = (if is_long { bound * 10 } else { bound }, SystemClock::new());
        let at = clock.monotonic() + bound;
        Self { clock, bound, at }
    }

    /// Returns the time that is left, zero after the deadline.
    fn left(&self) -> Duration {
        self.at.saturating_sub(self.clock.monotonic())
    }

    /// Looks at least once, and until there is a value. Returns `None` after the deadline.
    fn poll<T>(&self, mut look: impl FnMut() -> io::Result<Option<T>>) -> io::Result<Option<T>> {
        loop {
            match look()? {
                None if self.left().is_zero() => return Ok(None),
                None => thread::park_timeout(LOOK),
                found => return Ok(found),
            }
        }
    }
}

fn too_late(bound: Duration, what: &str) -> Error {
    let waited = format!("after {} s {what}", bound.as_secs());
    Error::new(ErrorKind::TimedOut, waited)
}

/// Waits until something is so.
///
/// # Panics
/// Panics if it is not so after [`BOUND`].
#[track_caller]
pub fn eventually(mut is_so: impl FnMut() -> bool) {
    eventually_or(|| is_so().then_some(()).ok_or_else(String::new));
}

/// Waits until an attempt succeeds, and returns its value.
///
/// # Panics
/// Panics with the last reason if none has succeeded after [`BOUND`].
#[track_caller]
pub fn eventually_or<T>(mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Deadline::new();
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(reason) => assert!(!deadline.left().is_zero(), "it never came true: {reason}"),
        }
        thread::park_timeout(LOOK);
    }
}

/// Waits until something is so while other tasks of the runtime run. The bound is real time, also where the clock of
/// the runtime is paused.
///
/// # Panics
/// Panics if it is not so after [`BOUND`].
///
/// # Cancel safety
/// Looks only.
pub async fn eventually_async(mut is_so: impl FnMut() -> bool) {
    let deadline = Deadline::new();
    while !is_so() {
        assert!(!deadline.left().is_zero(), "it never came true");
        yield_now().await;
    }
}

/// Waits for a future.
///
/// # Panics
/// Panics if it is not ready after [`BOUND`].
///
/// # Cancel safety
/// As cancel safe as the future.
#[allow(clippy::panic, reason = "a test fails by panicking")]
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = timeout(&SystemClock::new(), BOUND, future).await;
    done.unwrap_or_else(|| panic!("{}", too_late(BOUND, &format!("there is no {what}"))))
}

/// Waits for the end of a thread and returns its result.
///
/// # Panics
/// Panics if the thread has panicked, or if it has not ended after [`BOUND`].
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the thread has ended")]
#[allow(clippy::must_use_candidate, reason = "many threads return nothing")]
pub fn join<T>(thread: JoinHandle<T>) -> T {
    eventually_or(|| {
        let has_ended = thread.is_finished().then_some(());
        has_ended.ok_or_else(|| "the thread has not ended".to_owned())
    });
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs a command without input to its end, with its output captured.
///
/// # Errors
/// Fails if it cannot be run, or with its output if it does not end, and is killed then.
pub fn output(command: &mut Command) -> io::Result<Output> {
    let command = command.stdin(Stdio::null());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    output_of(command.spawn()?)
}

/// As [`output`], for a command that takes minutes, such as one of Cargo that has much to compile.
///
/// # Errors
/// As [`output`].
pub fn long_output(command: &mut Command) -> io::Result<Output> {
    let command = command.stdin(Stdio::null());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    output_before(&Deadline::after(LONG_BOUND), command.spawn()?)
}

/// Runs a command to its end.
///
/// # Errors
/// Fails if it cannot be run, or if it does not end, and is killed then.
pub fn status(command: &mut Command) -> io::Result<ExitStatus> {
    wait(&mut command.spawn()?)
}

/// Closes the stdin of a process and waits for its end and that of its output.
///
/// # Errors
/// Fails with its output if it does not end, and is killed then, or if another process keeps its output open.
pub fn output_of(child: Child) -> io::Result<Output> {
    output_before(&Deadline::new(), child)
}

fn output_before(deadline: &Deadline, mut child: Child) -> io::Result<Output> {
    let name = name(&child);
    drop(child.stdin.take());
    let streams = Streams::of(&mut child);
    let is_read = streams.end_within(|| deadline.left());
    let status = deadline.poll(|| child.try_wait())?;
    let problem = match status {
        Some(status) if is_read => return Ok(streams.output(status)),
        Some(status) => format!("another process has the output of {name} open ({status})"),
        None => {
            child.kill()?;
            format!("{name} has not ended")
        }
    };
    Err(too_late(deadline.bound, &(problem + &streams.text())))
}

/// Closes the stdin of a process and waits for its end.
///
/// # Errors
/// Fails with its output if it does not end, and is killed then.
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    wait_before(&Deadline::new(), child)
}

fn wait_before(deadline: &Deadline, child: &mut Child) -> io::Result<ExitStatus> {
    let name = name(child);
    drop(child.stdin.take());
    if let Some(status) = deadline.poll(|| child.try_wait())? {
        return Ok(status);
    }
    child.kill()?;
    Err(too_late(
        BOUND,
        &format!("{name} has not ended{}", printed(child)),
    ))
}

/// Kills a process, if it has not ended, and waits for its end.
///
/// # Errors
/// Fails if it cannot be killed.
pub fn kill(child: &mut Child) -> io::Result<ExitStatus> {
    child.kill()?;
    wait(child)
}

/// Accepts a connection, whose reads and writes fail after [`BOUND`], too.
///
/// # Errors
/// Fails if none is made.
pub fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    accept_unless(listener, || Ok(()))
}

/// Accepts a connection of a process; its reads and writes fail after [`BOUND`], too.
///
/// # Errors
/// Fails if the process makes none, and at once with its output if it has ended.
pub fn accept_from(listener: &TcpListener, child: &mut Child) -> io::Result<TcpStream> {
    accept_unless(listener, || match child.try_wait()? {
        None => Ok(()),
        Some(status) => Err(Error::other(format!(
            "the process has ended without a connection ({status}){}",
            printed(child)
        ))),
    })
}

#[expect(clippy::disallowed_methods, reason = "the listener does not block")]
fn accept_unless(
    listener: &TcpListener,
    mut check: impl FnMut() -> io::Result<()>,
) -> io::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let accepted = Deadline::new().poll(|| match listener.accept() {
        Err(error) if error.kind() == ErrorKind::WouldBlock => check().map(|()| None),
        accepted => accepted.map(Some),
    });
    listener.set_nonblocking(false)?;
    let (stream, _) = accepted?.ok_or_else(|| too_late(BOUND, "there is no connection"))?;
    // Some systems pass it on.
    stream.set_nonblocking(false)?;
    limited(stream)
}

/// Connects to a server; reads and writes fail after [`BOUND`].
///
/// # Errors
/// Fails if no server accepts the connection.
pub fn connect(address: impl ToSocketAddrs) -> io::Result<TcpStream> {
    limited(TcpStream::connect(address)?)
}

fn limited(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(BOUND))?;
    stream.set_write_timeout(Some(BOUND))?;
    Ok(stream)
}

/// Returns the command line of a process, where the system shows it.
fn name(child: &Child) -> String {
    let id = child.id();
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    format!("process {id} {line:?}")
}

/// Returns the output of a process that has ended, as far as it was not read before.
pub fn printed(child: &mut Child) -> String {
    let streams = Streams::of(child);
    streams.end_within(|| LAST_OUTPUT);
    streams.text()
}
