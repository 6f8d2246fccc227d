//! Keys of single creates, and the guard against repeats.

use mps_jobs::{
    State, content_hash,
    ledger::{Answer, Caps, Finished, Resolution, Submission},
};

use crate::support::*;

#[tokio::test]
async fn the_same_key_is_the_same_task() {
    let ledger = new_ledger().await;
    let claim = claim_single(&ledger, "key", "a cat").await.token();
    let existing = async |state| match ledger.submit(single("key", "a cat")).await.unwrap() {
        Submission::Existing(item) => assert_eq!(item.state, state),
        other => panic!("{other:?}"),
    };
    existing(State::Intent).await;
    ledger.arm(&claim).await.unwrap();
    existing(State::Sending).await;
    ledger.in_doubt(&claim, Answer::default()).await.unwrap();
    existing(State::InDoubt).await;
    ledger
        .created(&claim, "task-1", Answer::default())
        .await
        .unwrap();
    existing(State::Created).await;
    ledger.done(&claim.row, Finished::default()).await.unwrap();
    existing(State::Done).await;
    ledger.fetched(&claim.row, &[]).await.unwrap();
    existing(State::Fetched).await;
}

#[tokio::test]
async fn a_key_that_was_surely_not_executed_is_sent_again() {
    let ledger = new_ledger().await;
    let claim = claim_single(&ledger, "key", "a cat").await.token();
    ledger.not_sent(&claim, answer("Connect")).await.unwrap();
    assert_eq!(get(&ledger, &claim.row).await.state, State::Unsent);
    let claim = claim_single(&ledger, "key", "a cat").await.token();
    ledger.arm(&claim).await.unwrap();
    ledger
        .refused(&claim, answer("InvalidParameter"))
        .await
        .unwrap();
    let again = claim_single(&ledger, "key", "a cat").await;
    assert_eq!((again.item.attempt, again.item.code), (3, None));
}

