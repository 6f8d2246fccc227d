//! The live view of a wait on a terminal: a line for each task, drawn again in place.

use std::{
    collections::BTreeMap,
    env,
    io::{self, IsTerminal as _},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mps_aigc::DownloadProgress;
use mps_core::{clock::SharedClock, sync::lock};
use terminal_size::{Height, Width, terminal_size_of};

mod batch;
mod row;
pub(crate) mod units;

pub(crate) use self::batch::BatchProgress;
pub(crate) use self::row::{DOWNLOAD, Estimate, Row, Transfer};
use self::{batch::BatchView, row::cut};

/// The pause between two looks at the tasks. A line is only drawn again when it has changed.
pub(crate) const REDRAW_PAUSE: Duration = Duration::from_millis(200);

/// The size that is assumed for a terminal without one.
const DEFAULT_SIZE: Size = Size {
    columns: 80,
    lines: 24,
};

/// The tasks that a command follows, and their lines if stderr is a terminal. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    board: Mutex<Board>,
    /// The lines on the terminal; `None` where none are drawn.
    lines: Option<Lines>,
    clock: SharedClock,
}

/// The state of a task that the command follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) task_id: String,
    pub(crate) status: String,
    /// The time for which polls have failed.
    pub(crate) silent_for: Option<Duration>,
}

/// A task that the command follows. Its line is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Followed {
    live: Live,
    task_id: String,
}

impl Followed {
    /// Changes the state of the task.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.live.board().rows.get_mut(&self.task_id) {
            change(row);
        }
    }

    /// Sets the time in which the task will be done in half and in nine of ten cases.
    pub(crate) fn set_estimate(&self, p50: Duration, p90: Duration) {
        let now = self.live.0.clock.monotonic();
        let estimate = Estimate {
            p50: now.saturating_add(p50),
            p90: now.saturating_add(p90),
        };
        self.update(|row| row.set_estimate(estimate));
    }

    /// Sets the time for which polls have failed.
    pub(crate) fn set_trouble(&self, since: Duration) {
        let now = self.live.0.clock.monotonic();
        self.update(|row| row.set_trouble(now.saturating_sub(since)));
    }

    /// Returns a function that shows the progress of downloads of the task.
    pub(crate) fn progress(&self) -> impl Fn(&DownloadProgress) + Send + Sync + 'static {
        let (live, task_id) = (self.live.clone(), self.task_id.clone());
        move |progress| {
            if let Some(row) = live.board().rows.get_mut(&task_id) {
                row.set_transfer(
                    progress.index,
                    Transfer {
                        bytes: progress.bytes,
                        total: progress.total,
                        bytes_per_second: progress.bytes_per_second,
                    },
                );
            }
        }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let mut board = self.live.board();
        if board.rows.remove(&self.task_id).is_some() {
            board.ended += 1;
        }
    }
}

/// The lines as the terminal shows them.
#[derive(Debug)]
struct Lines {
    bar: ProgressBar,
    has_color: bool,
    shown: Mutex<String>,
}

impl Live {
    /// Returns a view that is drawn if `is_wanted`, stderr is a terminal and that can move its cursor.
    pub(crate) fn new(is_wanted: bool, clock: SharedClock) -> Self {
        let can_move = env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        let is_drawn = is_wanted && io::stderr().is_terminal() && (can_move || cfg!(windows));
        Self(Arc::new(Inner {
            board: Mutex::default(),
            lines: is_drawn.then(Lines::new),
            clock,
        }))
    }

    /// Returns whether lines are drawn. If not, a command prints plain lines.
    pub(crate) fn is_drawn(&self) -> bool {
        self.0.lines.is_some()
    }

    /// Adds a task that the command follows from now on, until the returned value is dropped.
    pub(crate) fn follow(&self, task_id: &str) -> Followed {
        let row = Row::new(task_id, self.0.clock.monotonic());
        self.board().rows.insert(task_id.to_owned(), row);
        Followed {
            live: self.clone(),
            task_id: task_id.to_owned(),
        }
    }

    /// Sets the progress of the batch that the command runs, which is shown instead of tasks.
    pub(crate) fn set_batch(&self, progress: BatchProgress) {
        let now = self.0.clock.monotonic();
        let mut board = self.board();
        board.batch.get_or_insert_default().set(progress, now);
    }

    /// Returns the progress of the batch on one line, or `None` if the command runs none.
    pub(crate) fn batch_summary(&self) -> Option<String> {
        let board = self.board();
        let batch = board.batch.as_ref()?;
        Some(batch.progress().summary(batch.time_left()))
    }

    /// Returns one line about all tasks that have not ended, or `None` if the command follows one only.
    pub(crate) fn summary(&self) -> Option<String> {
        let board = self.board();
        (board.rows.len() + board.ended > 1).then(|| {
            let all = counts(board.rows.values());
            let tasks = units::counted(board.rows.len(), "task");
            format!("{tasks}: {all}{}", board.ended())
        })
    }

