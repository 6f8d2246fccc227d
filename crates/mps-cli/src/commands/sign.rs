//! `mps sign`: the stages of a signature, to compare with somebody else's.

use mps_core::{
    clock::{Clock as _, SystemClock, unix_seconds},
    sign::{self, CanonicalRequest, Payload, Request, Scope, SigningKey},
};
use serde::Serialize;

use crate::{args, context::Context, failure::Failure, input::Source};

#[derive(Serialize)]
struct SignResult<'a> {
    schema: &'static str,
    canonical_request: &'a str,
    string_to_sign: &'a str,
    authorization: &'a str,
    signed_headers: &'a str,
}

pub(crate) async fn run(args: args::Sign, context: &Context<'_>) -> Result<(), Failure> {
    let payload = Source::text_file_or_stdin("--payload", &args.payload)?.into_text();
    let host = match &args.host {
        Some(host) => host.clone(),
        None => context.endpoint()?.host().to_owned(),
    };
    let headers = headers(&args, &host)?;
    let credentials = context.credentials().await?;
    let canonical = CanonicalRequest::new(&Request {
        method: &args.method,
        uri: "/",
        query: "",
        headers: &headers,
        payload: Payload::Bytes(payload.as_bytes()),
    });
    let timestamp = args
        .timestamp
        .unwrap_or_else(|| unix_seconds(SystemClock::new().wall()));
    let scope = Scope::at(timestamp, &args.service);
    let key = SigningKey::derive(credentials.secret_key(), &scope);
    let signed = sign::sign(canonical, credentials.secret_id(), &key, timestamp);
    let result = SignResult {
        schema: "mps.sign/1",
        canonical_request: &signed.canonical_request.text,
        string_to_sign: &signed.string_to_sign,
        authorization: &signed.authorization,
        signed_headers: &signed.canonical_request.signed_headers,
    };
    context.output.result(&human(&result), &result)
}

fn headers<'a>(args: &'a args::Sign, host: &'a str) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    args.signed_headers
        .split(';')
        .map(|name| match name {
            "content-type" => Ok((name, &*args.content_type)),
            "host" => Ok((name, host)),
            "x-tc-action" => match &args.action {
                Some(action) => Ok((name, &**action)),
                None => Err(Failure::usage(
                    "x-tc-action is to be signed but --action is not given",
                )
                .hint("give --action, or --signed-headers 'content-type;host'")),
            },
            _ => Err(
                Failure::usage(format!("--signed-headers: {name:?} cannot be signed here"))
                    .hint("choose from content-type, host and x-tc-action, joined by semicolons"),
            ),
        })
        .collect()
}

fn human(result: &SignResult<'_>) -> String {
    let SignResult {
        canonical_request,
        string_to_sign,
        authorization,
        ..
    } = result;
    format!(
        "# canonical request\n{canonical_request}\n\n# string to sign\n{string_to_sign}\n\n# authorization\n{authorization}"
    )
}
