//! Ledgers whose files were truncated, put back from older copies, or damaged: no row that was sent
//! reads as unsent, and none is sent again.
//!
//! `SEAL_CASES` sets the number of cases of each kind; 2,000 by the nightly workflow.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod books;
mod damage;
mod random_runs;
mod scene;

use std::collections::BTreeMap;

use mps_jobs::{Ledger, LedgerError, LedgerErrorKind, State, ledger::Submission};

use self::{
    damage::{Damage, File},
    scene::{Scene, clock},
};

fn cases() -> usize {
    let set = std::env::var("SEAL_CASES").ok();
    set.and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

/// The outcome of opening a damaged ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// It was refused, with this kind of error.
    Refused(&'static str),
    /// A row that was sent reads as unsent, or was sent again.
    PaidTwice,
    /// Every row that was sent has a state that says so, and some became in doubt.
    MoreInDoubt,
    /// Every row that was sent has a state that says so.
    Harmless,
}

/// Opens a damaged ledger and repeats every request.
async fn outcome(scene: &Scene, damage: &Damage) -> Outcome {
    let folder = damage.apply(scene);
    let path = folder.path().join("tasks.db");
    match examine(scene, path.to_str().unwrap()).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Refused(error.as_str()),
    }
}

async fn examine(scene: &Scene, path: &str) -> Result<Outcome, LedgerErrorKind> {
    let kind = |error: LedgerError| error.kind();
    let ledger = Ledger::open(path, clock()).await.map_err(kind)?;
    ledger.reap().await.map_err(kind)?;
    let mut doubtful = 0;
    for key in scene.sent.keys() {
        let found = ledger.find_any(key).await.map_err(kind)?;
        match found.first().map(|item| item.state) {
            Some(State::InDoubt) => doubtful += 1,
            Some(State::Created | State::Done | State::Fetched | State::Failed) => {}
            _ => return Ok(Outcome::PaidTwice),
        }
    }
    Ok(if is_any_sent_again(scene, &ledger).await.map_err(kind)? {
        Outcome::PaidTwice
    } else if doubtful > scene.doubtful() {
        Outcome::MoreInDoubt
    } else {
        Outcome::Harmless
    })
}

/// Claims everything that can be claimed, and submits every key again.
async fn is_any_sent_again(scene: &Scene, ledger: &Ledger) -> Result<bool, LedgerError> {
    scene::import(ledger).await?;
    while let Some(claim) = ledger.claim(&scene::batch()).await? {
        if scene.sent.contains_key(claim.item.key.as_str()) {
            return Ok(true);
        }
        ledger.arm(&claim.token()).await?;
    }
    for single in scene::singles() {
        let was_sent = scene.sent.contains_key(single.item.key.as_str());
        let is_claimed = matches!(ledger.submit(single).await?, Submission::Claimed(_));
        if is_claimed && was_sent {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs cases, none of which may be paid twice, and prints the number of each outcome.
async fn run(name: &str, scene: &Scene, damages: impl Iterator<Item = Damage>) {
    let mut outcomes = BTreeMap::new();
    for damage in damages {
        let outcome = outcome(scene, &damage).await;
        assert_ne!(outcome, Outcome::PaidTwice, "{damage:?}");
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    println!("{name}: {outcomes:?}");
}

#[tokio::test]
async fn the_undamaged_ledger_has_the_expected_rows() {
    let scene = Scene::build().await;
    let none = Damage::None;
    assert_eq!(outcome(&scene, &none).await, Outcome::Harmless);
    assert!(scene.sent.len() >= 20);
}

#[tokio::test]
async fn no_truncation_makes_a_sent_row_read_as_unsent() {
    for scene in [Scene::build().await, Scene::compared().await] {
        let mut random = fastrand::Rng::with_seed(1);
        let damages = (0..cases() / 2).map(|case| {
            let file = if case % 2 == 0 {
                File::Log
            } else {
                File::Database
            };
            let length = random.usize(..=scene.newest.get(file).len());
            Damage::Truncate(file, length)
        });
        run("truncations", &scene, damages).await;
    }
}

#[tokio::test]
async fn without_its_seal_a_truncated_ledger_forgets_sends() {
    let mut scene = Scene::build().await;
    scene.newest.remove(File::Seal);
    let length = scene.newest.get(File::Log).len();
    let mut forgets = 0;
    for part in 0..10 {
        let outcome = outcome(&scene, &Damage::Truncate(File::Log, length * part / 10)).await;
        forgets += usize::from(outcome == Outcome::PaidTwice);
    }
    assert!(forgets > 0, "the other tests would find nothing");
}

#[tokio::test]
async fn no_older_copy_makes_a_sent_row_read_as_unsent() {
    for scene in [Scene::build().await, Scene::compared().await] {
        let older = (0..scene.older.len()).flat_map(|copy| {
            [
                vec![File::Log],
                vec![File::Database],
                vec![File::Database, File::Log],
            ]
            .map(|files| Damage::PutBack(copy, files))
        });
        let without = [
            Damage::Remove(File::Log),
            Damage::Remove(File::Database),
            Damage::Remove(File::Seal),
        ];
        run("older copies", &scene, older.chain(without)).await;
    }
}

#[tokio::test]
async fn a_damaged_seal_beside_a_sound_ledger_is_harmless() {
    let scene = Scene::build().await;
    let mut random = fastrand::Rng::with_seed(2);
    let length = scene.newest.get(File::Seal).len();
    let damages = (0..cases() / 2).map(|case| match case % 2 {
        0 => Damage::Truncate(File::Seal, random.usize(..=length)),
        _ => Damage::Flip(File::Seal, random.usize(..length * 8)),
    });
    run("damaged seals", &scene, damages).await;
}

#[tokio::test]
async fn no_flipped_bit_makes_a_row_paid_twice() {
    let scene = Scene::build().await;
    let mut random = fastrand::Rng::with_seed(3);
    let damages = (0..cases()).map(|case| {
        let file = if case % 4 == 0 {
            File::Log
        } else {
            File::Database
        };
        Damage::Flip(file, random.usize(..scene.newest.get(file).len() * 8))
    });
    run("flipped bits", &scene, damages).await;
}
