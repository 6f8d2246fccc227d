//! A client with several access points: where its attempts go, and what is never sent twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture, Client, ClientBuilder, Dispatch, Error, ErrorKind, StopReason,
    clock::TestClock,
    credentials::Credentials,
    endpoint::{BreakerPolicy, BreakerState, Endpoint, Site},
    retry::RetryPolicy,
    sign::{self, CanonicalRequest, Payload, Request, Scope, SigningKey},
    telemetry::Metrics,
    transport::{Reply, RequestBody, ResponseBody, ScriptedTransport, Transport, TransportError},
};
use mps_models::{CreateAigcVideoTask, DescribeAigcVideoTask};

const NOW: u64 = 1_771_125_945;
const KEY: &str = "not a real key";
const INTL: &str = "mps.intl.tencentcloudapi.com";
const SINGAPORE: &str = "mps.ap-singapore.tencentcloudapi.com";

/// A transport with a script for each of two hosts.
#[derive(Clone, Debug)]
struct TwoHosts {
    preferred: ScriptedTransport,
    fallback: ScriptedTransport,
}

impl Transport for TwoHosts {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        match request.uri().host() {
            Some(INTL) => self.preferred.send(request),
            _ => self.fallback.send(request),
        }
    }
}

/// Writes down how breakers change.
#[derive(Clone, Debug, Default)]
struct Changes(Arc<Mutex<Vec<(String, BreakerState)>>>);

impl Metrics for Changes {
    fn breaker_changed(&self, host: &str, state: BreakerState) {
        self.0.lock().unwrap().push((host.to_owned(), state));
    }
}

struct Case {
    hosts: TwoHosts,
    clock: TestClock,
    changes: Changes,
    client: Client,
}

fn builder() -> ClientBuilder {
    Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", KEY))
        .endpoint(Endpoint::site(Site::Intl))
        .failover([Endpoint::regional(Site::Intl, "ap-singapore").unwrap()])
}

fn case(preferred: Vec<Reply>, fallback: Vec<Reply>) -> Case {
    let hosts = TwoHosts {
        preferred: ScriptedTransport::new(preferred),
        fallback: ScriptedTransport::new(fallback),
    };
    let (clock, changes) = (TestClock::new(NOW).auto_advance(), Changes::default());
    let client = builder()
        .transport(hosts.clone())
        .clock(Arc::new(clock.clone()))
        .metrics(changes.clone())
        .build()
        .unwrap();
    Case {
        hosts,
        clock,
        changes,
        client,
    }
}

impl Case {
    async fn create(&self) -> Result<(), Error> {
        let request = CreateAigcVideoTask::new().prompt("a");
        self.client.send(&request).await.map(drop)
    }

    async fn describe(&self) -> Result<(), Error> {
        let request = DescribeAigcVideoTask::new("1");
        self.client.send(&request).await.map(drop)
    }

    /// Returns the number of requests at each host.
    fn arrived(&self) -> (usize, usize) {
        let count = |host: &ScriptedTransport| host.requests().len();
        (count(&self.hosts.preferred), count(&self.hosts.fallback))
    }

    fn changes(&self) -> Vec<(String, BreakerState)> {
        self.changes.0.lock().unwrap().clone()
    }
}

fn several(count: usize, reply: fn() -> Reply) -> Vec<Reply> {
    (0..count).map(|_| reply()).collect()
}

