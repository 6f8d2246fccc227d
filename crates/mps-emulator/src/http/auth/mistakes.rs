//! The usual mistakes of signers, each with the signing attempt that results from it.
//!
//! The list covers mistakes seen in clients written by hand (missing blank line, `TC3` prefix, hex
//! digits between the steps) and in HTTP libraries that change a request after it was signed
//! (host, content type, respelled JSON).

use mps_models::service::{NAME as SERVICE, REGIONS, SITES};

use super::{
    diagnosis::Evidence,
    json_respelling,
    signing_attempt::{Derivation, Scope, SigningAttempt, hash},
};

/// A mistake and the signing attempt that results from it.
pub(super) struct Mistake {
    pub(super) description: String,
    pub(super) attempt: SigningAttempt,
}

/// Returns every mistake to try, in the order in which they are tried.
pub(super) fn all(evidence: &Evidence<'_>) -> impl Iterator<Item = Mistake> {
    let groups: [fn(&Evidence<'_>) -> Vec<Mistake>; 7] = [
        payloads,
        hosts,
        content_types,
        headers,
        canonical_requests,
        strings_to_sign,
        keys,
    ];
    groups.into_iter().flat_map(|group| group(evidence))
}

fn one(
    evidence: &Evidence<'_>,
    description: impl Into<String>,
    change: impl FnOnce(&mut SigningAttempt),
) -> Mistake {
    let mut attempt = evidence.expected.clone();
    change(&mut attempt);
    Mistake {
        description: description.into(),
        attempt,
    }
}

/// A longer body is not respelled, which bounds the work for one wrong call.
const MAX_RESPELLED: usize = 64 * 1024;

fn payloads(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let body = evidence.body;
    let hashed = |description: &str, bytes: &[u8]| {
        one(evidence, description, |attempt| {
            attempt.payload_hash = hash(bytes);
        })
    };
    let mut mistakes = vec![
        hashed("the payload was hashed as if the body were empty", b""),
        hashed("the payload was hashed as if the body were `{}`", b"{}"),
        hashed(
            "the payload was signed as UNSIGNED-PAYLOAD, but the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was not sent",
            b"UNSIGNED-PAYLOAD",
        ),
        one(
            evidence,
            "the hash of the payload was written in capitals",
            |attempt| attempt.payload_hash.make_ascii_uppercase(),
        ),
    ];
    if body.len() > MAX_RESPELLED {
        return mistakes;
    }
    mistakes.push(hashed(
        "the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was sent, but the body was signed",
        body,
    ));
    let mut respelled = vec![
        ("with a line break at its end", [body, b"\n"].concat()),
        ("without the space around it", body.trim_ascii().to_vec()),
    ];
    if let Ok(text) = std::str::from_utf8(body) {
        let spellings = json_respelling::spellings(text).into_iter();
        respelled.extend(spellings.map(|(how, text)| (how, text.into_bytes())));
    }
    mistakes.extend(respelled.into_iter().map(|(how, bytes)| {
        let description = format!("the body was signed {how}, which differs from the sent one");
        hashed(&description, &bytes)
    }));
    mistakes
}

fn hosts(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("host") else {
        return Vec::new();
    };
    let (name, port) = sent.rsplit_once(':').unwrap_or((sent, ""));
    let mut hosts = vec![
        sent.to_ascii_lowercase(),
        format!("{name}:80"),
        format!("{name}:443"),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        format!("http://{sent}"),
    ];
    for site in SITES {
        hosts.extend([site.host, site.root_domain].map(str::to_owned));
        let regional = REGIONS
            .iter()
            .map(|region| format!("{SERVICE}.{region}.{}", site.regional_domain));
        hosts.extend(regional);
    }
    values(evidence, "host", "host", sent, hosts)
}

fn content_types(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("content-type") else {
        return Vec::new();
    };
    let plain = sent.split(';').next().unwrap_or_default();
    let types = [
        plain,
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "",
    ];
    let types = types.map(str::to_owned).to_vec();
    values(evidence, "content-type", "content type", sent, types)
}

/// Mistakes in which another value than the sent one was signed.
fn values(
    evidence: &Evidence<'_>,
    header: &str,
    label: &str,
    sent: &str,
    values: Vec<String>,
) -> Vec<Mistake> {
    let others = values.into_iter().filter(|value| value != sent);
    others
        .map(|value| {
            let description = format!("the {label} `{value}` was signed, but `{sent}` was sent");
            one(evidence, description, |attempt| {
                let mut headers = attempt.headers.iter_mut();
                if let Some((_, known)) = headers.find(|(name, _)| name == header) {
                    *known = value;
                }
            })
        })
        .collect()
}

/// The sets of headers that official clients and documentation sign.
const SIGNED_SETS: [&str; 5] = [
    "content-type;host",
    "content-type;host;x-tc-action",
    "content-type;host;x-tc-action;x-tc-timestamp;x-tc-version",
    "content-type;host;x-tc-action;x-tc-region;x-tc-timestamp;x-tc-version",
    "host",
];

fn headers(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the values of headers were signed as they were sent, but must be in lower case (`x-tc-action` among them)",
            |attempt| {
                for (name, value) in &mut attempt.headers {
                    if let Some(sent) = evidence.header(name) {
                        sent.clone_into(value);
                    }
                }
            },
        ),
        one(
            evidence,
            "the values of headers were signed in lower case, `content-type` and `host` too",
            |attempt| {
                let values = attempt.headers.iter_mut();
                values.for_each(|(_, value)| value.make_ascii_lowercase());
            },
        ),
        one(
            evidence,
            "the names of headers were signed in capitals, but must be in lower case",
            |attempt| {
                let names = attempt.headers.iter_mut();
                names.for_each(|(name, _)| *name = capitalized(name));
            },
        ),
        one(
            evidence,
            "the headers were signed in another order than sorted by name",
            |attempt| attempt.headers.reverse(),
        ),
    ];
    let declared = &evidence.expected.signed_headers;
    let others = SIGNED_SETS.into_iter().filter(|set| set != declared);
    mistakes.extend(others.map(|set| {
        let description =
            format!("the headers `{set}` were signed, but `SignedHeaders` says `{declared}`");
        one(evidence, description, |attempt| {
            let names = set.split(';');
            attempt.headers = names
                .filter_map(|name| evidence.canonical_header(name))
                .collect();
            set.clone_into(&mut attempt.signed_headers);
        })
    }));
    mistakes
}

