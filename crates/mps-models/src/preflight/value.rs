//! Access of the rules to the values of members.

use super::{Path, Preflight};

/// A value that can be absent. An empty text or list counts as absent.
pub(crate) trait IsSet {
    fn is_set(&self) -> bool;
}

impl IsSet for String {
    fn is_set(&self) -> bool {
        !self.is_empty()
    }
}

impl<T> IsSet for Vec<T> {
    fn is_set(&self) -> bool {
        !self.is_empty()
    }
}

impl IsSet for Option<String> {
    fn is_set(&self) -> bool {
        self.as_ref().is_some_and(IsSet::is_set)
    }
}

impl IsSet for Option<i64> {
    fn is_set(&self) -> bool {
        self.is_some()
    }
}

impl IsSet for Option<f64> {
    fn is_set(&self) -> bool {
        self.is_some()
    }
}

impl IsSet for Option<bool> {
    fn is_set(&self) -> bool {
        self.is_some()
    }
}

impl<T: Preflight> IsSet for Option<T> {
    fn is_set(&self) -> bool {
        self.is_some()
    }
}

/// A value that can be compared with one in the specification.
pub(crate) trait Is<V> {
    fn is(&self, value: V) -> bool;
}

impl Is<&str> for String {
    fn is(&self, value: &str) -> bool {
        self == value
    }
}

impl Is<&str> for Option<String> {
    fn is(&self, value: &str) -> bool {
        self.as_deref() == Some(value)
    }
}

impl Is<i64> for Option<i64> {
    fn is(&self, value: i64) -> bool {
        *self == Some(value)
    }
}

impl Is<bool> for Option<bool> {
    fn is(&self, value: bool) -> bool {
        *self == Some(value)
    }
}

/// A member with one text or several.
pub(crate) trait Texts {
    fn each_text(&self, at: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &str));
}

impl Texts for String {
    /// Visits the text unless it is empty: an empty text that is required is reported as missing.
    fn each_text(&self, at: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &str)) {
        if !self.is_empty() {
            visit(at, self);
        }
    }
}

impl Texts for Option<String> {
    fn each_text(&self, at: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &str)) {
        if let Some(text) = self {
            visit(at, text);
        }
    }
}

impl Texts for Vec<String> {
    fn each_text(&self, at: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &str)) {
        for (index, text) in self.iter().enumerate() {
            visit(&at.index(index), text);
        }
    }
}
