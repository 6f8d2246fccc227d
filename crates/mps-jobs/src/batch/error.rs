//! The reasons why a manifest is not run.

use std::fmt;

use crate::{
    amount::Amount,
    ledger::{BatchId, Compared, Key},
    manifest::{ManifestError, RowFinding},
};

/// The most rows that a message names.
const MOST_NAMED: usize = 10;

/// The reason why a manifest is not run. Nothing was recorded or sent, unless a variant says otherwise.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BatchError {
    /// The batch was begun from a manifest of another place.
    OtherSource {
        /// The name of the batch.
        batch: BatchId,
        /// The place of its manifest: the host and the path.
        source: String,
    },
    /// Rows differ from those that the ledger has under their ids.
    Changed {
        /// The name of the batch.
        batch: BatchId,
        /// The first of these rows.
        rows: Vec<ChangedRow>,
        /// The number of all of them.
        total: u64,
    },
    /// A row is billed for more seconds than the cap allows for the whole batch.
    TooLong {
        /// The line of the row.
        line: u64,
        /// Its id.
        key: Key,
        /// Its billed seconds.
        seconds: u64,
        /// The cap.
        cap: u64,
    },
    /// A row costs more than the cap allows for the whole batch.
    TooExpensive {
        /// The line of the row.
        line: u64,
        /// Its id.
        key: Key,
        /// Its price.
        price: Amount,
        /// The cap.
        cap: Amount,
    },
    /// The manifest cannot be read. Rows before the place may have been recorded.
    Manifest(ManifestError),
    /// A line of the manifest is no row, or the file was changed while it was read. Rows before it may
    /// have been recorded.
    Findings(Vec<RowFinding>),
    /// The work on the manifest ended early, for example because no thread could be started.
    Interrupted(String),
}

/// A row of a manifest that differs from the one that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedRow {
    /// The number of the line on which it begins.
    pub line: u64,
    /// The id.
    pub key: Key,
    /// The kind of the difference.
    pub change: Compared,
}

impl fmt::Display for ChangedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.change {
            Compared::Renamed => ", its `out`",
            _ => "",
        };
        write!(f, "line {} ({}{what})", self.line, self.key)
    }
}

impl BatchError {
    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::OtherSource { .. } => Some(
                "give this batch a name of its own: --name NAME; or, to add rows to that one, name it",
            ),
            Self::Changed { .. } => Some(
                "give changed rows new ids, or put the old content back: a row that was recorded is \
                 never replaced",
            ),
            Self::TooLong { .. } | Self::TooExpensive { .. } => {
                Some("raise the cap, or make the row shorter")
            }
            Self::Manifest(error) => Some(error.hint()),
            Self::Findings(findings) => findings.first()?.finding.hint.as_deref(),
            Self::Interrupted(_) => Some("run it again"),
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherSource { batch, source } => {
                write!(f, "the batch {batch} was begun from {source}")
            }
            Self::Changed { batch, rows, total } => {
                let named: Vec<_> = rows
                    .iter()
                    .take(MOST_NAMED)
                    .map(ToString::to_string)
                    .collect();
                let rest = total.saturating_sub(u64::try_from(named.len()).unwrap_or(u64::MAX));
                let rest = match rest {
                    0 => String::new(),
                    rest => format!(" and {rest} more"),
                };
                let named = named.join(", ");
                let rows = if *total == 1 {
                    "row differs"
                } else {
                    "rows differ"
                };
                write!(
                    f,
                    "{total} {rows} from what batch {batch} has: {named}{rest}"
                )
            }
            Self::TooLong {
                line,
                key,
                seconds,
                cap,
            } => write!(
                f,
                "line {line} ({key}) is billed for {seconds} s, and the cap of the batch is {cap} s"
            ),
            Self::TooExpensive {
                line,
                key,
                price,
                cap,
            } => write!(
                f,
                "line {line} ({key}) costs {price}, and the cap of the batch is {cap}"
            ),
            Self::Manifest(error) => error.fmt(f),
            Self::Findings(findings) => match findings.first() {
                Some(finding) => finding.fmt(f),
                None => f.write_str("a line of the manifest is no row"),
            },
            Self::Interrupted(reason) => write!(f, "the manifest was not read: {reason}"),
        }
    }
}
