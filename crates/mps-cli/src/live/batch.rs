//! The live view of a batch: a bar for each stage, and what is worth a look.

use std::{collections::VecDeque, time::Duration};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::{
    row::{cut, padded},
    units,
};

/// The time over which the speed of a batch is measured.
const WINDOW: Duration = Duration::from_secs(120);
/// Ends of rows without which the speed is not known.
const LEAST_ENDS: u64 = 5;
/// Columns of the widest bar.
const WIDEST_BAR: usize = 40;
/// Columns beside a bar: its name and its number.
const BESIDE_BAR: usize = 24;
const NAME_WIDTH: usize = 10;

const FILLED: &str = "\u{2588}";
const EMPTY: &str = "\u{2591}";
const DONE: Style = AnsiColor::Green.on_default();
const TROUBLE: Style = AnsiColor::Yellow.on_default();

/// The number of rows of a batch in each stage, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BatchProgress {
    /// The name, as it is safe to show.
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) planned: u64,
    /// Claimed or being sent.
    pub(crate) starting: u64,
    /// Being rendered.
    pub(crate) running: u64,
    /// Rendered and not fetched.
    pub(crate) done: u64,
    pub(crate) fetched: u64,
    /// Refused, failed, expired, given up or not sent.
    pub(crate) failed: u64,
    pub(crate) in_doubt: u64,
    /// The spending beside its caps, for example `1,490 of 3,000 s`.
    pub(crate) spent: String,
}

impl BatchProgress {
    fn started(&self) -> u64 {
        self.rows.saturating_sub(self.planned + self.starting)
    }

    fn rendered(&self) -> u64 {
        self.done + self.fetched
    }

    /// Returns the number of rows to which nothing more happens by itself.
    fn ended(&self) -> u64 {
        self.fetched + self.failed + self.in_doubt
    }

    fn left(&self) -> u64 {
        self.rows.saturating_sub(self.ended())
    }

