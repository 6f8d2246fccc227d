//! `mps`: AI generation on Tencent Cloud MPS from a terminal.
//!
//! Results are written to stdout, everything else to stderr. The exit codes are listed in
//! [`exit::Exit`].

use std::process::ExitCode;

use clap::Parser as _;

mod commands;
mod context;
mod exit;
mod failure;
#[rustfmt::skip]
mod generated;
mod input;
mod limiter;
mod line_writer;
mod logging;
mod options;
mod output;
mod request;
mod request_log;
mod results;
mod resume;
mod signals;

use commands::Command;
use context::Context;
use failure::Failure;
use options::GlobalOptions;
use output::Output;

/// AI generation of video, pictures and sound on Tencent Cloud MPS: create, wait, download, and
/// never pay twice.
///
/// Credentials are read from TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, from
/// ~/.tencentcloud/credentials, from tccli's ~/.tccli, from the role of a TKE pod, or, where
/// TENCENTCLOUD_CVM_ROLE is set to a role name or to auto, from the role of a CVM instance. With
/// --emulator no credentials are needed and no request leaves this machine.
#[derive(Debug, clap::Parser)]
#[command(name = "mps", version, propagate_version = true, max_term_width = 100)]
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
    let cli = Cli::parse();
    let output = Output::new(&cli.global);
    let result = runtime().and_then(|runtime| runtime.block_on(run(cli, &output)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

async fn run(cli: Cli, output: &Output) -> Result<(), Failure> {
    // `mps emulator` sets up logging itself, since its log has a file of its own.
    if !matches!(cli.command, Command::Emulator(_)) {
        logging::to_stderr(&cli.global);
    }
    let context = Context::new(cli.global, output);
    cli.command.run(&context).await
}

/// Builds a runtime of one thread, which is enough: a command mostly waits for the network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))
}
