//! Signing as the client does it for every attempt, against the bare hashing that no implementation
//! of the scheme can avoid.
//!
//! Besides criterion's figures it prints the ratio of the two, taken from short runs in turns, so
//! that other load of the machine affects both alike.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput};
use hmac::{Hmac, KeyInit, Mac};
use mps_core::{
    clock::{Clock, SystemClock},
    endpoint::Endpoint,
    sign::{self, CanonicalRequest, KeyCache, Payload, Request, Signed},
};
use sha2::{Digest, Sha256};

const TIMESTAMP: i64 = 1_771_125_945;
const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
const SECRET_KEY: &str = "not a real key, but just as long";
/// Name and bytes of a body, and how many of them are signed in one short run.
const SIZES: [(&str, usize, u32); 2] = [("1 KiB", 1_024, 4_000), ("256 KiB", 256 * 1_024, 16)];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for (name, bytes, _) in SIZES {
        compare(&mut criterion, name, &Case::new(bytes));
    }
    criterion.final_summary();
    // Cargo passes `--bench` when it means to measure, and nothing when it only tries the code.
    if std::env::args().any(|argument| argument == "--bench") {
        for (name, bytes, times) in SIZES {
            print_ratio(name, &Case::new(bytes), times);
        }
    }
}

fn compare(criterion: &mut Criterion, name: &str, case: &Case) {
    let mut group = criterion.benchmark_group(format!("sign {name}"));
    group.throughput(Throughput::Bytes(case.payload.len() as u64));
    group.bench_function("client", |bench| bench.iter(|| case.sign()));
    group.bench_function("bare hashing", |bench| bench.iter(|| case.hash()));
    group.finish();
}

/// One request, and what signing and hashing it need.
struct Case {
    endpoint: Endpoint,
    payload: Vec<u8>,
    keys: KeyCache,
    canonical: String,
    string_to_sign: String,
    keyed: Hmac<Sha256>,
}

impl Case {
    fn new(bytes: usize) -> Self {
        let mut case = Self {
            endpoint: Endpoint::default(),
            payload: vec![b'a'; bytes],
            keys: KeyCache::default(),
            canonical: String::new(),
            string_to_sign: String::new(),
            keyed: Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()),
        };
        let signed = case.sign();
        case.canonical = signed.canonical_request.text;
        case.string_to_sign = signed.string_to_sign;
        case
    }

    /// From the endpoint and the body to the header, as `client/execute.rs` does it.
    fn sign(&self) -> Signed {
        let canonical = CanonicalRequest::new(&Request {
            method: "POST",
            uri: self.endpoint.path(),
            query: "",
            headers: &[
                ("content-type", "application/json"),
                ("host", self.endpoint.host()),
                ("x-tc-action", "CreateAigcVideoTask"),
            ],
            payload: Payload::Bytes(black_box(&self.payload)),
        });
        let timestamp = black_box(TIMESTAMP);
        let key = self.keys.get(black_box(SECRET_KEY), timestamp, "mps");
        sign::sign(canonical, SECRET_ID, &key, timestamp)
    }

    /// The three digests that stand in the definition of a signature, with a key that is ready.
    fn hash(&self) -> [[u8; 32]; 3] {
        [
            Sha256::digest(black_box(&self.payload)).into(),
            Sha256::digest(black_box(&self.canonical)).into(),
            self.keyed
                .clone()
                .chain_update(black_box(&self.string_to_sign))
                .finalize()
                .into_bytes()
                .into(),
        ]
    }
}

#[expect(clippy::print_stdout, reason = "what a bench is for")]
fn print_ratio(name: &str, case: &Case, times: u32) {
    const ROUNDS: usize = 201;
    let clock = SystemClock::new();
    let round = |_| {
        [
            time(&clock, times, || case.sign()),
            time(&clock, times, || case.hash()),
        ]
    };
    let mut rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    rounds.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    if let Some(median) = rounds.get(ROUNDS / 2) {
        let [client, bare] = median.map(|total| total.as_secs_f64() * 1e6 / f64::from(times));
        let ratio = ratio(median);
        println!("sign {name}: client {client:.2} µs, bare hashing {bare:.2} µs, ratio {ratio:.2}");
    }
}

fn ratio([client, bare]: &[Duration; 2]) -> f64 {
    client.as_secs_f64() / bare.as_secs_f64()
}

/// Returns the time that `work` takes, repeated `times` times.
fn time<T>(clock: &SystemClock, times: u32, work: impl Fn() -> T) -> Duration {
    let start = clock.monotonic();
    for _ in 0..times {
        drop(black_box(work()));
    }
    clock.monotonic().saturating_sub(start)
}
