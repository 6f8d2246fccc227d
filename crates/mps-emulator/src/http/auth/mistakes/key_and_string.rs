//! What comes after the canonical request.

use mps_models::service::NAME as SERVICE;

use super::{Evidence, Mistake, one};
use crate::http::auth::signing_attempt::{DigestForm, Scope, Steps};

pub(super) fn string_to_sign(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the string to sign has the canonical request itself instead of its hash",
            |attempt| {
                attempt.digest = DigestForm::NotHashed;
            },
        ),
        one(
            evidence,
            "the hash of the canonical request was written in capitals",
            |attempt| {
                attempt.digest = DigestForm::UpperHex;
            },
        ),
        one(
            evidence,
            "the string to sign ends with a line break, and should not",
            |attempt| {
                attempt.string_end = "\n";
            },
        ),
        one(
            evidence,
            "the timestamp was signed in milliseconds, but sent in seconds",
            |attempt| {
                attempt.timestamp.push_str("000");
            },
        ),
    ];
    for seconds in [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5_i64] {
        let what = "the timestamp that was signed is not the one that was sent; take both, and the date, from one reading of the clock";
        mistakes.push(one(evidence, what, |attempt| {
            attempt.timestamp = evidence.timestamp.saturating_add(seconds).to_string();
        }));
    }
    mistakes
}

pub(super) fn key(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let mut mistakes = vec![
        one(
            evidence,
            "the key was derived without `TC3` before the secret key",
            |attempt| attempt.key.prefix = "",
        ),
        one(
            evidence,
            "the key was derived with `AWS4` before the secret key",
            |attempt| attempt.key.prefix = "AWS4",
        ),
        one(
            evidence,
            "the steps of the key's derivation were taken on hex digits instead of bytes",
            |attempt| {
                attempt.key.steps = Steps::Hex;
            },
        ),
        one(
            evidence,
            "the key was derived with the service before the date",
            |attempt| attempt.key.steps = Steps::Swapped,
        ),
        one(
            evidence,
            "the secret id was used in place of the secret key",
            |attempt| {
                evidence.secret_id.clone_into(&mut attempt.key.secret);
            },
        ),
    ];
    let secret = |what: &str, before: &str, after: &str| {
        let what = format!("the secret key was used with {what}");
        one(evidence, what, |attempt| {
            attempt.key.secret = [before, &attempt.key.secret, after].concat();
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
        one(evidence, what("the key was derived"), |attempt| {
            attempt.key.scope = scope.clone();
        }),
        one(
            evidence,
            what("the string to sign was written"),
            |attempt| {
                attempt.scope = scope.clone();
            },
        ),
        one(
            evidence,
            what("key and string to sign were made"),
            |attempt| {
                attempt.key.scope = scope.clone();
                attempt.scope = scope.clone();
            },
        ),
    ]
}

fn date(timestamp: i64) -> String {
    mps_core::sign::Scope::at(timestamp, SERVICE)
        .date()
        .to_owned()
}