fn good() -> Reply {
    Reply::json(r#"{"Response":{"TaskId":"1","Status":"RUN","RequestId":"r"}}"#)
}

#[test]
fn a_client_returns_its_endpoint() {
    let client = builder()
        .endpoint(Endpoint::regional(Site::Intl, "ap-tokyo").unwrap())
        .region("ap-seoul")
        .build()
        .unwrap();
    assert_eq!(client.endpoint().host(), "mps.ap-tokyo.tencentcloudapi.com");
    let shown = format!("{client:?}");
    assert!(
        shown.contains("ap-tokyo") && shown.contains("ap-seoul"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_last_attempt_of_the_first_call_already_uses_another_endpoint() {
    let case = case(several(3, Reply::connect_error), several(2, good));
    case.create().await.unwrap();
    assert_eq!(case.arrived(), (0, 1));
    assert_eq!(case.changes(), [(INTL.to_owned(), BreakerState::Open)]);
    case.create().await.unwrap();
    assert_eq!(case.arrived(), (0, 2));
}

#[tokio::test]
async fn each_attempt_is_signed_for_its_own_host() {
    let case = case(several(3, Reply::connect_error), vec![good()]);
    case.create().await.unwrap();
    let requests = case.hosts.fallback.requests();
    let headers = requests[0].headers();
    assert_eq!(headers["host"], SINGAPORE);
    let timestamp = headers["x-tc-timestamp"].to_str().unwrap().parse().unwrap();
    let canonical = CanonicalRequest::new(&Request {
        method: "POST",
        uri: "/",
        query: "",
        headers: &[
            ("content-type", "application/json"),
            ("host", SINGAPORE),
            ("x-tc-action", "CreateAigcVideoTask"),
        ],
        payload: Payload::Bytes(requests[0].body()),
    });
    let key = SigningKey::derive(KEY, &Scope::at(timestamp, "mps"));
    let signed = sign::sign(canonical, "AKIDEXAMPLE", &key, timestamp);
    assert_eq!(headers["authorization"], signed.authorization.as_str());
}

#[tokio::test]
async fn a_create_in_doubt_is_not_sent_to_another_host_either() {
    for reply in [
        Reply::reset as fn() -> Reply,
        Reply::silence,
        || Reply::answer(502, "text/html", "<html>"),
        || good().then_cut(),
    ] {
        let case = case(several(9, reply), several(9, good));
        for _ in 0..3 {
            let error = case.create().await.unwrap_err();
            assert_eq!(error.dispatch(), Dispatch::Unknown);
            assert_eq!(
                (error.stopped(), error.attempts()),
                (Some(StopReason::InDoubt), 1)
            );
        }
        // Three attempts for three calls, and only the fourth call goes elsewhere.
        assert_eq!(case.arrived(), (3, 0));
        case.create().await.unwrap();
        assert_eq!(case.arrived(), (3, 1));
    }
}

#[tokio::test]
async fn answers_of_the_service_never_open_a_breaker() {
    for reply in [
        good as fn() -> Reply,
        || Reply::service_error("InternalError", ""),
        || Reply::service_error("AuthFailure.SignatureFailure", ""),
        || Reply::answer(429, "text/html", "slow down"),
    ] {
        let case = case(several(2_000, reply), several(50, good));
        for _ in 0..10 {
            drop(case.create().await);
        }
        assert_eq!(case.arrived().1, 0);
        assert!(case.changes().is_empty());
    }
}

#[tokio::test]
async fn after_the_pause_one_read_probes_and_creates_follow() {
    let mut preferred = several(3, Reply::connect_error);
    preferred.extend(several(2, good));
    let case = case(preferred, several(9, good));
    case.create().await.unwrap();
    case.clock.advance(Duration::from_secs(30));
    // A create does not find out: it would be in doubt if the host failed half way.
    case.create().await.unwrap();
    assert_eq!(case.arrived(), (0, 2));
    case.describe().await.unwrap();
    case.create().await.unwrap();
    assert_eq!(case.arrived(), (2, 2));
    let states: Vec<_> = case.changes().into_iter().map(|change| change.1).collect();
    assert_eq!(
        states,
        [
            BreakerState::Open,
            BreakerState::HalfOpen,
            BreakerState::Closed
        ]
    );
}

#[tokio::test]
async fn a_failed_probe_extends_the_pause_and_the_read_is_answered_elsewhere() {
    let case = case(several(9, Reply::connect_error), several(9, good));
    case.describe().await.unwrap();
    case.clock.advance(Duration::from_secs(30));
    case.describe().await.unwrap();
    let states: Vec<_> = case.changes().into_iter().map(|change| change.1).collect();
    assert_eq!(
        states,
        [
            BreakerState::Open,
            BreakerState::HalfOpen,
            BreakerState::Open
        ]
    );
    assert_eq!(case.arrived(), (0, 2));
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_probes_leaves_the_probe_to_the_next() {
    let mut preferred = several(3, Reply::connect_error);
    preferred.extend([Reply::silence(), good()]);
    let hosts = TwoHosts {
        preferred: ScriptedTransport::new(preferred),
        fallback: ScriptedTransport::new(several(9, good)),
    };
    let clock = TestClock::new(NOW);
    let client = builder()
        .transport(hosts.clone())
        .clock(Arc::new(clock.clone()))
        .retry(RetryPolicy::never())
        .breaker(BreakerPolicy::default().pause(Duration::from_secs(1)))
        .build()
        .unwrap();
    let request = DescribeAigcVideoTask::new("1");
    for _ in 0..3 {
        client.send(&request).await.unwrap_err();
    }
    clock.advance(Duration::from_secs(1));
    let mut probe = Box::pin(client.send(&request));
    assert!(futures_poll_once(&mut probe).await);
    drop(probe);
    client.send(&request).await.unwrap();
    assert_eq!(hosts.preferred.requests().len(), 2);
    assert_eq!(hosts.fallback.requests().len(), 0);
}

/// Polls once; whether it is still waiting.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| {
        let polled = std::pin::Pin::new(&mut *future).poll(cx);
        std::task::Poll::Ready(polled.is_pending())
    })
    .await
}

#[test]
fn access_points_that_do_not_belong_together_make_no_client() {
    for fallback in [
        Endpoint::site(Site::Cn),
        Endpoint::parse("http://127.0.0.1:8080").unwrap(),
        Endpoint::parse("https://gateway.example.com").unwrap(),
        Endpoint::site(Site::Intl),
    ] {
        let error = builder().failover([fallback]).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_failover_on_this_machine_is_confined_to_its_access_points() {
    let scripted = ScriptedTransport::new(several(2, good));
    let local = |port| Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let client = Client::builder()
        .credentials(Credentials::new("AKIDEXAMPLE", KEY))
        .endpoint(local(1))
        .failover([local(2)])
        .transport(scripted.clone())
        .build()
        .unwrap();
    for (url, allowed) in [
        ("http://127.0.0.1:1/result", true),
        ("http://127.0.0.1:2/result", true),
        ("http://127.0.0.1:3/result", false),
        ("https://mps.intl.tencentcloudapi.com/", false),
    ] {
        let request = http::Request::get(url).body(RequestBody::new("")).unwrap();
        let answer = client.transport().send(request).await;
        assert_eq!(answer.is_ok(), allowed, "{url}");
    }
}

#[test]
fn a_region_that_is_no_name_makes_no_client() {
    for region in ["", "ap guangzhou", "ap-guangzhou\r\nx-tc-token: a"] {
        let error = builder().region(region).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string().lines().count(), 1);
    }
    // One that the specification does not know is the service's business.
    builder().region("ap-newtown").build().unwrap();
}
