//! Records of CSV.

use std::io::{self, BufRead as _};

use csv_core::ReadRecordResult;
use mps_models::preflight::Finding;

use super::{
    Fingerprint, LONGEST_ROW,
    finding::error,
    members::repeated,
    quotes::Quotes,
    reader::Reader,
    row_parser::Layout,
    rules,
    source::{Batch, Raw, not_utf8, too_long, unreadable, utf16},
};

/// The most columns that are read: more than members that any action has.
const MOST_COLUMNS: usize = 1_000;

/// A file of comma-separated values.
///
/// It is parsed by the parser below `csv`, which says where a record ends: so lines are counted exactly,
/// whatever ends them, and a quote that is not closed reads no more than the longest row.
pub(crate) struct Table {
    reader: Reader,
    parser: csv_core::Reader,
    /// The number of line ends that were read.
    lines: u64,
    /// The current record: its cells one after the other, and their ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// The finding because of which there are no rows.
    fault: Option<(u64, Finding)>,
    has_ended: bool,
}

/// The outcome of reading a record.
enum Outcome {
    /// A record with this number of bytes and cells.
    Record(usize, usize),
    /// A record of which a cell has text after its closing quote.
    TextAfterQuote,
    /// A record whose last cell begins with a quote that is not closed.
    NotClosed,
    TooLong,
    TooManyCells,
    End,
}

impl Table {
    pub(super) fn new(mut reader: Reader) -> Self {
        let fault = match reader.fill_buf().map(utf16) {
            Ok(fault) => fault,
            Err(error) => Some(unreadable(&error)),
        };
        Self {
            reader,
            parser: csv_core::Reader::new(),
            lines: 0,
            cells: vec![0; 4_096],
            ends: vec![0; 64],
            has_ended: fault.is_some(),
            fault: fault.map(|fault| (1, fault)),
        }
    }

    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.reader.fingerprint()
    }

    /// Reads the header. Without a sound one no row can be read, so a fault in it ends the rows.
    pub(super) fn read_header(&mut self) -> Layout {
        let mut batch = Batch::default();
        self.read(&mut batch);
        let columns = match batch.entries.pop() {
            None => Ok(Vec::new()),
            Some(entry) => match entry.raw {
                Raw::Record(record) => header(&batch.cells(&record)),
                Raw::Fault(fault) => Err(*fault),
                Raw::Line(_) => Ok(Vec::new()),
            }
            .map_err(|fault| (entry.line, fault)),
        };
        Layout::Columns(columns.unwrap_or_else(|fault| {
            self.fault = Some(fault);
            self.has_ended = true;
            Vec::new()
        }))
    }

    pub(super) fn fill(&mut self, batch: &mut Batch) {
        if let Some((line, fault)) = self.fault.take() {
            batch.add_fault(line, fault);
        }
        while !self.has_ended && !batch.is_full() {
            self.read(batch);
        }
    }

    /// Adds the next record with a cell that is not empty, or the finding because of which it cannot be
    /// read.
    fn read(&mut self, batch: &mut Batch) {
        while !self.has_ended {
            let read = self.skip_line_ends().and_then(|()| {
                let line = self.lines + 1;
                Ok((line, self.read_record()?))
            });
            let (line, fault) = match read {
                Ok((_, Outcome::End)) => {
                    self.has_ended = true;
                    return;
                }
                Ok((_, Outcome::Record(0, _))) => continue,
                Ok((line, Outcome::Record(bytes, cells))) => {
                    let cells = self.ends.get(..cells).unwrap_or_default();
                    let bytes = self.cells.get(..bytes).unwrap_or_default();
                    return batch.add_record(line, bytes, cells);
                }
                Ok((line, Outcome::TextAfterQuote)) => {
                    return batch.add_fault(line, text_after_quote());
                }
                Ok((line, Outcome::NotClosed)) => (line, not_closed()),
                Ok((line, Outcome::TooLong)) => {
                    let hint = "close the quote of a cell that begins on this line, or shorten it";
                    (line, too_long().hint(hint))
                }
                Ok((line, Outcome::TooManyCells)) => {
                    let message = format!("the row has more than {MOST_COLUMNS} cells");
                    (line, error("", rules::CELLS, message))
                }
                Err(error) => (self.lines + 1, unreadable(&error)),
            };
            self.has_ended = true;
            batch.add_fault(line, fault);
        }
    }

    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            let available = self.reader.fill_buf()?;
            let blank = available
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let blank = blank.count();
            let skipped = available.get(..blank).unwrap_or_default();
            self.lines += line_ends(skipped);
            if blank == 0 {
                return Ok(());
            }
            self.reader.consume(blank);
        }
    }

    fn read_record(&mut self) -> io::Result<Outcome> {
        let (mut bytes, mut cells) = (0, 0);
        let mut quotes = Quotes::default();
        loop {
            let input = self.reader.fill_buf()?;
            let into = self.cells.get_mut(bytes..).unwrap_or_default();
            let ends = self.ends.get_mut(cells..).unwrap_or_default();
            let (result, read, written, ended) = self.parser.read_record(input, into, ends);
            let used = input.get(..read).unwrap_or_default();
            self.lines += line_ends(used);
            quotes.read(used);
            self.reader.consume(read);
            bytes += written;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if bytes >= LONGEST_ROW => {
                    return Ok(Outcome::TooLong);
                }
                ReadRecordResult::OutputFull => {
                    let length = (self.cells.len() * 2).min(LONGEST_ROW);
                    self.cells.resize(length, 0);
                }
                ReadRecordResult::OutputEndsFull if cells > MOST_COLUMNS => {
                    return Ok(Outcome::TooManyCells);
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record if quotes.is_open() => return Ok(Outcome::NotClosed),
                ReadRecordResult::Record if quotes.has_text_after() => {
                    return Ok(Outcome::TextAfterQuote);
                }
                ReadRecordResult::Record => return Ok(Outcome::Record(bytes, cells)),
                ReadRecordResult::End => return Ok(Outcome::End),
            }
        }
    }
}

