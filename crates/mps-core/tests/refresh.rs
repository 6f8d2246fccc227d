//! Calls whose token the service refuses, for each reaction of their provider.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture, CallOptions, Client, StopReason,
    clock::{Clock as _, TestClock},
    credentials::{Credentials, CredentialsError, ProvideCredentials},
    limit::LocalLimiter,
    telemetry::{CallInfo, Metrics, RefreshOutcome},
    transport::{Reply, ScriptedTransport},
};
use mps_models::CreateAigcVideoTask;

const NOW: u64 = 1_771_125_945;
const CREATED: &str = r#"{"Response":{"TaskId":"2147483792","RequestId":"r-1"}}"#;
const DEADLINE: Duration = Duration::from_secs(90);

/// Provides a token, and does what the test asks for once that was refused.
#[derive(Debug)]
struct Lender(Then);

#[derive(Clone, Copy, Debug)]
enum Then {
    Another,
    TheSame,
    Fails,
    Hangs,
}

fn token(token: &str) -> Credentials {
    Credentials::new("i", "k").with_token(token)
}

impl ProvideCredentials for Lender {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { Ok(token("old")) })
    }

    fn refresh<'a>(
        &'a self,
        refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        assert_eq!(refused.token(), Some("old"));
        Box::pin(async {
            match self.0 {
                Then::Another => Ok(token("new")),
                Then::TheSame => Ok(token("old")),
                Then::Fails => Err(CredentialsError::unusable("no keys today")),
                Then::Hangs => future::pending().await,
            }
        })
    }
}

/// Writes down what came of refreshing.
#[derive(Clone, Debug, Default)]
struct Outcomes(Arc<Mutex<Vec<RefreshOutcome>>>);

impl Metrics for Outcomes {
    fn credentials_refreshed(&self, _: CallInfo<'_>, outcome: RefreshOutcome) {
        self.0.lock().unwrap().push(outcome);
    }
}

struct Seen {
    tokens: Vec<String>,
    outcomes: Vec<RefreshOutcome>,
    stopped: Option<StopReason>,
    took: Duration,
}

/// A create against a service that refuses so many tokens.
async fn create(then: Then, refusals: usize) -> Seen {
    let refused = || Reply::service_error("AuthFailure.TokenFailure", "token expired");
    let replies = (0..refusals)
        .map(|_| refused())
        .chain([Reply::json(CREATED)]);
    let transport = ScriptedTransport::new(replies);
    let (clock, outcomes) = (TestClock::new(NOW).auto_advance(), Outcomes::default());
    let client = Client::builder()
        .credentials(Lender(then))
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .limiter(LocalLimiter::without_warm_up(Arc::new(clock.clone())))
        .metrics(outcomes.clone())
        .build()
        .unwrap();
    let request = CreateAigcVideoTask::new().prompt("a");
    let options = CallOptions::new().deadline(DEADLINE);
    let ended = client.send_with(&request, options).await;
    let requests = transport.requests();
    let tokens = requests
        .iter()
        .map(|request| &request.headers()["x-tc-token"]);
    Seen {
        tokens: tokens
            .map(|token| token.to_str().unwrap().to_owned())
            .collect(),
        outcomes: outcomes.0.lock().unwrap().clone(),
        stopped: ended.err().and_then(|error| error.stopped()),
        took: clock.monotonic(),
    }
}

#[tokio::test]
async fn another_token_is_used_at_once() {
    let seen = create(Then::Another, 1).await;
    assert_eq!(seen.tokens, ["old", "new"]);
    assert_eq!(seen.outcomes, [RefreshOutcome::Renewed]);
    assert_eq!((seen.stopped, seen.took), (None, Duration::ZERO));
}

#[tokio::test]
async fn a_call_refreshes_once() {
    let seen = create(Then::Another, 2).await;
    assert_eq!(seen.tokens, ["old", "new"]);
    assert_eq!(seen.outcomes, [RefreshOutcome::Renewed]);
    assert_eq!(seen.stopped, Some(StopReason::Permanent));
}

#[tokio::test]
async fn nothing_is_sent_again_without_another_token() {
    for (then, outcome, took) in [
        (Then::TheSame, RefreshOutcome::Unchanged, Duration::ZERO),
        (Then::Fails, RefreshOutcome::Failed, Duration::ZERO),
        (Then::Hangs, RefreshOutcome::Failed, DEADLINE),
    ] {
        let seen = create(then, 1).await;
        assert_eq!(seen.tokens, ["old"], "{then:?}");
        assert_eq!(seen.outcomes, [outcome], "{then:?}");
        assert_eq!(
            (seen.stopped, seen.took),
            (Some(StopReason::Permanent), took),
            "{then:?}"
        );
    }
}
