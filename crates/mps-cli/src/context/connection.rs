//! A connected client, and the facts about it that commands need.

#[cfg(feature = "media")]
use mps_aigc::Credentials;
use mps_aigc::{Aigc, Client, Family, Task, TaskHandle, Tasks};
use mps_core::{Error, limit::Account};
use mps_emulator::Emulator;

use super::Certificates;
use crate::{failure::Failure, ledger::Identity};

/// A client, with the emulator inside this process if there is one: dropping it stops that emulator.
pub(crate) struct Connection {
    pub(super) aigc: Aigc,
    pub(super) secret_id: String,
    /// The keys that were found, for requests to the object storage.
    #[cfg(feature = "media")]
    pub(super) credentials: Credentials,
    /// The account that the ledger records tasks under.
    pub(super) account: String,
    pub(super) payer: Account,
    pub(super) certificates: Certificates,
    /// A warning to print before a create.
    pub(super) limit_warning: Option<&'static str>,
    pub(super) _emulator: Option<Emulator>,
}

impl Connection {
    pub(crate) fn client(&self) -> &Client {
        self.aigc.client()
    }

    /// Returns the id of the key that signs the requests.
    pub(crate) fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// Returns the keys of the calls, as they were when the command connected.
    #[cfg(feature = "media")]
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Returns the account that pays, as the ledger names it.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Returns the endpoint and the key, which decide the place of the ledger.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            endpoint: self.client().endpoint(),
            secret_id: &self.secret_id,
        }
    }

    /// Returns the account that pays, for jobs.
    pub(crate) fn payer(&self) -> &Account {
        &self.payer
    }

    pub(crate) fn aigc(&self) -> &Aigc {
        &self.aigc
    }

    /// Waits until a request can be sent, and returns the error that prevents it.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        self.certificates.read().await
    }

    pub(crate) fn tasks<F: Family>(&self) -> Tasks<F> {
        self.aigc.tasks()
    }

    /// Returns the task of a handle, which must be one of the family `F`.
    pub(crate) fn task<F: Family>(&self, handle: TaskHandle) -> Result<Task<F>, Failure> {
        let task = self.aigc.task(handle).typed::<F>();
        task.ok_or_else(|| Failure::internal("the task belongs to another family"))
    }

    /// Returns the warning about a create whose start no other process can know of.
    pub(crate) fn limit_warning(&self) -> Option<&'static str> {
        self.limit_warning
    }
}
