//! The running emulator and its parts: settings, service, sockets and state file.

pub(crate) mod builder;
mod either;
pub(crate) mod in_process;
mod server;
pub(crate) mod service;
pub(crate) mod start_error;
mod state_file;

use std::{io, net::SocketAddr};

use tempfile::TempPath;

use crate::{
    api::{snapshot::Snapshot, task_record::TaskRecord},
    emulator::{server::Server, service::Service, state_file::Saver},
    engine::{
        bill::Bill,
        clock::VirtualClock,
        log::{DownloadRecord, RequestRecord},
    },
    faults::{Fault, InvalidFault},
    http::control_token::ControlToken,
};

/// The service on a loopback socket.
///
/// Stops when dropped; [`stop`](Self::stop) also waits for requests in progress. Any number of
/// emulators can run side by side, each with its own port, credentials, tasks and clock.
#[derive(Debug)]
#[must_use = "the emulator stops when it is dropped"]
pub struct Emulator {
    service: Service,
    address: SocketAddr,
    control_token: ControlToken,
    server: Server,
    saver: Option<Saver>,
    /// Removed when the emulator stops.
    ca_file: Option<TempPath>,
}

impl Emulator {
    pub(crate) fn new(
        service: Service,
        address: SocketAddr,
        control_token: ControlToken,
        server: Server,
        saver: Option<Saver>,
    ) -> Self {
        Self {
            service,
            address,
            control_token,
            server,
            saver,
            ca_file: None,
        }
    }

    pub(crate) fn with_ca_file(self, ca_file: Option<TempPath>) -> Self {
        Self { ca_file, ..self }
    }

    /// Returns the URL of the emulator, for example `http://127.0.0.1:41234`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.service.endpoint()
    }

    /// Returns the socket address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the token that the control API requires as `Authorization: Bearer TOKEN`, or `None`
    /// on a loopback address, where it requires none.
    #[must_use]
    pub fn control_token(&self) -> Option<&str> {
        self.control_token.text()
    }

    /// Returns the file with the certificate of the authority that clients have to trust, or `None`
    /// for plain HTTP. The file is removed when the emulator
    /// stops; the authority's key is never written.
    #[must_use]
    pub fn ca_file(&self) -> Option<&std::path::Path> {
        self.ca_file.as_deref()
    }

    /// Returns the secret id of the default account.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        self.service.secret_id()
    }

    /// Returns the secret key of the default account. It is valid for this emulator only.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.service.secret_key()
    }

    /// Returns the latest 20,000 calls of the API, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.requests()
    }

    /// Returns the latest 20,000 requests for results, oldest first.
    #[must_use]
    pub fn downloads(&self) -> Vec<DownloadRecord> {
        self.service.downloads()
    }

    /// Returns the bill of all accounts.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.service.bill()
    }

    /// Adds a rule that makes requests fail. If several rules match a request, the oldest applies.
    ///
    /// # Errors
    /// Returns an error if a member of the rule is out of bounds, or if there are 1,000 rules
    /// already.
    pub fn fail(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.service.fail(fault)
    }

    /// Returns the latest 100,000 tasks, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskRecord> {
        self.service.tasks()
    }

    /// Returns the clock of tasks, results and signatures, which can be frozen, advanced and
    /// accelerated.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        self.service.clock()
    }

    /// Returns the whole state at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.service.snapshot()
    }

    /// Replaces the state by that of a snapshot; see [`Service::restore`].
    pub fn restore(&self, snapshot: Snapshot) {
        self.service.restore(snapshot);
    }

    /// Forgets tasks, requests, charges and faults. Credentials, clock and settings stay.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Returns the service behind the socket.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Stops the emulator: accepts no new connections, and waits up to 5 seconds for requests in
    /// progress. With a state file, the state is saved once more.
    ///
    /// # Errors
    /// Returns an error if that last save fails.
    ///
    /// # Cancel safety
    /// Not cancel safe: a dropped call stops the emulator without the wait for requests, and
    /// possibly without the last save.
    pub async fn stop(self) -> io::Result<()> {
        self.server.stop(&*self.service.0.clock).await;
        match self.saver {
            Some(saver) => saver.finish().await,
            None => Ok(()),
        }
    }
}
