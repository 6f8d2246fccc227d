//! From a claim to the outcome of its send.

use mps_jobs::{
    LedgerErrorKind, State,
    ledger::{Answer, Caps, Recorded, Token},
};

use crate::support::*;

#[tokio::test]
async fn rows_are_claimed_in_order_and_once() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 3, Caps::default()).await;
    let mut claimed = Vec::new();
    while let Some(claim) = ledger.claim(&batch).await.unwrap() {
        assert_eq!(claim.item.state, State::Intent);
        claimed.push(claim.item.row.seq);
    }
    assert_eq!(claimed, [1, 2, 3]);
}

#[tokio::test]
async fn a_create_passes_through_its_states() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let claim = claim(&ledger, &batch).await;
    assert!(claim.body.contains("prompt 1"));
    let token = claim.token();
    assert_eq!(claim.item, get(&ledger, &token.row).await);
    ledger.arm(&token).await.unwrap();
    assert_eq!(get(&ledger, &token.row).await.state, State::Sending);
    let created = ledger
        .created(&token, "task-1", answer("ok"))
        .await
        .unwrap();
    assert_eq!(created, Recorded::Created);
    let item = get(&ledger, &token.row).await;
    assert_eq!(
        (item.state, item.task.as_deref()),
        (State::Created, Some("task-1"))
    );
    assert_eq!(item.request_id.as_deref(), Some("request-1"));

    let history = ledger.history(&token.row).await.unwrap();
    let states: Vec<_> = history.iter().map(|event| event.now).collect();
    assert_eq!(states, [State::Intent, State::Sending, State::Created]);
    // The seal has this time of a send, and the store is searched for it.
    assert_eq!(Some(history[1].at), item.armed);
    assert_eq!(ledger.events_since(0, 10).await.unwrap(), history);
    assert_eq!(
        ledger.events_since(history[1].n, 10).await.unwrap(),
        history[2..]
    );
}

#[tokio::test]
async fn an_old_token_neither_arms_nor_settles() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let old = claim(&ledger, &batch).await.token();
    assert!(ledger.not_sent(&old, Answer::default()).await.unwrap());
    let new = claim(&ledger, &batch).await.token();
    assert!(new.fence > old.fence);

    let error = ledger.arm(&old).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::ClaimLost);
    ledger.arm(&new).await.unwrap();
    assert!(!ledger.refused(&old, answer("Refused")).await.unwrap());
    assert!(!ledger.in_doubt(&old, Answer::default()).await.unwrap());
    assert!(!ledger.not_sent(&old, Answer::default()).await.unwrap());
    assert!(!ledger.disarm(&old).await.unwrap());
    let late = ledger
        .created(&old, "task-1", Answer::default())
        .await
        .unwrap();
    assert_eq!(late, Recorded::Stray);
    assert_eq!(get(&ledger, &new.row).await.state, State::Sending);
    let strays = ledger.strays(&new.row).await.unwrap();
    assert_eq!(
        (strays[0].task.as_str(), strays[0].fence),
        ("task-1", old.fence)
    );
    assert_eq!(ledger.renew(&[old.clone(), new]).await.unwrap(), [old]);
}

#[tokio::test]
async fn a_claim_that_is_refused_before_it_was_armed_was_never_sending() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let token = claim(&ledger, &batch).await.token();
    assert!(ledger.refused(&token, answer("Preflight")).await.unwrap());
    assert!(
        ledger.refused(&token, answer("Preflight")).await.unwrap(),
        "idempotent"
    );
    let history = ledger.history(&token.row).await.unwrap();
    let states: Vec<_> = history.iter().map(|event| event.now).collect();
    assert_eq!(states, [State::Intent, State::Refused]);
    assert_eq!(
        ledger
            .batch(&batch)
            .await
            .unwrap()
            .map(|batch| (batch.held_ms, batch.spent_ms)),
        Some((0, 0))
    );
}

