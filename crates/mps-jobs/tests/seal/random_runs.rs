//! Random operations of two processes on one ledger, which is put back to older copies now and then.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use fastrand::Rng;
use mps_core::clock::{Clock as _, TestClock};
use mps_jobs::{
    Ledger, LedgerError, LedgerErrorKind, State,
    ledger::{
        Answer, Caps, Claim, Filter, Finished, Forget, NewBatch, NewItem, Resolution, RowId,
        Single, Submission, Timestamp, Token,
    },
};
use tempfile::TempDir;

use crate::{
    books::{self, Files, MS, PRICE, Spent},
    cases,
    scene::{self, batch},
};

const ACCOUNT: &str = "account=test";
const ENDPOINT: &str = "host";
const STEPS: usize = 120;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A process: an open ledger and its claims.
struct Process {
    ledger: Ledger,
    claims: Vec<Token>,
}

struct Run {
    rng: Rng,
    path: PathBuf,
    clock: Arc<TestClock>,
    processes: [Option<Process>; 2],
    older: Vec<(Files, Spent)>,
    spent: Spent,
    /// The rows that may have been billed for an attempt that no person decided to repeat, by key, with the time of
    /// the send.
    sent: HashMap<String, Duration>,
    tasks: usize,
    /// The ledger was put back to an older copy.
    is_older: bool,
    /// There is a ledger.
    is_created: bool,
    _folder: TempDir,
}

fn item(key: &str) -> NewItem {
    NewItem {
        ms: MS,
        price: Some(PRICE),
        ..scene::item(key)
    }
}

/// Operations on a row in another state are refused, and change nothing.
fn or_refused<T>(done: Result<T, LedgerError>) -> Option<T> {
    use LedgerErrorKind as K;
    match done {
        Ok(done) => Some(done),
        Err(error) => {
            let is_refusal = [K::ClaimLost, K::WrongState, K::NotFound].contains(&error.kind());
            assert!(is_refusal, "{error:?}");
            None
        }
    }
}

