//! `mps`: AI generation on Tencent Cloud MPS from a terminal.
//!
//! Results go to stdout, everything else to stderr. What each exit code means is in
//! [`failure::Exit`].

use std::{io, process::ExitCode};

use clap::Parser as _;

mod args;
mod commands;
mod context;
mod events;
mod failure;
mod input;
mod interrupt;
mod limiter;
mod lines;
mod output;
mod request;
mod request_log;
mod results;
mod resume;

use args::{Cli, Command};
use context::Context;
use failure::Failure;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = output::Output::new(&cli.global);
    let result = runtime().and_then(|runtime| runtime.block_on(run(cli, &output)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

async fn run(cli: Cli, output: &output::Output) -> Result<(), Failure> {
    if !matches!(cli.command, Command::Emulator(_)) {
        events::listen(&cli.global, LevelFilter::OFF, io::stderr, None);
    }
    let context = Context::new(cli.global, output);
    match cli.command {
        Command::Video(command) => commands::family::run(command, &context).await,
        Command::Image(command) => commands::family::run(command, &context).await,
        Command::Audio(command) => commands::family::run(command, &context).await,
        Command::Scenario(command) => commands::family::scenario(command, &context).await,
        Command::Call(call) => commands::call::run(call, &context).await,
        Command::Check(check) => commands::check::run(&check, &context),
        Command::Models(models) => commands::models::run(&models, &context),
        Command::Sign(sign) => commands::sign::run(sign, &context).await,
        Command::Emulator(emulator) => commands::emulator::run(emulator, &context).await,
    }
}

/// One thread is plenty: the work is waiting.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))
}
