//! `mps sign`: prints the stages of a signature, to compare with those of another program.

use clap::Args;
use mps_core::{
    clock::{Clock as _, SystemClock, unix_seconds},
    sign::{self, CanonicalRequest, Payload, Request, Scope, SigningKey},
};
use serde::Serialize;

use crate::{context::Context, failure::Failure, input::Source};

/// The arguments of `mps sign`.
#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// Unix time in seconds [default: now]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timestamp: Option<i64>,
    /// Value of the Host header [default: that of the endpoint]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Service the key is derived for
    #[arg(long, value_name = "NAME", default_value = "mps")]
    service: String,
    /// Value of the X-TC-Action header; needed when it is signed
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// HTTP method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,
    /// Value of the Content-Type header
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    content_type: String,
    /// Names of the headers to sign, out of content-type, host and x-tc-action
    #[arg(
        long,
        value_name = "NAMES",
        default_value = "content-type;host;x-tc-action"
    )]
    signed_headers: String,
    /// Body
    #[arg(long, value_name = "TEXT|@FILE|-", default_value = "{}")]
    payload: String,
}

/// `mps.sign/1`.
#[derive(Serialize)]
struct SignResult<'a> {
    schema: &'static str,
    canonical_request: &'a str,
    string_to_sign: &'a str,
    authorization: &'a str,
    signed_headers: &'a str,
}

pub(crate) async fn run(args: SignArgs, context: &Context) -> Result<(), Failure> {
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
    context.output.listing(&human(&result), &result)
}

fn headers<'a>(args: &'a SignArgs, host: &'a str) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    let mut headers = Vec::new();
    for name in args.signed_headers.split(';') {
        let value = value(name, args, host)?;
        if headers.iter().any(|(signed, _)| *signed == name) {
            let what = format!("--signed-headers: {name:?} is named twice");
            return Err(Failure::usage(what).hint("a header is signed once"));
        }
        if value.contains(char::is_control) {
            let what = format!("no header {name} can have the value {value:?}");
            return Err(Failure::usage(what).hint("leave line breaks and the like out"));
        }
        headers.push((name, value));
    }
    Ok(headers)
}

fn value<'a>(name: &str, args: &'a SignArgs, host: &'a str) -> Result<&'a str, Failure> {
    match name {
        "content-type" => Ok(&args.content_type),
        "host" => Ok(host),
        "x-tc-action" => args.action.as_deref().ok_or_else(|| {
            Failure::usage("x-tc-action is to be signed but --action is not given")
                .hint("give --action, or --signed-headers 'content-type;host'")
        }),
        _ => Err(
            Failure::usage(format!("--signed-headers: {name:?} cannot be signed here"))
                .hint("choose from content-type, host and x-tc-action, joined by semicolons"),
        ),
    }
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
