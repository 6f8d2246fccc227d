//! Random bytes sent to the emulator. `tests/fuzz` does the same for longer, guided by coverage.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mps_tests::front::{Signed, Socket};
use proptest::{collection::vec, prelude::*, sample::select};

/// Pieces of valid requests, which reach deeper than noise.
const PIECES: [&str; 16] = [
    "POST / HTTP/1.1\r\n",
    "GET /_emulator/v1/state HTTP/1.0\r\n",
    "POST /_emulator/v1/clock HTTP/1.1\r\n",
    "POST /_emulator/v1/faults HTTP/1.1\r\n",
    "GET /results/1-AigcVideo-0/0.mp4 HTTP/1.1\r\n",
    "Host: mps\r\n",
    "Authorization: TC3-HMAC-SHA256 Credential=A/2026-02-15/mps/tc3_request, SignedHeaders=content-type;host, Signature=00\r\n",
    "X-TC-Action: CreateAigcVideoTask\r\n",
    "X-TC-Version: 2019-06-12\r\n",
    "X-TC-Timestamp: 1771156800\r\n",
    "Content-Type: application/json\r\n",
    "Content-Length: 4\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n",
    "ffffffffffffffff\r\n",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(&PIECES[..]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ]
}

/// Generates nested JSON with members that exist in the API.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    let member = select(vec![
        "Prompt",
        "ModelName",
        "Duration",
        "ImageInfos",
        "ExtraParameters",
        "Input",
        "TaskId",
        "QueryTaskFilter",
        "PageNum",
        "Script",
    ]);
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec((member.clone(), inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Returns `true` if the emulator still answers a valid request.
fn is_alive(socket: &Socket) -> bool {
    let asked = b"GET /_emulator/v1/bill HTTP/1.0\r\n\r\n";
    let answer = socket.exchange(asked).unwrap();
    answer.starts_with(b"HTTP/1.0 200")
}

/// Counts panics from now on. A panic in the task of a connection closes that connection and has no
/// other visible effect.
fn panics() -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, show) = (Arc::clone(&count), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        counted.fetch_add(1, Ordering::Relaxed);
        show(info);
    }));
    count
}

#[test]
fn arbitrary_bytes_cause_no_panic() {
    let socket = Socket::open().unwrap();
    let panics = panics();
    proptest!(ProptestConfig::with_cases(256), |(pieces in vec(piece(), 0..12))| {
        // The emulator may close the connection on a malformed request.
        let _ = socket.exchange(&pieces.concat());
        prop_assert!(is_alive(&socket));
        prop_assert_eq!(panics.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn arbitrary_signed_bodies_are_answered() {
    let service = Signed::new();
    proptest!(|(action in any::<u8>(), body in prop_oneof![json().prop_map(String::into_bytes), vec(any::<u8>(), 0..64)])| {
        let answer = service.call(&[&[action][..], &body].concat()).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        prop_assert!(answer["Response"]["RequestId"].is_string());
        let code = &answer["Response"]["Error"]["Code"];
        prop_assert!(code != "RequestLimitExceeded" && code != "AuthFailure.SignatureFailure", "{}", answer);
    });
}
