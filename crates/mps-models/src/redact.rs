//! Placeholders for sensitive values in the `Debug` output of generated structs.

use std::fmt;

use serde_json::{Map, Value};

/// A placeholder for a sensitive value, the same text for every value.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

/// The names of members outside the schema. Their values may be sensitive and are not shown.
pub(crate) struct Keys<'a>(pub(crate) &'a Map<String, Value>);

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
