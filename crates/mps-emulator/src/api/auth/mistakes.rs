//! The mistakes that signers usually make, each as a sentence and as the signature it leads to.

use mps_models::service::{NAME as SERVICE, REGIONS, SITES};

use super::{
    Evidence,
    guess::{DigestForm, Guess, Payload, Scope, Steps},
    json,
};

pub(super) type Mistake = (String, Guess);

/// Every mistake that is tried.
pub(super) fn all(evidence: &Evidence<'_>) -> impl Iterator<Item = Mistake> {
    let groups: [fn(&Evidence<'_>) -> Vec<Mistake>; 8] = [
        payload,
        host,
        content_type,
        headers,
        request_line,
        layout,
        string_to_sign,
        key,
    ];
    groups.into_iter().flat_map(|group| group(evidence))
}

fn one(
    evidence: &Evidence<'_>,
    what: impl Into<String>,
    change: impl FnOnce(&mut Guess),
) -> Mistake {
    let mut guess = evidence.right.clone();
    change(&mut guess);
    (what.into(), guess)
}

/// A body longer than this is not hashed again and again.
const LONGEST_RESPELLED: usize = 64 * 1024;

fn payload(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let hashed = |what: &str, bytes: &[u8]| {
        one(evidence, what, |guess| {
            guess.payload = Payload::hashed(bytes)
        })
    };
    let mut mistakes = vec![
        hashed("the payload was hashed as if the body were empty", b""),
        hashed("the payload was hashed as if the body were `{}`", b"{}"),
        hashed("the payload was hashed as if the body were `null`", b"null"),
        hashed(
            "the payload was signed as UNSIGNED-PAYLOAD, but the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was not sent",
            b"UNSIGNED-PAYLOAD",
        ),
        one(
            evidence,
            "the payload was signed as the text UNSIGNED-PAYLOAD instead of its hash",
            |guess| {
                guess.payload = Payload::Digest("UNSIGNED-PAYLOAD".to_owned());
            },
        ),
        one(
            evidence,
            "the hash of the payload was written in capitals",
            |guess| {
                if let Payload::Digest(digest) = &mut guess.payload {
                    digest.make_ascii_uppercase();
                }
            },
        ),
    ];
    if evidence.body.len() <= LONGEST_RESPELLED {
        mistakes.extend(respelled(evidence));
    }
    mistakes
}

fn respelled(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let body = evidence.body;
    let signed = |what: &str, bytes: &[u8]| {
        let what = format!("the body was signed {what}, which is not what was sent");
        one(evidence, what, |guess| {
            guess.payload = Payload::hashed(bytes)
        })
    };
    let mut mistakes = vec![
        one(
            evidence,
            "the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was sent, but the body was signed",
            |guess| guess.payload = Payload::hashed(body),
        ),
        signed("with a line break at its end", &[body, b"\n"].concat()),
        signed("without the space around it", body.trim_ascii()),
        signed("with a byte order mark", &[b"\xef\xbb\xbf", body].concat()),
    ];
    if let Ok(text) = std::str::from_utf8(body) {
        mistakes.push(one(
            evidence,
            "the payload was signed itself instead of its hash",
            |guess| {
                guess.payload = Payload::Raw(text.to_owned());
            },
        ));
        let spellings = json::spellings(text).into_iter();
        mistakes.extend(spellings.map(|(what, text)| signed(what, text.as_bytes())));
    }
    mistakes
}

fn host(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("host") else {
        return Vec::new();
    };
    let name = sent.rsplit_once(':').map_or(sent, |(name, _)| name);
    let port = sent.rsplit_once(':').map_or("", |(_, port)| port);
    let mut hosts = vec![
        sent.to_ascii_lowercase(),
        sent.to_ascii_uppercase(),
        format!("{name}:80"),
        format!("{name}:443"),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        format!("http://{sent}"),
        format!("https://{sent}"),
        format!("{sent}/"),
    ];
    for site in SITES {
        hosts.push(site.host.to_owned());
        hosts.push(site.root_domain.to_owned());
        let regional = REGIONS
            .iter()
            .map(|region| format!("{SERVICE}.{region}.{}", site.regional_domain));
        hosts.extend(regional);
    }
    hosts.push(format!("{SERVICE}.internal.tencentcloudapi.com"));
    hosts.sort();
    hosts.dedup();
    hosts.retain(|host| host != sent);
    hosts
        .into_iter()
        .map(|host| {
            let what = format!("the host `{host}` was signed, but `{sent}` was sent");
            one(evidence, what, |guess| set(guess, "host", &host))
        })
        .collect()
}

fn content_type(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let Some(sent) = evidence.header("content-type") else {
        return Vec::new();
    };
    let plain = sent.split(';').next().unwrap_or_default();
    let mut types: Vec<String> = [
        plain,
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/octet-stream",
        "text/plain",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    types.extend([sent.to_ascii_lowercase(), sent.to_ascii_uppercase()]);
    types.retain(|value| value != sent);
    types
        .into_iter()
        .map(|value| {
            let what = format!("the content type `{value}` was signed, but `{sent}` was sent");
            one(evidence, what, |guess| set(guess, "content-type", &value))
        })
        .collect()
}

fn headers(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the values of headers were signed as they were sent, but belong in lower case (`x-tc-action` among them)",
            |guess| each(guess, |name, value| evidence.set_as_sent(name, value)),
        ),
        one(
            evidence,
            "the values of headers were signed in lower case, `content-type` and `host` too",
            |guess| {
                each(guess, |_, value| value.make_ascii_lowercase());
            },
        ),
        one(
            evidence,
            "a space was signed after the colon of each header",
            |guess| {
                each(guess, |_, value| value.insert(0, ' '));
            },
        ),
        one(
            evidence,
            "the names of headers were signed in capitals, but belong in lower case",
            |guess| {
                each(guess, |name, _| *name = capitalized(name));
            },
        ),
        one(
            evidence,
            "the headers were signed in another order than sorted by name",
            |guess| {
                guess.headers.reverse();
            },
        ),
        one(
            evidence,
            "the headers were signed in another order than sorted by name, and so were their names",
            |guess| {
                guess.headers.reverse();
                guess.signed_headers = names(guess);
            },
        ),
        one(
            evidence,
            "the names of the signed headers were signed with `,` between them instead of `;`",
            |guess| {
                guess.signed_headers = guess.signed_headers.replace(';', ",");
            },
        ),
    ];
    mistakes.extend(other_sets(evidence));
    mistakes
}

