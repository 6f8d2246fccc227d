//! The rules that a finding about a manifest can name, beside those of
//! [preflight](mps_models::preflight::rules). Ids are stable.

/// The file could not be read to its end.
pub const UNREADABLE: &str = "unreadable";

/// The file changed after it was checked.
pub const CHANGED: &str = "changed";

/// The file has no rows.
pub const NO_ROWS: &str = "no-rows";

/// Text is not UTF-8.
pub const ENCODING: &str = "encoding";

/// A row is longer than [`LONGEST_ROW`](super::LONGEST_ROW).
pub const ROW_LENGTH: &str = "row-length";

/// JSON is nested too deeply.
pub const NESTING: &str = "nesting";

/// A line with `defaults` is not the first one, or has other members.
pub const DEFAULTS: &str = "defaults";

/// A header of CSV has no such column, or has it twice.
pub const COLUMN: &str = "column";

/// A row of CSV has more or fewer cells than the header.
pub const CELLS: &str = "cells";

/// A quote of CSV that is not closed, or that is followed by text.
pub const QUOTES: &str = "quotes";

/// An id that no row can have.
pub const INVALID_ID: &str = "invalid-id";

/// Two rows have the same id.
pub const DUPLICATE_ID: &str = "duplicate-id";

/// An action that creates no task.
pub const ACTION: &str = "action";

/// A name of an output file that is not allowed.
pub const OUTPUT_NAME: &str = "output-name";

/// The results of two rows would have the same name.
pub const DUPLICATE_OUTPUT: &str = "duplicate-output";

/// A member that is reserved for a later version.
pub const RESERVED: &str = "reserved";
