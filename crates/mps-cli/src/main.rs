//! `mps`: AI generation on Tencent Cloud MPS from a terminal.
//!
//! Results are written to stdout, everything else to stderr. The exit codes are listed in
//! [`exit::Exit`].

use std::{
    panic,
    process::{self, ExitCode},
};

mod account;
mod arguments;
mod cautions;
mod color;
mod commands;
#[cfg(feature = "shell")]
mod completion;
mod config;
mod context;
mod doubt;
mod exit;
mod export_target;
mod failure;
mod foreign_text;
#[rustfmt::skip]
#[expect(
    clippy::too_many_lines,
    reason = "a function for each family, with one line for each option"
)]
mod generated;
mod heartbeat;
mod help;
mod input;
mod ledger;
mod limiter;
mod line_writer;
mod live;
mod logging;
#[cfg(feature = "mcp")]
mod mcp;
mod media;
mod monitor;
mod options;
mod outcome;
mod output;
mod phase;
mod preflight;
mod record;
mod refresh;
mod request;
mod request_log;
mod results;
mod resume;
mod schemas;
mod secret_url;
mod signals;
mod streams;
mod suggest;
mod table;
mod tracked;

use commands::Command;
use context::Context;
use failure::Failure;
use mps_core::clock::SystemClock;
use options::GlobalOptions;
use output::Output;
use phase::Phase;

/// Shown at the end of `mps --help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    internal error, or stdout could not be written
  2    wrong usage or request; nothing was created
  3    credentials missing or rejected; nothing was created
  4    quota or balance; nothing was created
  5    the task continues: the wait ended early
  6    network or service error; nothing was created
  7    the task failed
  8    content refused
  9    a create is in doubt: it may have been billed
  10   the task is done, its result is not saved
  11   a batch ended with some rows not fetched
  12   refused before it was sent: --max-seconds, or a repeat
       of a request that may be billed already (--again)
  129, 130, 143
       interrupted by SIGHUP, SIGINT or SIGTERM

A switch such as --strict is set by MPS_STRICT=1. Options on
the command line override the environment, and both override the config file.";

/// AI generation of video, pictures and sound on Tencent Cloud MPS: create, wait, download, and
/// never pay twice.
///
/// Credentials are read from TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, from
/// ~/.tencentcloud/credentials, from tccli's ~/.tccli, from the role of a TKE pod, or, where
/// TENCENTCLOUD_CVM_ROLE is set to a role name or to auto, from the role of a CVM instance. With
/// --emulator no credentials are needed and no request leaves this machine.
#[derive(Debug, clap::Parser)]
#[command(name = "mps", version, propagate_version = true)]
#[expect(
    clippy::doc_markdown,
    reason = "help is shown as plain text, not as Markdown"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn main() -> ExitCode {
    #[cfg(feature = "shell")]
    if completion::answer() {
        return ExitCode::SUCCESS;
    }
    let (cli, settings) = match arguments::parse() {
        Ok(parsed) => parsed,
        Err(exit) => return exit,
    };
    let output = Output::new(&cli.global, SystemClock::shared());
    let phase = Phase::new();
    report_panics(phase.clone(), output.clone());
    signals::listen(phase.clone(), output.clone());
    // `mps emulator` sets up logging itself, since its log has a file of its own.
    if !matches!(cli.command, Command::Emulator(_)) {
        logging::to_stderr(&cli.global);
    }
    if let Some(warning) = &settings.config.warning
        && !cli.command.runs_without_config()
    {
        output.warning(warning);
    }
    let context = Context::new(cli.global, settings, output.clone(), phase);
    let result = runtime().and_then(|runtime| {
        let result = runtime.block_on(cli.command.run(&context));
        // Does not wait for blocking work, for example the lock of a file on a disk that does not answer.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit().into()
        }
    }
}

/// Lets a panic end the process with an error that names the task of this command, if there is one.
fn report_panics(phase: Phase, output: Output) {
    let default_hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        default_hook(info);
        if phase.survives_panics() {
            return;
        }
        let failure = phase.failure_at_panic();
        output.failure(&failure);
        process::exit(i32::from(failure.exit() as u8));
    }));
}

/// Builds a runtime of one thread, which is enough: a command mostly waits for the network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))
}
