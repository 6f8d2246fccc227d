//! The grammar of a profile file: sections of `key = value`, comments on lines of their own.

/// An error in a file, with its line. Never contains a value of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) what: String,
    pub(super) hint: &'static str,
}

impl SyntaxError {
    fn at(line: usize, what: impl Into<String>, hint: &'static str) -> Self {
        Self {
            line,
            what: what.into(),
            hint,
        }
    }
}

#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    line: usize,
    entries: Vec<Entry<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    line: usize,
    key: &'a str,
    value: &'a str,
}

/// Returns all sections, in order.
pub(super) fn parse(text: &str) -> Result<Vec<Section<'_>>, SyntaxError> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            sections.push(section(number, rest, &sections)?);
            continue;
        }
        let entry = entry(number, line)?;
        let Some(section) = sections.last_mut() else {
            let hint = "write the line [default] above it";
            return Err(SyntaxError::at(
                number,
                "a key before the first [section]",
                hint,
            ));
        };
        section.add(entry)?;
    }
    Ok(sections)
}

fn section<'a>(
    line: usize,
    rest: &'a str,
    before: &[Section<'a>],
) -> Result<Section<'a>, SyntaxError> {
    let Some(name) = rest.strip_suffix(']').map(str::trim) else {
        let hint = "write a section's name between [ and ], alone on its line";
        return Err(SyntaxError::at(line, "a section that has no ]", hint));
    };
    if let Some(first) = before.iter().find(|section| section.name == name) {
        let what = format!("section [{name}] again, after line {}", first.line);
        return Err(SyntaxError::at(line, what, "keep one of them"));
    }
    Ok(Section {
        name,
        line,
        entries: Vec::new(),
    })
}

fn entry(line: usize, text: &str) -> Result<Entry<'_>, SyntaxError> {
    let Some((key, value)) = text.split_once(['=', ':']) else {
        let hint = "the file may be half-written; comments begin with #";
        return Err(SyntaxError::at(
            line,
            "neither [section] nor key = value",
            hint,
        ));
    };
    let key = key.trim();
    let value = unquoted(value.trim()).ok_or_else(|| {
        let what = format!("{} has a quote that is not closed", named(key));
        SyntaxError::at(line, what, "values need no quotes")
    })?;
    Ok(Entry { line, key, value })
}

/// Returns the value inside a pair of quotes, as some of the vendor's own examples write it.
fn unquoted(value: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.strip_suffix(quote);
        }
        if value.ends_with(quote) {
            return None;
        }
    }
    Some(value)
}

/// Returns a key in a form that can be shown: in a damaged file a secret can be before a `=`.
fn named(key: &str) -> &str {
    let known = ["secret_id", "secret_key", "token"];
    let known = known
        .into_iter()
        .find(|known| key.eq_ignore_ascii_case(known));
    known.unwrap_or("a key")
}

impl<'a> Section<'a> {
    fn add(&mut self, entry: Entry<'a>) -> Result<(), SyntaxError> {
        if let Some(first) = self.find(entry.key) {
            let what = format!("{} again, after line {}", named(entry.key), first.line);
            return Err(SyntaxError::at(entry.line, what, "keep one of them"));
        }
        self.entries.push(entry);
        Ok(())
    }

    fn find(&self, key: &str) -> Option<Entry<'a>> {
        let mut entries = self.entries.iter();
        let found = entries.find(|entry| entry.key.eq_ignore_ascii_case(key));
        found.copied()
    }

    /// Returns the value of `key`, if it can be sent; `None` when it is missing or empty.
    pub(super) fn value(&self, key: &str) -> Result<Option<&'a str>, SyntaxError> {
        let Some(entry) = self.find(key).filter(|entry| !entry.value.is_empty()) else {
            return Ok(None);
        };
        if entry.value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Some(entry.value));
        }
        let what = format!("{key} has a space or another character that no key has");
        let hint = "write the value alone; comments stand on lines of their own";
        Err(SyntaxError::at(entry.line, what, hint))
    }

    /// Returns the value of `key`, which the section must have.
    pub(super) fn required(&self, key: &str) -> Result<&'a str, SyntaxError> {
        self.value(key)?.ok_or_else(|| {
            let what = format!("section [{}] has no {key}", self.name);
            SyntaxError::at(self.line, what, "it needs secret_id and secret_key")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> (usize, String) {
        let sections = parse(text);
        let found = sections.and_then(|sections| {
            let section = &sections[0];
            section.value("token")?;
            section.required("secret_id")?;
            section.required("secret_key").map(drop)
        });
        let mistake = found.unwrap_err();
        (mistake.line, mistake.what)
    }

    #[test]
    fn tabs_quotes_colons_comments_and_windows_lines_are_read() {
        let text =
            "; c\r\n[a]\r\n\tSecret_ID\t= id \r\nsecret_key: \"k=y\"\r\n# c\r\ntoken =\r\n[b]\r\n";
        let sections = parse(text).unwrap();
        let names: Vec<_> = sections.iter().map(|section| section.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(sections[0].required("secret_id"), Ok("id"));
        assert_eq!(sections[0].required("secret_key"), Ok("k=y"));
        assert_eq!(sections[0].value("token"), Ok(None));
    }

    #[test]
    fn each_mistake_has_its_line_and_no_mistake_has_a_value() {
        for (text, line, what) in [
            ("[a]\nhunter2", 2, "neither [section] nor key = value"),
            ("[a", 1, "a section that has no ]"),
            ("secret_id=hunter2", 1, "a key before the first [section]"),
            ("[a]\nhunter2=1\nhunter2=2", 3, "a key again, after line 2"),
            (
                "[a]\nsecret_id=hunter2\n\nSECRET_ID=x",
                4,
                "secret_id again, after line 2",
            ),
            ("[a]\n[b]\n[a]", 3, "section [a] again, after line 1"),
            (
                "[a]\nsecret_key='hunter2",
                2,
                "secret_key has a quote that is not closed",
            ),
            (
                "[a]\nsecret_key=hunter2\"",
                2,
                "secret_key has a quote that is not closed",
            ),
            (
                "[a]\nsecret_id=hunter2 # mine",
                2,
                "secret_id has a space or another character that no key has",
            ),
            (
                "\n[a]\nsecret_key=hunter2",
                2,
                "section [a] has no secret_id",
            ),
            (
                "[a]\nsecret_id=hunter2\nsecret_key",
                3,
                "neither [section] nor key = value",
            ),
            (
                "[a]\nsecret_id=hunter2\nsecret_key=",
                1,
                "section [a] has no secret_key",
            ),
        ] {
            assert_eq!(mistake(text), (line, what.to_owned()), "{text:?}");
        }
    }
}
