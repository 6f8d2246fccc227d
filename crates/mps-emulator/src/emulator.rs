//! The running emulator.

pub(crate) mod builder;
pub(crate) mod in_process;
mod server;
pub(crate) mod service;
pub(crate) mod start_error;
mod state_file;

use std::{io, net::SocketAddr};

use crate::{
    api::{snapshot::Snapshot, task_record::TaskRecord},
    emulator::{server::Server, service::Service, state_file::Saver},
    engine::{
        bill::Bill,
        clock::VirtualClock,
        log::{DownloadRecord, RequestRecord},
    },
    faults::{Fault, InvalidFault},
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
    saver: Option<Saver>,
}

impl Emulator {
    pub(crate) fn new(
        service: Service,
        address: SocketAddr,
        server: Server,
        saver: Option<Saver>,
    ) -> Self {
        Self {
            service,
            address,
            server,
            saver,
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

    /// Every request for a result so far, oldest first. Beyond 20,000 the oldest are forgotten.
    #[must_use]
    pub fn downloads(&self) -> Vec<DownloadRecord> {
        self.service.downloads()
    }

    /// What its accounts would have paid for so far.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.service.bill()
    }

    /// Adds a rule by which requests go wrong. Of several, the oldest that is about a request
    /// strikes it.
    ///
    /// # Errors
    /// A member of the rule is out of bounds, or there are a thousand rules already.
    pub fn fail(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.service.fail(fault)
    }

    /// Every task, oldest first. Beyond 100,000 the oldest are forgotten.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskRecord> {
        self.service.tasks()
    }

    /// The time that tasks, results and signatures go by; to be frozen, moved and sped up.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        self.service.clock()
    }

    /// The whole state at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.service.snapshot()
    }

    /// Takes over the state of a snapshot; see [`Service::restore`].
    pub fn restore(&self, snapshot: Snapshot) {
        self.service.restore(snapshot);
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

    /// Stops: no new connections; open ones finish the request they are in, within 5 seconds. With
    /// a state file, the state is saved for the last time.
    ///
    /// # Errors
    /// The state could not be saved that last time.
    pub async fn stop(self) -> io::Result<()> {
        self.server.stop(&*self.service.0.clock).await;
        match self.saver {
            Some(saver) => saver.finish().await,
            None => Ok(()),
        }
    }
}
