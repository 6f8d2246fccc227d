//! Records of CSV.

use std::{
    io::{self, BufRead as _, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mps_models::preflight::Finding;

use super::{
    Fingerprint, LONGEST_ROW,
    finding::error,
    members::repeated,
    reader::Reader,
    row_parser::Layout,
    rules,
    source::{Batch, Raw, not_utf8, too_long, unreadable, utf16},
};

/// Bytes that the parser reads ahead.
const AHEAD: usize = 64 * 1024;

/// The most columns that are read: more than members that any action has.
const MOST_COLUMNS: usize = 1_000;

/// The error text of a record that is too long.
const TOO_LONG: &str = "the record is too long";

/// A file of comma-separated values.
pub(crate) struct Table {
    records: csv::Reader<Bounded>,
    budget: Budget,
    /// The finding because of which there are no rows.
    fault: Option<(u64, Finding)>,
    has_ended: bool,
}

/// The bytes that may be read before the current record has to end. A quote that is not closed would
/// otherwise read the rest of the file into one cell.
type Budget = Arc<AtomicUsize>;

struct Bounded {
    reader: Reader,
    budget: Budget,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = self.reader.read(into)?;
        let left = self.budget.load(Ordering::Relaxed).checked_sub(amount);
        let left = left.ok_or_else(|| io::Error::other(TOO_LONG))?;
        self.budget.store(left, Ordering::Relaxed);
        Ok(amount)
    }
}

impl Table {
    pub(super) fn new(mut reader: Reader) -> Self {
        let fault = match reader.fill_buf().map(utf16) {
            Ok(fault) => fault,
            Err(error) => Some(unreadable(&error)),
        };
        let budget = Budget::default();
        let bounded = Bounded {
            reader,
            budget: budget.clone(),
        };
        let records = csv::ReaderBuilder::new()
            .has_headers(false)
            // A row with another number of cells is a finding, not the end.
            .flexible(true)
            .buffer_capacity(AHEAD)
            .from_reader(bounded);
        Self {
            records,
            budget,
            has_ended: fault.is_some(),
            fault: fault.map(|fault| (1, fault)),
        }
    }

    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.records.get_ref().reader.fingerprint()
    }

    /// Reads the header. Without a sound one no row can be read, so a fault in it ends the rows.
    pub(super) fn read_header(&mut self) -> Layout {
        let columns = match self.read() {
            Ok(Some((line, record))) => header(&record).map_err(|fault| (line, fault)),
            Ok(None) => Ok(Vec::new()),
            Err(fault) => Err(fault),
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
        let mut bytes = 0;
        while !batch.is_full() && bytes < LONGEST_ROW {
            match self.read() {
                Ok(Some((line, record))) => {
                    bytes += record.as_slice().len();
                    batch.add(line, Raw::Record(record));
                }
                Ok(None) => return,
                Err((line, fault)) => batch.add_fault(line, fault),
            }
        }
    }

    /// Returns the next record that is not empty, with the number of its line.
    fn read(&mut self) -> Result<Option<(u64, csv::ByteRecord)>, (u64, Finding)> {
        let mut record = csv::ByteRecord::new();
        while !self.has_ended {
            self.budget.store(LONGEST_ROW + AHEAD, Ordering::Relaxed);
            let begin = self.records.position().line();
            match self.records.read_byte_record(&mut record) {
                Ok(true) if record.iter().all(<[u8]>::is_empty) => {}
                Ok(true) => {
                    let line = record.position().map_or(begin, csv::Position::line);
                    return Ok(Some((line, record)));
                }
                Ok(false) => self.has_ended = true,
                Err(error) => {
                    self.has_ended = true;
                    return Err((begin, fault(&error)));
                }
            }
        }
        Ok(None)
    }
}

fn fault(error: &csv::Error) -> Finding {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.to_string() == TOO_LONG => {
            too_long().hint("close the quote of a cell that begins on this line, or shorten it")
        }
        csv::ErrorKind::Io(error) => unreadable(error),
        _ => unreadable(&io::Error::other(error.to_string())),
    }
}

/// Returns the names of the columns; those of columns without a name are empty.
fn header(record: &csv::ByteRecord) -> Result<Vec<String>, Finding> {
    if record.len() > MOST_COLUMNS {
        let message = format!("the header has more than {MOST_COLUMNS} columns");
        return Err(error("", rules::COLUMN, message));
    }
    let names = record.iter().map(|name| {
        let name = std::str::from_utf8(name).map_err(|error| not_utf8("", error))?;
        Ok(name.trim().to_owned())
    });
    let names = names.collect::<Result<Vec<_>, Finding>>()?;
    if let [only] = names.as_slice()
        && let Some(separator) = [';', '\t'].into_iter().find(|it| only.contains(*it))
    {
        let message = format!("columns are separated by {separator:?}");
        let hint = "save the file with commas between the columns";
        return Err(error("", rules::COLUMN, message).hint(hint));
    }
    if !names.iter().any(|name| name == "id") {
        let finding = error("id", rules::COLUMN, "the header has no such column");
        let named = names.iter().filter(|name| !name.is_empty());
        let named: Vec<_> = named.take(20).map(|name| format!("{name:?}")).collect();
        return Err(finding.hint(format!(
            "add a column `id`, unique in each row; there are {}",
            named.join(", ")
        )));
    }
    let named = names.iter().map(String::as_str);
    let named = named.filter(|name| !name.is_empty());
    match repeated(named).first() {
        Some(name) => Err(
            error(name, rules::COLUMN, "the header has the column twice")
                .hint("give each column its own name"),
        ),
        None => Ok(names),
    }
}
