use super::{Evidence, Mistake, SigningAttempt, one};

pub(super) fn headers(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the values of headers were signed as they were sent, but belong in lower case (`x-tc-action` among them)",
            |attempt| each(attempt, |name, value| evidence.set_raw_value(name, value)),
        ),
        one(
            evidence,
            "the values of headers were signed in lower case, `content-type` and `host` too",
            |attempt| {
                each(attempt, |_, value| value.make_ascii_lowercase());
            },
        ),
        one(
            evidence,
            "a space was signed after the colon of each header",
            |attempt| {
                each(attempt, |_, value| value.insert(0, ' '));
            },
        ),
        one(
            evidence,
            "the names of headers were signed in capitals, but belong in lower case",
            |attempt| {
                each(attempt, |name, _| *name = capitalized(name));
            },
        ),
        one(
            evidence,
            "the headers were signed in another order than sorted by name",
            |attempt| {
                attempt.headers.reverse();
            },
        ),
        one(
            evidence,
            "the headers were signed in another order than sorted by name, and so were their names",
            |attempt| {
                attempt.headers.reverse();
                attempt.signed_headers = names(attempt);
            },
        ),
        one(
            evidence,
            "the names of the signed headers were signed with `,` between them instead of `;`",
            |attempt| {
                attempt.signed_headers = attempt.signed_headers.replace(';', ",");
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
        one(evidence, what, |attempt| {
            let names = set.split(';');
            attempt.headers = names
                .filter_map(|name| evidence.canonical_header(name))
                .collect();
            set.clone_into(&mut attempt.signed_headers);
        })
    })
}

fn each(attempt: &mut SigningAttempt, change: impl Fn(&mut String, &mut String)) {
    attempt
        .headers
        .iter_mut()
        .for_each(|(name, value)| change(name, value));
}

fn names(attempt: &SigningAttempt) -> String {
    let names: Vec<&str> = attempt
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