/// The sets of headers that official clients and documentation sign.
const SETS: [&str; 5] = [
    "content-type;host",
    "content-type;host;x-tc-action",
    "content-type;host;x-tc-action;x-tc-timestamp;x-tc-version",
    "content-type;host;x-tc-action;x-tc-region;x-tc-timestamp;x-tc-version",
    "host",
];

fn other_sets<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = Mistake> + 'a {
    let declared = &evidence.right.signed_headers;
    let others = SETS.into_iter().filter(move |set| set != declared);
    others.map(move |set| {
        let what =
            format!("the headers `{set}` were signed, but `SignedHeaders` says `{declared}`");
        one(evidence, what, |guess| {
            let names = set.split(';');
            guess.headers = names
                .filter_map(|name| evidence.canonical_header(name))
                .collect();
            guess.signed_headers = set.to_owned();
        })
    })
}

fn request_line(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let method = |what: &str, method: &str| {
        let what = format!("the method was signed as `{method}`, {what}");
        one(evidence, what, |guess| guess.method = method.to_owned())
    };
    let path = |path: &str| {
        let what = format!("the path `{path}` was signed, but `/` was called");
        one(evidence, what, |guess| guess.path = path.to_owned())
    };
    let host = evidence.header("host").unwrap_or_default();
    let action = evidence.header("x-tc-action").unwrap_or_default();
    let query = |query: &str| {
        let what = format!("the query `{query}` was signed, but not sent");
        one(evidence, what, |guess| guess.query = Some(query.to_owned()))
    };
    vec![
        method("but belongs in capitals", "post"),
        method("but a POST was sent", "GET"),
        path(""),
        path("//"),
        path("/v3"),
        path(host),
        path(&format!("http://{host}/")),
        path(&format!("/{action}")),
        query(&format!("Action={action}")),
        query("?"),
        one(
            evidence,
            "the query that was sent was not signed",
            |guess| guess.query = Some(String::new()),
        ),
    ]
}

fn layout(evidence: &Evidence<'_>) -> Vec<Mistake> {
    vec![
        one(
            evidence,
            "the empty line between the headers and their names was left out",
            |guess| guess.gap = "",
        ),
        one(
            evidence,
            "there are two empty lines between the headers and their names",
            |guess| guess.gap = "\n\n",
        ),
        one(
            evidence,
            "the canonical request ends with a line break, and should not",
            |guess| guess.end = "\n",
        ),
        one(
            evidence,
            "the lines of the canonical request end in CR LF, and should end in LF",
            |guess| guess.line_end = "\r\n",
        ),
        one(
            evidence,
            "the line for the query, which is empty, was left out of the canonical request",
            |guess| guess.query = None,
        ),
    ]
}

