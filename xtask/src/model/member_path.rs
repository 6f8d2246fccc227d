//! Paths to members, as `families.toml` writes them.

use std::fmt;

/// A path to a member of a message: `Status`, `ExtraParameters.Resolution` or `AudioInfos[].Url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPath {
    /// Name of the message's own member.
    pub first: String,
    /// True if that member is a list, and the rest is true of each item.
    pub each: bool,
    /// Name of the member inside it, unless the path ends before.
    pub second: Option<String>,
}

/// The member an option sets: a path, then the keys that may follow the value on the command line,
/// as `VideoInfos[].VideoUrl,refer=ReferType`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionTarget {
    /// The member that takes the value.
    pub path: MemberPath,
    /// Each key with the member of the same struct that it sets.
    pub keys: Vec<(String, String)>,
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = if self.each { "[]" } else { "" };
        write!(f, "{}{each}", self.first)?;
        match &self.second {
            Some(second) => write!(f, ".{second}"),
            None => Ok(()),
        }
    }
}

impl MemberPath {
    /// Reads a path. Any text is one; that its members exist is checked elsewhere.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (outer, second) = match text.split_once('.') {
            Some((outer, second)) => (outer, Some(second.to_owned())),
            None => (text, None),
        };
        let first = outer.strip_suffix("[]");
        Self {
            first: first.unwrap_or(outer).to_owned(),
            each: first.is_some(),
            second,
        }
    }
}

impl OptionTarget {
    /// Reads a path and the keys behind it. A key without a member names the empty member, which
    /// no struct has.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split(',');
        let path = MemberPath::parse(parts.next().unwrap_or_default());
        let key = |part: &str| {
            let (key, member) = part.split_once('=').unwrap_or((part, ""));
            (key.to_owned(), member.to_owned())
        };
        Self {
            path,
            keys: parts.map(key).collect(),
        }
    }
}
