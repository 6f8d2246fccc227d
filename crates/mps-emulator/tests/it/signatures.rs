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
    /// `HASH` stands for the payload's.
    canonical: String,
    /// `DIGEST` stands for the canonical request's.
    to_sign: String,
    key: Vec<u8>,
    labels: [String; 3],
    scope: String,
    sent_host: String,
    timestamp: String,
    hash: Box<dyn Fn(&str) -> String>,
    digest: Box<dyn Fn(&str) -> String>,
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
            hash: Box::new(|body| hex_of(body)),
            digest: Box::new(|canonical| hex_of(canonical)),
            more: Vec::new(),
        }
    }

    fn request(&self, world: &World) -> Request<Bytes> {
        let canonical = self.canonical.replace("HASH", &(self.hash)(&self.body));
        let to_sign = self.to_sign.replace("DIGEST", &(self.digest)(&canonical));
        let key = self
            .labels
            .iter()
            .fold(self.key.clone(), |key, label| hmac(&key, label));
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

/// The code that is answered, and what the log says.
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

type Spoil = fn(&mut Signer);

#[test]
fn the_right_one_matches() {
    assert_eq!(judged(|_| {}), (String::new(), String::new()));
}

#[test]
fn every_usual_mistake_is_named() {
    let mistakes: Vec<(&str, Spoil)> = vec![
        // The payload.
        ("as if the body were empty", |s| {
            s.hash = Box::new(|_| hex_of(""))
        }),
        ("as if the body were `{}`", |s| {
            s.hash = Box::new(|_| hex_of("{}"))
        }),
        ("as UNSIGNED-PAYLOAD, but the header", |s| {
            s.hash = Box::new(|_| hex_of("UNSIGNED-PAYLOAD"))
        }),
        ("the text UNSIGNED-PAYLOAD instead of its hash", |s| {
            s.hash = Box::new(|_| "UNSIGNED-PAYLOAD".into())
        }),
        ("was sent, but the body was signed", |s| {
            s.more.push(("x-tc-content-sha256", "UNSIGNED-PAYLOAD"))
        }),
        ("hash of the payload was written in capitals", |s| {
            s.hash = Box::new(|body| hex_of(body).to_uppercase())
        }),
        (
            "with a line break at its end, which is not what was sent",
            |s| s.hash = Box::new(|body| hex_of(format!("{body}\n"))),
        ),
        ("the space around it", |s| {
            s.body.push(' ');
            s.hash = Box::new(|body| hex_of(body.trim()));
        }),
        ("byte order mark", |s| {
            s.hash = Box::new(|body| hex_of(format!("\u{feff}{body}")))
        }),
        ("the payload was signed itself", |s| {
            s.hash = Box::new(str::to_owned)
        }),
        ("without space between", |s| {
            s.hash = Box::new(|_| hex_of(r#"{"Prompt":"a 猫 & a dog"}"#))
        }),
        ("with `, ` and `: ` between", |s| {
            s.body = r#"{"Prompt":"a","Duration":5}"#.into();
            s.hash = Box::new(|_| hex_of(r#"{"Prompt": "a", "Duration": 5}"#));
        }),
        ("with its members sorted", |s| {
            s.body = r#"{"Prompt":"a","Duration":5}"#.into();
            s.hash = Box::new(|_| hex_of(r#"{"Duration":5,"Prompt":"a"}"#));
        }),
        ("outside ASCII escaped", |s| {
            s.hash = Box::new(|_| hex_of(r#"{"Prompt": "a \u732b & a dog"}"#))
        }),
        ("escaped characters written out", |s| {
            s.body = r#"{"Prompt":"a \u732b"}"#.into();
            s.hash = Box::new(|_| hex_of(r#"{"Prompt":"a 猫"}"#));
        }),
        ("`<`, `>` and `&` escaped", |s| {
            s.hash = Box::new(|_| hex_of(r#"{"Prompt": "a 猫 \u0026 a dog"}"#))
        }),
        // The host.
        (
            "the host `mps.intl.tencentcloudapi.com` was signed, but",
            |s| s.spoil(HOST, "mps.intl.tencentcloudapi.com"),
        ),
        ("the host `mps.tencentcloudapi.com` was signed", |s| {
            s.spoil(HOST, "mps.tencentcloudapi.com")
        }),
        (
            "the host `mps.ap-singapore.tencentcloudapi.com` was signed",
            |s| s.spoil(HOST, "mps.ap-singapore.tencentcloudapi.com"),
        ),
        ("the host `mps.emulator.invalid:443` was signed", |s| {
            s.spoil(HOST, "mps.emulator.invalid:443")
        }),
        ("the host `MPS.EMULATOR.INVALID` was signed", |s| {
            s.spoil(HOST, "MPS.EMULATOR.INVALID")
        }),
        (
            "the host `localhost:4567` was signed, but `127.0.0.1:4567`",
            |s| {
                s.sent_host = "127.0.0.1:4567".into();
                s.spoil(HOST, "localhost:4567");
            },
        ),
        // Headers.
        (
            "the content type `application/json; charset=utf-8` was signed",
            |s| s.spoil(TYPE, "application/json; charset=utf-8"),
        ),
        (
            "the content type `application/x-www-form-urlencoded`",
            |s| s.spoil(TYPE, "application/x-www-form-urlencoded"),
        ),
        ("as they were sent, but belong in lower case", |s| {
            s.spoil("createaigcvideotask", CREATE)
        }),
        ("a space was signed after the colon", |s| {
            s.canonical = s.canonical.replace(':', ": ")
        }),
        ("names of headers were signed in capitals", |s| {
            s.spoil("content-type:", "Content-Type:");
            s.spoil("host:", "Host:");
            s.spoil("x-tc-action:", "X-Tc-Action:");
        }),
        ("in another order than sorted by name", |s| {
            s.spoil(
                &format!("content-type:{TYPE}\nhost:{HOST}\nx-tc-action:createaigcvideotask"),
                &format!("x-tc-action:createaigcvideotask\nhost:{HOST}\ncontent-type:{TYPE}"),
            )
        }),
        (
            "the headers `content-type;host` were signed, but `SignedHeaders` says",
            |s| {
                s.spoil("x-tc-action:createaigcvideotask\n", "");
                s.spoil(";x-tc-action", "");
            },
        ),
        // The request line and the layout.
        ("the method was signed as `post`", |s| {
            s.spoil("POST", "post")
        }),
        ("the method was signed as `GET`", |s| s.spoil("POST", "GET")),
        ("the path `` was signed", |s| s.spoil("\n/\n", "\n\n")),
        ("the query `Action=CreateAigcVideoTask` was signed", |s| {
            s.spoil("/\n\n", "/\nAction=CreateAigcVideoTask\n")
        }),
        ("the line for the query", |s| s.spoil("/\n\n", "/\n")),
        (
            "empty line between the headers and their names was left out",
            |s| s.spoil("\n\ncontent-type;", "\ncontent-type;"),
        ),
        ("two empty lines", |s| {
            s.spoil("\n\ncontent-type;", "\n\n\ncontent-type;")
        }),
        ("canonical request ends with a line break", |s| {
            s.canonical.push('\n')
        }),
        ("CR LF", |s| s.canonical = s.canonical.replace('\n', "\r\n")),
        // The string to sign.
        ("itself instead of its hash", |s| {
            s.digest = Box::new(str::to_owned)
        }),
        (
            "hash of the canonical request was written in capitals",
            |s| s.digest = Box::new(|text| hex_of(text).to_uppercase()),
        ),
        ("string to sign ends with a line break", |s| {
            s.to_sign.push('\n')
        }),
        ("signed in milliseconds, but sent in seconds", |s| {
            s.to_sign = s.to_sign.replace("1771156800", "1771156800000")
        }),
        ("take both, and the date, from one reading", |s| {
            s.to_sign = s.to_sign.replace("1771156800", "1771156799")
        }),
        ("string to sign was written for `2026-02-16/mps`", |s| {
            s.to_sign = s.to_sign.replace("02-15", "02-16")
        }),
        // The key.
        ("without `TC3` before the secret key", |s| {
            s.key.drain(..3);
        }),
        ("with a line break at its end", |s| s.key.push(b'\n')),
        ("quotes around it", |s| {
            s.key.insert(3, b'"');
            s.key.push(b'"');
        }),
        ("key was derived for `2026-02-14/mps`", |s| {
            s.labels[0] = "2026-02-14".into()
        }),
        ("key was derived for `2026-02-15/cvm`", |s| {
            s.labels[1] = "cvm".into()
        }),
        ("service before the date", |s| s.labels.swap(0, 1)),
    ];
    for (part, spoil) in mistakes {
        let (code, detail) = judged(spoil);
        assert_eq!(code, "AuthFailure.SignatureFailure", "{part}");
        let diagnosis = detail.lines().next().unwrap();
        assert!(diagnosis.contains(part), "{part}: {diagnosis}");
    }
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
    for (part, spoil) in [
        (
            "the service `localhost`",
            (|s| s.scope = "2026-02-15/localhost/tc3_request".into()) as Spoil,
        ),
        ("may be the local one", |s| {
            s.scope = "2026-02-16/mps/tc3_request".into()
        }),
        ("as YYYY-MM-DD", |s| {
            s.scope = "20260215/mps/tc3_request".into()
        }),
        ("is in milliseconds", |s| {
            s.timestamp = "1771156800000".into()
        }),
    ] {
        let (code, detail) = judged(spoil);
        assert!(code.starts_with("AuthFailure.Signature"), "{code}");
        assert!(detail.contains(part), "{part}: {detail}");
    }
}
