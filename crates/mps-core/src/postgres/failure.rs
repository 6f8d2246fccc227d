//! Failures of a PostgreSQL server, by their cause.

use std::{error::Error as _, fmt, io};

use tokio_postgres::{Error, error::DbError};

use crate::error::BoxError;

/// The longest part of a server's message that is repeated.
const LONGEST_DETAIL: usize = 200;

/// A failure of a PostgreSQL server, or of its URL. Contains no password.
#[derive(Debug)]
pub struct Failure {
    kind: FailureKind,
    message: String,
    hint: Option<&'static str>,
    code: Option<String>,
    source: Option<BoxError>,
}

/// The cause of a [`Failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The URL, or a file that it names, is unusable.
    Url,
    /// No connection: the server is down or not reachable, or the connection broke.
    Unreachable,
    /// The server is starting, recovering or shutting down.
    Starting,
    /// The server is a replica, or set to read-only.
    ReadOnly,
    /// Too many connections, a lock that is held for too long, or a deadlock.
    Busy,
    /// The disk or the memory of the server is full.
    Full,
    /// The server refuses the user, the password or the permission.
    Denied,
    /// The database, the schema or a table is missing.
    Missing,
    /// The certificate is not trusted, or the server does not speak TLS.
    Tls,
    /// A row breaks a constraint.
    Constraint,
    /// Anything else that the server refuses.
    Refused,
}

impl FailureKind {
    /// Returns whether the same request may succeed later without a change by a person.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Starting | Self::ReadOnly | Self::Busy | Self::Full
        )
    }
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            code: None,
            source: None,
        }
    }

    pub(super) fn hint_at(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(super) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the cause.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Returns the advice to the user.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }

    /// Returns the SQLSTATE of the server's answer; `None` when the server did not answer.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Classifies an error of the server at `address`.
    #[must_use]
    pub fn of(address: &str, error: Error) -> Self {
        let server = format!("the PostgreSQL server at {address}");
        if let Some(answer) = error.as_db_error() {
            let failure = by_code(&server, answer);
            return Self {
                code: Some(answer.code().code().to_owned()),
                ..failure
            };
        }
        if let Some(refusal) = tls_error(&error) {
            let failure = by_tls_error(&server, refusal);
            return failure.caused_by(refusal.clone());
        }
        let cause = error.source().map(ToString::to_string);
        let detail = cause.unwrap_or_else(|| error.to_string());
        // These errors of the protocol's crate have no type that could be matched.
        if detail.contains("does not support TLS") {
            return Self::new(FailureKind::Tls, format!("{server} does not speak TLS")).hint_at(
                "enable ssl on the server, or add sslmode=disable to the URL within a network you trust",
            );
        }
        if detail.contains("password missing") {
            return denied(&server, "no password is given");
        }
        if detail.contains("does not allow writes") {
            return read_only(&server);
        }
        Self::new(
            FailureKind::Unreachable,
            format!("{server} cannot be reached: {}", one_line(&detail)),
        )
        .hint_at(
            "check that it is up, its address and the network: pg_isready --host HOST --port PORT",
        )
        .caused_by(error)
    }
}

fn by_code(server: &str, answer: &DbError) -> Failure {
    let detail = one_line(answer.message());
    let code = answer.code().code();
    let failure = |kind, message: String, hint| Failure::new(kind, message).hint_at(hint);
    match code {
        "25006" => read_only(server),
        "0A000" if detail.contains("during recovery") => read_only(server),
        "57P01" | "57P02" | "57P03" | "57P05" => failure(
            FailureKind::Starting,
            format!("{server} is starting or shutting down: {detail}"),
            "wait until it accepts connections: pg_isready --host HOST --port PORT",
        ),
        "28P01" | "28000" => denied(server, &detail),
        "42501" => failure(
            FailureKind::Denied,
            format!("{server} does not permit it: {detail}"),
            "let the role create and use the schema: GRANT CREATE ON DATABASE db TO role",
        ),
        "3D000" => failure(
            FailureKind::Missing,
            format!("{server} has no such database: {detail}"),
            "create it: createdb NAME",
        ),
        "3F000" | "42P01" | "42703" => failure(
            FailureKind::Missing,
            format!("{server} lacks a schema, a table or a column: {detail}"),
            "check the parameter schema of the URL, and that nobody changed the tables",
        ),
        "53300" | "55P03" | "57014" | "40001" | "40P01" | "25P03" => failure(
            FailureKind::Busy,
            format!("{server} is busy: {detail}"),
            "check its connections and locks: SELECT * FROM pg_stat_activity",
        ),
        "08P01" if detail.contains("timeout") => failure(
            FailureKind::Busy,
            format!("the pooler in front of {server} has no free connection: {detail}"),
            "raise the pooler's pool size",
        ),
        _ => by_class(server, code, &detail),
    }
}

fn by_class(server: &str, code: &str, detail: &str) -> Failure {
    let (kind, message, hint) = match code.get(..2).unwrap_or_default() {
        "08" => (
            FailureKind::Unreachable,
            format!("{server} broke the connection: {detail}"),
            "check the server, the pooler and the network",
        ),
        "53" | "58" => (
            FailureKind::Full,
            format!("{server} is out of space or memory: {detail}"),
            "free space on the server, and read its log",
        ),
        "57" => (
            FailureKind::Starting,
            format!("{server} interrupted the request: {detail}"),
            "read its log",
        ),
        "23" => (
            FailureKind::Constraint,
            format!("{server} refuses a row: {detail}"),
            "check that nobody else writes to these tables",
        ),
        _ => (
            FailureKind::Refused,
            format!("{server} refuses the request: {detail} (SQLSTATE {code})"),
            "use PostgreSQL 14 or later, and read its log",
        ),
    };
    Failure::new(kind, message).hint_at(hint)
}

fn read_only(server: &str) -> Failure {
    Failure::new(
        FailureKind::ReadOnly,
        format!("{server} is read-only: it is a replica or in recovery"),
    )
    .hint_at("use the address of the primary, or name all hosts in the URL: postgres://a,b/db")
}

fn denied(server: &str, detail: &str) -> Failure {
    Failure::new(
        FailureKind::Denied,
        format!("{server} refuses the user or the password: {detail}"),
    )
    .hint_at("check both, and the server's pg_hba.conf")
}

fn by_tls_error(server: &str, refusal: &rustls::Error) -> Failure {
    let (message, hint) = match refusal {
        rustls::Error::InvalidCertificate(_) => (
            format!("the certificate of {server} is not trusted: {refusal}"),
            "name the authority that signed it (sslrootcert=ca.pem in the URL) and the host name of the certificate",
        ),
        rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired) => (
            format!("{server} requires client certificates, which are not supported"),
            "let the role log in with a password: scram-sha-256 in pg_hba.conf",
        ),
        _ => (
            format!("{server} and this client cannot agree on TLS: {refusal}"),
            "enable TLS 1.2 or 1.3 on the server",
        ),
    };
    Failure::new(FailureKind::Tls, message).hint_at(hint)
}

/// Returns the error of TLS inside an error of the protocol's crate.
fn tls_error(error: &Error) -> Option<&rustls::Error> {
    let source = error.source()?;
    let inner = source.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref()
}

/// Returns the first line of a message, cut at a stated length.
fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(LONGEST_DETAIL).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
