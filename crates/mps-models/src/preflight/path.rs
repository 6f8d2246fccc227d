//! Paths of members in a request.

use std::fmt::{self, Write};

/// The path of a member in a request, for example `ImageInfos[3].ImageUrl`.
///
/// A path borrows its parent and becomes text only when it is displayed, so an inspection allocates
/// nothing for it.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
    sensitive: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Index(usize),
}

impl Path<'_> {
    /// The request itself, which displays as an empty text.
    pub const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
        sensitive: false,
    };

    /// Returns the path of the member with this name.
    #[must_use]
    pub const fn member<'b>(&'b self, name: &'b str) -> Path<'b> {
        self.then(Step::Member(name))
    }

    /// Returns the path of the item at this index, counted from 0.
    #[must_use]
    pub const fn index(&self, index: usize) -> Path<'_> {
        self.then(Step::Index(index))
    }

    /// Returns the path of a member whose value, with everything inside it, no finding may show.
    #[must_use]
    pub const fn sensitive<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path {
            sensitive: true,
            ..self.member(name)
        }
    }

    pub(crate) const fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    const fn then<'b>(&'b self, step: Step<'b>) -> Path<'b> {
        Path {
            parent: Some(self),
            step,
            sensitive: self.sensitive,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Index(index) => write!(f, "[{index}]"),
            // A name from the caller could contain terminal control characters.
            Step::Member(name) if !is_plain(name) => write!(f, "[{name:?}]"),
            Step::Member(name) => {
                if !self.parent.is_none_or(Path::is_root) {
                    f.write_char('.')?;
                }
                f.write_str(name)
            }
        }
    }
}

impl Path<'_> {
    const fn is_root(&self) -> bool {
        matches!(self.step, Step::Root)
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_displays_like_code() {
        let list = Path::ROOT.member("ImageInfos");
        let item = list.index(3);
        assert_eq!(
            item.member("ImageUrl").to_string(),
            "ImageInfos[3].ImageUrl"
        );
        assert_eq!(Path::ROOT.to_string(), "");
    }

    #[test]
    fn unusual_names_are_escaped() {
        let odd = Path::ROOT.member("a.b\u{1b}[2J");
        assert_eq!(odd.member("c").to_string(), "[\"a.b\\u{1b}[2J\"].c");
    }

    #[test]
    fn members_of_a_sensitive_member_are_sensitive() {
        let member = Path::ROOT.sensitive("ImageUrls");
        assert!(member.index(0).is_sensitive());
        assert!(!Path::ROOT.is_sensitive());
    }
}
