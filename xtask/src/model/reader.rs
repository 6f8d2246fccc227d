//! A strict reader of TOML tables: every key must be read, and have a value of the right type.

mod convert;
mod report;

use std::{collections::BTreeSet, rc::Rc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) use self::convert::Form;
use self::convert::{date, holds_definitions, integer, scalar, text};
use super::{Column, Date, Located, Scalar};
use crate::diagnostic::{Diagnostic, Span};

/// The placeholder that an import writes for a person to replace.
pub(crate) const TODO: &str = "TODO";

/// The code of a mistake in a stub.
pub(crate) const UNDESCRIBED: &str = "E0108";

/// The tier of definitions of which only the structure is specified.
pub(crate) const STRUCTURE_ONLY: &str = "structure-only";

type Entry<'a> = &'a Spanned<DeValue<'a>>;

/// The results of reading beside the values.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// True if some definition could not be read, so that references to it find nothing.
    pub(super) lost: bool,
    /// True while a definition is read of which only the structure is specified, so that prose can
    /// be missing.
    pub(super) structure_only: bool,
    /// The columns of the capability tables; `None` if their file has mistakes.
    pub(super) columns: Option<Rc<[Column]>>,
}

/// A reader of one table, which at the end reports the keys that were not read.
pub(super) struct Reader<'a> {
    table: &'a DeTable<'a>,
    span: Span,
    what: &'static str,
    asked: BTreeSet<String>,
    trace: &'a mut Trace,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        table: &'a DeTable<'a>,
        span: Span,
        what: &'static str,
        trace: &'a mut Trace,
    ) -> Self {
        Self {
            table,
            span,
            what,
            asked: BTreeSet::new(),
            trace,
        }
    }

    /// Returns a text. Reports if it is missing.
    pub(super) fn text(&mut self, key: &str) -> Option<Located<String>> {
        self.need(key);
        self.optional_text(key)
    }

    /// Returns a text in prose. Reports if it is missing, unless only the structure is specified.
    pub(super) fn prose(&mut self, key: &str) -> Option<Located<String>> {
        if !self.trace.structure_only {
            self.need(key);
        }
        self.optional_text(key)
    }

    /// Reads the key `tier`, and returns whether only the structure of the definition is specified.
    pub(super) fn is_structure_only(&mut self) -> bool {
        let tier = self.optional_word("tier", &[STRUCTURE_ONLY]);
        self.trace.structure_only = tier.is_some();
        self.trace.structure_only
    }

    /// Returns an optional text. Reports if it is empty.
    pub(super) fn optional_text(&mut self, key: &str) -> Option<Located<String>> {
        let text = self.get(key, "text", text)?;
        if text.value.trim().is_empty() {
            self.report(&text.span, "E0106", format!("`{key}` is empty"));
            return None;
        }
        self.described(key, &text);
        Some(text)
    }

    /// Returns one of a closed set of words. Reports if it is missing.
    pub(super) fn word(
        &mut self,
        key: &str,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        self.need(key);
        self.optional_word(key, words)
    }

    /// Returns one of a closed set of words, if the key is present.
    pub(super) fn optional_word(
        &mut self,
        key: &str,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let text = self.get(key, "text", text)?;
        self.among(key, &text, words)
    }

    /// Returns a list of words out of a closed set.
    pub(super) fn words(
        &mut self,
        key: &str,
        words: &[&'static str],
    ) -> Vec<Located<&'static str>> {
        let texts = self.texts(key);
        texts
            .into_iter()
            .filter_map(|text| self.among(key, &text, words))
            .collect()
    }

    /// Returns a list of texts; empty by default.
    pub(super) fn texts(&mut self, key: &str) -> Vec<Located<String>> {
        self.list(key, "text", text).unwrap_or_default()
    }

    /// Returns a list of texts, if the key is present.
    pub(super) fn optional_texts(&mut self, key: &str) -> Option<Vec<Located<String>>> {
        self.list(key, "text", text)
    }

    /// Returns a list of whole numbers, if the key is present.
    pub(super) fn integers(&mut self, key: &str) -> Option<Vec<Located<i64>>> {
        self.list(key, "a whole number", integer)
    }

    /// Returns the form and the place of a value, if the key is present.
    pub(super) fn form(&mut self, key: &str) -> Option<Located<Form>> {
        let value = self.find(key)?;
        Some(Located::new(Form::of(value.get_ref()), self.at(value)))
    }

    /// Returns a list of simple values, if the key is present.
    pub(super) fn scalars(&mut self, key: &str) -> Option<Vec<Located<Scalar>>> {
        self.list(key, "text or a number", scalar)
    }

    /// Returns a simple value of any type, if the key is present.
    pub(super) fn scalar(&mut self, key: &str) -> Option<Located<Scalar>> {
        self.get(key, "text, a number or a Boolean", scalar)
    }

    /// Returns a simple value of any type. Reports if it is missing.
    pub(super) fn needed_scalar(&mut self, key: &str) -> Option<Located<Scalar>> {
        self.need(key);
        self.scalar(key)
    }

    /// Returns a whole number from 0 to `u32::MAX`, if the key is present.
    pub(super) fn count(&mut self, key: &str) -> Option<Located<u32>> {
        self.get(key, "a whole number from 0 to 4294967295", |value| {
            integer(value)?.try_into().ok()
        })
    }

    /// Returns a whole number from 0 to `u32::MAX`. Reports if it is missing.
    pub(super) fn needed_count(&mut self, key: &str) -> Option<Located<u32>> {
        self.need(key);
        self.count(key)
    }

    /// Returns a Boolean, if the key is present.
    pub(super) fn flag(&mut self, key: &str) -> Option<Located<bool>> {
        self.get(key, "true or false", DeValue::as_bool)
    }

    /// Returns a day, if the key is present.
    pub(super) fn date(&mut self, key: &str) -> Option<Located<Date>> {
        self.get(key, "a day such as 2026-03-10", date)
    }

    /// Returns the keys of this table with their days.
    pub(super) fn dates(&mut self) -> Vec<(Located<String>, Date)> {
        let mut found = Vec::new();
        for (key, value) in self.table {
            self.asked.insert(key.get_ref().to_string());
            let name = Located::new(key.get_ref().to_string(), self.at(key));
            match date(value.get_ref()) {
                Some(day) => found.push((name, day)),
                None => self.wrong_kind(key.get_ref(), value, "a day such as 2026-03-10"),
            }
        }
        found
    }

    /// Returns the keys of this table with their texts, in the order of the file.
    pub(super) fn texts_by_key(&mut self) -> Vec<(Located<String>, Located<String>)> {
        let mut found = Vec::new();
        for (key, value) in self.table {
            self.asked.insert(key.get_ref().to_string());
            let name = Located::new(key.get_ref().to_string(), self.at(key));
            match text(value.get_ref()) {
                Some(text) => found.push((name, Located::new(text, self.at(value)))),
                None => self.wrong_kind(key.get_ref(), value, "text"),
            }
        }
        found.sort_by_key(|(name, _)| name.span.start);
        found
    }

    /// Reads a table inside this one, if the key is present.
    pub(super) fn table<T>(
        &mut self,
        key: &str,
        what: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> Option<T> {
        let value = self.find(key)?;
        self.enter(key, value, what, read)
    }

    /// Reads an array of tables; empty by default.
    pub(super) fn tables<T>(
        &mut self,
        key: &str,
        what: &'static str,
        mut read: impl FnMut(&mut Reader<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.find(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, "an array of tables");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            let inner = self.enter(key, item, what, &mut read).flatten();
            self.trace.lost |= inner.is_none();
            found.extend(inner);
        }
        found
    }

    /// Returns the keys of the table.
    pub(super) fn keys(&self) -> Vec<Located<String>> {
        let keys = self.table.keys();
        let keys = keys.map(|key| {
            let span = Span::new(self.span.file, key.span());
            Located::new(key.get_ref().to_string(), span)
        });
        keys.collect()
    }

    /// Returns the columns of the capability tables.
    pub(super) fn columns(&self) -> Rc<[Column]> {
        self.trace.columns.clone().unwrap_or_default()
    }

    /// Returns the key of the column that a text names, or reports that there is no such column.
    pub(super) fn known_column(
        &mut self,
        key: &str,
        name: Located<String>,
    ) -> Option<Located<String>> {
        let columns = self.trace.columns.clone()?;
        if columns.iter().any(|column| column.key.value == name.value) {
            return Some(name);
        }
        let known: Vec<&str> = columns.iter().map(|column| &*column.key.value).collect();
        self.report_unknown_word(key, &name, &known);
        None
    }

    /// Reports the keys that were not read.
    pub(super) fn finish(&mut self) {
        let known: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        for (key, value) in self.table {
            if !self.asked.contains(&**key.get_ref()) {
                let title = format!("unknown key `{}` in {}", key.get_ref(), self.what);
                let diagnostic = Diagnostic::at(&self.at(key), "E0102", title)
                    .did_you_mean(key.get_ref(), &known);
                self.trace.lost |= holds_definitions(value.get_ref());
                self.trace.diagnostics.push(diagnostic);
            }
        }
    }

    fn enter<T>(
        &mut self,
        key: &str,
        value: Entry<'a>,
        what: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> Option<T> {
        let span = self.at(value);
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_kind(key, value, "a table");
            return None;
        };
        let mut inner = Reader::new(table, span, what, self.trace);
        let result = read(&mut inner);
        inner.finish();
        Some(result)
    }

    fn list<T>(
        &mut self,
        key: &str,
        wanted_item: &str,
        convert: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Option<Vec<Located<T>>> {
        let value = self.find(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, "a list");
            return None;
        };
        let mut found = Vec::new();
        for item in items {
            match convert(item.get_ref()) {
                Some(inner) => found.push(Located::new(inner, self.at(item))),
                None => self.wrong_kind(key, item, wanted_item),
            }
        }
        Some(found)
    }

    fn get<T>(
        &mut self,
        key: &str,
        wanted: &str,
        convert: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = self.find(key)?;
        let Some(inner) = convert(value.get_ref()) else {
            self.wrong_kind(key, value, wanted);
            return None;
        };
        Some(Located::new(inner, self.at(value)))
    }

    fn find(&mut self, key: &str) -> Option<Entry<'a>> {
        self.asked.insert(key.to_owned());
        self.table.get(key)
    }

    /// Reports a key that is missing.
    pub(super) fn need(&mut self, key: &str) {
        if !self.table.contains_key(key) {
            let title = format!("{} needs the key `{key}`", self.what);
            self.report(&self.span.clone(), "E0103", title);
        }
    }

    /// Returns the word that equals a text, or reports that there is none.
    pub(super) fn among(
        &mut self,
        key: &str,
        text: &Located<String>,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        if !self.described(key, text) {
            return None;
        }
        if let Some(word) = words.iter().find(|word| **word == text.value) {
            return Some(Located::new(*word, text.span.clone()));
        }
        self.report_unknown_word(key, text, words);
        None
    }
}
