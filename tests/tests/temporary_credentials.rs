//! Keys of a role, lent by a token service, against a service that checks their token: a refused
//! token is replaced once, for everybody, and nothing is created twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use mps_core::{
    Client, Error, ErrorKind,
    clock::{Clock as _, TestClock},
    credentials::{AssumeRole, Cached, Credentials, Sts},
    transport::{Reply, ScriptedTransport},
};
use mps_emulator::{Builder, Emulator, Service};
use mps_models::CreateAigcVideoTask;

const NOW: u64 = 1_771_125_945;
const MINUTE: Duration = Duration::from_secs(60);
const TOKEN_FAILURE: &str = "AuthFailure.TokenFailure";

struct World {
    clock: TestClock,
    service: Service,
    token_service: ScriptedTransport,
    client: Client,
}

impl World {
    /// A service that takes the token `good` only, and a token service that lends `tokens`.
    fn new(tokens: &[&str]) -> Self {
        Self::with(Emulator::builder().token("good"), |service| {
            let keys = (service.secret_id(), service.secret_key());
            let loans = tokens.iter().map(|token| loan(keys.0, keys.1, token));
            loans.collect()
        })
    }

    /// A service that knows two tokens: one for a minute and one for an hour. A token service that
    /// lends them in turn, and says of both that they are good for two.
    fn with_a_minute() -> Self {
        let builder = Emulator::builder().temporary("AKIDminute", "key", "minute", MINUTE);
        Self::with(builder, |service| {
            let next = service.issue_credentials(60 * MINUTE);
            vec![
                loan("AKIDminute", "key", "minute"),
                loan(&next.secret_id, &next.secret_key, &next.token),
            ]
        })
    }

    fn with(builder: Builder, loans: impl FnOnce(&Service) -> Vec<Reply>) -> Self {
        let clock = TestClock::new(NOW).auto_advance();
        let shared = Arc::new(clock.clone());
        let service = builder.clock(shared.clone()).service();
        let loans = loans(&service);
        let token_service = ScriptedTransport::new(loans);
        let sts = Sts::new(Arc::new(token_service.clone()), shared.clone());
        let own = Credentials::new("AKIDown", "not a real key");
        let role = AssumeRole::new(sts, Arc::new(own), "qcs::cam::uin/1:roleName/renderer");
        let client = service
            .client()
            .unwrap()
            .credentials(Cached::with_clock(role, shared))
            .build()
            .unwrap();
        Self {
            clock,
            service,
            token_service,
            client,
        }
    }

    async fn create(&self, prompt: &str) -> Result<u32, Error> {
        let request = CreateAigcVideoTask::new().prompt(prompt);
        Ok(self.client.send(&request).await?.attempts)
    }

    /// The error code of each call; `None` where it was executed.
    fn codes(&self) -> Vec<String> {
        let requests = self.service.requests().into_iter();
        let codes = requests.map(|request| request.code.unwrap_or_default());
        codes.collect()
    }

    fn loans(&self) -> usize {
        self.token_service.requests().len()
    }

    fn assert_created(&self, creates: u64) {
        let bill = self.service.bill();
        assert_eq!((bill.creates, bill.duplicates), (creates, 0));
    }
}

/// Keys for two hours, as the token service says.
fn loan(secret_id: &str, secret_key: &str, token: &str) -> Reply {
    let answer = serde_json::json!({"Response": {
        "Credentials": {
            "TmpSecretId": secret_id,
            "TmpSecretKey": secret_key,
            "Token": token,
        },
        "ExpiredTime": NOW + 7_200,
        "RequestId": "r",
    }});
    Reply::json(answer.to_string())
}

#[tokio::test]
async fn a_token_that_ends_early_is_replaced_once_and_the_create_runs_once() {
    let world = World::new(&["ended", "good"]);
    assert_eq!(world.create("a").await.unwrap(), 2);
    assert_eq!(world.create("b").await.unwrap(), 1);
    world.assert_created(2);
    assert_eq!(world.loans(), 2);
}

#[tokio::test]
async fn many_calls_with_one_refused_token_replace_it_once() {
    let world = World::new(&["ended", "good"]);
    let (a, b, c, d) = tokio::join!(
        world.create("a"),
        world.create("b"),
        world.create("c"),
        world.create("d")
    );
    for attempts in [a, b, c, d] {
        attempts.unwrap();
    }
    world.assert_created(4);
    assert_eq!(world.loans(), 2);
}

#[tokio::test]
async fn a_token_that_ends_by_the_services_clock_is_replaced_once() {
    let world = World::with_a_minute();
    assert_eq!(world.create("a").await.unwrap(), 1);
    world.service.clock().advance(MINUTE);
    assert_eq!(world.create("b").await.unwrap(), 2);
    assert_eq!(world.create("c").await.unwrap(), 1);
    assert_eq!(world.codes(), ["", TOKEN_FAILURE, "", ""]);
    world.assert_created(3);
    assert_eq!(world.loans(), 2);
}

#[tokio::test]
async fn a_token_that_ends_under_many_calls_is_replaced_once() {
    let world = World::with_a_minute();
    world.create("a").await.unwrap();
    world.service.clock().advance(MINUTE);
    let (b, c, d) = tokio::join!(world.create("b"), world.create("c"), world.create("d"));
    for attempts in [b, c, d] {
        attempts.unwrap();
    }
    assert!(world.codes().contains(&TOKEN_FAILURE.to_owned()));
    world.assert_created(4);
    assert_eq!(world.loans(), 2);
}

#[tokio::test]
async fn a_token_service_that_has_no_better_token_is_not_asked_again_and_again() {
    let world = World::new(&["ended", "ended", "ended", "ended"]);
    for prompt in ["a", "b", "c"] {
        let error = world.create(prompt).await.unwrap_err();
        assert_eq!(error.code(), Some(TOKEN_FAILURE));
    }
    world.assert_created(0);
    assert_eq!(world.loans(), 2);
}

#[tokio::test]
async fn keys_that_end_are_renewed_and_never_used_after_their_end() {
    let world = World::new(&["good"]);
    world.create("a").await.unwrap();
    world.clock.advance(Duration::from_secs(7_201));
    // The token service has nothing more to say, so nothing is sent to the other one.
    let before = world.service.requests().len();
    let error = world.create("b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    let told = error.to_string();
    assert!(told.contains("the credentials expired"), "{told}");
    assert!(told.contains("the token service at"), "{told}");
    assert_eq!(world.service.requests().len(), before);
    world.assert_created(1);
    assert!(world.clock.monotonic() > Duration::from_secs(7_200));
}
