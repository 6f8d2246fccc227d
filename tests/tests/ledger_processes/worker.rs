//! A process that sends the planned rows of a batch: claim, arm in the gate, send, record. It is the
//! test's own program, run again with variables that make it a worker.

use std::{
    collections::HashSet,
    env,
    ffi::OsStr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use mps_core::{
    BoxFuture, CallOptions, Client, Dispatch, Gate, GateError, Intent, UntypedCall,
    clock::{SharedClock, SystemClock},
    credentials::Credentials,
    endpoint::Endpoint,
    limit::{FileLimiter, Limiter, PostgresLimiter},
};
use mps_jobs::{
    Ledger, LedgerError, LedgerErrorKind, State,
    ledger::{Answer, BatchId, Caps, Claim, Token},
};
use mps_tests::bounded;

const LEDGER: &str = "MPS_TEST_LEDGER";
const LIMITER: &str = "MPS_TEST_LIMITER";
const ENDPOINT: &str = "MPS_TEST_ENDPOINT";
const KEYS: &str = "MPS_TEST_KEYS";

pub(crate) const ACCOUNT: &str = "account=test";
/// Rows that one process has in hand. More than a tenth of a second of starts needs.
const AT_ONCE: usize = 6;

/// The places that a worker uses.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) ledger: String,
    pub(crate) limiter: String,
    pub(crate) endpoint: String,
    pub(crate) keys: String,
    /// The folder in which every process gets a new disk for its seal, as pods do; `None` if all
    /// processes are on one host.
    pub(crate) disks: Option<PathBuf>,
}

impl Places {
    /// Returns the location of the ledger for the next process.
    fn ledger(&self) -> String {
        static DISKS: AtomicU32 = AtomicU32::new(0);
        let Some(disks) = &self.disks else {
            return self.ledger.clone();
        };
        let disk = disks.join(DISKS.fetch_add(1, Relaxed).to_string());
        format!("{}?seal={}", self.ledger, disk.display())
    }
}

/// A running worker, killed when dropped.
#[derive(Debug)]
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn start(places: &Places) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "worker"])
            .env(LEDGER, places.ledger())
            .env(LIMITER, &places.limiter)
            .env(ENDPOINT, &places.endpoint)
            .env(KEYS, &places.keys)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// Returns whether it has ended by itself, which it does with the last row.
    pub(crate) fn has_ended(&mut self) -> bool {
        let ended = self.0.try_wait().unwrap();
        assert!(ended.is_none_or(|status| status.success()), "{ended:?}");
        ended.is_some()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = bounded::kill(&mut self.0);
    }
}

/// Sends rows until there are none, if this process is a worker; returns at once otherwise.
pub(crate) async fn work() {
    let Some([ledger, limiter, endpoint, keys]) = places() else {
        return;
    };
    let clock = SystemClock::shared();
    let ledger = patiently(&clock, || Ledger::open(&ledger, clock.clone())).await;
    let (id, key) = keys.split_once(' ').unwrap();
    let host = Endpoint::parse(&endpoint).unwrap();
    let client = Client::builder()
        .credentials(Credentials::new(id, key))
        .endpoint(host.clone())
        .limiter(limiter_at(&limiter, &clock))
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let batch: BatchId = crate::BATCH.parse().unwrap();
    let bound = || ledger.bind(&batch, ACCOUNT, host.host(), Caps::default());
    patiently(&clock, bound).await;
    let worker = Process {
        held: Mutex::default(),
        clock,
        ledger,
        client,
        batch,
    };
    tokio::select! {
        _ = join_all((0..AT_ONCE).map(|_| worker.send_rows())) => {}
        () = worker.keep_alive() => {}
    }
}

fn places() -> Option<[String; 4]> {
    let read = |name: &str| {
        env::var_os(name)
            .as_deref()
            .and_then(OsStr::to_str)
            .map(ToOwned::to_owned)
    };
    Some([read(LEDGER)?, read(LIMITER)?, read(ENDPOINT)?, read(KEYS)?])
}

fn limiter_at(place: &str, clock: &SharedClock) -> Arc<dyn Limiter> {
    if place.starts_with("postgres://") {
        Arc::new(PostgresLimiter::new(place, ACCOUNT, clock.clone()).unwrap())
    } else {
        Arc::new(FileLimiter::new(place, ACCOUNT, clock.clone()))
    }
}