impl Run {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            rng: Rng::with_seed(seed),
            path: folder.path().join("tasks.db"),
            clock: Arc::new(TestClock::new(1_800_000_000)),
            processes: [None, None],
            older: Vec::new(),
            spent: Spent::default(),
            sent: HashMap::new(),
            tasks: 0,
            is_older: false,
            is_created: false,
            _folder: folder,
        }
    }

    async fn process(&mut self) -> usize {
        let n = self.rng.usize(..2);
        if self.processes[n].is_none() {
            let ledger = Ledger::open(self.path.to_str().unwrap(), self.clock.clone())
                .await
                .unwrap();
            let claims = Vec::new();
            self.processes[n] = Some(Process { ledger, claims });
            self.is_created = true;
            let (epoch, sealed) = books::epochs(&books::connect(&self.path), &self.path);
            let highest = sealed.into_iter().max().unwrap_or_default();
            assert!(epoch >= highest, "{epoch} {highest}");
            self.check_sent().await;
        }
        n
    }

    fn ledger(&self, process: usize) -> Ledger {
        self.processes[process].as_ref().unwrap().ledger.clone()
    }

    /// No row that may have been billed reads as one that may be sent.
    async fn check_sent(&mut self) {
        let ledger = self.processes.iter().flatten().next().unwrap();
        let rows = ledger.ledger.list(&Filter::default()).await.unwrap();
        let sendable = [State::Planned, State::Intent, State::Unsent, State::Refused];
        for row in &rows {
            let is_sent = self.sent.contains_key(row.key.as_str());
            assert!(!is_sent || !sendable.contains(&row.state), "{row:?}");
            let is_recalled = row.code.as_deref() == Some("store_forgot");
            assert!(self.is_older || !is_recalled, "{row:?}");
        }
        // Rows that were removed a year after their end are no longer known.
        let year = DAY * 365;
        let now = self.clock.monotonic();
        self.sent
            .retain(|key, at| now < *at + year || rows.iter().any(|row| row.key.as_str() == key));
        for key in self.sent.keys() {
            assert!(rows.iter().any(|row| row.key.as_str() == key), "{key}");
        }
    }

    fn keep(&mut self, process: usize, claim: &Claim) {
        let key = claim.item.key.as_str();
        assert!(!self.sent.contains_key(key), "{key} is paid twice");
        let claims = &mut self.processes[process].as_mut().unwrap().claims;
        claims.push(claim.token());
    }

    async fn key_of(&self, process: usize, row: &RowId) -> String {
        let row = self.ledger(process).get(row).await.unwrap().unwrap();
        row.key.to_string()
    }

    fn claim_of(&mut self, process: usize) -> Option<Token> {
        let claims = &self.processes[process].as_ref().unwrap().claims;
        self.rng.choice(claims).cloned()
    }

    /// Returns a row in one of these states; in any, if there are none.
    async fn row(&mut self, process: usize, states: &[State]) -> Option<RowId> {
        let filter = Filter {
            states: states.to_vec(),
            ..Filter::default()
        };
        let rows = self.ledger(process).list(&filter).await.unwrap();
        self.rng.choice(&rows).map(|row| row.row.clone())
    }

    /// Runs one operation, and returns `true` if it was one that says that nothing was sent.
    async fn step(&mut self) -> bool {
        self.clock.advance(Duration::from_millis(1));
        match self.rng.usize(..20) {
            0 => self.end_process(),
            1 if self.rng.usize(..3) == 0 => self.put_back(),
            1 => self.copy(),
            2 => {
                let by = [1, 40, 90_000, 86_400 * 31][self.rng.usize(..4)];
                self.clock.advance(Duration::from_secs(by));
            }
            3 => self.import().await,
            4..7 => self.submit().await,
            7..10 => self.claim().await,
            10..16 => return self.send().await,
            16 => self.decide().await,
            17 => self.keep_up().await,
            _ => self.follow().await,
        }
        false
    }

    fn end_process(&mut self) {
        let n = self.rng.usize(..2);
        self.processes[n] = None;
    }

    fn copy(&mut self) {
        self.processes = [None, None];
        if self.is_created {
            let files = Files::read(&self.path);
            self.older.push((files, self.spent.clone()));
        }
    }

    /// Puts the store back, and not its seal.
    fn put_back(&mut self) {
        self.processes = [None, None];
        if let Some((files, spent)) = self.rng.choice(&self.older) {
            files.write();
            self.spent = spent.clone();
            self.is_older = true;
        }
    }

    async fn import(&mut self) {
        let process = self.process().await;
        let ledger = self.ledger(process);
        let (id, source) = (batch(), None);
        ledger.create_batch(NewBatch { id, source }).await.unwrap();
        let first = self.rng.usize(..10);
        let rows = (first..first + 4).map(|n| item(&format!("row-{n}")));
        ledger.import(&batch(), rows.collect()).await.unwrap();
        let caps = Caps::default();
        ledger
            .bind(&batch(), ACCOUNT, ENDPOINT, caps)
            .await
            .unwrap();
        if self.rng.bool() {
            let key = format!("row-{}", self.rng.usize(..14)).parse().unwrap();
            ledger.withdraw(&batch(), vec![key]).await.unwrap();
        }
    }

    async fn submit(&mut self) {
        let process = self.process().await;
        let single = Single {
            account: ACCOUNT.to_owned(),
            endpoint: ENDPOINT.to_owned(),
            item: item(&format!("single-{}", self.rng.usize(..8))),
            again: false,
            caps: Caps::default(),
            agent_cap_ms: self.rng.bool().then_some(i64::MAX),
        };
        // The two kinds of single creates have batches of their own, and other contents here.
        let key = format!("{}-{}", single.item.key, single.batch().is_agents());
        let single = Single {
            item: item(&key),
            ..single
        };
        match self.ledger(process).submit(single).await.unwrap() {
            Submission::Claimed(claim) => self.keep(process, &claim),
            Submission::Differs(..) => panic!("{key}"),
            _ => {}
        }
    }

    async fn claim(&mut self) {
        let process = self.process().await;
        let ledger = self.ledger(process);
        let claim = match self.row(process, &[]).await {
            Some(row) if self.rng.bool() => ledger.claim_row(&row).await,
            _ => ledger.claim(&batch()).await,
        };
        if let Some(claim) = or_refused(claim).flatten() {
            self.keep(process, &claim);
        }
    }

    async fn send(&mut self) -> bool {
        let process = self.process().await;
        let Some(claim) = self.claim_of(process) else {
            return false;
        };
        let ledger = self.ledger(process);
        if ledger.get(&claim.row).await.unwrap().is_none() {
            return false;
        }
        let key = self.key_of(process, &claim.row).await;
        let answer = Answer::default();
        let not_sent = match self.rng.usize(..10) {
            0..3 => {
                if or_refused(ledger.arm(&claim).await).is_some() {
                    let (_, sealed) = books::epochs(&books::connect(&self.path), &self.path);
                    let (last, before) = sealed.split_last().unwrap();
                    assert!(before.iter().all(|epoch| epoch < last), "{sealed:?}");
                    self.sent.insert(key, self.clock.monotonic());
                }
                return false;
            }
            3..6 => {
                self.tasks += 1;
                let task = format!("task-{}", self.tasks);
                or_refused(ledger.created(&claim, &task, answer).await);
                return false;
            }
            6 => {
                ledger.in_doubt(&claim, answer).await.unwrap();
                return false;
            }
            7 => ledger.disarm(&claim).await.unwrap(),
            8 => ledger.refused(&claim, answer).await.unwrap(),
            _ => {
                if ledger.not_sent(&claim, answer).await.unwrap() {
                    self.sent.remove(&key);
                }
                return true;
            }
        };
        if not_sent {
            self.sent.remove(&key);
        }
        false
    }

    async fn decide(&mut self) {
        let process = self.process().await;
        let Some(row) = self.row(process, &[]).await else {
            return;
        };
        let ledger = self.ledger(process);
        let key = self.key_of(process, &row).await;
        self.tasks += 1;
        let decision = match self.rng.usize(..6) {
            0 => Resolution::TaskId(format!("found-{}", self.tasks)),
            1 => Resolution::Abandon,
            2 => {
                if let Some(claim) = or_refused(ledger.recreate_now(&row).await) {
                    self.sent.remove(&key);
                    self.keep(process, &claim);
                }
                return;
            }
            3 | 4 => {
                if or_refused(ledger.retry(&row).await).is_some() {
                    self.sent.remove(&key);
                }
                return;
            }
            _ => Resolution::Recreate,
        };
        let repeats = decision == Resolution::Recreate;
        if or_refused(ledger.resolve(&row, decision).await).is_some() && repeats {
            self.sent.remove(&key);
        }
    }

    async fn keep_up(&mut self) {
        let process = self.process().await;
        let ledger = self.ledger(process);
        match self.rng.usize(..6) {
            0 | 1 => drop(ledger.reap().await.unwrap()),
            2 => drop(ledger.adopt(&batch()).await.unwrap()),
            3 => {
                let now = Timestamp::from(self.clock.wall());
                drop(ledger.forget(Forget::EndedBefore(now)).await.unwrap());
            }
            4 => {
                let claims = &self.processes[process].as_ref().unwrap().claims;
                drop(ledger.renew(claims).await.unwrap());
            }
            _ => drop(ledger.retain().await.unwrap()),
        }
    }

    async fn follow(&mut self) {
        let process = self.process().await;
        let Some(row) = self.row(process, &[State::Created, State::Done]).await else {
            return;
        };
        let ledger = self.ledger(process);
        match self.rng.usize(..6) {
            0 | 1 => drop(ledger.done(&row, Finished::default()).await.unwrap()),
            2 => drop(ledger.fetched(&row, &[]).await.unwrap()),
            3 => drop(ledger.failed(&row, Answer::default()).await.unwrap()),
            4 => drop(ledger.expired(&row).await.unwrap()),
            _ => ledger.unsaved(&row, "a reason").await.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_books_are_right_after_any_operations() {
    let mut states = BTreeMap::new();
    for seed in 0..cases() as u64 / 4 {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            let is_not_sent = run.step().await;
            if run.is_created {
                let connection = books::connect(&run.path);
                books::follow(&connection, &mut run.spent, is_not_sent);
                books::check(&connection, &run.spent);
            }
        }
        books::count(&books::connect(&run.path), &mut states);
    }
    println!("rows: {states:?}");
}
