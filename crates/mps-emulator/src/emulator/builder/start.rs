//! The start of an emulator on a socket.

use std::net::SocketAddr;

#[cfg(feature = "tls")]
use mps_core::clock::SystemClock;
use tempfile::TempPath;
use tokio::net::TcpListener;

use super::{
    super::{
        Emulator,
        server::{Server, tls::Tls},
        service::Access,
        start_error::StartError,
        state_file::{self, Saver},
    },
    Builder,
};
use crate::http::{control_token::ControlToken, guard::AllowedHosts};

impl Builder {
    /// Listens, and serves until the emulator is stopped or dropped.
    ///
    /// # Errors
    /// Returns an error if the address is not a loopback address or cannot be listened on, or if
    /// the state file cannot be read, is invalid, has a later version, or is in use by another
    /// emulator. The file is left unchanged.
    ///
    /// # Panics
    /// Panics outside a tokio runtime, or in one whose I/O driver is not enabled.
    ///
    /// # Cancel safety
    /// Cancel safe: a dropped call leaves neither a socket nor a lock behind.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let wanted = self.listen;
        if !wanted.ip().is_loopback() && self.allowed_hosts.is_empty() {
            return Err(StartError::not_loopback(wanted));
        }
        let opened = match self.state_file.clone() {
            Some(path) => Some(state_file::open(path).await?),
            None => None,
        };
        let (file, earlier) = opened.unzip();
        let failed = |error| StartError::listen(wanted, error);
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let access = self.access(address);
        let (tls, ca_file) = self.server_tls(address)?.unzip();
        let endpoint = self.endpoint(address, tls.is_some());
        let service = self.service_at(endpoint, earlier.flatten());
        let saver = file.map(|file| Saver::start(&service, file));
        let token = access.token.clone();
        let server = Server::start(listener, service.clone(), access, tls);
        Ok(Emulator::new(service, address, token, server, saver).with_ca_file(ca_file))
    }

    /// Returns the accepted callers; a token guards the control API if others can reach it.
    fn access(&self, address: SocketAddr) -> Access {
        let is_local = address.ip().is_loopback();
        let own = (!is_local && !address.ip().is_unspecified()).then(|| address.ip().to_string());
        Access {
            hosts: AllowedHosts::new(self.allowed_hosts.iter().cloned().chain(own)),
            token: if is_local {
                ControlToken::default()
            } else {
                ControlToken::random()
            },
        }
    }

    #[cfg(feature = "tls")]
    fn server_tls(&self, address: SocketAddr) -> Result<Option<(Tls, TempPath)>, StartError> {
        if !self.tls {
            return Ok(None);
        }
        let clock = self.clock.clone().unwrap_or_else(SystemClock::shared);
        let made = Tls::new(&self.allowed_hosts, address.ip(), clock.wall());
        made.map(Some).map_err(StartError::tls)
    }

    #[cfg(not(feature = "tls"))]
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "it can fail where there is TLS"
    )]
    fn server_tls(&self, _: SocketAddr) -> Result<Option<(Tls, TempPath)>, StartError> {
        Ok(None)
    }

    /// Returns the URL of the emulator: the address, or the first allowed name if other machines
    /// can reach it.
    fn endpoint(&self, address: SocketAddr, is_tls: bool) -> String {
        let scheme = if is_tls { "https" } else { "http" };
        let name = self.allowed_hosts.first();
        match name.filter(|_| !address.ip().is_loopback()) {
            Some(name) => format!("{scheme}://{name}:{}", address.port()),
            None => format!("{scheme}://{address}"),
        }
    }
}
