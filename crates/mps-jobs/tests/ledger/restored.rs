//! Ledgers that were put back to an earlier copy, next to a seal that knows more.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use mps_core::clock::TestClock;
use mps_jobs::{
    Ledger, State,
    ledger::{Answer, BatchId, Caps, Forget, Resolution, RowId, Submission, Token},
};
use tempfile::TempDir;

use crate::support::*;

type Files = [(String, Option<Vec<u8>>); 2];

/// Copies the database and its log. The ledger must be closed.
fn copy(path: &Path) -> Files {
    ["", "-wal"].map(|suffix| {
        let file = format!("{}{suffix}", path.display());
        let bytes = fs::read(&file).ok();
        (file, bytes)
    })
}

fn put_back(files: &Files) {
    for (file, bytes) in files {
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => drop(fs::remove_file(file)),
        }
    }
}

/// A ledger that is opened again and again.
struct Reopened {
    path: PathBuf,
    clock: Arc<TestClock>,
    _folder: TempDir,
}

impl Reopened {
    fn new() -> Self {
        let folder = folder();
        Self {
            path: path_in(&folder),
            clock: Arc::new(TestClock::new(1_800_000_000)),
            _folder: folder,
        }
    }

    async fn open(&self) -> Ledger {
        let ledger = Ledger::open(self.path.to_str().unwrap(), self.clock.clone()).await;
        ledger.unwrap()
    }

    /// Opens it after the time in which the whole seal is compared.
    async fn open_after_two_days(&self) -> Ledger {
        self.clock.advance(TWO_DAYS);
        self.open().await
    }
}

/// Sends the only row of a batch, and records that the outcome is unknown.
async fn row_in_doubt(ledger: &Ledger) -> (BatchId, Token) {
    let batch = import(ledger, 1, Caps::default()).await;
    let claim = claim(ledger, &batch).await.token();
    ledger.arm(&claim).await.unwrap();
    ledger.in_doubt(&claim, Answer::default()).await.unwrap();
    (batch, claim)
}

async fn decide_to_repeat(ledger: &Ledger, row: &RowId) {
    let repeat = ledger.resolve(row, Resolution::Recreate).await;
    assert_eq!(repeat.unwrap().state, State::Planned);
}

/// Time after which the whole seal is compared.
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

#[tokio::test]
async fn of_two_copies_that_went_on_neither_forgets_a_send() {
    let folder = folder();
    let path = path_in(&folder);
    let ledger = open(&path).await;
    let batch = import(&ledger, 1, Caps::default()).await;
    drop(ledger);
    let first = copy(&path);

    // The row is claimed several times, and never sent.
    let ledger = open(&path).await;
    for _ in 0..3 {
        let claim = claim(&ledger, &batch).await.token();
        ledger.not_sent(&claim, Answer::default()).await.unwrap();
    }
    drop(ledger);
    let second = copy(&path);

    // In the first copy it is sent with the token of one of those claims.
    put_back(&first);
    let ledger = open(&path).await;
    let sent = claim(&ledger, &batch).await.token();
    ledger.arm(&sent).await.unwrap();
    drop(ledger);

    put_back(&second);
    for _ in 0..2 {
        let ledger = open(&path).await;
        let row = get(&ledger, &sent.row).await;
        assert_eq!(row.state, State::InDoubt, "{row:?}");
        assert_eq!(row.code.as_deref(), Some("store_forgot"));
        assert!(ledger.claim(&batch).await.unwrap().is_none());
    }

    // Whoever decides to repeat it is not asked again.
    let ledger = open(&path).await;
    decide_to_repeat(&ledger, &sent.row).await;
    drop(ledger);
    let ledger = open(&path).await;
    assert_eq!(get(&ledger, &sent.row).await.state, State::Planned);
}

#[tokio::test]
async fn a_row_that_is_planned_again_is_not_in_doubt_after_the_seal_is_compared() {
    let reopened = Reopened::new();
    let ledger = reopened.open().await;
    let (_, claim) = row_in_doubt(&ledger).await;
    decide_to_repeat(&ledger, &claim.row).await;
    drop(ledger);

    let ledger = reopened.open_after_two_days().await;
    assert_eq!(get(&ledger, &claim.row).await.state, State::Planned);
}

#[tokio::test]
async fn a_single_create_that_was_refused_in_one_copy_and_sent_in_the_other_is_in_doubt() {
    let reopened = Reopened::new();
    drop(reopened.open().await);
    let first = copy(&reopened.path);

    let ledger = reopened.open().await;
    for _ in 0..3 {
        let claim = claim_single(&ledger, "key", "a cat").await.token();
        ledger.refused(&claim, Answer::default()).await.unwrap();
    }
    drop(ledger);
    let second = copy(&reopened.path);

    put_back(&first);
    let ledger = reopened.open().await;
    let sent = claim_single(&ledger, "key", "a cat").await.token();
    ledger.arm(&sent).await.unwrap();
    drop(ledger);

    put_back(&second);
    let ledger = reopened.open().await;
    let again = ledger.submit(single("key", "a cat")).await.unwrap();
    let Submission::Existing(row) = again else {
        panic!("{again:?}");
    };
    assert_eq!(row.state, State::InDoubt, "{row:?}");

    // After a decision, a refusal, and the removal of its content it is not in doubt again.
    let claim = ledger.recreate_now(&sent.row).await.unwrap().token();
    ledger.refused(&claim, Answer::default()).await.unwrap();
    let forgotten = ledger.forget(Forget::Rows(vec![sent.row.clone()])).await;
    assert_eq!(forgotten.unwrap().scrubbed, 1);
    drop(ledger);
    let ledger = reopened.open_after_two_days().await;
    assert_eq!(get(&ledger, &sent.row).await.state, State::Refused);
}

#[tokio::test]
async fn a_row_in_doubt_whose_repeat_was_forgotten_is_decided_once() {
    let reopened = Reopened::new();
    let ledger = reopened.open().await;
    let (batch, claimed) = row_in_doubt(&ledger).await;
    drop(ledger);
    let first = copy(&reopened.path);

    let ledger = reopened.open().await;
    decide_to_repeat(&ledger, &claimed.row).await;
    let again = claim(&ledger, &batch).await.token();
    ledger.arm(&again).await.unwrap();
    drop(ledger);

    put_back(&first);
    let ledger = reopened.open().await;
    let row = get(&ledger, &claimed.row).await;
    assert_eq!((row.state, row.fence), (State::InDoubt, again.fence));
    decide_to_repeat(&ledger, &claimed.row).await;
    drop(ledger);
    let ledger = reopened.open_after_two_days().await;
    assert_eq!(get(&ledger, &claimed.row).await.state, State::Planned);
}
