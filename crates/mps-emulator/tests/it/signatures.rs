//! A signature that does not match says why. The wrong ones are made here step by step, as other
//! people's code makes them, without this project's own signing.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use sha2::{Digest, Sha256};

use crate::call::{CREATE, HOST, START, World};

const BODY: &str = r#"{"Prompt": "a 猫 & a dog"}"#;
const TYPE: &str = "application/json";

/// Every stage as text, to be spoilt.
struct Signer {
    body: String,
    /// `HASH` is a placeholder of the payload's hash.
    canonical: String,
    /// `DIGEST` is a placeholder of the canonical request's hash.
    to_sign: String,
    key: Vec<u8>,
    labels: [String; 3],
    scope: String,
    sent_host: String,
    timestamp: String,
    /// Replaces the payload's hash.
    slot: Option<String>,
    steps_in_hex: bool,
    more: Vec<(&'static str, &'static str)>,
}

fn hex_of(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(text))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

impl Signer {
    fn right(world: &World) -> Self {
        Self {
            body: BODY.to_owned(),
            canonical: format!(
                "POST\n/\n\ncontent-type:{TYPE}\nhost:{HOST}\nx-tc-action:createaigcvideotask\n\n\
                 content-type;host;x-tc-action\nHASH"
            ),
            to_sign: format!("TC3-HMAC-SHA256\n{START}\n2026-02-15/mps/tc3_request\nDIGEST"),
            key: format!("TC3{}", world.service.secret_key()).into_bytes(),
            labels: ["2026-02-15", "mps", "tc3_request"].map(str::to_owned),
            scope: "2026-02-15/mps/tc3_request".to_owned(),
            sent_host: HOST.to_owned(),
            timestamp: START.to_string(),
            slot: None,
            steps_in_hex: false,
            more: Vec::new(),
        }
    }

    fn request(&self, world: &World) -> Request<Bytes> {
        let slot = self.slot.clone().unwrap_or_else(|| hex_of(&self.body));
        let canonical = self.canonical.replace("HASH", &slot);
        let to_sign = self.to_sign.replace("DIGEST", &hex_of(&canonical));
        let to_sign = to_sign.replace("CAPITALS", &hex_of(&canonical).to_uppercase());
        let narrow = |key: Vec<u8>, label: &String| {
            let key = hmac(&key, label);
            if self.steps_in_hex {
                hex::encode(key).into_bytes()
            } else {
                key
            }
        };
        let key = self.labels.iter().fold(self.key.clone(), narrow);
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential={}/{}, SignedHeaders=content-type;host;x-tc-action, Signature={}",
            world.service.secret_id(),
            self.scope,
            hex::encode(hmac(&key, &to_sign)),
        );
        let mut request = Request::post("/")
            .header("host", &self.sent_host)
            .header("content-type", TYPE)
            .header("x-tc-action", CREATE)
            .header("x-tc-version", "2019-06-12")
            .header("x-tc-timestamp", &self.timestamp)
            .header("authorization", authorization);
        for (name, value) in &self.more {
            request = request.header(*name, *value);
        }
        request.body(Bytes::from(self.body.clone())).unwrap()
    }

    fn spoil(&mut self, from: &str, to: &str) {
        assert!(self.canonical.contains(from), "{from}");
        self.canonical = self.canonical.replacen(from, to, 1);
    }
}

/// Returns the answered code and the log's detail.
fn judged(spoil: impl FnOnce(&mut Signer)) -> (String, String) {
    let world = World::new();
    let mut signer = Signer::right(&world);
    spoil(&mut signer);
    let answer = crate::call::answer(&world.service, signer.request(&world));
    let detail = world.service.requests()[0]
        .detail
        .clone()
        .unwrap_or_default();
    assert!(!detail.contains(world.service.secret_key()), "{detail}");
    assert!(
        !detail.contains("a dog"),
        "the body stays out of it: {detail}"
    );
    (crate::call::code(&answer), detail)
}

fn check(part: &str, spoil: impl FnOnce(&mut Signer)) {
    let (code, detail) = judged(spoil);
    assert_eq!(code, "AuthFailure.SignatureFailure", "{part}");
    let diagnosis = detail.lines().next().unwrap();
    assert!(diagnosis.contains(part), "{part}: {diagnosis}");
}

#[test]
fn the_right_one_matches() {
    assert_eq!(judged(|_| {}), (String::new(), String::new()));
}