    /// Returns the state of each task that has not ended.
    pub(crate) fn states(&self) -> Vec<State> {
        let (board, now) = (self.board(), self.0.clock.monotonic());
        let states = board.rows.iter().map(|(task_id, row)| State {
            task_id: task_id.clone(),
            status: row.status().to_owned(),
            silent_for: row.silent_for(now),
        });
        states.collect()
    }

    /// Draws the changed lines.
    pub(crate) fn draw(&self) {
        let Some(lines) = &self.0.lines else {
            return;
        };
        let size = Size::of_terminal();
        let text = self
            .board()
            .text(self.0.clock.monotonic(), size, lines.has_color);
        lines.show(text);
    }

    /// Writes something else on the terminal, above the lines.
    pub(crate) fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0.lines {
            Some(lines) => lines.bar.suspend(write),
            None => write(),
        }
    }

    /// Removes all lines, for the end of the command.
    pub(crate) fn end(&self) {
        let mut board = self.board();
        board.rows.clear();
        board.batch = None;
        drop(board);
        if let Some(lines) = &self.0.lines {
            lines.bar.finish_and_clear();
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.0.board)
    }
}

impl Lines {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let color = anstream::AutoStream::choice(&io::stderr());
        Self {
            bar,
            has_color: color != anstream::ColorChoice::Never,
            shown: Mutex::default(),
        }
    }

    fn show(&self, text: String) {
        let mut shown = lock(&self.shown);
        if *shown != text {
            self.bar.set_message(text.clone());
            *shown = text;
        }
    }
}

/// Returns the width of the terminal that a stream is, in columns; the usual one if it has none.
#[cfg(unix)]
pub(crate) fn columns_of(stream: impl std::os::fd::AsFd) -> usize {
    let size = terminal_size_of(stream).map(|(Width(columns), _)| usize::from(columns));
    size.filter(|columns| *columns > 0)
        .unwrap_or(DEFAULT_SIZE.columns)
}

/// Returns the width of the terminal that a stream is, in columns; the usual one if it has none.
#[cfg(windows)]
pub(crate) fn columns_of(stream: impl std::os::windows::io::AsHandle) -> usize {
    let size = terminal_size_of(stream).map(|(Width(columns), _)| usize::from(columns));
    size.filter(|columns| *columns > 0)
        .unwrap_or(DEFAULT_SIZE.columns)
}

/// The size of a terminal.
#[derive(Clone, Copy, Debug)]
struct Size {
    columns: usize,
    lines: usize,
}

impl Size {
    fn of_terminal() -> Self {
        let size = terminal_size_of(io::stderr());
        let size = size.map(|(Width(columns), Height(lines))| Self {
            columns: columns.into(),
            lines: lines.into(),
        });
        size.filter(|size| size.columns > 0 && size.lines > 0)
            .unwrap_or(DEFAULT_SIZE)
    }
}

/// The tasks that have not ended, by their ids.
#[derive(Debug, Default)]
struct Board {
    rows: BTreeMap<String, Row>,
    ended: usize,
    batch: Option<BatchView>,
}

impl Board {
    /// Returns the lines that fit the terminal. Of too many tasks the most urgent are shown, and the
    /// others are counted.
    fn text(&self, now: Duration, size: Size, color: bool) -> String {
        // The last column stays empty, since some terminals wrap there; the last line is the cursor's.
        let (width, lines) = (size.columns.saturating_sub(1), size.lines.saturating_sub(1));
        if lines == 0 {
            return String::new();
        }
        if let Some(batch) = &self.batch {
            return batch.text(width, lines, color);
        }
        let mut rows: Vec<_> = self.rows.values().collect();
        rows.sort_by_key(|row| (row.urgency(), row.started));
        let id_chars = row::id_chars(&self.rows.values().map(Row::id));
        let fits = if rows.len() <= lines {
            rows.len()
        } else {
            lines.saturating_sub(1)
        };
        let (shown, others) = rows.split_at(fits);
        let mut text: Vec<_> = shown
            .iter()
            .map(|row| row.line(id_chars, now, width, color))
            .collect();
        if !others.is_empty() {
            let counts = counts(others.iter().copied());
            let more = format!("and {} more: {counts}{}", others.len(), self.ended());
            text.push(cut(&more, width));
        }
        text.join("\n")
    }

    fn ended(&self) -> String {
        match self.ended {
            0 => String::new(),
            ended => format!("; {ended} ended"),
        }
    }
}

/// Returns the number of tasks by status: `3 RUN, 1 WAIT`.
fn counts<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for row in rows {
        *counts.entry(row.status()).or_default() += 1;
    }
    let counts = counts.into_iter();
    let counts: Vec<_> = counts
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests;
