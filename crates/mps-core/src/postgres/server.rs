//! The address of a PostgreSQL server and the way to connect to it.

use std::{fmt, fs, sync::Arc};

use rustls::RootCertStore;
use tokio_postgres::{
    Config, NoTls, Socket,
    config::Host,
    tls::{MakeTlsConnect, TlsStream},
};

use super::{
    Connection, Failure, FailureKind,
    connection::Driver,
    passfile::{self, Login},
    tls::MakeTls,
    url::ServerUrl,
};
use crate::tls;

/// A PostgreSQL server, or several of which one is the primary. `Debug` shows its address only.
#[derive(Clone)]
pub struct Server {
    config: Config,
    address: Arc<str>,
    schema: String,
    tls: Option<MakeTls>,
}

impl Server {
    /// Returns the server at a URL such as `postgres://user@host:5432/database`. Opens no connection.
    ///
    /// Connections to other machines are encrypted and their certificates verified, unless the URL
    /// has `sslmode=disable`. Further parameters: `sslrootcert` (file with the authorities to trust
    /// in place of the platform's), `passfile` (password file of PostgreSQL's programs), `schema`
    /// (default `mps`), and those of the protocol, such as `application_name`.
    ///
    /// # Errors
    /// Returns [`FailureKind::Url`] when the URL or a file that it names cannot be used. The error
    /// does not repeat the URL, which may contain a password.
    pub fn at(url: &str) -> Result<Self, Failure> {
        let url = ServerUrl::read(url)?;
        let authorities = match &url.authority {
            Some(path) => Some(read_authorities(&fs::read(path).map_err(|error| {
                Failure::new(
                    FailureKind::Url,
                    format!(
                        "cannot read the file {} of sslrootcert: {error}",
                        path.display()
                    ),
                )
                .hint_at("name a readable file of certificates in PEM form")
            })?)?),
            None => None,
        };
        Self::new(url, authorities)
    }

    /// Returns the server at a URL whose certificate is signed by one of the authorities in `pem`.
    ///
    /// # Errors
    /// Returns the errors of [`at`](Self::at), and [`FailureKind::Url`] when `pem` has no certificate
    /// or the URL asks for clear text.
    pub fn with_authority(url: &str, pem: &[u8]) -> Result<Self, Failure> {
        let url = ServerUrl::read(url)?;
        if !url.encrypted {
            return Err(Failure::new(
                FailureKind::Url,
                "the PostgreSQL server has an authority, but its URL does not ask for TLS",
            )
            .hint_at("add sslmode=verify-full to the URL"));
        }
        Self::new(url, Some(read_authorities(pem)?))
    }

    fn new(url: ServerUrl, authorities: Option<RootCertStore>) -> Result<Self, Failure> {
        let mut config = url.config;
        if let (Some(path), None) = (&url.passfile, config.get_password()) {
            let found = passfile::password(path, login(&config)).map_err(|error| {
                Failure::new(
                    FailureKind::Url,
                    format!("cannot use the password file {}: {error}", path.display()),
                )
                .hint_at("make it readable for its owner only: chmod 0600")
            })?;
            if let Some(password) = found {
                config.password(password.as_str());
            }
        }
        let tls = match (url.encrypted, authorities) {
            (false, _) => None,
            (true, Some(authorities)) => Some(tls::trusting(authorities)),
            (true, None) => Some(tls::trusting_the_platform()),
        };
        let tls = tls.transpose().map_err(|error| {
            Failure::new(
                FailureKind::Tls,
                "TLS to the PostgreSQL server cannot be set up",
            )
            .caused_by(error)
        })?;
        Ok(Self {
            address: address(&config).into(),
            config,
            schema: url.schema,
            tls: tls.map(MakeTls::new),
        })
    }

    /// Returns hosts and ports, or the path of a socket; never the password.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the schema that has the tables.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Opens a connection. Needs a tokio runtime, in which a task moves its bytes.
    ///
    /// # Errors
    /// Returns why no host accepted the connection; of several hosts, the last one's reason.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        match &self.tls {
            Some(tls) => self.connect_over(tls.clone()).await,
            None => self.connect_over(NoTls).await,
        }
    }

    async fn connect_over<T>(&self, tls: T) -> Result<Connection, Failure>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: TlsStream + Unpin + Send + 'static,
    {
        let connected = self.config.connect(tls).await;
        let (client, stream) = connected.map_err(|error| Failure::of(&self.address, error))?;
        let driver = tokio::spawn(async move {
            // A broken connection fails the requests on it, which report the reason.
            let _ = stream.await;
        });
        Ok(Connection::new(
            client,
            self.address.clone(),
            Driver(driver),
        ))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

fn read_authorities(pem: &[u8]) -> Result<RootCertStore, Failure> {
    tls::authorities(pem).map_err(|error| {
        let failure = Failure::new(
            FailureKind::Url,
            "the authority of the PostgreSQL server is not a certificate in PEM form",
        )
        .hint_at("use the text that begins with -----BEGIN CERTIFICATE-----, such as that of a file ca.pem");
        match error {
            Some(error) => failure.caused_by(error),
            None => failure,
        }
    })
}

/// Returns the entry of a password file that is looked up: that of the first host.
fn login(config: &Config) -> Login<'_> {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name,
        _ => "localhost",
    };
    let user = config.get_user().unwrap_or_default();
    Login {
        host,
        port: config.get_ports().first().copied().unwrap_or(5432),
        database: config.get_dbname().unwrap_or(user),
        user,
    }
}

fn address(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
    let hosts = config.get_hosts().iter().enumerate();
    let mut shown: Vec<_> = hosts
        .map(|(index, host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(index)),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    if shown.is_empty() {
        let addresses = config.get_hostaddrs().iter().enumerate();
        shown = addresses
            .map(|(index, address)| format!("{address}:{}", port(index)))
            .collect();
    }
    shown.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_shown_nowhere() {
        let server = Server::at("postgres://user:hunter2@127.0.0.1,localhost:5433/db").unwrap();
        let shown = format!("{server:?} {}", server.address());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(server.schema(), "mps");
    }

    #[test]
    fn an_authority_must_be_a_certificate_of_an_encrypted_server() {
        let plain = Server::with_authority("postgres://localhost/db", b"");
        assert!(
            plain
                .unwrap_err()
                .to_string()
                .contains("does not ask for TLS")
        );
        let encrypted = "postgres://localhost/db?sslmode=verify-full";
        for pem in [&b""[..], b"not one"] {
            let error = Server::with_authority(encrypted, pem).unwrap_err();
            assert_eq!(error.kind(), FailureKind::Url);
        }
        let missing = Server::at("postgres://localhost/db?sslrootcert=/nowhere/ca.pem");
        assert!(missing.unwrap_err().to_string().contains("/nowhere/ca.pem"));
    }
}