struct Process {
    ledger: Ledger,
    client: Client,
    clock: SharedClock,
    batch: BatchId,
    held: Mutex<HashSet<Token>>,
}

impl Process {
    async fn send_rows(&self) {
        loop {
            let claimed = patiently(&self.clock, || self.ledger.claim(&self.batch)).await;
            match claimed {
                Some(claim) => self.send(claim).await,
                None if self.is_over().await => return,
                None => self.clock.sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Returns whether no row is planned, claimed or being sent.
    async fn is_over(&self) -> bool {
        let counts = patiently(&self.clock, || self.ledger.count(&self.batch)).await;
        let open = [State::Planned, State::Intent, State::Sending];
        !counts.iter().any(|count| open.contains(&count.state))
    }

    async fn send(&self, claim: Claim) {
        let token = claim.token();
        self.held.lock().unwrap().insert(token.clone());
        let body = serde_json::value::RawValue::from_string(claim.body).unwrap();
        let gate = Arc::new(LedgerGate {
            ledger: self.ledger.clone(),
            token: token.clone(),
            is_armed: Arc::default(),
        });
        let call = UntypedCall::new(claim.item.action, body);
        let sent = self.client.call(call, CallOptions::new().gate(gate)).await;
        match sent {
            Ok(output) => {
                let task = output.body.task_id().unwrap();
                let record = || self.ledger.created(&token, &task, Answer::default());
                patiently(&self.clock, record).await;
            }
            Err(error) if error.in_doubt() => {
                patiently(&self.clock, || {
                    self.ledger.in_doubt(&token, Answer::default())
                })
                .await;
            }
            Err(error) if error.dispatch() == Dispatch::NotSent || error.is_throttled() => {
                patiently(&self.clock, || {
                    self.ledger.not_sent(&token, Answer::default())
                })
                .await;
            }
            Err(error) => panic!("{error:?}"),
        }
        self.held.lock().unwrap().remove(&token);
    }

    /// Renews the leases of this process, and takes the rows of processes that have ended.
    async fn keep_alive(&self) {
        for second in 1_u32.. {
            self.clock.sleep(Duration::from_secs(1)).await;
            patiently(&self.clock, || self.ledger.reap()).await;
            if second % 5 == 0 {
                let held: Vec<_> = self.held.lock().unwrap().iter().cloned().collect();
                patiently(&self.clock, || self.ledger.renew(&held)).await;
                patiently(&self.clock, || self.ledger.heartbeat()).await;
            }
        }
    }
}

/// Repeats an operation while the server is away, or not accepted after a failover. An operation that
/// may have happened is repeated as well: each is idempotent, or what nobody received is taken back.
async fn patiently<T, F>(clock: &SharedClock, operation: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, LedgerError>>,
{
    loop {
        match operation().await {
            Ok(done) => return done,
            Err(error)
                if error.kind().is_transient()
                    || matches!(
                        error.kind(),
                        LedgerErrorKind::FailedOver | LedgerErrorKind::ReadOnly
                    ) =>
            {
                clock.sleep(Duration::from_millis(100)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Arms a claim as late as possible, and disarms it at once when its slot was missed.
#[derive(Clone, Debug)]
struct LedgerGate {
    ledger: Ledger,
    token: Token,
    is_armed: Arc<tokio::sync::Mutex<bool>>,
}

impl LedgerGate {
    async fn disarm(&self) -> Result<(), GateError> {
        let mut is_armed = self.is_armed.lock().await;
        if *is_armed && !self.ledger.disarm(&self.token).await.map_err(refused)? {
            return Err(GateError::new("the claim is lost"));
        }
        *is_armed = false;
        Ok(())
    }
}

fn refused(error: LedgerError) -> GateError {
    GateError::new(error.to_string()).source(error)
}

impl Gate for LedgerGate {
    fn pass<'a>(&'a self, _: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        Box::pin(async {
            self.disarm().await?;
            let mut is_armed = self.is_armed.lock().await;
            self.ledger.arm(&self.token).await.map_err(refused)?;
            *is_armed = true;
            Ok(())
        })
    }

    fn not_sent(&self, _: &Intent) {
        let gate = self.clone();
        tokio::spawn(async move {
            // Repeated by the next attempt, or by the release of the claim.
            let _ = gate.disarm().await;
        });
    }

    fn lead(&self) -> Duration {
        self.ledger.commit_time()
    }
}
