//! Decisions of a person, and planning again.

use mps_jobs::{
    LedgerErrorKind, State,
    ledger::{Answer, Caps, Claim, Recorded, Resolution, Token},
};

use crate::support::*;

async fn doubtful(ledger: &mps_jobs::Ledger, claim: &Claim) -> Token {
    let token = claim.token();
    ledger.arm(&token).await.unwrap();
    ledger.in_doubt(&token, answer("Timeout")).await.unwrap();
    token
}

#[tokio::test]
async fn a_doubt_is_resolved_once() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 3, Caps::default()).await;
    let found = Resolution::TaskId("task-9".to_owned());
    for (decision, state) in [
        (found, State::Created),
        (Resolution::Abandon, State::Abandoned),
        (Resolution::Recreate, State::Planned),
    ] {
        let token = doubtful(&ledger, &claim(&ledger, &batch).await).await;
        let item = ledger.resolve(&token.row, decision.clone()).await.unwrap();
        assert_eq!(item.state, state);
        let error = ledger.resolve(&token.row, decision).await.unwrap_err();
        assert_eq!(error.kind(), LedgerErrorKind::WrongState);
        // A late answer is kept and reported.
        let late = ledger
            .created(&token, "late", Answer::default())
            .await
            .unwrap();
        assert_eq!(late, Recorded::Stray);
        if state == State::Planned {
            assert_eq!(claim(&ledger, &batch).await.item.row, token.row);
        }
    }
}

#[tokio::test]
async fn a_single_create_is_repeated_at_once_only() {
    let ledger = new_ledger().await;
    let token = doubtful(&ledger, &claim_single(&ledger, "key", "a cat").await).await;
    let error = ledger
        .resolve(&token.row, Resolution::Recreate)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::WrongState);
    let again = ledger.recreate_now(&token.row).await.unwrap();
    assert!(again.body.contains("a cat"));
    let token = again.token();
    ledger.arm(&token).await.unwrap();
    ledger
        .created(&token, "task-2", Answer::default())
        .await
        .unwrap();
    assert_eq!(get(&ledger, &token.row).await.state, State::Created);
}

#[tokio::test]
async fn ended_rows_of_a_batch_are_planned_again_on_request() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 4, Caps::default()).await;
    let refused = claim(&ledger, &batch).await.token();
    ledger.arm(&refused).await.unwrap();
    ledger.refused(&refused, answer("Refused")).await.unwrap();
    let failed = create(&ledger, &batch, "task-1").await;
    ledger.failed(&failed, answer("Failed")).await.unwrap();
    let expired = create(&ledger, &batch, "task-2").await;
    ledger.expired(&expired).await.unwrap();
    let running = create(&ledger, &batch, "task-3").await;
    for row in [&refused.row, &failed, &expired] {
        let item = ledger.retry(row).await.unwrap();
        assert_eq!(
            (item.state, item.task, item.code),
            (State::Planned, None, None)
        );
    }
    let error = ledger.retry(&running).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::WrongState);
    assert_eq!(create(&ledger, &batch, "task-4").await, refused.row);
    let history = ledger.history(&failed).await.unwrap();
    assert_eq!(
        history.last().unwrap().note.as_deref(),
        Some("after task task-1")
    );
}
