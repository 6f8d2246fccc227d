//! Caps on money and seconds.

use std::collections::BTreeSet;

use fastrand::Rng;
use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, BatchId, Caps, Finished, Resolution, Token},
};

use crate::support::*;

/// Rows of 2.00 and 5 s each: two fit.
const TWO: Caps = Caps {
    money: Some(5_000_000),
    ms: None,
};

#[tokio::test]
async fn a_cap_stops_claims_and_names_the_amounts() {
    for (caps, text) in [
        (TWO, "the next row costs 2 and 4 of 5 are used"),
        (
            Caps {
                money: None,
                ms: Some(12_500),
            },
            "the next row is 5 s long and 10 of 12.5 s are used",
        ),
    ] {
        let ledger = new_ledger().await;
        let batch = import(&ledger, 3, caps).await;
        claim(&ledger, &batch).await;
        claim(&ledger, &batch).await;
        let error = ledger.claim(&batch).await.unwrap_err();
        assert_eq!(error.kind(), LedgerErrorKind::CapReached);
        assert!(error.to_string().starts_with(text), "{error}");
        let planned = ledger.count(&batch).await.unwrap();
        assert_eq!((planned[0].state, planned[0].rows), (State::Planned, 1));
    }
}

#[tokio::test]
async fn what_is_released_can_be_spent_again_and_what_is_in_doubt_cannot() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 4, TWO).await;
    let first = claim(&ledger, &batch).await.token();
    let second = claim(&ledger, &batch).await.token();
    ledger.not_sent(&first, Answer::default()).await.unwrap();
    let first = claim(&ledger, &batch).await.token();
    for token in [&first, &second] {
        ledger.arm(token).await.unwrap();
        ledger.in_doubt(token, Answer::default()).await.unwrap();
    }
    let error = ledger.claim(&batch).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::CapReached);
    ledger.refused(&first, answer("Refused")).await.unwrap();
    claim(&ledger, &batch).await;
}

#[tokio::test]
async fn sums_follow_every_row_to_its_end() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 3, Caps::default()).await;
    let sums = async || {
        let batch = ledger.batch(&batch).await.unwrap().unwrap();
        assert_eq!(batch.held * 5_000, batch.held_ms * 2_000_000);
        assert_eq!(batch.spent * 5_000, batch.spent_ms * 2_000_000);
        (batch.held_ms, batch.spent_ms)
    };
    let done = create(&ledger, &batch, "task-1").await;
    let failed = create(&ledger, &batch, "task-2").await;
    let doubtful = claim(&ledger, &batch).await.token();
    assert_eq!(sums().await, (15_000, 0));
    ledger.done(&done, Finished::default()).await.unwrap();
    ledger.failed(&failed, answer("Failed")).await.unwrap();
    ledger.arm(&doubtful).await.unwrap();
    ledger.in_doubt(&doubtful, Answer::default()).await.unwrap();
    assert_eq!(sums().await, (5_000, 5_000));
    // The repeat of a doubtful row is paid besides.
    ledger
        .resolve(&doubtful.row, Resolution::Recreate)
        .await
        .unwrap();
    assert_eq!(sums().await, (0, 10_000));
    create(&ledger, &batch, "task-3").await;
    assert_eq!(sums().await, (5_000, 10_000));
    ledger.expired(&doubtful.row).await.unwrap();
    assert_eq!(sums().await, (0, 15_000));
    ledger.retry(&doubtful.row).await.unwrap();
    assert_eq!(sums().await, (0, 15_000));
}

#[tokio::test]
async fn a_repeat_that_is_not_sent_is_held_as_before() {
    let ledger = new_ledger().await;
    let claim = claim_single(&ledger, "key", "a cat").await.token();
    ledger.arm(&claim).await.unwrap();
    ledger.in_doubt(&claim, Answer::default()).await.unwrap();
    let before = ledger.batches().await.unwrap();
    let repeat = ledger.recreate_now(&claim.row).await.unwrap().token();
    assert_eq!(ledger.batches().await.unwrap()[0].spent_ms, 5_000);
    assert!(ledger.not_sent(&repeat, Answer::default()).await.unwrap());
    assert_eq!(get(&ledger, &claim.row).await.state, State::InDoubt);
    assert_eq!(ledger.batches().await.unwrap(), before);
}

