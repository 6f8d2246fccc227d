//! The daily cap on creates by agents.

use std::{sync::Arc, time::Duration};

use mps_core::clock::{Clock as _, TestClock};
use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, BatchId, Finished, Resolution, Single, Submission, Token},
};

use crate::support::*;

/// A create by an agent, of 5 s, under a cap in seconds.
fn by_agent(key: &str, cap: i64) -> Single {
    Single {
        agent_cap_ms: Some(cap * 1_000),
        ..single(key, key)
    }
}

async fn claimed(ledger: &Ledger, single: Single) -> Token {
    match ledger.submit(single).await.unwrap() {
        Submission::Claimed(claim) => claim.token(),
        other => panic!("{other:?}"),
    }
}

async fn is_over_the_cap(ledger: &Ledger, single: Single) -> bool {
    match ledger.submit(single).await {
        Ok(Submission::Claimed(_)) => false,
        Ok(other) => panic!("{other:?}"),
        Err(error) => error.kind() == LedgerErrorKind::CapReached,
    }
}

async fn send(ledger: &Ledger, single: Single) -> Token {
    let token = claimed(ledger, single).await;
    ledger.arm(&token).await.unwrap();
    let task = format!("task-{}", token.row.seq);
    let created = ledger.created(&token, &task, Answer::default()).await;
    created.unwrap();
    token
}

async fn used(ledger: &Ledger) -> i64 {
    let batch = BatchId::agents(ACCOUNT, ENDPOINT);
    ledger.daily_use(&batch).await.unwrap().ms / 1_000
}

#[tokio::test]
async fn creates_by_agents_share_a_cap_that_creates_by_people_do_not_count_for() {
    let ledger = new_ledger().await;
    claim_single(&ledger, "person", "a cat").await;
    assert_eq!(used(&ledger).await, 0);
    send(&ledger, by_agent("1", 10)).await;
    send(&ledger, by_agent("2", 10)).await;
    assert_eq!(used(&ledger).await, 10);
    assert!(is_over_the_cap(&ledger, by_agent("3", 10)).await);
    // Nothing is left of the refused one: its key is free.
    let batch = BatchId::agents(ACCOUNT, ENDPOINT);
    assert_eq!(
        ledger.find(&batch, &"3".parse().unwrap()).await.unwrap(),
        None
    );
    assert!(!is_over_the_cap(&ledger, by_agent("3", 15)).await);
}

#[tokio::test]
async fn the_same_key_of_a_person_and_of_an_agent_are_two_tasks() {
    let ledger = new_ledger().await;
    let person = claim_single(&ledger, "key", "key").await;
    let agent = claimed(&ledger, by_agent("key", 10)).await;
    assert_ne!(person.item.row.batch, agent.row.batch);
    assert!(agent.row.batch.is_agents() && agent.row.batch.is_singles());
    assert!(!person.item.row.batch.is_agents());
}

#[tokio::test]
async fn seconds_that_were_certainly_not_billed_are_free_again() {
    let ledger = new_ledger().await;
    let token = claimed(&ledger, by_agent("1", 5)).await;
    assert!(is_over_the_cap(&ledger, by_agent("2", 5)).await);
    ledger.not_sent(&token, answer("Connect")).await.unwrap();
    let token = claimed(&ledger, by_agent("2", 5)).await;
    ledger.arm(&token).await.unwrap();
    ledger.refused(&token, answer("Invalid")).await.unwrap();
    assert_eq!(used(&ledger).await, 0);
    assert!(!is_over_the_cap(&ledger, by_agent("1", 5)).await);
}

#[tokio::test]
async fn a_task_that_is_not_billed_by_the_second_counts_as_one() {
    let ledger = new_ledger().await;
    let image = |key: &str| {
        let mut single = by_agent(key, 2);
        single.item.ms = 0;
        single
    };
    send(&ledger, image("1")).await;
    send(&ledger, image("2")).await;
    assert_eq!(used(&ledger).await, 2);
    assert!(is_over_the_cap(&ledger, image("3")).await);
}

#[tokio::test]
async fn each_day_has_the_cap_and_keys_are_the_same_on_every_day() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    let first = send(&ledger, by_agent("1", 5)).await;
    assert!(is_over_the_cap(&ledger, by_agent("2", 5)).await);
    let resets = ledger.daily_use(&first.row.batch).await.unwrap().resets;
    clock.advance(Duration::from_secs(24 * 3_600));
    assert!(resets.0 <= mps_jobs::ledger::Timestamp::from(clock.wall()).0);
    assert_eq!(used(&ledger).await, 0);
    match ledger.submit(by_agent("1", 5)).await.unwrap() {
        Submission::Existing(item) => assert_eq!(item.row, first.row),
        other => panic!("{other:?}"),
    }
    send(&ledger, by_agent("2", 5)).await;
    assert!(is_over_the_cap(&ledger, by_agent("3", 5)).await);
}

#[tokio::test]
async fn a_create_in_doubt_holds_its_seconds_until_a_person_decides() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    let token = claimed(&ledger, by_agent("1", 5)).await;
    ledger.arm(&token).await.unwrap();
    ledger.in_doubt(&token, Answer::default()).await.unwrap();
    clock.advance(Duration::from_secs(24 * 3_600));
    assert!(is_over_the_cap(&ledger, by_agent("2", 5)).await);
    let item = ledger.resolve(&token.row, Resolution::Abandon).await;
    assert_eq!(item.unwrap().state, State::Abandoned);
    // It was spent on the day before.
    assert!(!is_over_the_cap(&ledger, by_agent("2", 5)).await);
}

#[tokio::test]
async fn a_task_that_is_rendered_over_midnight_counts_on_the_day_of_its_create() {
    let clock = Arc::new(TestClock::new(1_800_000_000));
    let ledger = Ledger::in_memory(clock.clone()).unwrap();
    let token = send(&ledger, by_agent("1", 5)).await;
    clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(used(&ledger).await, 0);
    send(&ledger, by_agent("2", 5)).await;
    ledger.done(&token.row, Finished::default()).await.unwrap();
    assert_eq!(used(&ledger).await, 5);
}

#[tokio::test]
async fn a_failed_task_is_not_billed_and_counts_no_longer() {
    let ledger = new_ledger().await;
    let token = send(&ledger, by_agent("1", 5)).await;
    assert!(is_over_the_cap(&ledger, by_agent("2", 5)).await);
    ledger.failed(&token.row, answer("Failed")).await.unwrap();
    assert!(!is_over_the_cap(&ledger, by_agent("2", 5)).await);
}
