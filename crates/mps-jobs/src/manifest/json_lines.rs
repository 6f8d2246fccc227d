//! Lines of JSON.

use std::io::{self, BufRead as _};

use super::{
    Fingerprint, LONGEST_ROW,
    members::{self, Defaults},
    reader::Reader,
    row_parser::Layout,
    source::{Batch, Raw, not_utf8, too_long, unreadable, utf16},
};

/// A file with one object a line.
pub(crate) struct JsonLines {
    reader: Reader,
    /// The number of lines that were read.
    lines: u64,
    /// The first line, if it is a row: it is read before, since it can have the defaults.
    first: Option<Batch>,
    has_ended: bool,
}

/// The outcome of reading a line.
enum Line {
    Whole,
    TooLong,
    End,
}

impl JsonLines {
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader,
            lines: 0,
            first: None,
            has_ended: false,
        }
    }

    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.reader.fingerprint()
    }

    /// Reads the first line that is not empty, and returns its defaults if it has them. Without sound
    /// defaults no row can be checked, so a fault in them ends the rows.
    pub(super) fn read_defaults(&mut self) -> Layout {
        let mut first = Batch::default();
        match self.reader.fill_buf().map(utf16) {
            Ok(None) => self.read_one(&mut first),
            Ok(Some(fault)) => self.end_with(&mut first, 1, fault),
            Err(error) => self.end_with(&mut first, 1, unreadable(&error)),
        }
        let mut defaults = Defaults::default();
        if let [only] = first.entries.as_slice()
            && let Raw::Line(range) = &only.raw
            && let Some(line) = first.bytes.get(range.clone())
        {
            let line_number = only.line;
            match std::str::from_utf8(line).map(members::defaults) {
                Ok(Some(Ok(found))) => {
                    defaults = found;
                    first = Batch::default();
                }
                Ok(Some(Err(faults))) => {
                    first = Batch::default();
                    self.has_ended = true;
                    for fault in faults {
                        first.add_fault(line_number, fault);
                    }
                }
                // A row, whose mistakes are found with those of all others.
                Ok(None) | Err(_) => {}
            }
        }
        self.first = Some(first);
        Layout::Lines(defaults)
    }

    pub(super) fn fill(&mut self, batch: &mut Batch) {
        if let Some(first) = self.first.take() {
            *batch = first;
        }
        while !self.has_ended && !batch.is_full() {
            self.read_one(batch);
        }
    }

    /// Adds the next line that is not empty, or the finding because of which it cannot be read.
    fn read_one(&mut self, batch: &mut Batch) {
        loop {
            let begin = batch.bytes.len();
            self.lines += 1;
            match self.read_line(&mut batch.bytes) {
                Ok(Line::Whole) => {
                    let line = batch.bytes.get(begin..).unwrap_or_default();
                    if line.trim_ascii().is_empty() {
                        batch.bytes.truncate(begin);
                        continue;
                    }
                    let end = batch.bytes.len();
                    batch.add(self.lines, Raw::Line(begin..end));
                }
                Ok(Line::TooLong) => {
                    batch.bytes.truncate(begin);
                    batch.add_fault(self.lines, too_long());
                }
                Ok(Line::End) => self.has_ended = true,
                Err(error) => self.end_with(batch, self.lines, unreadable(&error)),
            }
            return;
        }
    }

    fn end_with(&mut self, batch: &mut Batch, line: u64, fault: mps_models::preflight::Finding) {
        self.has_ended = true;
        batch.add_fault(line, fault);
    }

    /// Appends a line without its end. Of a line that is too long a part is appended, and the rest is
    /// skipped.
    fn read_line(&mut self, into: &mut Vec<u8>) -> io::Result<Line> {
        let most = into.len() + LONGEST_ROW;
        let mut is_begun = false;
        let mut is_too_long = false;
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() && !is_begun {
                return Ok(Line::End);
            }
            is_begun = true;
            let end = memchr::memchr(b'\n', available);
            let is_last = end.is_some() || available.is_empty();
            let part = available.get(..end.unwrap_or(available.len()));
            let part = part.unwrap_or_default();
            is_too_long |= into.len() + part.len() > most;
            if !is_too_long {
                into.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if is_last {
                return Ok(if is_too_long {
                    Line::TooLong
                } else {
                    Line::Whole
                });
            }
        }
    }
}

/// Returns a line as text.
pub(super) fn text(line: &[u8]) -> Result<&str, mps_models::preflight::Finding> {
    std::str::from_utf8(line).map_err(|error| not_utf8("", error))
}
