use super::{Evidence, Mistake, one};

pub(super) fn request_line(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let method = |what: &str, method: &str| {
        let what = format!("the method was signed as `{method}`, {what}");
        one(evidence, what, |attempt| {
            method.clone_into(&mut attempt.method)
        })
    };
    let path = |path: &str| {
        let what = format!("the path `{path}` was signed, but `/` was called");
        one(evidence, what, |attempt| path.clone_into(&mut attempt.path))
    };
    let host = evidence.header("host").unwrap_or_default();
    let action = evidence.header("x-tc-action").unwrap_or_default();
    let query = |query: &str| {
        let what = format!("the query `{query}` was signed, but not sent");
        one(evidence, what, |attempt| {
            attempt.query = Some(query.to_owned())
        })
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
            |attempt| attempt.query = Some(String::new()),
        ),
    ]
}

pub(super) fn layout(evidence: &Evidence<'_>) -> Vec<Mistake> {
    vec![
        one(
            evidence,
            "the empty line between the headers and their names was left out",
            |attempt| attempt.gap = "",
        ),
        one(
            evidence,
            "there are two empty lines between the headers and their names",
            |attempt| attempt.gap = "\n\n",
        ),
        one(
            evidence,
            "the canonical request ends with a line break, and should not",
            |attempt| attempt.end = "\n",
        ),
        one(
            evidence,
            "the lines of the canonical request end in CR LF, and should end in LF",
            |attempt| attempt.line_end = "\r\n",
        ),
        one(
            evidence,
            "the line for the query, which is empty, was left out of the canonical request",
            |attempt| attempt.query = None,
        ),
    ]
}
