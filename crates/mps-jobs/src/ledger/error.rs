//! The error of the ledger.

use std::{error, fmt, sync::Arc};

type Source = Arc<dyn error::Error + Send + Sync>;

/// The kind of a [`LedgerError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerErrorKind {
    /// Another program locks the ledger for more than five seconds.
    Busy,
    /// The disk is full.
    Full,
    /// The ledger was written by a newer version of this program.
    Newer,
    /// The ledger or its seal is truncated or damaged, or is no ledger.
    Damaged,
    /// The ledger or its folder cannot be written.
    ReadOnly,
    /// The ledger is on a network file system.
    NetworkFileSystem,
    /// The file belongs to another user, is a link, or can be written by others.
    PermissionDenied,
    /// The database server cannot be reached or does not answer.
    Unreachable,
    /// The database server was restored or failed over, and this has not been accepted yet.
    FailedOver,
    /// The location is not understood, or this build lacks a feature that it needs.
    Location,
    /// A spend cap is reached.
    CapReached,
    /// A cap on money needs the price of every row, or a price or length is negative or above a
    /// million of the currency or a billion seconds.
    NoPrice,
    /// Another process took the row over, or it was resolved meanwhile. Nothing may be sent.
    ClaimLost,
    /// The batch is bound to another account or endpoint.
    WrongAccount,
    /// No such row or batch.
    NotFound,
    /// The row's state does not allow the operation.
    WrongState,
    /// A key or a name of a batch is not allowed.
    InvalidName,
    /// Another failure of the disk or the database.
    Io,
}

impl LedgerErrorKind {
    /// Returns the name in JSON, for example `ledger_busy`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "ledger_busy",
            Self::Full => "ledger_full",
            Self::Newer => "ledger_newer",
            Self::Damaged => "ledger_damaged",
            Self::ReadOnly => "ledger_read_only",
            Self::NetworkFileSystem => "ledger_network_file_system",
            Self::PermissionDenied => "ledger_permission_denied",
            Self::Unreachable => "ledger_unreachable",
            Self::FailedOver => "ledger_failed_over",
            Self::Location => "ledger_location",
            Self::CapReached => "cap_reached",
            Self::NoPrice => "no_price",
            Self::ClaimLost => "claim_lost",
            Self::WrongAccount => "wrong_account",
            Self::NotFound => "not_found",
            Self::WrongState => "wrong_state",
            Self::InvalidName => "invalid_name",
            Self::Io => "ledger_io",
        }
    }

    /// Returns `true` when the same operation may succeed later without any change.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::Full | Self::Unreachable)
    }
}

impl fmt::Display for LedgerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reason why the ledger could not be opened, read or written.
///
/// An operation that returns an error changed nothing, unless its documentation says otherwise.
/// Cheap to clone.
#[derive(Clone)]
pub struct LedgerError(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: LedgerErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Source>,
}

impl LedgerError {
    pub(crate) fn new(kind: LedgerErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            source: None,
        }))
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }

    /// Returns the kind, to match on.
    #[must_use]
    pub fn kind(&self) -> LedgerErrorKind {
        self.0.kind
    }

    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("source", &self.0.source)
            .finish()
    }
}

impl error::Error for LedgerError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