fn text_after_quote() -> Finding {
    let message = "a cell has text after its closing quote";
    error("", rules::QUOTES, message).hint(
        "double the quotes within a cell in quotes, and put the comma right after the last one",
    )
}

fn not_closed() -> Finding {
    let message = "a quote is not closed before the end of the file";
    error("", rules::QUOTES, message).hint(
        "close the quote of the last cell of this row; a quote within a cell in quotes is doubled",
    )
}

fn line_ends(bytes: &[u8]) -> u64 {
    let count = memchr::memchr_iter(b'\n', bytes).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Returns the names of the columns; those of columns without a name are empty.
fn header(cells: &[&[u8]]) -> Result<Vec<String>, Finding> {
    let columns = cells.iter().map(|cell| {
        let cell = std::str::from_utf8(cell).map_err(|error| not_utf8("", error))?;
        Ok(cell.trim().to_owned())
    });
    let columns = columns.collect::<Result<Vec<_>, Finding>>()?;
    if let [only] = columns.as_slice()
        && let Some(separator) = [';', '\t'].into_iter().find(|it| only.contains(*it))
    {
        let message = format!("columns are separated by {separator:?}");
        let hint = "save the file with commas between the columns";
        return Err(error("", rules::COLUMN, message).hint(hint));
    }
    if !columns.iter().any(|column| column == "id") {
        let finding = error("id", rules::COLUMN, "the header has no such column");
        let shown = columns.iter().filter(|column| !column.is_empty());
        let shown: Vec<_> = shown.take(20).map(|it| format!("{it:?}")).collect();
        return Err(finding.hint(format!(
            "add a column `id`, unique in each row; there are {}",
            shown.join(", ")
        )));
    }
    let filled = columns.iter().map(String::as_str);
    let twice = repeated(filled.filter(|column| !column.is_empty()));
    if let Some(column) = twice.first() {
        let finding = error(column, rules::COLUMN, "the header has the column twice");
        return Err(finding.hint("give each column its own name"));
    }
    Ok(columns)
}
