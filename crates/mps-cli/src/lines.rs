//! Lines to a stream whose reader may be slow or gone: whoever writes them never waits.

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

use crate::output::say;

/// How many lines may wait for their reader: some megabytes. Further ones are dropped and counted.
const MOST_WAITING: usize = 10_000;

/// How long the end of the program waits until a reader has taken what is left.
const PATIENCE: Duration = Duration::from_secs(2);

/// One end of a queue; a thread of its own writes what comes out at the other. Clones share it.
#[derive(Clone)]
pub(crate) struct Lines {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Line(Vec<u8>),
    /// Everything before it is written: whoever waits is told.
    Mark(SyncSender<()>),
}

impl Lines {
    pub(crate) fn to(to: Stream<impl Write + Send + 'static>) -> Self {
        let (queue, entries) = mpsc::sync_channel(MOST_WAITING);
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

    /// Waits, though not for long, until all lines so far are written.
    pub(crate) fn flush(&self) {
        let (told, written) = mpsc::sync_channel(1);
        if self.queue.try_send(Entry::Mark(told)).is_ok() {
            // In vain where nobody reads, which is that reader's loss.
            let _ = written.recv_timeout(PATIENCE);
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
                Entry::Mark(told) => {
                    // Nobody may be waiting any more.
                    let _ = told.send(());
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

/// Where lines go one by one.
pub(crate) struct Stream<W> {
    name: String,
    to: W,
    has_failed: bool,
}

impl<W: Write> Stream<W> {
    /// `to`, called `name` should it fail.
    pub(crate) fn new(name: impl Into<String>, to: W) -> Self {
        Self {
            name: name.into(),
            to,
            has_failed: false,
        }
    }

    /// Goes on when it cannot: a full disk may have room again. Says so once.
    pub(crate) fn write(&mut self, line: &[u8]) {
        let written = self.to.write_all(line).and_then(|()| self.to.flush());
        if let Err(error) = written
            && !mem::replace(&mut self.has_failed, true)
        {
            say(&format!("error: cannot write to {}: {error}", self.name));
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Takes nothing until it is told to, and then everything.
    struct Gate {
        opened: Option<Receiver<()>>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(opened) = self.opened.take() {
                opened.recv().unwrap();
            }
            self.taken.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_and_what_is_dropped_is_counted() {
        let (open, opened) = mpsc::channel();
        let taken = Arc::<Mutex<Vec<u8>>>::default();
        let gate = Gate {
            opened: Some(opened),
            taken: taken.clone(),
        };
        let lines = Lines::to(Stream::new("a gate", gate));
        // The writer may hold one of them in its hand.
        for number in 0..MOST_WAITING + 5 {
            lines.add(format!("{number}\n").into_bytes());
        }
        open.send(()).unwrap();
        let text = || String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        while !text().contains(&format!("\n{}\n", MOST_WAITING - 1)) {
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
        let whole = 0..MOST_WAITING + 5 - usize::try_from(dropped).unwrap();
        let whole = whole.map(|number| number.to_string());
        assert_eq!(kept, [whole.collect(), vec!["last".to_owned()]].concat());
    }

    #[test]
    fn a_stream_that_fails_is_no_reason_to_stop() {
        let full = io::Cursor::new([0; 4]);
        let lines = Lines::to(Stream::new("a full disk", full));
        lines.add(b"123456\n".to_vec());
        lines.add(b"7\n".to_vec());
        lines.flush();
        assert_eq!(lines.dropped.load(Relaxed), 0);
    }
}