#[tokio::test]
async fn a_row_is_armed_once_per_send() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let token = claim(&ledger, &batch).await.token();
    ledger.arm(&token).await.unwrap();
    let error = ledger.arm(&token).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::ClaimLost);
    assert!(ledger.disarm(&token).await.unwrap());
    assert!(ledger.disarm(&token).await.unwrap(), "idempotent");
    ledger.arm(&token).await.unwrap();
}

#[tokio::test]
async fn a_late_answer_with_the_same_token_settles_a_doubt() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 2, Caps::default()).await;
    let doubtful = async || {
        let token = claim(&ledger, &batch).await.token();
        ledger.arm(&token).await.unwrap();
        assert!(ledger.in_doubt(&token, answer("Timeout")).await.unwrap());
        assert!(
            ledger.in_doubt(&token, answer("Timeout")).await.unwrap(),
            "idempotent"
        );
        token
    };
    let token = doubtful().await;
    let late = ledger
        .created(&token, "task-1", Answer::default())
        .await
        .unwrap();
    assert_eq!(late, Recorded::Created);
    assert_eq!(get(&ledger, &token.row).await.state, State::Created);

    let token = doubtful().await;
    assert!(
        ledger
            .refused(&token, answer("LimitExceeded"))
            .await
            .unwrap()
    );
    assert!(
        ledger
            .refused(&token, answer("LimitExceeded"))
            .await
            .unwrap(),
        "idempotent"
    );
    assert_eq!(get(&ledger, &token.row).await.state, State::Refused);
}

#[tokio::test]
async fn a_task_id_of_another_row_is_a_stray_and_leaves_a_doubt() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 2, Caps::default()).await;
    create(&ledger, &batch, "task-1").await;
    let token = claim(&ledger, &batch).await.token();
    ledger.arm(&token).await.unwrap();
    let again = ledger
        .created(&token, "task-1", Answer::default())
        .await
        .unwrap();
    assert_eq!(again, Recorded::Stray);
    assert_eq!(get(&ledger, &token.row).await.state, State::InDoubt);
}

#[tokio::test]
async fn created_is_idempotent() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    let item = get(&ledger, &row).await;
    let token = Token {
        row,
        fence: item.fence,
    };
    let again = ledger
        .created(&token, "task-1", Answer::default())
        .await
        .unwrap();
    assert_eq!(again, Recorded::Created);
}

#[tokio::test]
async fn a_batch_is_claimed_by_its_account_only() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let other = ledger
        .bind(&batch, "account=other", ENDPOINT, Caps::default())
        .await;
    assert_eq!(other.unwrap_err().kind(), LedgerErrorKind::WrongAccount);
    let unknown = ledger.claim(&"unknown".parse().unwrap()).await.unwrap();
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn an_import_is_repeatable_and_names_changed_rows() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 250, Caps::default()).await;
    let rows: Vec<_> = (1..=251)
        .map(|n: i32| row(&n.to_string(), &format!("prompt {n}")))
        .collect();
    let again = ledger.import(&batch, rows.clone()).await.unwrap();
    assert_eq!(
        (again.added, again.unchanged, again.changed.len()),
        (1, 250, 0)
    );

    let mut rows = rows;
    rows[7] = row("8", "another prompt");
    rows.push(row("new", "new"));
    let changed = ledger.import(&batch, rows).await.unwrap();
    assert_eq!(
        (changed.added, changed.changed),
        (0, vec!["8".parse().unwrap()])
    );
    let counts = ledger.count(&batch).await.unwrap();
    assert_eq!((counts[0].rows, counts[0].ms), (251, 251 * 5_000));

    let mut twins = vec![row("a", "a"), row("b", "b")];
    for twin in &mut twins {
        twin.out = Some("same.mp4".to_owned());
    }
    let error = ledger.import(&batch, twins).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::InvalidName);
    assert_eq!(ledger.count(&batch).await.unwrap()[0].rows, 251);
}
