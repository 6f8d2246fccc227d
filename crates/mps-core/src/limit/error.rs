//! The reasons why a limiter grants no permit.

use std::{error, fmt, time::Duration};

use crate::error::BoxError;

/// The reason why a limiter granted no permit. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum LimitError {
    /// The permit would come later than the request's longest wait.
    TooLong(TooLong),
    /// The shared state is unavailable, so the starts of others are unknown.
    Unavailable(Unavailable),
}

/// The permit would come later than the request's longest wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TooLong {
    /// The wait for the permit, at least.
    pub wait: Duration,
}

/// The state that a limiter shares with others cannot be reached, read or written.
#[derive(Debug)]
pub struct Unavailable {
    message: String,
    hint: Option<String>,
    source: Option<BoxError>,
}

impl Unavailable {
    /// Returns an error with a message, which must not contain secrets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Sets the advice to the user.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the advice to the user, if there is any.
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
    fn the_source_of_an_unavailable_limiter_is_reachable() {
        let unavailable = Unavailable::new("gone").with_source(fmt::Error);
        assert!(unavailable.source().unwrap().is::<fmt::Error>());
        let error = LimitError::from(unavailable);
        assert_eq!(error.to_string(), "gone");
        assert!(error.source().unwrap().is::<fmt::Error>());
        let wait = Duration::from_secs(1);
        assert!(LimitError::from(TooLong { wait }).source().is_none());
    }
}
