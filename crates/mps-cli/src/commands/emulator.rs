//! `mps emulator`: the service on this machine, until it is interrupted.

pub(crate) mod args;
mod durations;

use std::{collections::HashSet, io, net::SocketAddr, path::Path, time::Duration};

use mps_emulator::{Builder, Emulator, StartError};
use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use self::args::EmulatorArgs;
use crate::{
    context::Context,
    failure::{Failure, causes},
    line_writer::{LineWriter, Stream},
    logging,
    output::Event,
    request_log::RequestLog,
    resume::quoted,
};

#[derive(Serialize)]
struct Ready<'a> {
    endpoint: &'a str,
    secret_id: &'a str,
    secret_key: &'a str,
    /// The authority that HTTPS clients have to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<&'a Path>,
    /// The token of the control API, where other machines can reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

pub(crate) async fn run(args: EmulatorArgs, context: &Context) -> Result<(), Failure> {
    let log = args.log.as_deref().map(open_log).transpose()?;
    let said = LineWriter::to(Stream::new("stderr", io::stderr()));
    let written = [
        Some(said.clone()),
        log.as_ref().and_then(RequestLog::writer),
    ];
    // Mistakes of clients are warnings: finding them is the purpose of an emulator.
    logging::start(&context.global, LevelFilter::WARN, said, log);
    let end = serve(args, context).await;
    written.iter().flatten().for_each(LineWriter::flush);
    end
}

async fn serve(args: EmulatorArgs, context: &Context) -> Result<(), Failure> {
    context.phase.end_slowly();
    let emulator = builder(&args)?
        .site(context.global.site())
        .start()
        .await
        .map_err(|error| not_started(&error))?;
    set_up(&emulator, args)?;
    announce(&emulator, context)?;
    // Ends with the first signal: there is nothing else to wait for.
    let _signal = context.phase.race(std::future::pending::<()>()).await;
    emulator.stop().await.map_err(|error| {
        Failure::internal(format!("the state could not be saved: {error}"))
            .hint("changes since the last save are lost; free some space, or name another file")
    })
}

fn open_log(path: &Path) -> Result<RequestLog, Failure> {
    RequestLog::open(path).map_err(|error| {
        Failure::usage(format!("cannot write to {}: {error}", path.display()))
            .hint("name a file that can be written, or - for stdout")
    })
}

fn builder(args: &EmulatorArgs) -> Result<Builder, Failure> {
    let (tasks, limits) = (&args.tasks, &args.limits);
    let mut builder = with_keys(Emulator::builder(), args)?
        .listen(args.listen)
        .durations(durations::durations(tasks)?)
        .bucket_urls(tasks.bucket_urls.into())
        .rate_limit(limits.rate_limit.into());
    if let Some(path) = &args.state {
        builder = builder.state_file(path);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(most) = limits.concurrency {
        builder = builder.concurrency(most);
    }
    if args.pace.accept_machine_time {
        builder = builder.accept_machine_time();
    }
    if args.tls {
        builder = with_tls(builder)?;
    }
    if args.lenient_service {
        builder = builder.lenient_service();
    }
    for name in &args.allowed_hosts {
        builder = builder.allow_host(name);
    }
    Ok(builder)
}

#[cfg(feature = "emulator-tls")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature without the feature"
)]
fn with_tls(builder: Builder) -> Result<Builder, Failure> {
    Ok(builder.tls())
}

#[cfg(not(feature = "emulator-tls"))]
fn with_tls(_: Builder) -> Result<Builder, Failure> {
    Err(Failure::lacks_feature("--tls", "emulator-tls"))
}

fn with_keys(mut builder: Builder, args: &EmulatorArgs) -> Result<Builder, Failure> {
    let temporary = args.temporary.iter().map(|key| &key.pair);
    let mut known = HashSet::new();
    for pair in args.accounts.iter().chain(temporary) {
        if !known.insert(&pair.secret_id) {
            let what = format!("two key pairs have the secret id `{}`", pair.secret_id);
            return Err(Failure::usage(what)
                .hint("give each --permanent and each --temporary a secret id of its own"));
        }
    }
    for pair in &args.accounts {
        builder = builder.account(&pair.secret_id, &pair.secret_key);
    }
    for key in &args.temporary {
        let (pair, end) = (&key.pair, key.expires_in.unwrap_or(Duration::MAX));
        builder = builder.temporary(&pair.secret_id, &pair.secret_key, &key.token, end);
    }
    Ok(builder)
}

