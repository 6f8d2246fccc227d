//! The cache: single-flight, refresh, refused tokens and failures.

use futures_util::{FutureExt as _, future::join_all};

use super::{
    Cached, ProvideResult,
    testing::{
        Answer::{Failure, Keys, Lasting, Panic, Same},
        ScriptedProvider,
    },
};
use crate::credentials::{Credentials, CredentialsError, ProvideCredentials as _};

/// Returns the number of the request that the credentials answer.
fn number(outcome: ProvideResult) -> String {
    outcome.unwrap().token().unwrap().to_owned()
}

async fn let_tasks_run() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_thousand_callers_ask_once() {
    let provider = ScriptedProvider::new([Keys(7_200)]);
    let cached = provider.cached();
    let callers = (0..1_000).map(|_| cached.provide());
    let numbers = join_all(callers).await.into_iter().map(number);
    assert!(numbers.into_iter().all(|number| number == "1"));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn keys_are_refreshed_before_they_expire_without_waiting() {
    let provider = ScriptedProvider::new([Keys(7_200)]);
    let cached = provider.cached();
    cached.provide().await.unwrap();
    provider.advance(7_200 - 301);
    assert_eq!(number(cached.provide().await), "1");
    assert_eq!(provider.asked(), 1);

    provider.advance(1);
    for _ in 0..10 {
        assert_eq!(number(cached.provide().now_or_never().unwrap()), "1");
        let_tasks_run().await;
    }
    assert_eq!(provider.asked(), 2);
    provider.answer(Keys(7_200));
    let_tasks_run().await;
    assert_eq!(number(cached.provide().now_or_never().unwrap()), "2");
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn short_lived_keys_are_not_refreshed_at_once() {
    let provider = ScriptedProvider::new([Keys(200), Keys(200)]);
    let cached = provider.cached();
    cached.provide().await.unwrap();
    provider.advance(149);
    assert_eq!(number(cached.provide().await), "1");
    provider.advance(1);
    cached.provide().await.unwrap();
    let_tasks_run().await;
    assert_eq!(number(cached.provide().await), "2");
}

#[tokio::test]
async fn keys_without_an_end_are_looked_at_again_after_a_minute() {
    let provider = ScriptedProvider::new([Lasting, Failure, Lasting]);
    let cached = provider.cached();
    cached.provide().await.unwrap();
    provider.advance(59);
    assert_eq!(number(cached.provide().await), "1");
    provider.advance(1);
    cached.provide().await.unwrap();
    let_tasks_run().await;
    assert_eq!(
        number(cached.provide().await),
        "1",
        "a failure costs nothing"
    );
    assert!(cached.last_failure().is_some());
    provider.advance(2);
    cached.provide().await.unwrap();
    let_tasks_run().await;
    assert_eq!(number(cached.provide().await), "3");
    assert!(cached.last_failure().is_none());
}

#[tokio::test]
async fn expired_keys_are_never_returned_and_the_error_names_both_facts() {
    let provider = ScriptedProvider::new([Keys(7_200), Failure]);
    let cached = provider.cached();
    cached.provide().await.unwrap();
    provider.advance(7_220);
    let error = cached.provide().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the credentials expired 20 s ago and could not be renewed: the desk is closed"
    );
    assert!(!error.is_absent());
}

#[tokio::test]
async fn a_broken_provider_is_asked_less_and_less_and_its_last_error_is_kept() {
    let provider = ScriptedProvider::new((0..100).map(|_| Failure));
    let cached = provider.cached();
    for _ in 0..600 {
        cached.provide().await.unwrap_err();
        provider
            .clock
            .advance(std::time::Duration::from_millis(500));
    }
    // 1, 2, 4, 8, 16, and then every 30 of the 300 seconds.
    assert_eq!(provider.asked(), 14);
    let error = cached.provide().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the desk is closed (29 s ago; asked again in 1 s)"
    );
    let last = cached.last_failure().unwrap();
    assert_eq!(
        (last.error.to_string().as_str(), last.age.as_secs()),
        ("the desk is closed", 29)
    );
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_its_users() {
    let provider = ScriptedProvider::new([Keys(7_200), Keys(7_200)]);
    let cached = provider.cached();
    let old = cached.provide().await.unwrap();
    let callers = (0..100).map(|_| cached.refresh(&old));
    assert!(
        join_all(callers)
            .await
            .into_iter()
            .all(|new| number(new) == "2")
    );
    // A late caller with the old token.
    assert_eq!(number(cached.refresh(&old).await), "2");
    assert_eq!((provider.asked(), provider.refreshed()), (2, 1));
}

#[tokio::test]
async fn a_renewal_that_began_before_the_refusal_is_not_taken_for_a_replacement() {
    let provider = ScriptedProvider::new([Keys(7_200)]);
    let cached = provider.cached();
    let old = cached.provide().await.unwrap();
    provider.advance(7_000);
    cached.provide().await.unwrap();
    let_tasks_run().await;
    let refreshing = tokio::spawn({
        let (cached, old) = (cached.clone(), old.clone());
        async move { cached.refresh(&old).await }
    });
    let_tasks_run().await;
    provider.answer(Same);
    let_tasks_run().await;
    provider.answer(Keys(7_200));
    assert_eq!(number(refreshing.await.unwrap()), "3");
}

#[tokio::test]
async fn a_provider_that_has_no_others_is_not_hammered() {
    let provider = ScriptedProvider::new([Keys(7_200), Same, Same]);
    let cached = provider.cached();
    let refused = cached.provide().await.unwrap();
    for _ in 0..100 {
        assert_eq!(number(cached.refresh(&refused).await), "1");
    }
    assert_eq!(provider.asked(), 2);
    provider.advance(1);
    cached.refresh(&refused).await.unwrap();
    assert_eq!(provider.asked(), 3);
}

#[tokio::test]
async fn when_no_replacement_can_be_had_the_refused_keys_stay_away() {
    let provider = ScriptedProvider::new([Keys(7_200), Failure]);
    let cached = provider.cached();
    let refused = cached.provide().await.unwrap();
    cached.refresh(&refused).await.unwrap_err();
    let error = cached.provide().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the service refused the last token and there is no other: the desk is closed"
    );
    provider.advance(1);
    provider.answer(Keys(7_200));
    assert_eq!(number(cached.provide().await), "3");
    assert_eq!(provider.refreshed(), 2);
}

