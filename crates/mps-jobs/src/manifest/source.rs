//! The rows of a manifest as bytes, in batches.

use std::ops::Range;

use mps_core::endpoint::Site;
use mps_models::preflight::Finding;

use super::{
    Fingerprint, Format,
    json_lines::JsonLines,
    reader::{CHANGED, Reader},
    row_parser::RowParser,
    rules,
    table::Table,
};

/// Rows and bytes at which a batch ends.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 1024 * 1024;

/// Rows that were read and not parsed.
#[derive(Default)]
pub(crate) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// The ends of the cells of records, each counted from the beginning of its record.
    ends: Vec<usize>,
    pub(super) entries: Vec<Entry>,
}

/// A row that was read and not parsed.
pub(super) struct Entry {
    /// The number of its first line.
    pub(super) line: u64,
    pub(super) raw: Raw,
}

pub(super) enum Raw {
    /// A line: its place in the bytes of the batch.
    Line(Range<usize>),
    /// A record of a table.
    Record(Record),
    /// A line that could not be read, or that is not a row.
    Fault(Box<Finding>),
}

/// The place of a record in a batch.
pub(super) struct Record {
    /// The place of its first byte.
    begin: usize,
    ends: Range<usize>,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= BATCH_ROWS || self.bytes.len() >= BATCH_BYTES
    }

    pub(super) fn add(&mut self, line: u64, raw: Raw) {
        self.entries.push(Entry { line, raw });
    }

    pub(super) fn add_fault(&mut self, line: u64, fault: Finding) {
        self.add(line, Raw::Fault(Box::new(fault)));
    }

    pub(super) fn add_record(&mut self, line: u64, bytes: &[u8], ends: &[usize]) {
        let begin = self.bytes.len();
        let first = self.ends.len();
        self.bytes.extend_from_slice(bytes);
        self.ends.extend_from_slice(ends);
        let ends = first..self.ends.len();
        self.add(line, Raw::Record(Record { begin, ends }));
    }

    /// Returns the cells of a record.
    pub(super) fn cells(&self, record: &Record) -> Vec<&[u8]> {
        let mut begin = record.begin;
        let ends = self.ends.get(record.ends.clone()).unwrap_or_default();
        let cells = ends.iter().map(|end| {
            let end = record.begin + end;
            let cell = self.bytes.get(begin..end).unwrap_or_default();
            begin = end;
            cell
        });
        cells.collect()
    }

    /// Returns an empty batch with room for as much as this one has.
    pub(crate) fn next(&self) -> Self {
        let room = self.bytes.len() + self.bytes.len() / 8;
        Self {
            bytes: Vec::with_capacity(room),
            ends: Vec::with_capacity(self.ends.len()),
            entries: Vec::with_capacity(self.entries.len()),
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.entries.clear();
    }
}

/// A manifest that is read in batches.
pub(crate) enum Source {
    Lines(Box<JsonLines>),
    Table(Box<Table>),
}

impl Source {
    pub(super) fn new(format: Format, reader: Reader) -> Self {
        match format {
            Format::JsonLines => Self::Lines(Box::new(JsonLines::new(reader))),
            Format::Csv => Self::Table(Box::new(Table::new(reader))),
        }
    }

    /// Reads the beginning of the file, and returns the parser of its rows.
    pub(super) fn parser(&mut self, site: Site, is_checked: bool) -> RowParser {
        let columns = match self {
            Self::Lines(lines) => lines.read_defaults(),
            Self::Table(table) => table.read_header(),
        };
        RowParser::new(columns, site, is_checked)
    }

    /// Reads the next rows into a batch, and returns `false` at the end.
    pub(crate) fn fill(&mut self, batch: &mut Batch) -> bool {
        batch.clear();
        match self {
            Self::Lines(lines) => lines.fill(batch),
            Self::Table(table) => table.fill(batch),
        }
        batch.len() > 0
    }

    /// Returns the fingerprint of the file, once its end was reached.
    pub(crate) fn fingerprint(&self) -> Option<&Fingerprint> {
        match self {
            Self::Lines(lines) => lines.fingerprint(),
            Self::Table(table) => table.fingerprint(),
        }
    }
}

/// Returns the finding of a file that cannot be read on.
pub(super) fn unreadable(error: &std::io::Error) -> Finding {
    let message = error.to_string();
    if message == CHANGED {
        return super::finding::error("", rules::CHANGED, message)
            .hint("leave the file alone while it is read, and run the command again");
    }
    super::finding::error("", rules::UNREADABLE, format!("cannot read on: {message}"))
}

/// Returns the finding of a row that is too long.
pub(super) fn too_long() -> Finding {
    let most = super::LONGEST_ROW / (1024 * 1024);
    let message = format!("the row is longer than {most} MiB");
    super::finding::error("", rules::ROW_LENGTH, message)
        .hint("put media where the service can fetch it, and name it by its URL")
}

/// Returns the finding of a file in UTF-16, if it begins with that mark.
pub(super) fn utf16(begin: &[u8]) -> Option<Finding> {
    let is_marked = begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff");
    is_marked.then(|| {
        super::finding::error("", rules::ENCODING, "the file is UTF-16, not UTF-8")
            .hint("convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW")
    })
}

/// Returns the finding of a text that is not UTF-8, with the place of its first wrong byte.
pub(super) fn not_utf8(member: &str, error: std::str::Utf8Error) -> Finding {
    let place = error.valid_up_to() + 1;
    let message = format!("byte {place} is not UTF-8 text");
    super::finding::error(member, rules::ENCODING, message).hint("save the file as UTF-8")
}
