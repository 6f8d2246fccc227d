//! Compares `docs/errors.md` with the client: the emulator returns each code of the page, in virtual
//! time, and the error says what the page says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs};

use mps_core::{Dispatch, Error};
use mps_emulator::{Emulator, Fault};
use mps_models::{Action, CreateAigcVideoTask, DescribeAigcVideoTask, service::ERROR_CODES};

/// A section of the page: the line that all its codes share, and the codes.
struct Section<'a> {
    reaction: &'a str,
    codes: Vec<&'a str>,
}

/// Returns a section, if the text is one with codes.
fn section(text: &str) -> Option<Section<'_>> {
    let reaction = text.lines().find(|line| line.starts_with("Billed: "))?;
    let codes = text.lines().filter_map(code).collect();
    Some(Section { reaction, codes })
}

/// Returns the code in a row of a table.
fn code(row: &str) -> Option<&str> {
    Some(row.strip_prefix("| `")?.split_once('`')?.0)
}

/// Returns the error of a call that the service refuses with a code as often as it is sent.
async fn refused<A: Action>(request: A, code: &str) -> Error {
    let service = Emulator::builder().seed(1).service();
    service.fail(Fault::refuse(code)).unwrap();
    let client = service.client().unwrap().build().unwrap();
    client.send(&request).await.err().unwrap()
}

/// Returns the line of a section for an error of a create, without its end, the exit code.
fn reaction(error: &Error, again: &Error) -> String {
    let billed = match error.dispatch() {
        Dispatch::Executed => "yes",
        Dispatch::Unknown => "perhaps",
        _ => "no",
    };
    let retried = match (error.attempts(), again.attempts()) {
        (1, 1) => "no",
        (1, _) => "only calls that read",
        _ => "until the deadline",
    };
    let advice = error.advice();
    format!("Billed: {billed}. Retried: {retried}. Advice: `{advice}`. ")
}

#[tokio::test(start_paused = true)]
async fn the_page_of_error_codes_says_what_the_client_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    let page = fs::read_to_string(path).unwrap();
    let mut seen = BTreeSet::new();
    for section in page.split("\n## ").filter_map(section) {
        // The emulator's clock is right, and its keys have no token: tests of both corrections are
        // `skew.rs` and `refresh.rs` of mps-core.
        let once =
            ["the service's time", "new credentials"].map(|with| format!("once, with {with}"));
        let expected = once.iter().fold(section.reaction.to_owned(), |line, once| {
            line.replace(once, "no")
        });
        for code in section.codes {
            let error = refused(CreateAigcVideoTask::new().prompt("a cat"), code).await;
            let read = DescribeAigcVideoTask::new("2600000146-AigcVideo-a36d1b37");
            let read = refused(read, code).await;
            assert_eq!(error.code(), Some(code));
            assert!(
                expected.starts_with(&reaction(&error, &read)),
                "{code}: {error:?}, {expected}"
            );
            seen.insert(code);
        }
    }
    let known: BTreeSet<_> = ERROR_CODES.iter().map(|known| known.code).collect();
    assert_eq!(seen, known);
}
