//! How an emulator is set up.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::clock::{SharedClock, SystemClock};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    api::{service_state::ServiceState, state::State},
    emulator::{
        Emulator,
        server::Server,
        service::Service,
        start_error::StartError,
        state_file::{self, Found, GeneratedKeyPair, Saver},
    },
    engine::{
        accounts::{Account, Accounts},
        clock::VirtualClock,
        ids::Ids,
        limits::RateLimit,
        settings::{BucketUrls, Settings},
        tasks::Durations,
    },
    media::cache::Cache,
};

/// Where results are said to lie when no socket serves them. The name can never be resolved
/// (RFC 6761), so a test that forgets its transport reaches nobody.
const UNRESOLVABLE_ENDPOINT: &str = "https://mps.emulator.invalid";

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
    /// The accounts after the first.
    accounts: Vec<(String, String)>,
    temporary: Vec<Temporary>,
    rate_limit: RateLimit,
    state_file: Option<PathBuf>,
    settings: Settings,
}

struct Temporary {
    secret_id: String,
    secret_key: String,
    token: String,
    expires_in: Duration,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: None,
            seed: None,
            credentials: None,
            token: None,
            accounts: Vec::new(),
            temporary: Vec::new(),
            rate_limit: RateLimit::default(),
            state_file: None,
            settings: Settings::default(),
        }
    }

    /// Address to listen on, which must be a loopback address; port 0 means any free one.
    /// Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The key pair of the first account, which is the default one. Default: invented, different
    /// for every emulator.
    pub fn credentials(
        mut self,
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        self.credentials = Some((secret_id.into(), secret_key.into()));
        self
    }

    /// Makes the first account's credentials temporary: a call must carry this token. Default: it
    /// must carry none.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Another account, with its own tasks, limits and bill. The first one named is the default
    /// account, as with [`credentials`](Self::credentials). Default: one account.
    pub fn account(mut self, secret_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let account = (secret_id.into(), secret_key.into());
        if self.credentials.is_none() {
            self.credentials = Some(account);
        } else {
            self.accounts.push(account);
        }
        self
    }

    /// Temporary credentials of the default account, which end so long after the emulator's start
    /// in virtual time; from then on a call is `AuthFailure.TokenFailure`. With [`Duration::MAX`] they
    /// never end. Default: none.
    pub fn temporary(
        mut self,
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
        token: impl Into<String>,
        expires_in: Duration,
    ) -> Self {
        self.temporary.push(Temporary {
            secret_id: secret_id.into(),
            secret_key: secret_key.into(),
            token: token.into(),
            expires_in,
        });
        self
    }

    /// How long a task is in `WAIT` (or `PENDING`) and then in `RUN` (or `RUNNING`) before it ends;
    /// the same as [`durations`](Self::durations) with [`Durations::fixed`]. Default: 1 s and 2 s.
    pub fn task_times(self, wait: Duration, run: Duration) -> Self {
        self.durations(Durations::fixed(wait, run))
    }

    /// How long tasks take, by family and model. Default: 1 s waiting and 2 s running, and one to
    /// eight hours more in the queue for a video with `OffPeak`.
    pub fn durations(mut self, durations: Durations) -> Self {
        self.settings.durations = durations;
        self
    }

    /// How the documented limits on calls a second are enforced. Default: as a sliding window.
    pub fn rate_limit(mut self, flavour: RateLimit) -> Self {
        self.rate_limit = flavour;
        self
    }

    /// How many tasks of an account may wait or run at once; one more is refused with
    /// `RequestLimitExceeded` and a text about the maximum concurrency, or with
    /// `LimitExceeded.CreateTask` where that is documented. Default: any number.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.settings.concurrency = Some(most);
        self
    }

    /// Which address is told of a result in a bucket of the caller's. Default: that of the real
    /// storage, where nothing can be fetched.
    pub fn bucket_urls(mut self, urls: BucketUrls) -> Self {
        self.settings.bucket_urls = urls;
        self
    }

    /// Lets a signature also pass if its timestamp is fresh by the machine's time. Default: it must
    /// be fresh by the [virtual clock](crate::VirtualClock). Official clients never learn that a
    /// service's clock differs from theirs, so on a clock that was moved they need this.
    pub fn accept_machine_time(mut self) -> Self {
        self.settings.accepts_machine_time = true;
        self
    }

    /// The machine's clock, under the virtual one. Default: the machine's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Makes ids, invented credentials and the durations of tasks the same in every run. Default: a
    /// random seed, or that of the state file.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keeps the state in this file, for [`start`](Self::start): what it holds is taken up again;
    /// it is saved a moment after each change and when the emulator stops. Default: no file.
    ///
    /// The file can be read by its owner only. It holds the key pair if the emulator invented it,
    /// which is worth nothing elsewhere; keys and tokens that were given are not written, and
    /// neither are prompts. Only one emulator at a time can have it: on Unix another one does not start,
    /// elsewhere nothing stops it. A dropped emulator has it until it has saved, which
    /// [`stop`](Emulator::stop) waits for.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Listens, and serves until the emulator is stopped or dropped.
    ///
    /// # Errors
    /// The address is not a loopback address, or the system does not let it be listened on; the
    /// state file cannot be read, is damaged or a later version's, or is another emulator's at the
    /// moment, and is left as it is.
    ///
    /// # Panics
    /// Outside a tokio runtime, or in one whose I/O driver is not enabled.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let wanted = self.listen;
        if !wanted.ip().is_loopback() {
            return Err(StartError::not_loopback(wanted));
        }
        let opened = match self.state_file.clone() {
            Some(path) => Some(state_file::open(path).await?),
            None => None,
        };
        let (file, found) = opened.unzip();
        let failed = |error| StartError::listen(wanted, error);
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = self.service_at(format!("http://{address}"), found.flatten());
        let saver = file.map(|file| Saver::start(&service, file));
        let server = Server::start(listener, service.clone());
        Ok(Emulator::new(service, address, server, saver))
    }

    /// The service without a socket, to be called as a function. Its results are said to lie on a
    /// host that does not exist: a transport hands requests to that host to the service as well.
    /// It keeps no state file.
    #[must_use]
    pub fn service(self) -> Service {
        self.service_at(UNRESOLVABLE_ENDPOINT.to_owned(), None)
    }

    fn service_at(mut self, endpoint: String, found: Option<Found>) -> Service {
        let found_seed = found.as_ref().map(|found| found.snapshot.seed);
        let seed = self.seed.or(found_seed);
        let ids = Ids::new(seed.unwrap_or_else(Ids::random_seed));
        let changed = Arc::new(Notify::new());
        let clock = self.clock.take().unwrap_or_else(SystemClock::shared);
        let time = VirtualClock::new(clock.clone(), changed.clone());
        let (snapshot, invented) = found
            .map(|found| (found.snapshot, found.credentials))
            .unzip();
        if let Some(snapshot) = &snapshot {
            snapshot.turn(&time);
        }
        let service = Service(Arc::new(ServiceState {
            accounts: self.known(invented.flatten(), &ids, time.now()),
            time,
            clock,
            changed,
            endpoint,
            ids,
            cache: Cache::default(),
            state: Mutex::new(State::new(self.rate_limit)),
            settings: self.settings,
        }));
        if let Some(mut snapshot) = snapshot {
            snapshot.seed = service.0.ids.seed();
            service.restore(snapshot);
            service.0.ids.skip_unsaved();
        }
        service
    }

    /// Every key pair: the given ones, or else that of the state file, or else an invented one.
    /// Temporary ones end so long after `start`, in virtual time.
    fn known(&mut self, found: Option<GeneratedKeyPair>, ids: &Ids, start: Duration) -> Accounts {
        let default = match (self.credentials.take(), found) {
            (Some((secret_id, secret_key)), _) => Account::given(secret_id, secret_key, 0),
            (None, Some(pair)) => Account::found(pair.secret_id, pair.secret_key),
            (None, None) => Account::generate(ids),
        };
        let default = match self.token.take() {
            Some(token) => default.temporary(token, None),
            None => default,
        };
        let accounts = std::mem::take(&mut self.accounts).into_iter().zip(1..);
        let accounts = accounts.map(|((id, key), index)| Account::given(id, key, index));
        let temporary = std::mem::take(&mut self.temporary).into_iter();
        let temporary = temporary.map(|known| {
            let account = Account::given(known.secret_id, known.secret_key, 0);
            let end = start.saturating_add(known.expires_in);
            account.temporary(known.token, Some(end))
        });
        Accounts::new(default, accounts.chain(temporary).collect())
    }
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
}

impl fmt::Debug for Builder {
    // Credentials stay out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("seed", &self.seed)
            .field("rate_limit", &self.rate_limit)
            .field("settings", &self.settings)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}