fn string_to_sign(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the string to sign has the canonical request itself instead of its hash",
            |guess| {
                guess.digest = DigestForm::NotHashed;
            },
        ),
        one(
            evidence,
            "the hash of the canonical request was written in capitals",
            |guess| {
                guess.digest = DigestForm::UpperHex;
            },
        ),
        one(
            evidence,
            "the string to sign ends with a line break, and should not",
            |guess| {
                guess.string_end = "\n";
            },
        ),
        one(
            evidence,
            "the timestamp was signed in milliseconds, but sent in seconds",
            |guess| {
                guess.timestamp.push_str("000");
            },
        ),
    ];
    for seconds in [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5_i64] {
        let what = "the timestamp that was signed is not the one that was sent; take both, and the date, from one reading of the clock";
        mistakes.push(one(evidence, what, |guess| {
            guess.timestamp = evidence.timestamp.saturating_add(seconds).to_string();
        }));
    }
    mistakes
}

fn key(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the key was derived without `TC3` before the secret key",
            |guess| guess.key.prefix = "",
        ),
        one(
            evidence,
            "the key was derived with `AWS4` before the secret key",
            |guess| guess.key.prefix = "AWS4",
        ),
        one(
            evidence,
            "the steps of the key's derivation were taken on hex digits instead of bytes",
            |guess| {
                guess.key.steps = Steps::Hex;
            },
        ),
        one(
            evidence,
            "the key was derived with the service before the date",
            |guess| guess.key.steps = Steps::Swapped,
        ),
        one(
            evidence,
            "the secret id was used in place of the secret key",
            |guess| {
                evidence.secret_id.clone_into(&mut guess.key.secret);
            },
        ),
    ];
    let secret = |what: &str, before: &str, after: &str| {
        let what = format!("the secret key was used with {what}");
        one(evidence, what, |guess| {
            guess.key.secret = [before, &guess.key.secret, after].concat()
        })
    };
    mistakes.extend([
        secret("a line break at its end", "", "\n"),
        secret("a line break (CR LF) at its end", "", "\r\n"),
        secret("a space at its end", "", " "),
        secret("a space before it", " ", ""),
        secret("quotes around it", "\"", "\""),
        secret("single quotes around it", "'", "'"),
    ]);
    mistakes.extend(scopes(evidence));
    mistakes
}

fn scopes(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let right = &evidence.right.scope;
    let host = evidence.header("host").unwrap_or_default();
    let label = host.split([':', '.']).next().unwrap_or_default();
    let services = [label, "MPS", "tc3", "cvm", "vod", "mps.intl", ""];
    let services = services.into_iter().map(|service| Scope {
        date: right.date.clone(),
        service: service.to_owned(),
    });
    let day = 86_400;
    let dates = [-day, day].map(|off| Scope {
        date: date(evidence.timestamp.saturating_add(off)),
        service: right.service.clone(),
    });
    let compact = Scope {
        date: right.date.replace('-', ""),
        service: right.service.clone(),
    };
    let all = dates.into_iter().chain([compact]).chain(services);
    all.filter(|scope| scope != right)
        .flat_map(|scope| in_each_place(evidence, &scope))
        .collect()
}

/// A wrong scope in the key, in the string to sign, and in both.
fn in_each_place(evidence: &Evidence<'_>, scope: &Scope) -> [Mistake; 3] {
    let what = |place: &str| {
        format!(
            "{place} for `{}/{}`, but the credential scope says `{}/{}`",
            scope.date, scope.service, evidence.right.scope.date, evidence.right.scope.service,
        )
    };
    [
        one(evidence, what("the key was derived"), |guess| {
            guess.key.scope = scope.clone()
        }),
        one(evidence, what("the string to sign was written"), |guess| {
            guess.scope = scope.clone()
        }),
        one(
            evidence,
            what("key and string to sign were made"),
            |guess| {
                guess.key.scope = scope.clone();
                guess.scope = scope.clone();
            },
        ),
    ]
}

fn date(timestamp: i64) -> String {
    mps_core::sign::Scope::at(timestamp, SERVICE)
        .date()
        .to_owned()
}

fn set(guess: &mut Guess, name: &str, value: &str) {
    let found = guess.headers.iter_mut().find(|(known, _)| known == name);
    if let Some((_, known)) = found {
        value.clone_into(known);
    }
}

fn each(guess: &mut Guess, change: impl Fn(&mut String, &mut String)) {
    guess
        .headers
        .iter_mut()
        .for_each(|(name, value)| change(name, value));
}

fn names(guess: &Guess) -> String {
    let names: Vec<&str> = guess
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.join(";")
}

/// `content-type` as `Content-Type`.
fn capitalized(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}
