//! Settings of an emulator.

mod start;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    clock::{SharedClock, SystemClock},
    endpoint::Site,
};
use tokio::sync::{Notify, watch};

use super::{
    Emulator,
    service::Service,
    start_error::StartError,
    state_file::{GeneratedKeyPair, SavedState},
};
use crate::{
    api::{service_state::ServiceState, state::State},
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

/// Base of result URLs without a socket. The name never resolves (RFC 6761), so a test without the
/// matching transport cannot reach another host.
const UNRESOLVABLE_ENDPOINT: &str = "https://mps.emulator.invalid";

/// Builder of an [`Emulator`] or a [`Service`]; every setting has a default.
///
/// Created by [`Emulator::builder`]. [`start`](Self::start) listens on a socket,
/// [`service`](Self::service) does not.
///
/// # Examples
/// For example, with tasks that finish at once and a limit on concurrent ones:
/// ```
/// use std::time::Duration;
/// use mps_emulator::Emulator;
///
/// let service = Emulator::builder()
///     .task_times(Duration::ZERO, Duration::ZERO)
///     .concurrency(2)
///     .seed(7)
///     .service();
/// assert_eq!(service.bill().creates, 0);
/// ```
#[must_use]
pub struct Builder {
    listen: SocketAddr,
    allowed_hosts: Vec<String>,
    #[cfg(feature = "tls")]
    tls: bool,
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
            allowed_hosts: Vec::new(),
            #[cfg(feature = "tls")]
            tls: false,
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

    /// Sets the address to listen on; port 0 selects a free one. Default: `127.0.0.1:0`.
    ///
    /// An address that other machines can reach requires [`allow_host`](Self::allow_host), and the
    /// control API then requires [`Emulator::control_token`].
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Also answers requests whose `Host` is this name, without a port. Default: loopback addresses
    /// and names below `localhost` only, which protects against web pages that give their own name
    /// the address of this machine.
    ///
    /// With another address than a loopback one, for example `0.0.0.0`, the first name is the host of
    /// the endpoint.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Sets the site whose description decides which requests are refused. Default: the international
    /// site.
    ///
    /// It refuses what that description states today. So a request that breaks only a bound of the base
    /// contract that the description dropped, such as a prompt of more than 2,000 characters, is
    /// executed.
    pub fn site(mut self, site: Site) -> Self {
        self.settings.site = site;
        self
    }

    /// Serves HTTPS with a certificate made at the start; its authority is in
    /// [`Emulator::ca_file`]. Default: plain HTTP.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Accepts signatures for any service. Default: only those for `mps`. Some clients take the
    /// service from the first label of the host, for example `127` from `127.0.0.1`.
    pub fn lenient_service(mut self) -> Self {
        self.settings.accepts_any_service = true;
        self
    }

    /// Sets the key pair of the default account. Default: generated, different for every emulator.
    pub fn credentials(
        mut self,
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        self.credentials = Some((secret_id.into(), secret_key.into()));
        self
    }

    /// Makes the default account's credentials temporary: calls must carry this token. Default: no
    /// token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Adds an account with its own tasks, limits and bill. The first one is the default account,
    /// as with [`credentials`](Self::credentials). Default: one account.
    pub fn account(mut self, secret_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let account = (secret_id.into(), secret_key.into());
        if self.credentials.is_none() {
            self.credentials = Some(account);
        } else {
            self.accounts.push(account);
        }
        self
    }

    /// Adds temporary credentials of the default account that expire after a virtual time, counted
    /// from the start of the emulator. Calls after that are refused with
    /// `AuthFailure.TokenFailure`. With [`Duration::MAX`] they never expire. Default: none.
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

    /// Sets how long tasks wait and then run, like [`durations`](Self::durations) with
    /// [`Durations::fixed`]. Default: 1 s and 2 s.
    pub fn task_times(self, wait: Duration, run: Duration) -> Self {
        self.durations(Durations::fixed(wait, run))
    }

    /// Sets how long tasks take, by family and model. Default: 1 s waiting and 2 s running; a video
    /// with `OffPeak` waits one to eight hours longer.
    pub fn durations(mut self, durations: Durations) -> Self {
        self.settings.durations = durations;
        self
    }

    /// Sets how the documented limits on calls per second are enforced. Default: as a sliding
    /// window.
    pub fn rate_limit(mut self, flavour: RateLimit) -> Self {
        self.rate_limit = flavour;
        self
    }

    /// Sets how many tasks of an account may wait or run at the same time. Further creates are
    /// refused with `RequestLimitExceeded` and a text about the maximum concurrency, or with
    /// `LimitExceeded.CreateTask` where that is documented. Default: any number.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.settings.concurrency = Some(most);
        self
    }

    /// Sets the kind of URL of results in a caller's bucket. Default: the real storage's, where
    /// nothing can be downloaded.
    pub fn bucket_urls(mut self, urls: BucketUrls) -> Self {
        self.settings.bucket_urls = urls;
        self
    }

    /// Also accepts timestamps that are fresh by the machine's clock. Default: only those fresh by
    /// the [virtual clock](crate::VirtualClock). Official clients do not adapt to a service's
    /// clock, so they need this after the clock was moved.
    pub fn accept_machine_time(mut self) -> Self {
        self.settings.accepts_machine_time = true;
        self
    }

    /// Sets the machine's clock, on which the virtual one is based. Default: the system clock.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Makes ids, generated credentials, durations and faults the same in every run. Default: a
    /// random seed, or that of the state file.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keeps the state in a file, for [`start`](Self::start). The emulator continues with the state
    /// in the file, and saves it shortly after each change and when it stops. Default: no file.
    ///
    /// Only the owner can read the file. It contains a generated key pair, which is valid for this
    /// emulator only; given keys and tokens are not written, and neither are prompts. On Unix a
    /// file belongs to one emulator at a time: a second one does not start. A dropped emulator
    /// keeps the file until its last save, for which [`stop`](Emulator::stop) waits.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Returns the service without a socket. The URLs of its results have a host that does not
    /// exist; a transport such as [`InProcess`](crate::InProcess) sends requests for it to the
    /// service. The state file is not used.
    #[must_use]
    pub fn service(self) -> Service {
        self.service_at(UNRESOLVABLE_ENDPOINT.to_owned(), None)
    }

    fn service_at(mut self, endpoint: String, saved: Option<SavedState>) -> Service {
        let found_seed = saved.as_ref().map(|saved| saved.snapshot.seed);
        let seed = self.seed.or(found_seed);
        let ids = Ids::new(seed.unwrap_or_else(Ids::random_seed));
        let changed = Arc::new(Notify::new());
        let clock = self.clock.take().unwrap_or_else(SystemClock::shared);
        let time = VirtualClock::new(clock.clone(), changed.clone());
        let (snapshot, invented) = saved
            .map(|saved| (saved.snapshot, saved.credentials))
            .unzip();
        if let Some(snapshot) = &snapshot {
            snapshot.turn(&time);
        }
        let service = Service(Arc::new(ServiceState {
            accounts: self.known(invented.flatten(), &ids, time.now()),
            time,
            clock,
            changed,
            cleared: watch::Sender::new(()),
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

    /// Returns every key pair: the given ones, else that of the state file, else a generated one.
    /// Temporary ones expire relative to `start`, in virtual time.
    fn known(&mut self, saved: Option<GeneratedKeyPair>, ids: &Ids, start: Duration) -> Accounts {
        let default = match (self.credentials.take(), saved) {
            (Some((secret_id, secret_key)), _) => Account::given(secret_id, secret_key, 0),
            (None, Some(pair)) => Account::restored(pair.secret_id, pair.secret_key),
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
    /// Starts an emulator with the default settings on a free port.
    ///
    /// # Errors
    /// Returns an error if the system provides no port.
    ///
    /// # Panics
    /// Panics outside a tokio runtime, or in one whose I/O driver is not enabled.
    ///
    /// # Cancel safety
    /// Cancel safe, like [`Builder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl fmt::Debug for Builder {
    // Omits credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("seed", &self.seed)
            .field("rate_limit", &self.rate_limit)
            .field("settings", &self.settings)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}
