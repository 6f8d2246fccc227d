//! The output of processes, read by threads of their own.

use std::{
    cell::RefCell,
    io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write},
    process::{Child, ExitStatus, Output},
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use mps_core::sync::lock;

use super::{BOUND, too_late};

/// The output of a process, each stream read by a thread of its own.
pub(super) struct Streams {
    stdout: Stream,
    stderr: Stream,
}

impl Streams {
    pub(super) fn of(child: &mut Child) -> Self {
        Self {
            stdout: Stream::of(child.stdout.take()),
            stderr: Stream::of(child.stderr.take()),
        }
    }

    pub(super) fn end_within(&self, left: impl Fn() -> Duration) -> bool {
        self.stdout.ends_within(left()) && self.stderr.ends_within(left())
    }

    pub(super) fn output(&self, status: ExitStatus) -> Output {
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|stream| stream.read.take());
        Output {
            status,
            stdout,
            stderr,
        }
    }

    pub(super) fn text(&self) -> String {
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|stream| stream.read.take());
        let [stdout, stderr] = [&stdout, &stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!("\nstdout: {stdout}\nstderr: {stderr}")
    }
}

struct Stream {
    read: Bytes,
    /// Closed at the end of the stream.
    end: mpsc::Receiver<()>,
}

impl Stream {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let read = Bytes::default();
        let (ended, end) = mpsc::channel();
        if let Some(mut stream) = stream {
            let mut bytes = read.clone();
            thread::spawn(move || {
                // A pipe that cannot be read has no more to say.
                let _end = io::copy(&mut stream, &mut bytes);
                drop::<mpsc::Sender<()>>(ended);
            });
        }
        Self { read, end }
    }

    fn ends_within(&self, bound: Duration) -> bool {
        self.end.recv_timeout(bound) == Err(RecvTimeoutError::Disconnected)
    }
}

/// Bytes that one thread writes and another takes.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.0))
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for a line, and returns it with the rest of the stream, which nobody reads until the next call.
///
/// # Errors
/// Fails if no line comes, or with [`ErrorKind::UnexpectedEof`] at the end of the stream.
pub fn read_line<R: BufRead + Send + 'static>(mut stream: R) -> io::Result<(String, R)> {
    let (sender, read) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let result = stream.read_line(&mut line).map(|_| (line, stream));
        // Fails when the wait has ended.
        let _ended = sender.send(result);
    });
    let result = read.recv_timeout(BOUND);
    let (line, stream) = result.map_err(|_| too_late(BOUND, "no line follows"))??;
    if line.is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok((line, stream))
}

/// The lines of a stream, read by a thread of its own, so that its writer never waits.
#[derive(Debug)]
pub struct Lines {
    lines: mpsc::Receiver<String>,
    seen: RefCell<Vec<String>>,
}

impl Lines {
    /// Begins to read a stream.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                // Fails when the test has ended.
                let _ended = sender.send(line);
            }
        });
        Self {
            lines,
            seen: RefCell::default(),
        }
    }

    /// Waits for the next line.
    ///
    /// # Errors
    /// Fails with all lines so far if none comes, or with [`ErrorKind::UnexpectedEof`] at the end of the stream.
    pub fn line(&self) -> io::Result<String> {
        let line = self.lines.recv_timeout(BOUND).map_err(|error| {
            let seen = self.seen.borrow();
            match error {
                RecvTimeoutError::Timeout => too_late(BOUND, &format!("no line follows {seen:#?}")),
                RecvTimeoutError::Disconnected => Error::new(
                    ErrorKind::UnexpectedEof,
                    format!("the output has ended: {seen:#?}"),
                ),
            }
        })?;
        self.seen.borrow_mut().push(line.clone());
        Ok(line)
    }

    /// Waits until a line contains a text, and returns the line.
    ///
    /// # Panics
    /// Panics with all lines so far if there is no such line.
    #[track_caller]
    #[allow(clippy::panic, reason = "a test fails by panicking")]
    pub fn wait_for(&self, text: &str) -> String {
        loop {
            match self.line() {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line has {text:?}: {error}"),
            }
        }
    }

    /// Waits until the lines contain a text, and returns all lines so far.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub fn until(&self, text: &str) -> io::Result<String> {
        let has_text = |line: &String| line.contains(text);
        let is_seen = self.seen.borrow().iter().any(has_text);
        while !is_seen && !has_text(&self.line()?) {}
        Ok(self.seen.borrow().join("\n"))
    }

    /// Waits for the end of the stream and returns all its lines.
    ///
    /// # Panics
    /// Panics with all lines so far if the stream does not end.
    #[track_caller]
    pub fn rest(self) -> String {
        loop {
            if let Err(error) = self.line() {
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
                return self.seen.into_inner().join("\n");
            }
        }
    }
}
