use super::{Evidence, Guess, Mistake, one};

pub(super) fn headers(evidence: &Evidence<'_>) -> Vec<Mistake> {
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
            set.clone_into(&mut guess.signed_headers);
        })
    })
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