/// The content of both is equal: a signature of a URL does not count.
#[tokio::test]
async fn a_key_that_is_sent_again_has_the_body_that_is_sent() {
    let ledger = new_ledger().await;
    let signed = |signature: &str| {
        let mut single = single("key", "a cat");
        let url = format!("https://a.example/1.png?q-signature={signature}");
        single.item.body = format!(r#"{{"Prompt":"a cat","ImageUrl":"{url}"}}"#);
        single.item.hash = content_hash(&single.item.action, &single.item.body);
        single
    };
    let mut hashes = Vec::new();
    for signature in ["one", "two"] {
        let single = signed(signature);
        let (hash, body) = (single.item.hash.clone(), single.item.body.clone());
        let Submission::Claimed(claim) = ledger.submit(single).await.unwrap() else {
            panic!("not claimed");
        };
        hashes.push(hash);
        assert_eq!(claim.body, body);
        assert_eq!(ledger.body(&claim.item.row).await.unwrap(), Some(body));
        let claim = claim.token();
        ledger.not_sent(&claim, answer("Connect")).await.unwrap();
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn ended_keys_keep_their_outcome() {
    let ledger = new_ledger().await;
    let abandoned = claim_single(&ledger, "abandoned", "a cat").await.token();
    ledger.arm(&abandoned).await.unwrap();
    ledger
        .in_doubt(&abandoned, Answer::default())
        .await
        .unwrap();
    ledger
        .resolve(&abandoned.row, Resolution::Abandon)
        .await
        .unwrap();
    let failed = claim_single(&ledger, "failed", "a dog").await.token();
    ledger.arm(&failed).await.unwrap();
    ledger
        .created(&failed, "task-1", Answer::default())
        .await
        .unwrap();
    ledger.failed(&failed.row, answer("Failed")).await.unwrap();
    for (key, prompt, state) in [
        ("abandoned", "a cat", State::Abandoned),
        ("failed", "a dog", State::Failed),
    ] {
        match ledger.submit(single(key, prompt)).await.unwrap() {
            Submission::Existing(item) => assert_eq!(item.state, state),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_with_another_body_differs() {
    let ledger = new_ledger().await;
    claim_single(&ledger, "key", "a cat").await;
    match ledger.submit(single("key", "a dog")).await.unwrap() {
        Submission::Differs(item, Some(body)) => {
            assert_eq!(item.key.as_str(), "key");
            assert!(body.contains("a cat"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn equal_content_is_a_repeat_until_it_cannot_be_billed_twice() {
    let ledger = new_ledger().await;
    let claim = claim_single(&ledger, "first", "a cat").await.token();
    let repeats = async |state: Option<State>| match (
        ledger.submit(single("second", "a cat")).await.unwrap(),
        state,
    ) {
        (Submission::Repeat(item), Some(state)) => {
            assert_eq!((item.key.as_str(), item.state), ("first", state));
        }
        (Submission::Claimed(claim), None) => {
            ledger
                .not_sent(&claim.token(), Answer::default())
                .await
                .unwrap();
        }
        other => panic!("{other:?}"),
    };
    repeats(Some(State::Intent)).await;
    ledger.arm(&claim).await.unwrap();
    repeats(Some(State::Sending)).await;
    ledger.in_doubt(&claim, Answer::default()).await.unwrap();
    repeats(Some(State::InDoubt)).await;
    ledger
        .created(&claim, "task-1", Answer::default())
        .await
        .unwrap();
    repeats(Some(State::Created)).await;
    ledger.done(&claim.row, Finished::default()).await.unwrap();
    repeats(None).await;
}

#[tokio::test]
async fn a_repeat_is_allowed_again_for_another_account_and_beside_batches() {
    let ledger = new_ledger().await;
    claim_single(&ledger, "first", "a cat").await;
    let again = |change: fn(&mut mps_jobs::ledger::Single)| {
        let mut single = single("second", "a cat");
        change(&mut single);
        single
    };
    for single in [
        again(|single| single.again = true),
        again(|single| single.account = "account=other".to_owned()),
        again(|single| single.endpoint = "127.0.0.1:1".to_owned()),
    ] {
        let submitted = ledger.submit(single).await.unwrap();
        assert!(matches!(submitted, Submission::Claimed(_)), "{submitted:?}");
    }
    let ledger = new_ledger().await;
    let batch = import(&ledger, 1, Caps::default()).await;
    create(&ledger, &batch, "task-1").await;
    claim_single(&ledger, "single", "prompt 1").await;
}

#[tokio::test]
async fn a_key_finds_its_row_and_so_does_a_task() {
    let ledger = new_ledger().await;
    let batch = import(&ledger, 2, Caps::default()).await;
    let row = create(&ledger, &batch, "task-1").await;
    for name in ["1", "task-1"] {
        let found = ledger.find_any(name).await.unwrap();
        assert_eq!(
            found.iter().map(|item| &item.row).collect::<Vec<_>>(),
            [&row]
        );
    }
    assert_eq!(ledger.find_any("unknown").await.unwrap(), []);
    let key = "2".parse().unwrap();
    assert_eq!(ledger.find(&batch, &key).await.unwrap().unwrap().row.seq, 2);
}

#[tokio::test]
async fn prompts_are_not_shown_for_debugging() {
    let ledger = new_ledger().await;
    let claimed = ledger.submit(single("key", "a zebra")).await.unwrap();
    let other = ledger.submit(single("key", "a cat")).await.unwrap();
    assert!(matches!(other, Submission::Differs(_, Some(_))));
    for shown in [format!("{claimed:?}"), format!("{other:?}")] {
        assert!(shown.contains("key") && !shown.contains("zebra"), "{shown}");
    }
    let finished = Finished {
        urls: vec!["https://host/a.mp4?sign=secret".to_owned()],
        ..Finished::default()
    };
    assert!(!format!("{finished:?}").contains("secret"));
}