/// Returns `content-type` as `Content-Type`.
fn capitalized(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}

fn canonical_requests(evidence: &Evidence<'_>) -> Vec<Mistake> {
    vec![
        one(
            evidence,
            "the method was signed as `GET`, but a POST was sent",
            |attempt| "GET".clone_into(&mut attempt.method),
        ),
        one(
            evidence,
            "the path `` was signed, but `/` was called",
            |attempt| attempt.path.clear(),
        ),
        one(
            evidence,
            "the query that was sent was not signed",
            |attempt| attempt.query = Some(String::new()),
        ),
        one(
            evidence,
            "the line for the query, which is empty, was left out of the canonical request",
            |attempt| attempt.query = None,
        ),
        one(
            evidence,
            "the empty line between the headers and their names was left out",
            |attempt| attempt.separator = "",
        ),
    ]
}

fn strings_to_sign(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the hash of the canonical request was written in capitals",
            |attempt| attempt.digest_in_capitals = true,
        ),
        one(
            evidence,
            "the timestamp was signed in milliseconds, but sent in seconds",
            |attempt| attempt.timestamp.push_str("000"),
        ),
    ];
    mistakes.extend([-2, -1, 1, 2_i64].map(|seconds| {
        let description = "the signed timestamp differs from the sent one; take both, and the date, from one reading of the clock";
        one(evidence, description, |attempt| {
            attempt.timestamp = evidence.timestamp.saturating_add(seconds).to_string();
        })
    }));
    mistakes
}

fn keys(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the key was derived without `TC3` before the secret key",
            |attempt| attempt.key.prefix = "",
        ),
        one(
            evidence,
            "the steps of the key's derivation were taken on hex digits instead of bytes",
            |attempt| attempt.key.derivation = Derivation::HexDigits,
        ),
        one(
            evidence,
            "the key was derived with the service before the date",
            |attempt| attempt.key.derivation = Derivation::Swapped,
        ),
        one(
            evidence,
            "the secret id was used in place of the secret key",
            |attempt| evidence.secret_id.clone_into(&mut attempt.key.secret),
        ),
    ];
    let suffixes = [
        ("a line break at its end", "\n"),
        ("a line break (CR LF) at its end", "\r\n"),
        ("a space at its end", " "),
    ];
    mistakes.extend(suffixes.map(|(how, suffix)| {
        let description = format!("the secret key was used with {how}");
        one(evidence, description, |attempt| {
            attempt.key.secret.push_str(suffix);
        })
    }));
    mistakes.extend(scopes(evidence));
    mistakes
}

/// Wrong scopes in the key, in the string to sign, and in both.
fn scopes(evidence: &Evidence<'_>) -> Vec<Mistake> {
    const DAY: i64 = 86_400;
    let expected = &evidence.expected.scope;
    let host = evidence.header("host").unwrap_or_default();
    let label = host.split([':', '.']).next().unwrap_or_default();
    let services = [label, "MPS", "tc3", "cvm", ""].map(|service| Scope {
        service: service.to_owned(),
        ..expected.clone()
    });
    let date = |offset| {
        let timestamp = evidence.timestamp.saturating_add(offset);
        mps_core::sign::Scope::at(timestamp, SERVICE)
            .date()
            .to_owned()
    };
    let dates = [date(-DAY), date(DAY), expected.date.replace('-', "")].map(|date| Scope {
        date,
        ..expected.clone()
    });
    let scopes = dates.into_iter().chain(services);
    scopes
        .filter(|scope| scope != expected)
        .flat_map(|scope| in_each_place(evidence, &scope))
        .collect()
}

fn in_each_place(evidence: &Evidence<'_>, scope: &Scope) -> [Mistake; 3] {
    let expected = &evidence.expected.scope;
    let places = [
        ("the key was derived", true, false),
        ("the string to sign was written", false, true),
        ("key and string to sign were made", true, true),
    ];
    places.map(|(place, in_key, in_string)| {
        let description = format!(
            "{place} for `{}/{}`, but the credential scope says `{}/{}`",
            scope.date, scope.service, expected.date, expected.service,
        );
        one(evidence, description, |attempt| {
            if in_key {
                attempt.key.scope = scope.clone();
            }
            if in_string {
                attempt.scope = scope.clone();
            }
        })
    })
}
