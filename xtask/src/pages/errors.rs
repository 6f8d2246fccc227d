//! The page of the service's error codes: meaning, money, retries, exit code and the next step.
//!
//! Codes, classes, meanings and hints are facts of the specification. What the client does about a
//! class is decided in `mps-core` and `mps-cli`, which this crate cannot use; the tests of both crates and
//! `tests/tests/error_page.rs` compare the page with them.

use crate::{
    codegen::GenerateError,
    ir::{ErrorCode, Service},
};

/// A section of the page: errors to which the client reacts in the same way.
struct Section {
    /// `None`: every class that has no section of its own.
    class: Option<&'static str>,
    executed: &'static str,
    title: &'static str,
    reaction: Reaction,
    text: &'static str,
}

/// The reaction to an error of a paid create.
struct Reaction {
    billed: &'static str,
    retried: &'static str,
    advice: &'static str,
    exit: u8,
}

const fn refused(retried: &'static str, advice: &'static str, exit: u8) -> Reaction {
    Reaction {
        billed: "no",
        retried,
        advice,
        exit,
    }
}

const fn doubtful(billed: &'static str, retried: &'static str) -> Reaction {
    Reaction {
        billed,
        retried,
        advice: "look_first",
        exit: 9,
    }
}

const SECTIONS: &[Section] = &[
    Section {
        class: None,
        executed: "maybe",
        title: "In doubt",
        reaction: doubtful("perhaps", "only calls that read"),
        text: "The service failed, and may have created the task before it did. [Look first](guide.md#a-create-in-doubt): a second create may be a second bill.",
    },
    Section {
        class: None,
        executed: "yes",
        title: "Executed",
        reaction: doubtful("yes", "no"),
        text: "The action was executed; only its answer is missing.",
    },
    Section {
        class: Some("throttling"),
        executed: "no",
        title: "Throttled",
        reaction: refused("until the deadline", "retry_later", 6),
        text: "Too many requests, or too many running tasks. These do not count as attempts.",
    },
    Section {
        class: Some("server"),
        executed: "no",
        title: "No capacity",
        reaction: refused("no", "retry_later", 6),
        text: "The service could not take the request and did not execute it.",
    },
    Section {
        class: Some("content"),
        executed: "no",
        title: "Moderation",
        reaction: refused("no", "fix_request", 8),
        text: "The same request is refused again.",
    },
    Section {
        class: Some("input"),
        executed: "no",
        title: "Values of the request",
        reaction: refused("no", "fix_request", 2),
        text: "[Preflight](preflight-rules.md) finds most of these before a request is sent.",
    },
    Section {
        class: Some("not-found"),
        executed: "no",
        title: "Not found",
        reaction: refused("no", "fix_request", 2),
        text: "A wait for a task that this process has created asks again for a minute before it believes the answer.",
    },
    Section {
        class: Some("client"),
        executed: "no",
        title: "The call itself",
        reaction: refused("no", "fix_request", 2),
        text: "Action, version, protocol, region or size are wrong: a mistake of the calling program, or a proxy that changes requests.",
    },
    Section {
        class: Some("auth"),
        executed: "no",
        title: "Keys and permissions",
        reaction: refused("no", "fix_account", 3),
        text: "`mps doctor` looks for the cause.",
    },
    Section {
        class: Some("token"),
        executed: "no",
        title: "Temporary tokens",
        reaction: refused("once, with new credentials", "fix_account", 3),
        text: "Retried only if the provider has another token.",
    },
    Section {
        class: Some("clock-skew"),
        executed: "no",
        title: "Clock",
        reaction: refused("once, with the service's time", "fix_account", 3),
        text: "The time is taken from the answer, and corrected by one day at most.",
    },
    Section {
        class: Some("quota"),
        executed: "no",
        title: "Quota",
        reaction: refused("no", "fix_account", 4),
        text: "A pause of seconds does not help.",
    },
    Section {
        class: Some("account"),
        executed: "no",
        title: "Account",
        reaction: refused("no", "fix_account", 4),
        text: "The account is not in order; every call fails until it is.",
    },
    Section {
        class: Some("dry-run"),
        executed: "no",
        title: "Dry run",
        reaction: refused("no", "give_up", 2),
        text: "Not an error: a dry run that would have succeeded.",
    },
];

const INTRODUCTION: &str = "
# Error codes of the service

What each code means, whether a create that ended with it is billed, whether the client sends it again, and
what to do. `mps` prints the same meaning and hint with an error.

