//! Arbitrary bytes: the service answers and its state stays valid.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

use crate::call::{CREATE, World, cat};

/// Header names the service looks at, and one it does not.
const NAMES: [&str; 11] = [
    "authorization",
    "content-type",
    "host",
    "if-range",
    "range",
    "x-tc-action",
    "x-tc-content-sha256",
    "x-tc-timestamp",
    "x-tc-token",
    "x-tc-version",
    "x-unheard-of",
];

/// Values that lead deeper than noise does.
const VALUES: [&str; 12] = [
    "CreateAigcVideoTask",
    "2019-06-12",
    "application/json",
    "1771156800",
    "-9223372036854775808",
    "9223372036854775807",
    "UNSIGNED-PAYLOAD",
    "bytes=18446744073709551615-18446744073709551615",
    "TC3-HMAC-SHA256 Credential=AKID/2026-02-15/mps/tc3_request, SignedHeaders=content-type;host, Signature=00",
    "TC3-HMAC-SHA256 Credential=////, SignedHeaders=;;;, Signature=\u{e9}",
    ":",
    "[::1]:80:80",
];

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        select(&VALUES[..]).prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..40)
    ]
}

fn path() -> impl Strategy<Value = String> {
    let known = select(vec![
        "/",
        "/?a=b",
        "/results/1-AigcVideo-0/0.mp4",
        "/_emulator/v1/state",
        "/_emulator/v1/",
        "*",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "/[ -~]{0,30}"]
}

fn method() -> impl Strategy<Value = Method> {
    select(vec![
        Method::POST,
        Method::POST,
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::DELETE,
    ])
}

prop_compose! {
    fn noise()(
        method in method(),
        path in path(),
        headers in vec((select(&NAMES[..]), value()), 0..12),
        body in prop_oneof![vec(any::<u8>(), 0..200), "\\PC{0,100}".prop_map(String::into_bytes)],
    ) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap_or(Uri::from_static("/"));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        request
    }
}

/// JSON of every kind, with the members of a create among the keys.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "\\[emulator:\\PC{0,20}".prop_map(Value::from),
        "[0-9]{0,4}[PK]|[0-9]{0,3}:[0-9]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = select(vec![
            "Prompt",
            "Duration",
            "ExtraParameters",
            "Resolution",
            "AspectRatio",
            "ImageInfos",
            "ModelName",
            "X",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name.prop_map(str::to_owned), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn noise_is_answered_and_executes_nothing(requests in vec(noise(), 1..8)) {
        let world = World::new();
        for request in requests {
            let response = world.service.handle(request);
            prop_assert!(response.headers().contains_key("date"));
            prop_assert!(response.status().as_u16() < 500);
        }
        prop_assert_eq!(world.service.bill().creates, 0);
    }

    #[test]
    fn a_changed_header_never_passes_for_a_signed_one(name in select(&NAMES[..9]), value in value()) {
        let world = World::new();
        let mut request = world.call(CREATE, &cat()).request();
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let is_signed = ["authorization", "content-type", "host", "x-tc-timestamp"].contains(&name);
        let is_changed = request.headers().get(name).is_some_and(|sent| sent != value);
        request.headers_mut().insert(HeaderName::from_static(name), value);
        let _ = world.service.handle(request);
        if is_signed && is_changed {
            prop_assert_eq!(world.service.bill().creates, 0);
        }
    }

    #[test]
    fn any_json_is_executed_or_refused(body in json()) {
        let world = World::new();
        let answer = world.answer(CREATE, &body);
        prop_assert_ne!(answer.get("TaskId").is_some(), answer.get("Error").is_some());
        prop_assert_ne!(&answer["Error"]["Code"], "InternalError");
        world.pass(3_000);
        if let Some(task) = answer["TaskId"].as_str() {
            let status = world.get(&format!("/results/{task}/0.mp4")).status().as_u16();
            prop_assert!(matches!(status, 200 | 404), "{}", status);
        }
    }
}
