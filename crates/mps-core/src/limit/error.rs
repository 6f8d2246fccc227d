//! Why there is no permit.

use std::{error, fmt, time::Duration};

use crate::error::BoxError;

/// Why a limiter gave no permit. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum LimitError {
    /// The turn comes later than the caller can wait.
    TooLong(TooLong),
    /// The limiter does not know what others started, so it lets nobody start.
    Unavailable(Unavailable),
}

/// The turn would come later than the caller can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How long the wait would have been at least.
    pub wait: Duration,
}

/// What a limiter shares with others cannot be reached, read or written.
#[derive(Debug)]
pub struct Unavailable {
    message: String,
    hint: Option<String>,
    source: Option<BoxError>,
}

impl Unavailable {
    /// An error that says what cannot be reached, without secrets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is behind it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn into_source(self) -> Option<BoxError> {
        self.source
    }
}

impl From<TooLong> for LimitError {
    fn from(error: TooLong) -> Self {
        Self::TooLong(error)
    }
}

impl From<Unavailable> for LimitError {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(error) => error.fmt(f),
            Self::Unavailable(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the rate limit allows this call only in {:.1} s",
            self.wait.as_secs_f64()
        )
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for LimitError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::TooLong(_) => None,
            Self::Unavailable(error) => error.source(),
        }
    }
}

impl error::Error for TooLong {}

impl error::Error for Unavailable {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_is_behind_it_stays_reachable() {
        let unavailable = Unavailable::new("gone").with_source(fmt::Error);
        assert!(unavailable.source().unwrap().is::<fmt::Error>());
        let error = LimitError::from(unavailable);
        assert_eq!(error.to_string(), "gone");
        assert!(error.source().unwrap().is::<fmt::Error>());
        let wait = Duration::from_secs(1);
        assert!(LimitError::from(TooLong { wait }).source().is_none());
    }
}