/// The expected text, the sent body, and the signed hash.
#[test]
fn mistakes_about_the_payload_are_named() {
    let two = r#"{"Prompt":"a","Duration":5}"#;
    for (part, body, slot) in [
        ("as if the body were empty", BODY, hex_of("")),
        ("as if the body were `{}`", BODY, hex_of("{}")),
        (
            "as UNSIGNED-PAYLOAD, but the header",
            BODY,
            hex_of("UNSIGNED-PAYLOAD"),
        ),
        (
            "hash of the payload was written in capitals",
            BODY,
            hex_of(BODY).to_uppercase(),
        ),
        (
            "with a line break at its end, which",
            BODY,
            hex_of(format!("{BODY}\n")),
        ),
        ("the space around it", &format!("{BODY} "), hex_of(BODY)),
        (
            "without space between",
            BODY,
            hex_of(r#"{"Prompt":"a 猫 & a dog"}"#),
        ),
        (
            "with `, ` and `: ` between",
            two,
            hex_of(r#"{"Prompt": "a", "Duration": 5}"#),
        ),
        (
            "with `,` and `: ` between",
            two,
            hex_of(r#"{"Prompt": "a","Duration": 5}"#),
        ),
        (
            "with its members sorted",
            two,
            hex_of(r#"{"Duration":5,"Prompt":"a"}"#),
        ),
        (
            "outside ASCII escaped",
            BODY,
            hex_of(r#"{"Prompt": "a \u732b & a dog"}"#),
        ),
        (
            "`<`, `>` and `&` escaped",
            BODY,
            hex_of(r#"{"Prompt": "a 猫 \u0026 a dog"}"#),
        ),
    ] {
        check(part, |signer| {
            body.clone_into(&mut signer.body);
            signer.slot = Some(slot);
        });
    }
    check("was sent, but the body was signed", |signer| {
        signer
            .more
            .push(("x-tc-content-sha256", "UNSIGNED-PAYLOAD"));
    });
}

/// The expected text, and the replaced and the replacing part of the canonical request.
#[test]
fn mistakes_in_the_canonical_request_are_named() {
    let sorted = format!("content-type:{TYPE}\nhost:{HOST}\nx-tc-action:createaigcvideotask");
    let reversed = format!("x-tc-action:createaigcvideotask\nhost:{HOST}\ncontent-type:{TYPE}");
    let named = format!("Content-Type:{TYPE}\nHost:{HOST}\nX-Tc-Action:createaigcvideotask");
    let only = format!("content-type:{TYPE}\nhost:{HOST}\n\ncontent-type;host\n");
    let all = format!("{sorted}\n\ncontent-type;host;x-tc-action\n");
    for (part, from, to) in [
        (
            "the host `mps.intl.tencentcloudapi.com` was",
            HOST,
            "mps.intl.tencentcloudapi.com",
        ),
        (
            "the host `mps.tencentcloudapi.com` was",
            HOST,
            "mps.tencentcloudapi.com",
        ),
        (
            "the host `mps.ap-seoul.tencentcloudapi.com`",
            HOST,
            "mps.ap-seoul.tencentcloudapi.com",
        ),
        (
            "the host `mps.emulator.invalid:443` was",
            HOST,
            "mps.emulator.invalid:443",
        ),
        (
            "type `application/json; charset=utf-8` was",
            TYPE,
            "application/json; charset=utf-8",
        ),
        (
            "type `application/json;charset=UTF-8` was",
            TYPE,
            "application/json;charset=UTF-8",
        ),
        (
            "`application/x-www-form-urlencoded`",
            TYPE,
            "application/x-www-form-urlencoded",
        ),
        (
            "as they were sent, but must be in lower case",
            "createaigcvideotask",
            CREATE,
        ),
        ("names of headers were signed in capitals", &sorted, &named),
        ("in another order than sorted by name", &sorted, &reversed),
        ("`content-type;host` were signed, but", &all, &only),
        ("the method was signed as `GET`", "POST", "GET"),
        ("the path `` was signed", "\n/\n", "\n\n"),
        ("the line for the query", "/\n\n", "/\n"),
        (
            "headers and their names was left out",
            "\n\ncontent-type;",
            "\ncontent-type;",
        ),
    ] {
        check(part, |signer| signer.spoil(from, to));
    }
    check(
        "the host `localhost:4567` was signed, but `127.0.0.1:4567`",
        |signer| {
            signer.sent_host = "127.0.0.1:4567".into();
            signer.spoil(HOST, "localhost:4567");
        },
    );
}

#[test]
fn mistakes_in_the_string_to_sign_are_named() {
    for (part, from, to) in [
        (
            "in milliseconds, but sent in seconds",
            "1771156800",
            "1771156800000",
        ),
        ("from one reading of the clock", "1771156800", "1771156799"),
        (
            "string to sign was written for `2026-02-16/mps`",
            "02-15",
            "02-16",
        ),
        (
            "of the canonical request was written in capitals",
            "DIGEST",
            "CAPITALS",
        ),
    ] {
        check(part, |signer| {
            signer.to_sign = signer.to_sign.replace(from, to);
        });
    }
}

#[test]
fn mistakes_about_the_key_are_named() {
    check("without `TC3` before", |signer| drop(signer.key.drain(..3)));
    check("with a line break at its end", |signer| {
        signer.key.push(b'\n');
    });
    check("service before the date", |signer| signer.labels.swap(0, 1));
    for (part, place, label) in [
        ("key was derived for `2026-02-14/mps`", 0, "2026-02-14"),
        ("key was derived for `20260215/mps`", 0, "20260215"),
        ("key was derived for `2026-02-15/cvm`", 1, "cvm"),
    ] {
        check(part, |signer| label.clone_into(&mut signer.labels[place]));
    }
    check(
        "key and string to sign were made for `2026-02-16/mps`",
        |signer| {
            signer.labels[0] = "2026-02-16".into();
            signer.to_sign = signer.to_sign.replace("02-15", "02-16");
        },
    );
    check("on hex digits instead of bytes", |signer| {
        signer.steps_in_hex = true;
    });
}

#[test]
fn both_canonical_requests_stand_side_by_side_with_the_first_difference_marked() {
    let (_, detail) = judged(|signer| signer.spoil(HOST, "mps.tencentcloudapi.com"));
    let hash = hex_of(BODY);
    let request = |who: &str, host: &str| {
        format!(
            "canonical request of the {who}:\n  POST\n  /\n  \n  content-type:application/json\n\
             > host:{host}\n  x-tc-action:createaigcvideotask\n  \n  content-type;host;x-tc-action\n  {hash}\n"
        )
    };
    let expected = format!(
        "the host `mps.tencentcloudapi.com` was signed, but `{HOST}` was sent\n{}{}",
        request("emulator", HOST),
        request("client", "mps.tencentcloudapi.com"),
    );
    assert_eq!(detail, expected);
}

#[test]
fn a_difference_after_the_canonical_request_shows_the_string_to_sign() {
    let (_, detail) = judged(|s| s.to_sign = s.to_sign.replace("1771156800", "1771156799"));
    assert!(
        detail.contains("canonical request of both:\n  POST\n"),
        "{detail}"
    );
    assert!(
        detail.contains("string to sign of the emulator:\n  TC3-HMAC-SHA256\n> 1771156800\n"),
        "{detail}"
    );
    assert!(
        detail.contains("string to sign of the client:\n  TC3-HMAC-SHA256\n> 1771156799\n"),
        "{detail}"
    );
}

#[test]
fn two_mistakes_at_once_are_not_explained_but_shown() {
    let (_, detail) = judged(|signer| {
        signer.spoil(HOST, "mps.tencentcloudapi.com");
        signer.key.push(b'\n');
    });
    let diagnosis = detail.lines().next().unwrap();
    assert!(
        diagnosis.starts_with("none of ") && diagnosis.contains("usual mistakes"),
        "{detail}"
    );
    assert!(
        detail.contains("canonical request of the emulator:\n  POST\n"),
        "{detail}"
    );
}

#[test]
fn a_wrong_scope_and_a_timestamp_in_milliseconds_are_named_too() {
    for (part, scope) in [
        (
            "the service `localhost`",
            "2026-02-15/localhost/tc3_request",
        ),
        ("may be the local one", "2026-02-16/mps/tc3_request"),
        ("as YYYY-MM-DD", "20260215/mps/tc3_request"),
    ] {
        let (code, detail) = judged(|signer| scope.clone_into(&mut signer.scope));
        assert_eq!(code, "AuthFailure.SignatureFailure", "{part}");
        assert!(detail.contains(part), "{part}: {detail}");
    }
    let (code, detail) = judged(|signer| signer.timestamp.push_str("000"));
    assert_eq!(code, "AuthFailure.SignatureExpire");
    assert!(detail.contains("is in milliseconds"), "{detail}");
}
