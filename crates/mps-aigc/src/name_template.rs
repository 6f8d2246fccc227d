//! Templates of output names, such as `clips/{task_id}-{index}.{ext}`.

use std::path::PathBuf;

use crate::{
    error::{Error, ErrorKind},
    file_name::{harmless, safe_component},
};

/// A template of the names of output files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameTemplate(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    TaskId,
    Index,
    Extension,
    Key,
}

/// The values of the placeholders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub(crate) task_id: &'a str,
    /// Position of the result, from 0; names count from 1.
    pub(crate) index: usize,
    pub(crate) extension: &'a str,
    /// The key of the job.
    pub(crate) key: Option<&'a str>,
}

impl NameTemplate {
    /// Returns `true` if a path is meant as a template: it has a brace.
    pub(crate) fn is_meant_by(path: &str) -> bool {
        path.contains(['{', '}'])
    }

    /// Reads a template. `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// [`ErrorKind::File`] for a placeholder that does not exist, and for a single brace.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                plain.extend(from.chars().next());
                rest = after;
                continue;
            }
            let inside = from.strip_prefix('{').and_then(|it| it.split_once('}'));
            let (name, after) = inside.ok_or_else(|| single_brace(text))?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Field(field(name).ok_or_else(|| unknown(name))?));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Returns `true` if the names contain the key of a job.
    pub(crate) fn has_key(&self) -> bool {
        self.0.contains(&Part::Field(Field::Key))
    }

    /// Returns `true` if the names end with the extension of the result's kind.
    pub(crate) fn has_extension(&self) -> bool {
        self.0.contains(&Part::Field(Field::Extension))
    }

    /// Returns the folder of all names: the path before the first part that has a placeholder.
    pub(crate) fn folder(&self) -> PathBuf {
        let text = match self.0.first() {
            Some(Part::Text(text)) => text.as_str(),
            _ => "",
        };
        let end = text.rfind(std::path::is_separator).map_or(0, |at| at + 1);
        PathBuf::from(text.get(..end).unwrap_or_default())
    }

    /// Returns the name of a result. Parts of the path that contain a placeholder are made safe;
    /// a value never adds a folder.
    pub(crate) fn name(&self, values: Values<'_>) -> PathBuf {
        let mut path = PathBuf::new();
        let mut component = String::new();
        let mut has_field = false;
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    let mut pieces = text.split(std::path::is_separator);
                    component.push_str(pieces.next().unwrap_or_default());
                    for piece in pieces {
                        push(&mut path, &component, has_field);
                        piece.clone_into(&mut component);
                        has_field = false;
                    }
                }
                Part::Field(field) => {
                    has_field = true;
                    component.push_str(&values.value(*field));
                }
            }
        }
        push(&mut path, &component, has_field);
        path
    }
}

/// Adds a part of a path; the empty part before a leading separator is the root.
fn push(path: &mut PathBuf, component: &str, has_field: bool) {
    if has_field {
        path.push(safe_component(component));
    } else if component.is_empty() && path.as_os_str().is_empty() {
        path.push(std::path::MAIN_SEPARATOR_STR);
    } else if component.ends_with(':') {
        // A drive of Windows: `C:\`, not `C:`, which is relative.
        path.push(format!("{component}{}", std::path::MAIN_SEPARATOR));
    } else {
        path.push(component);
    }
}

impl Values<'_> {
    fn value(&self, field: Field) -> String {
        match field {
            Field::TaskId => harmless(self.task_id),
            Field::Index => (self.index + 1).to_string(),
            Field::Extension => self.extension.to_owned(),
            Field::Key => harmless(self.key.unwrap_or_default()),
        }
    }
}

fn field(name: &str) -> Option<Field> {
    match name {
        "task_id" => Some(Field::TaskId),
        "index" => Some(Field::Index),
        "ext" => Some(Field::Extension),
        "key" => Some(Field::Key),
        _ => None,
    }
}

fn unknown(name: &str) -> Error {
    let message = format!("the output name has an unknown placeholder: {{{name}}}");
    Error::new(ErrorKind::File, message)
        .with_hint("use {task_id}, {index} or {ext}, and {{ for a brace")
}

fn single_brace(text: &str) -> Error {
    let message = format!("the output name {text} has a single brace");
    Error::new(ErrorKind::File, message)
        .with_hint("write {{ or }} for a brace in the name of a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        task_id: "4-Video-0f",
        index: 0,
        extension: "mp4",
        key: None,
    };

    fn name(template: &str, values: Values<'_>) -> String {
        let template = NameTemplate::parse(template).unwrap();
        template.name(values).to_str().unwrap().to_owned()
    }

    #[test]
    fn placeholders_are_replaced_and_make_no_folders() {
        assert_eq!(
            name("clips/{task_id}-{index}.{ext}", VALUES),
            "clips/4-Video-0f-1.mp4"
        );
        assert_eq!(
            name("/a/{task_id}/{{x}}.{ext}", VALUES),
            "/a/4-Video-0f/{x}.mp4"
        );
        assert_eq!(name("../{index}", VALUES), "../1");
        let hostile = Values {
            task_id: "../../etc/passwd",
            ..VALUES
        };
        let named = name("clips/{task_id}.{ext}", hostile);
        assert!(named.starts_with("clips/______etc_passwd-"), "{named}");
        let device = Values {
            task_id: "con",
            ..VALUES
        };
        assert_eq!(name("{task_id}.{ext}", device), "con_.mp4");
    }

    #[test]
    fn a_wrong_template_is_an_error_that_names_the_cause() {
        let error = NameTemplate::parse("{id}.mp4").unwrap_err();
        assert!(
            error.to_string().contains("unknown placeholder: {id}"),
            "{error}"
        );
        for text in ["a{.mp4", "a}.mp4", "{task_id"] {
            let error = NameTemplate::parse(text).unwrap_err();
            assert!(error.to_string().contains("single brace"), "{error}");
        }
    }

    #[test]
    fn the_folder_is_what_no_placeholder_changes() {
        let folder = |text| NameTemplate::parse(text).unwrap().folder();
        assert_eq!(folder("clips/a/{index}.{ext}"), PathBuf::from("clips/a/"));
        assert_eq!(folder("clips-{index}/a.{ext}"), PathBuf::new());
        assert_eq!(folder("{task_id}/{index}.{ext}"), PathBuf::new());
    }
}
