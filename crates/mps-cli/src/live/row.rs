//! The state of one task in the live view, and its line.

use std::{collections::BTreeMap, time::Duration};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::units;
use crate::foreign_text;

/// The number of characters of an id that are shown: its end differs, its beginning does not.
const ID_CHARS: usize = 8;
/// Width of the columns before the details.
const STATUS_WIDTH: usize = 8;
const TIME_WIDTH: usize = 6;
const GAP: &str = "  ";

/// The state of a task whose results are downloaded.
pub(crate) const DOWNLOAD: &str = "download";

const TROUBLE: Style = AnsiColor::Yellow.on_default();
const TRANSFER: Style = AnsiColor::Green.on_default();

/// The state of one task. Times are on the command's clock.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The id as it is safe to show.
    id: String,
    pub(super) started: Duration,
    status: String,
    estimate: Option<Estimate>,
    trouble_since: Option<Duration>,
    transfers: BTreeMap<usize, Transfer>,
}

/// The times at which a task will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// In half of all cases.
    pub(crate) p50: Duration,
    /// In nine of ten cases.
    pub(crate) p90: Duration,
}

/// The download of one result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) bytes: u64,
    pub(crate) total: Option<u64>,
    pub(crate) bytes_per_second: u64,
}

/// The groups that a list of too many tasks is ordered by: those that a person looks for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Downloading,
    Trouble,
    Waiting,
}

impl Row {
    pub(super) fn new(task_id: &str, started: Duration) -> Self {
        Self {
            id: foreign_text::name(task_id).into_owned(),
            started,
            status: String::new(),
            estimate: None,
            trouble_since: None,
            transfers: BTreeMap::new(),
        }
    }

    /// Sets the status, as it is safe to show. It proves that the service answers.
    pub(crate) fn set_status(&mut self, status: &str) {
        status.clone_into(&mut self.status);
        self.trouble_since = None;
    }

    /// Sets the times at which the task will probably be done.
    pub(crate) fn set_estimate(&mut self, estimate: Estimate) {
        // Sent after a poll that was answered.
        self.trouble_since = None;
        self.estimate = Some(estimate);
    }

    /// Sets the time since which polls fail.
    pub(crate) fn set_trouble(&mut self, since: Duration) {
        self.trouble_since = Some(since);
    }

    /// Sets the progress of the download of result `index`.
    pub(crate) fn set_transfer(&mut self, index: usize, transfer: Transfer) {
        self.transfers.insert(index, transfer);
    }

    /// Returns the time for which polls have failed.
    pub(super) fn silent_for(&self, now: Duration) -> Option<Duration> {
        self.trouble_since.map(|since| now.saturating_sub(since))
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn urgency(&self) -> Urgency {
        if !self.transfers.is_empty() {
            Urgency::Downloading
        } else if self.trouble_since.is_some() {
            Urgency::Trouble
        } else {
            Urgency::Waiting
        }
    }

    /// Returns the status in one word, also for a task that the service has not described.
    pub(super) fn status(&self) -> &str {
        match (self.transfers.is_empty(), self.status.as_str()) {
            (false, _) => DOWNLOAD,
            (true, "") => "waiting",
            (true, status) => status,
        }
    }

    /// Returns the line of at most `width` columns at a time, with or without colour.
    pub(super) fn line(&self, id_chars: usize, now: Duration, width: usize, color: bool) -> String {
        let elapsed = units::duration(now.saturating_sub(self.started));
        let id = end_of(&self.id, id_chars);
        let mut line = padded(id, id_chars);
        line.push_str(GAP);
        line.push_str(&padded(&cut(self.status(), width / 3), STATUS_WIDTH));
        line.push_str(GAP);
        line.push_str(&padded(&elapsed, TIME_WIDTH));
        let (style, details) = self.details(now);
        let room = width.saturating_sub(line.width() + GAP.len());
        // The longest that has room.
        let Some(detail) = details.into_iter().find(|text| text.width() <= room) else {
            return cut(line.trim_end(), width);
        };
        if detail.is_empty() {
            return cut(line.trim_end(), width);
        }
        if color {
            format!("{line}{GAP}{style}{detail}{style:#}")
        } else {
            format!("{line}{GAP}{detail}")
        }
    }

    /// Returns the details, longest first.
    fn details(&self, now: Duration) -> (Style, Vec<String>) {
        if !self.transfers.is_empty() {
            return (TRANSFER, self.transfer_details());
        }
        if let Some(since) = self.silent_for(now) {
            let since = units::duration(since);
            let details = [
                format!("no poll answered for {since}; waiting on"),
                format!("no answer for {since}"),
                format!("no answer {since}"),
            ];
            return (TROUBLE, details.to_vec());
        }
        let details = self
            .estimate
            .map(|estimate| estimate_details(estimate, now));
        (Style::new(), details.unwrap_or_default())
    }

    fn transfer_details(&self) -> Vec<String> {
        let all = self.transfers.values();
        let bytes: u64 = all.clone().map(|transfer| transfer.bytes).sum();
        let total: Option<u64> = all.clone().map(|transfer| transfer.total).sum();
        let speed: u64 = all.map(|transfer| transfer.bytes_per_second).sum();
        let speed = format!("{}/s", units::bytes(speed));
        let received = units::bytes(bytes);
        let Some(total) = total.filter(|total| *total > 0) else {
            return vec![format!("{received}, {speed}"), received];
        };
        let percent = u128::from(bytes) * 100 / u128::from(total);
        let of = format!("{received} of {}", units::bytes(total));
        vec![
            format!("{of}, {percent} %, {speed}"),
            format!("{percent} %, {speed}"),
            format!("{percent} %"),
        ]
    }
}

fn estimate_details(estimate: Estimate, now: Duration) -> Vec<String> {
    let left = estimate.p50.saturating_sub(now);
    let most = units::duration(estimate.p90.saturating_sub(now));
    if left.is_zero() {
        let details = [
            format!("later than half of such tasks; 90 % end within {most}"),
            format!("90 % end in {most}"),
        ];
        // Later than nine of ten: there is nothing left to say.
        return if estimate.p90.saturating_sub(now).is_zero() {
            vec![
                "later than 90 % of such tasks".to_owned(),
                "late".to_owned(),
            ]
        } else {
            details.to_vec()
        };
    }
    let left = units::duration(left);
    vec![
        format!("about {left} left, 90 % end within {most}"),
        format!("about {left} left"),
        format!("~{left} left"),
    ]
}

/// Returns the shortest number of characters at the end of ids by which all of them differ, at least
/// eight.
pub(super) fn id_chars<'a>(ids: &(impl Iterator<Item = &'a str> + Clone)) -> usize {
    let longest = ids.clone().map(|id| id.chars().count()).max();
    let longest = longest.unwrap_or_default();
    let differ = |chars: usize| {
        let mut seen = std::collections::HashSet::new();
        ids.clone().all(|id| seen.insert(end_of(id, chars)))
    };
    let mut lengths = ID_CHARS..longest;
    lengths
        .find(|chars| differ(*chars))
        .unwrap_or(longest.min(ID_CHARS))
}

fn end_of(id: &str, chars: usize) -> &str {
    let skipped = id.chars().count().saturating_sub(chars);
    let start = id.char_indices().nth(skipped);
    start.and_then(|(start, _)| id.get(start..)).unwrap_or("")
}

pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Cuts a text to a number of columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    let mut cut = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += unicode_width::UnicodeWidthChar::width(character).unwrap_or_default();
        if used > width {
            break;
        }
        cut.push(character);
    }
    cut
}
