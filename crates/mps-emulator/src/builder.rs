//! How an emulator is set up.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    clock::{SharedClock, SystemClock},
    sign::KeyCache,
};
use tokio::net::TcpListener;

use crate::{
    account::Account,
    emulator::{Emulator, StartError},
    ids::Ids,
    limit::RateLimit,
    results::Cache,
    server::Server,
    service::{Inner, Service},
    state::State,
    tasks::Times,
};

/// Where results are said to lie when no socket serves them. The name can never be resolved
/// (RFC 6761), so a test that forgets its transport reaches nobody.
const NOWHERE: &str = "https://mps.emulator.invalid";

/// Settings of an emulator; all of them have defaults.
///
/// Made by [`Emulator::builder`]. Ends in [`start`](Self::start), which listens on a socket, or
/// in [`service`](Self::service), which does not.
#[must_use]
pub struct Builder {
    listen: SocketAddr,
    clock: Option<SharedClock>,
    seed: Option<u64>,
    credentials: Option<(String, String)>,
    token: Option<String>,
    times: Times,
    rate_limit: RateLimit,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: None,
            seed: None,
            credentials: None,
            token: None,
            times: Times {
                wait: Duration::from_secs(1),
                run: Duration::from_secs(2),
            },
            rate_limit: RateLimit::default(),
        }
    }

    /// Address to listen on, which must be a loopback address; port 0 means any free one.
    /// Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The one key pair that is known. Default: invented, different for every emulator.
    pub fn credentials(
        mut self,
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        self.credentials = Some((secret_id.into(), secret_key.into()));
        self
    }

    /// Makes the credentials temporary: a call must carry this token. Default: it must carry none.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long a task is in `WAIT` (or `PENDING`) and then in `RUN` (or `RUNNING`) before it ends.
    /// Default: 1 s and 2 s.
    pub fn task_times(mut self, wait: Duration, run: Duration) -> Self {
        self.times = Times { wait, run };
        self
    }

    /// How the documented limits on calls a second are enforced. Default: as a sliding window.
    pub fn rate_limit(mut self, flavour: RateLimit) -> Self {
        self.rate_limit = flavour;
        self
    }

    /// The clock that everything goes by. Default: the machine's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Makes ids and invented credentials the same in every run. Default: a random seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Listens, and serves until the emulator is stopped or dropped.
    ///
    /// # Errors
    /// The address is not a loopback address, or the system does not let it be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime, or in one whose I/O driver is not enabled.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let wanted = self.listen;
        if !wanted.ip().is_loopback() {
            return Err(StartError::not_loopback(wanted));
        }
        let failed = |error| StartError::listen(wanted, error);
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = self.service_at(format!("http://{address}"));
        let server = Server::start(listener, service.clone());
        Ok(Emulator::new(service, address, server))
    }

    /// The service without a socket, to be called as a function. Its results are said to lie on a
    /// host that does not exist: a transport hands requests to that host to the service as well.
    #[must_use]
    pub fn service(self) -> Service {
        self.service_at(NOWHERE.to_owned())
    }

    fn service_at(self, endpoint: String) -> Service {
        let ids = Ids::new(self.seed.unwrap_or_else(Ids::random_seed));
        let mut account = Account::invent(&ids);
        if let Some((secret_id, secret_key)) = self.credentials {
            (account.secret_id, account.secret_key) = (secret_id, secret_key);
        }
        account.token = self.token;
        let clock = self.clock.unwrap_or_else(SystemClock::shared);
        Service(Arc::new(Inner {
            account,
            origin: clock.monotonic(),
            clock,
            endpoint,
            times: self.times,
            ids,
            keys: KeyCache::default(),
            cache: Cache::default(),
            state: Mutex::new(State::new(self.rate_limit)),
        }))
    }
}

impl fmt::Debug for Builder {
    // Credentials stay out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("seed", &self.seed)
            .field("times", &self.times)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}