#[tokio::test]
async fn a_caller_that_is_dropped_does_not_stop_the_refresh() {
    let provider = ScriptedProvider::new([]);
    let cached = provider.cached();
    assert!(cached.provide().now_or_never().is_none());
    provider.answer(Keys(7_200));
    assert_eq!(number(cached.provide().await), "1");
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_panic_is_an_error_and_no_end() {
    let provider = ScriptedProvider::new([Panic, Keys(7_200)]);
    let cached = provider.cached();
    let error = cached.provide().await.unwrap_err();
    assert_eq!(error.to_string(), "the provider panicked");
    provider.advance(1);
    assert_eq!(number(cached.provide().await), "2");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    let provider = ScriptedProvider::new([]);
    let cached = provider.cached();
    let caller = tokio::spawn({
        let cached = cached.clone();
        async move { cached.provide().await }
    });
    let_tasks_run().await;
    provider.advance(30);
    let error = caller.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "no answer from the provider within 30s");
}

#[tokio::test]
async fn keys_that_arrive_expired_are_an_error() {
    let provider = ScriptedProvider::new([Keys(0)]);
    let error = provider.cached().provide().await.unwrap_err();
    assert!(error.to_string().contains("expired 0 ms ago"), "{error}");
}

/// As with a program that makes a runtime for each call.
#[test]
fn a_renewal_that_died_with_its_runtime_is_begun_again() {
    let provider = ScriptedProvider::new([Keys(7_200)]);
    let cached = provider.cached();
    let in_new_runtime = |caller: fn(&Cached<ScriptedProvider>) -> Option<ProvideResult>| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async { caller(&cached) })
    };
    in_new_runtime(|cached| cached.provide().now_or_never());
    provider.advance(7_000);
    in_new_runtime(|cached| cached.provide().now_or_never());
    provider.advance(1_000);
    // The end of the old refresh is no evidence about the provider.
    provider.answer(Failure);
    provider.answer(Keys(7_200));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(cached.provide()).unwrap();
    assert!(cached.last_failure().is_none());
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let cached = Cached::new(Credentials::new("AKIDEXAMPLE", "hunter2").with_token("hunter3"));
    cached.provide().await.unwrap();
    let shown = format!("{cached:?}");
    assert!(
        shown.contains("AKIDEXAMPLE") && !shown.contains("hunter"),
        "{shown}"
    );
    let broken = Cached::new(CredentialsError::absent("nothing there"));
    assert!(broken.provide().await.unwrap_err().is_absent());
}
