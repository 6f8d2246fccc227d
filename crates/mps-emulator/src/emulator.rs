//! The running emulator, and why one does not run.

use std::{error, fmt, io, net::SocketAddr};

use crate::{
    bill::Bill,
    builder::Builder,
    faults::{BadFault, Fault},
    log::RequestRecord,
    server::Server,
    service::Service,
};

/// The service on a socket of this machine.
///
/// Stops when it is dropped; [`stop`](Self::stop) also waits for what is under way. Any number
/// can run side by side, each with its own port, credentials, tasks and clock.
#[derive(Debug)]
#[must_use = "the emulator stops when it is dropped"]
pub struct Emulator {
    service: Service,
    address: SocketAddr,
    server: Server,
}

impl Emulator {
    /// Starts an emulator with default settings on a free port.
    ///
    /// # Errors
    /// The system lets no port be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime, or in one whose I/O driver is not enabled.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Settings other than the defaults.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(service: Service, address: SocketAddr, server: Server) -> Self {
        Self {
            service,
            address,
            server,
        }
    }

    /// Where it listens, as a client wants it: `http://127.0.0.1:41234`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.service.endpoint()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The secret id it knows.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        self.service.secret_id()
    }

    /// The secret key that goes with it. Worth nothing anywhere else.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.service.secret_key()
    }

    /// Every API request so far, oldest first. Beyond 20,000 the oldest are forgotten.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.requests()
    }

    /// What the account would have paid for so far.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.service.bill()
    }

    /// Adds a rule by which requests go wrong. Of several, the oldest that is about a request
    /// strikes it.
    ///
    /// # Errors
    /// A member of the rule is out of bounds, or there are a thousand rules already.
    pub fn fail(&self, fault: Fault) -> Result<(), BadFault> {
        self.service.fail(fault)
    }

    /// Forgets every task, request and charge. Credentials and settings stay.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// The service behind the socket.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Stops: no new connections; open ones finish the request they are in, within 5 seconds.
    pub async fn stop(self) {
        self.server.stop(&*self.service.0.clock).await;
    }
}

/// Why an emulator could not be started.
#[derive(Debug)]
pub struct StartError {
    address: SocketAddr,
    source: Option<io::Error>,
}

impl StartError {
    pub(crate) fn not_loopback(address: SocketAddr) -> Self {
        Self {
            address,
            source: None,
        }
    }

    pub(crate) fn listen(address: SocketAddr, source: io::Error) -> Self {
        Self {
            address,
            source: Some(source),
        }
    }

    /// Whether the address was refused because other machines could reach it.
    #[must_use]
    pub fn is_not_loopback(&self) -> bool {
        self.source.is_none()
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(_) => write!(
                f,
                "cannot listen on {}; port 0 takes any free one",
                self.address
            ),
            None => write!(
                f,
                "refused to listen on {}: the emulator is for this machine only; use a loopback address such as 127.0.0.1:{}",
                self.address,
                self.address.port()
            ),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
