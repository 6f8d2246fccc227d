//! The quotes of CSV, which the parser below `csv` reads leniently.

/// The place in a record, as far as quotes decide about it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Where a cell begins.
    #[default]
    Begin,
    /// Within a cell that does not begin with a quote. Quotes in it are text.
    Plain,
    /// Within the quotes of a cell.
    Quoted,
    /// After a quote within the quotes of a cell: the end of the cell, or the first of two quotes.
    Closed,
}

/// A reader of the same bytes as the parser, which notices what that one accepts: a cell whose quote is not
/// closed contains all further rows, and text after a closing quote belongs to a cell that nobody meant.
#[derive(Default)]
pub(super) struct Quotes {
    place: Place,
    has_text_after: bool,
}

impl Quotes {
    /// Reads the next bytes of a record.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            let ends_cell = matches!(byte, b',' | b'\r' | b'\n');
            (self.place, bytes) = match self.place {
                Place::Begin | Place::Closed if byte == b'"' => (Place::Quoted, rest),
                Place::Begin | Place::Closed if ends_cell => (Place::Begin, rest),
                Place::Begin => (Place::Plain, rest),
                Place::Closed => {
                    self.has_text_after = true;
                    (Place::Plain, rest)
                }
                Place::Plain => match memchr::memchr3(b',', b'\r', b'\n', bytes) {
                    Some(end) => (Place::Begin, bytes.get(end + 1..).unwrap_or_default()),
                    None => return,
                },
                Place::Quoted => match memchr::memchr(b'"', bytes) {
                    Some(end) => (Place::Closed, bytes.get(end + 1..).unwrap_or_default()),
                    None => return,
                },
            };
        }
    }

    /// Returns `true` within the quotes of a cell.
    pub(super) fn is_open(&self) -> bool {
        self.place == Place::Quoted
    }

    /// Returns `true` if a cell has text after its closing quote.
    pub(super) fn has_text_after(&self) -> bool {
        self.has_text_after
    }
}