fn not_started(error: &StartError) -> Failure {
    let hint = if error.is_state_file_in_use() {
        "stop the other emulator with Ctrl-C, or name another file"
    } else if error.is_about_state_file() {
        "the file is unchanged; move it away, or name another one"
    } else if error.is_not_loopback() {
        "listen on a loopback address such as 127.0.0.1:0, or name the host with --allow-host NAME"
    } else {
        "listen on a free port of this machine, such as 127.0.0.1:0"
    };
    let what = [vec![error.to_string()], causes(error).into_vec()].concat();
    Failure::usage(format!("cannot start the emulator: {}", what.join(": "))).hint(hint)
}

fn set_up(emulator: &Emulator, args: EmulatorArgs) -> Result<(), Failure> {
    let clock = emulator.clock();
    if let Some(rate) = args.pace.clock_rate {
        let set = clock.set_rate(rate);
        set.map_err(|error| Failure::usage(format!("--clock-rate: {error}")))?;
    }
    if args.pace.freeze {
        clock.freeze();
    }
    for fault in args.faults {
        let added = emulator.fail(fault);
        added.map_err(|error| Failure::usage(format!("--fault: {error}")))?;
    }
    Ok(())
}

fn announce(emulator: &Emulator, context: &Context) -> Result<(), Failure> {
    let ready = Ready {
        endpoint: emulator.endpoint(),
        secret_id: emulator.secret_id(),
        secret_key: emulator.secret_key(),
        ca_file: emulator.ca_file(),
        token: emulator.control_token(),
    };
    let line =
        serde_json::to_string(&ready).map_err(|error| Failure::internal(error.to_string()))?;
    // For scripts, so it is the same line with and without `--output json`.
    context.output.listing(&line, &ready)?;
    let banner = banner(&ready, emulator.address());
    let details = serde_json::json!({"message": "ready"});
    context
        .output
        .progress(&Event::new("ready", &banner).details(details));
    Ok(())
}

fn banner(ready: &Ready<'_>, address: SocketAddr) -> String {
    let (scheme, place) = ready.endpoint.split_once("://").unwrap_or_default();
    let trust = ready.ca_file.map_or_else(String::new, trusting);
    let token = ready.token.map_or_else(String::new, |token| {
        format!("the control API needs -H 'Authorization: Bearer {token}'\n")
    });
    format!(
        "the emulator is ready; in another shell:\n  \
         export TENCENTCLOUD_SECRET_ID={id} TENCENTCLOUD_SECRET_KEY={key}\n  \
         export MPS_ENDPOINT={endpoint}\n\
         {trust}  \
         mps video create --prompt 'a cat' --out cat.mp4\n\
         official SDKs use the same keys, with\n  \
         Python:  HttpProfile(protocol=\"{scheme}\", endpoint=\"{place}\")\n  \
         Node.js: new ClientProfile(\"TC3-HMAC-SHA256\", new HttpProfile(\"{scheme}://\", \"mps.localhost:{port}\"))\n  \
         Go:      profile.HttpProfile.Scheme, .Endpoint = \"{scheme}\", \"{place}\"\n\
         {token}\
         tasks, bill, requests and faults in a browser: {endpoint}/_emulator/\n\
         Ctrl-C ends it",
        id = quoted(ready.secret_id),
        key = quoted(ready.secret_key),
        port = address.port(),
        endpoint = ready.endpoint,
    )
}

/// The variables by which clients trust the authority in a file.
fn trusting(ca_file: &Path) -> String {
    let file = quoted(&ca_file.display().to_string());
    format!("  export SSL_CERT_FILE={file} REQUESTS_CA_BUNDLE={file} NODE_EXTRA_CA_CERTS={file}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banners_lines_survive_a_shell_and_name_the_address() {
        let ready = Ready {
            endpoint: "http://[::1]:8080",
            secret_id: "AKIDEXAMPLE",
            secret_key: "a$b c",
            ca_file: None,
            token: None,
        };
        let banner = banner(&ready, "[::1]:8080".parse().unwrap());
        for part in [
            "http://[::1]:8080/_emulator/\n",
            "TENCENTCLOUD_SECRET_ID=AKIDEXAMPLE TENCENTCLOUD_SECRET_KEY='a$b c'\n",
            "endpoint=\"[::1]:8080\"",
            "\"mps.localhost:8080\"",
            "\"http\", \"[::1]:8080\"\n",
        ] {
            assert!(banner.contains(part), "{part}: {banner}");
        }
    }
}
