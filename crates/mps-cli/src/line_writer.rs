//! A writer that never blocks its caller, for a stream whose reader may be slow or gone.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::output::print_stderr;

/// The longest queue, some megabytes of lines. Further lines are dropped and counted.
const QUEUE_LENGTH: usize = 10_000;

/// The longest wait at the end of the program until the queue is written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// A queue of lines that a thread writes. Clones share the queue.
///
/// A reader that stops reading, for example a test that needs the first line only, never blocks the
/// emulator.
#[derive(Clone)]
pub(crate) struct LineWriter {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Line(Vec<u8>),
    /// Notifies the sender that everything before it is written.
    Flush(SyncSender<()>),
}

impl LineWriter {
    pub(crate) fn to(to: Stream<impl Write + Send + 'static>) -> Self {
        let (queue, entries) = mpsc::sync_channel(QUEUE_LENGTH);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            to,
            dropped: dropped.clone(),
        };
        thread::spawn(move || writer.run(&entries));
        Self { queue, dropped }
    }

    pub(crate) fn add(&self, line: Vec<u8>) {
        if self.queue.try_send(Entry::Line(line)).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Waits until all lines so far are written, for at most two seconds.
    pub(crate) fn flush(&self) {
        let (sender, written) = mpsc::sync_channel(1);
        if self.queue.try_send(Entry::Flush(sender)).is_ok() {
            // Times out when the reader does not read; then the lines are lost.
            let _ = written.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

struct Writer<W> {
    to: Stream<W>,
    dropped: Arc<AtomicU64>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, entries: &Receiver<Entry>) {
        for entry in entries {
            match entry {
                Entry::Line(line) => self.write(&line),
                Entry::Flush(sender) => {
                    // Fails when the wait has timed out.
                    let _ = sender.send(());
                }
            }
        }
    }

    fn write(&mut self, line: &[u8]) {
        let dropped = self.dropped.swap(0, Relaxed);
        if dropped > 0 {
            let line = format!("{}\n", json!({ "dropped_lines": dropped }));
            self.to.write(line.as_bytes());
        }
        self.to.write(line);
    }
}

/// A named stream that lines are written to.
pub(crate) struct Stream<W> {
    name: String,
    to: W,
    has_failed: bool,
}

impl<W: Write> Stream<W> {
    /// Creates a stream; `name` is used in its error message.
    pub(crate) fn new(name: impl Into<String>, to: W) -> Self {
        Self {
            name: name.into(),
            to,
            has_failed: false,
        }
    }

    /// Writes a line. An error is reported once and does not end the stream: a full disk may have
    /// space again.
    pub(crate) fn write(&mut self, line: &[u8]) {
        let written = self.to.write_all(line).and_then(|()| self.to.flush());
        if let Err(error) = written
            && !mem::replace(&mut self.has_failed, true)
        {
            print_stderr(&format!("error: cannot write to {}: {error}", self.name));
        }
    }
}

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LineWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use mps_core::clock::{Clock as _, SystemClock};

    use super::*;

    /// The longest wait for the writer's thread.
    const BOUND: Duration = Duration::from_secs(300);

    /// Blocks until it is opened, then accepts everything.
    struct Gate {
        opened: Option<Receiver<()>>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(opened) = self.opened.take() {
                opened.recv_timeout(BOUND).unwrap();
            }
            self.taken.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_blocked_reader_blocks_no_writer_and_dropped_lines_are_counted() {
        let (open, opened) = mpsc::channel();
        let taken = Arc::<Mutex<Vec<u8>>>::default();
        let gate = Gate {
            opened: Some(opened),
            taken: taken.clone(),
        };
        let lines = LineWriter::to(Stream::new("a gate", gate));
        // One line may be with the writer thread already.
        for number in 0..QUEUE_LENGTH + 5 {
            lines.add(format!("{number}\n").into_bytes());
        }
        open.send(()).unwrap();
        let text = || String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        let clock = SystemClock::new();
        while !text().contains(&format!("\n{}\n", QUEUE_LENGTH - 1)) {
            assert!(clock.monotonic() < BOUND, "lines are missing: {}", text());
            thread::yield_now();
        }
        lines.add(b"last\n".to_vec());
        lines.flush();
        let text = text();
        let is_count = |line: &&str| line.starts_with('{');
        let dropped = text.lines().find(is_count).unwrap();
        let dropped: serde_json::Value = serde_json::from_str(dropped).unwrap();
        let dropped = dropped["dropped_lines"].as_u64().unwrap();
        let kept: Vec<_> = text.lines().filter(|line| !is_count(line)).collect();
        let whole = 0..QUEUE_LENGTH + 5 - usize::try_from(dropped).unwrap();
        let whole = whole.map(|number| number.to_string());
        assert_eq!(kept, [whole.collect(), vec!["last".to_owned()]].concat());
    }

    #[test]
    fn the_writer_continues_after_a_failed_write() {
        let full = io::Cursor::new([0; 4]);
        let lines = LineWriter::to(Stream::new("a full disk", full));
        lines.add(b"123456\n".to_vec());
        lines.add(b"7\n".to_vec());
        lines.flush();
        assert_eq!(lines.dropped.load(Relaxed), 0);
    }
}