    /// Returns everything on one line.
    pub(crate) fn summary(&self, time_left: Option<Duration>) -> String {
        let counts = [
            (self.planned, "planned"),
            (self.starting, "starting"),
            (self.running, "running"),
            (self.done, "done"),
            (self.fetched, "fetched"),
            (self.failed, "failed"),
            (self.in_doubt, "in doubt"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let mut parts: Vec<_> = counts
            .map(|(count, name)| format!("{} {name}", units::grouped(count)))
            .collect();
        parts.push(self.spent.clone());
        parts.extend(time_left.map(about));
        let rows = units::counted(self.rows, "row");
        format!("batch {}: {rows}, {}", self.name, parts.join(", "))
    }
}

/// A batch that a command runs.
#[derive(Debug, Default)]
pub(super) struct BatchView {
    progress: BatchProgress,
    /// The times of the last looks, and the number of rows that had ended.
    looks: VecDeque<(Duration, u64)>,
}

impl BatchView {
    pub(super) fn set(&mut self, progress: BatchProgress, now: Duration) {
        self.looks.push_back((now, progress.ended()));
        let oldest = now.saturating_sub(WINDOW);
        while self.looks.front().is_some_and(|(at, _)| *at < oldest) {
            self.looks.pop_front();
        }
        self.progress = progress;
    }

    pub(super) fn progress(&self) -> &BatchProgress {
        &self.progress
    }

    /// Returns the time after which the rows will have ended, at the speed of the last two minutes;
    /// `None` while that is not known.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let ((from, before), (to, after)) = (self.looks.front()?, self.looks.back()?);
        let ended = after.saturating_sub(*before);
        let left = self.progress.left();
        if ended < LEAST_ENDS || left == 0 {
            return None;
        }
        let took = to.saturating_sub(*from).as_secs_f64();
        let ratio = f64::from(u32::try_from(left).ok()?) / f64::from(u32::try_from(ended).ok()?);
        Some(Duration::from_secs_f64(took * ratio))
    }

    /// Returns the lines of at most `width` columns; fewer than five where there is no room.
    pub(super) fn text(&self, width: usize, lines: usize, color: bool) -> String {
        let progress = &self.progress;
        let mut text = vec![cut(&self.head(), width)];
        let bar_width = width.saturating_sub(BESIDE_BAR).min(WIDEST_BAR);
        if bar_width >= 10 && lines >= 5 {
            for (name, count) in [
                ("started", progress.started()),
                ("rendered", progress.rendered()),
                ("fetched", progress.fetched),
            ] {
                text.push(self.bar(name, count, bar_width, color));
            }
        }
        if lines >= 2 {
            text.push(self.foot(width, color));
        }
        text.join("\n")
    }

    fn head(&self) -> String {
        let progress = &self.progress;
        let percent = match progress.rows {
            0 => 0,
            rows => progress.fetched.saturating_mul(100) / rows,
        };
        let time_left = self.time_left().map(about);
        let time_left = time_left.map_or_else(String::new, |left| format!(", {left}"));
        format!(
            "{}: {} of {} fetched, {percent} %{time_left}",
            progress.name,
            units::grouped(progress.fetched),
            units::grouped(progress.rows)
        )
    }

    fn bar(&self, name: &str, count: u64, width: usize, color: bool) -> String {
        let rows = self.progress.rows.max(1);
        let columns = u64::try_from(width).unwrap_or_default();
        let filled = count.min(rows).saturating_mul(columns) / rows;
        let filled = usize::try_from(filled).unwrap_or_default();
        let bar = (FILLED.repeat(filled), EMPTY.repeat(width - filled));
        let bar = if color {
            format!("{DONE}{}{DONE:#}{}", bar.0, bar.1)
        } else {
            format!("{}{}", bar.0, bar.1)
        };
        let name = padded(name, NAME_WIDTH);
        format!("  {name}{bar}  {}", units::grouped(count))
    }

    fn foot(&self, width: usize, color: bool) -> String {
        let progress = &self.progress;
        let trouble = [(progress.failed, "failed"), (progress.in_doubt, "in doubt")];
        let trouble: Vec<_> = trouble
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{} {name}", units::grouped(count)))
            .collect();
        let flow = [
            (progress.planned, "planned"),
            (progress.running, "running"),
            (progress.done, "to fetch"),
        ];
        let mut flow: Vec<_> = flow
            .into_iter()
            .map(|(count, name)| format!("{} {name}", units::grouped(count)))
            .collect();
        flow.push(progress.spent.clone());
        let flow = flow.join(", ");
        if trouble.is_empty() {
            return cut(&format!("  {flow}"), width);
        }
        let trouble = trouble.join(", ");
        let room = width.saturating_sub(trouble.width() + 4);
        let flow = cut(&flow, room);
        if color {
            format!("  {TROUBLE}{trouble}{TROUBLE:#}; {flow}")
        } else {
            cut(&format!("  {trouble}; {flow}"), width)
        }
    }
}

fn about(left: Duration) -> String {
    format!("about {} left", units::duration(left))
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn progress(fetched: u64) -> BatchProgress {
        BatchProgress {
            name: "spring".to_owned(),
            rows: 1_000,
            planned: 600 - fetched,
            running: 380,
            done: 17,
            fetched,
            failed: 2,
            in_doubt: 1,
            spent: "1,490 of 5,000 s".to_owned(),
            ..BatchProgress::default()
        }
    }

    fn view() -> BatchView {
        let mut view = BatchView::default();
        view.set(progress(0), Duration::from_secs(10));
        view.set(progress(100), Duration::from_secs(60));
        view
    }

    #[test]
    fn the_view_has_a_bar_for_each_stage_within_the_width() {
        let text = view().text(60, 20, false);
        let expected = "\
spring: 100 of 1,000 fetched, 10 %, about 7m28s left
  started   ██████████████████░░░░░░░░░░░░░░░░░░  500
  rendered  ████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  117
  fetched   ███░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  100
  2 failed, 1 in doubt; 500 planned, 380 running, 17 to fetc";
        assert_eq!(text, expected);
        for width in [1, 20, 33, 34, 79, 200] {
            let text = view().text(width, 20, false);
            let widest = text.lines().map(UnicodeWidthStr::width).max();
            assert!(widest <= Some(width), "{width}: {text}");
        }
    }

    #[test]
    fn a_small_terminal_shows_the_most_important_lines() {
        assert_eq!(view().text(60, 1, false).lines().count(), 1);
        assert_eq!(view().text(60, 3, false).lines().count(), 2);
    }

    #[test]
    fn the_time_left_is_not_told_before_rows_have_ended() {
        let mut view = BatchView::default();
        view.set(progress(0), Duration::from_secs(10));
        view.set(progress(4), Duration::from_secs(20));
        assert_eq!(view.time_left(), None);
        assert_eq!(
            progress(4).summary(None),
            "batch spring: 1,000 rows, 596 planned, 380 running, 17 done, 4 fetched, 2 failed, \
             1 in doubt, 1,490 of 5,000 s"
        );
    }
}