A code that is not listed has the entry of its longest part before a dot, for example
`InvalidParameterValue.Prompt` that of `InvalidParameterValue`. A code without such a part may have been
executed: a read is retried, and a create is [in doubt](#in-doubt).

*Billed*, *retried*, the library's `Error::advice()` and the exit code of `mps` are those of a create. A read is
never billed, and is retried wherever a create is, and in doubt as well. Once a task exists, a failed status or
download is exit code 5 or 10, whatever the code.
";

/// Errors that are not codes of the service.
const KINDS: &str = "
## Without a code

Errors that the service did not report: `Error::kind()`, in JSON the member `kind`.

| kind | meaning | billed | retried | `advice()` | exit code |
|---|---|---|---|---|---|
| `config` | the client or the call is set up wrongly | no | no | `fix_request` | 2 |
| `preflight` | the request breaks [a documented rule](preflight-rules.md) | no | no | `fix_request` | 2 |
| `credentials` | no usable credentials | no | no | `fix_account` | 3 |
| `limiter` | the rate limiter cannot be reached | no | no | `retry_later` | 6 |
| `gate` | the ledger did not record the intent | no | no | `retry_later` | 6 |
| `connect` | no connection was made | no | yes | `retry_later` | 6 |
| `timeout`, before a byte left | the deadline passed | no | yes | `retry_later` | 6 |
| `timeout`, after that | no answer in time | perhaps | only calls that read | `look_first` | 9 |
| `interrupted` | the connection broke before the whole answer came | perhaps | only calls that read | `look_first` | 9 |
| `gateway`, status 4xx but 408 and 499 | a proxy refused the request and did not forward it | no | after 429 | `retry_later` | 6 |
| `gateway`, any other status | a proxy gave up; it may have forwarded the request | perhaps | only calls that read | `look_first` | 9 |
| `decode`, not an answer of the service | what came is not an answer of the service | perhaps | only calls that read | `look_first` | 9 |
| `decode`, an answer of another type | the action was executed; a member of its answer has another type | yes | no | `look_first` | 9 |
| `too_large`, the request | the request is larger than allowed | no | no | `fix_request` | 2 |
| `too_large`, the answer | the answer is larger than allowed | perhaps | only calls that read | `look_first` | 9 |

`cancelled` is received by observers only: the caller went away, and a create is perhaps billed if bytes had left.
";

/// Returns the page.
///
/// # Errors
/// Returns a bug of the generator: a class without a section.
pub(super) fn page(service: &Service, mark: &str) -> Result<String, GenerateError> {
    let covered = |error: &ErrorCode| SECTIONS.iter().any(|section| section.contains(error));
    if let Some(error) = service.errors.iter().find(|error| !covered(error)) {
        return Err(GenerateError::Generator(format!(
            "pages/errors.rs has no section for class `{}`, executed `{}`, of {}",
            error.class, error.executed, error.code
        )));
    }
    let sections: String = SECTIONS.iter().map(|one| one.show(service)).collect();
    Ok(format!(
        "{mark} from spec/service.toml. Do not edit. -->\n{INTRODUCTION}{sections}{KINDS}"
    ))
}

impl Section {
    fn contains(&self, error: &ErrorCode) -> bool {
        self.executed == error.executed && self.class.is_none_or(|class| class == error.class)
    }

    /// Returns the text of the section; empty if no code belongs to it.
    fn show(&self, service: &Service) -> String {
        let codes = service.errors.iter().filter(|error| self.contains(error));
        let rows: String = codes.map(row).collect();
        if rows.is_empty() {
            return rows;
        }
        let Reaction {
            billed,
            retried,
            advice,
            exit,
        } = self.reaction;
        format!(
            "\n## {}\n\n{}\n\nBilled: {billed}. Retried: {retried}. Advice: `{advice}`. Exit code: {exit}.\n\n\
             | code | meaning | what to do |\n|---|---|---|\n{rows}",
            self.title, self.text
        )
    }
}

fn row(error: &ErrorCode) -> String {
    // Angle brackets would be HTML.
    let hint = error.hint.replace('<', "&lt;").replace('>', "&gt;");
    let concurrency = error.concurrency_text.as_ref().map(|text| {
        format!(
            "; with \"{text}\" in the message, too many running tasks, and the pauses are longer"
        )
    });
    format!(
        "| `{}` | {}{} | {hint} |\n",
        error.code,
        error.meaning,
        concurrency.unwrap_or_default()
    )
}
