//! The columns of the capability tables, from `columns.toml`.

use super::{Located, or_default, reader::Reader};

/// A column of the capability tables.
#[derive(Clone, Debug)]
pub struct Column {
    /// The key in a row and in JSON.
    pub key: Located<String>,
    /// The type of its values.
    pub ty: ColumnType,
    /// The column that a row must have as well.
    pub of: Option<Located<String>>,
    /// Its relation to that column.
    pub role: Option<Located<&'static str>>,
    /// The spelling of its texts.
    pub spelling: Option<Located<&'static str>>,
    /// Paths of the members of a request whose texts state its values.
    pub read_from: Vec<Located<String>>,
    /// A noun phrase that describes it.
    pub doc: String,
    /// The value that an accessor returns, as the rest of a sentence that begins with "Returns".
    pub returns: String,
}

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `true` or `false`.
    Flag,
    /// One text.
    Text,
    /// A whole number that is not negative.
    Number,
    /// A list of texts, or `false` for none.
    Texts,
    /// A list of whole numbers.
    Numbers,
    /// A list of the words in `MODES`.
    Modes,
    /// A list of whole numbers, or a table with `min` and `max`.
    Durations,
    /// A table of whole numbers, or `false` for none.
    Group(&'static Group),
}

/// A table of named numbers that has a Rust struct of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The struct in `mps_models::capabilities`.
    pub rust: &'static str,
    /// The names of its numbers.
    pub fields: &'static [&'static str],
}

/// The inputs that a column of type `modes` can name.
pub(super) const MODES: &[&str] = &["text", "reference-images"];

/// The names in a range of durations.
pub(super) const RANGE: &[&str] = &["min", "max"];

/// The role of a column with the default of the service.
pub const DEFAULT: &str = "default";

/// The role of a column with values on which documents disagree or say too little.
pub const DOUBTFUL: &str = "doubtful";

/// Texts such as `720P` and `4K`.
pub const RESOLUTION: &str = "resolution";

/// Texts such as `16:9`.
pub const ASPECT_RATIO: &str = "aspect-ratio";

const COUNT: &Group = &Group {
    rust: "Count",
    fields: RANGE,
};

const STORYBOARD: &Group = &Group {
    rust: "Storyboard",
    fields: &["max_shots", "max_chars"],
};

const SIZE: &Group = &Group {
    rust: "Size",
    fields: &["min_side", "max_side", "min_pixels", "max_pixels"],
};

/// The words for the types, with the values in TOML.
const TYPES: &[(&str, ColumnType, &str)] = &[
    ("flag", ColumnType::Flag, "`true` or `false`"),
    ("text", ColumnType::Text, "a text"),
    ("number", ColumnType::Number, "a whole number"),
    (
        "texts",
        ColumnType::Texts,
        "a list of texts, or `false` for none",
    ),
    ("numbers", ColumnType::Numbers, "a list of whole numbers"),
    (
        "modes",
        ColumnType::Modes,
        "a list of `text` and `reference-images`",
    ),
    (
        "durations",
        ColumnType::Durations,
        "a list of whole numbers, or `{ min = 3, max = 15 }`",
    ),
    (
        "count",
        ColumnType::Group(COUNT),
        "`min`, `max` or both in a table, or `false` for none",
    ),
    (
        "storyboard",
        ColumnType::Group(STORYBOARD),
        "`max_shots`, `max_chars` or both in a table, or `false` for none",
    ),
    (
        "size",
        ColumnType::Group(SIZE),
        "any of `min_side`, `max_side`, `min_pixels` and `max_pixels` in a table, or `false` for none",
    ),
];

impl ColumnType {
    /// Returns the sentence part that describes the values of this type in TOML.
    #[must_use]
    pub fn describe(self) -> &'static str {
        let found = TYPES.iter().find(|(_, ty, _)| *ty == self);
        found.map_or("", |(.., description)| description)
    }

    /// Returns whether a row can deny the column with `false`.
    #[must_use]
    pub const fn is_deniable(self) -> bool {
        matches!(self, Self::Flag | Self::Texts | Self::Group(_))
    }

    fn of_word(word: &str) -> Option<Self> {
        let found = TYPES.iter().find(|(known, ..)| *known == word);
        found.map(|(_, ty, _)| *ty)
    }
}

impl Column {
    /// Returns whether the column has this role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.role.as_ref().is_some_and(|own| own.value == role)
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Column> {
    reader.tables("column", "a column", read_column)
}

fn read_column(reader: &mut Reader<'_>) -> Option<Column> {
    let key = reader.text("key");
    let words: Vec<&str> = TYPES.iter().map(|(word, ..)| *word).collect();
    let ty = reader.word("type", &words);
    let of = reader.optional_text("of");
    let role = reader.optional_word("role", &[DEFAULT, DOUBTFUL]);
    let spelling = reader.optional_word("spelling", &[RESOLUTION, ASPECT_RATIO]);
    let read_from = reader.texts("read_from");
    let doc = reader.text("doc");
    let returns = reader.text("returns");
    Some(Column {
        key: key?,
        ty: ColumnType::of_word(ty?.value)?,
        of,
        role,
        spelling,
        read_from,
        doc: or_default(doc),
        returns: or_default(returns),
    })
}