#[tokio::test]
async fn a_cap_on_money_needs_prices() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let mut unpriced = row("unpriced", "a dog");
    unpriced.price = None;
    ledger.import(&batch, vec![unpriced.clone()]).await.unwrap();
    let error = ledger
        .bind(&batch, ACCOUNT, ENDPOINT, TWO)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::NoPrice);

    let mut single = single("key", "a dog");
    (single.item.price, single.caps) = (None, TWO);
    let error = ledger.submit(single).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::NoPrice);
    assert_eq!(ledger.find_any("key").await.unwrap(), []);
}

#[tokio::test]
async fn a_price_that_would_lower_or_overflow_the_sums_is_refused() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, TWO).await;
    for (price, ms) in [(-1, 5_000), (i64::MAX, 5_000), (1, -1), (1, i64::MAX)] {
        let mut odd = row("odd", "a dog");
        (odd.price, odd.ms) = (Some(price), ms);
        let error = ledger.import(&batch, vec![odd]).await.unwrap_err();
        assert_eq!(error.kind(), LedgerErrorKind::NoPrice, "{price} {ms}");
    }
}

/// Does something at random with a row; what its state does not allow is refused.
async fn do_something(ledger: &Ledger, batch: &BatchId, claims: &mut Vec<Token>, at: &mut Rng) {
    let token = match claims.get(at.usize(0..claims.len().max(1))) {
        Some(token) if at.u8(0..4) > 0 => token.clone(),
        _ => {
            let claimed = ledger.claim(batch).await.unwrap();
            return claims.extend(claimed.map(|claim| claim.token()));
        }
    };
    let (row, none) = (&token.row, Answer::default());
    let task = format!("task-{}", at.u32(..));
    match at.u8(0..17) {
        0..=3 => drop(ledger.arm(&token).await),
        4 => drop(ledger.disarm(&token).await),
        5 => drop(ledger.not_sent(&token, none).await),
        6 | 7 => drop(ledger.created(&token, &task, none).await),
        8 => drop(ledger.refused(&token, none).await),
        9 => drop(ledger.in_doubt(&token, none).await),
        10 => drop(ledger.resolve(row, Resolution::Recreate).await),
        11 => drop(ledger.resolve(row, Resolution::Abandon).await),
        12 => {
            let repeat = ledger.recreate_now(row).await;
            claims.extend(repeat.map(|claim| claim.token()));
        }
        13 => drop(ledger.retry(row).await),
        14 => drop(ledger.done(row, Finished::default()).await),
        15 => drop(ledger.failed(row, none).await),
        _ => drop(ledger.expired(row).await),
    }
}

#[tokio::test]
async fn sums_are_those_of_the_rows_after_any_sequence_of_operations() {
    let mut states = BTreeSet::new();
    for seed in 0..20 {
        let ledger = Ledger::in_memory(clock()).unwrap();
        let batch = import(&ledger, 6, Caps::default()).await;
        let (mut claims, mut at) = (Vec::new(), Rng::with_seed(seed));
        for step in 0..150 {
            do_something(&ledger, &batch, &mut claims, &mut at).await;
            let sums = ledger.batch(&batch).await.unwrap().unwrap();
            let (mut held, mut spent) = (0, 0);
            for count in ledger.count(&batch).await.unwrap() {
                states.insert(count.state);
                held += if count.state.is_held() {
                    count.price
                } else {
                    0
                };
                spent += if count.state.is_spent() {
                    count.price
                } else {
                    0
                };
            }
            assert_eq!(sums.held, held, "seed {seed}, step {step}");
            // Repeats are paid besides, and no row counts them.
            assert!(sums.spent >= spent, "seed {seed}, step {step}");
            assert_eq!(sums.held_ms * 400, sums.held);
            assert_eq!(sums.spent_ms * 400, sums.spent);
        }
    }
    assert!(states.len() >= 10, "{states:?}");
}
