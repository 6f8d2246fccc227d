//! `mps mcp`: serves tools for agents over stdin and stdout.

use std::{num::NonZeroU64, path::PathBuf};

use clap::Args;

use crate::{context::Context, failure::Failure};

/// Shown at the end of `mps mcp --help`.
const HELP: &str = "\
Tools: create, status, wait, fetch, list, check. There is none that
repeats a create, decides about one in doubt, or changes the account,
the endpoint, the ledger or the cap.

Examples:
  mps mcp --max-seconds 60 --out clips
  mps --emulator mcp --max-seconds 60
  claude mcp add mps -- mps mcp --max-seconds 60 --out clips

Exit codes: 0 the client closed stdin, 1 stdout was closed, 2 no ledger
or wrong usage, 3 no credentials, 6 the ledger is locked; 129, 130, 143
after a signal, once the creates on the wire were answered.";

/// The template of names where the config file has none.
#[cfg(feature = "mcp")]
const NAMES: &str = "{task_id}-{index}.{ext}";

/// The arguments of `mps mcp`.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct McpArgs {
    /// Most seconds of video that agents of this account may create on one day (UTC), over all
    /// processes and restarts; an image or a song counts as one second
    #[arg(long, value_name = "N")]
    max_seconds: NonZeroU64,
    /// Folder that results are saved in, made if needed [default: that of the config file, else the
    /// working folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Serves until the client closes stdin, or a signal arrives.
#[cfg(feature = "mcp")]
pub(crate) async fn run(args: &McpArgs, context: &Context) -> Result<(), Failure> {
    use crate::mcp::{self, Settings};

    let defaults = context.defaults();
    let folder = args.out.as_deref().or(defaults.folder());
    let names = defaults.name_template().unwrap_or(NAMES);
    let settings = Settings {
        max_seconds: args.max_seconds.get(),
        folder: folder.map_or_else(|| PathBuf::from("."), ToOwned::to_owned),
        names: names.to_owned(),
    };
    mcp::run(settings, context).await
}

#[cfg(not(feature = "mcp"))]
#[expect(clippy::unused_async, reason = "the signature with the feature")]
pub(crate) async fn run(_: &McpArgs, _: &Context) -> Result<(), Failure> {
    Err(Failure::lacks_feature("mcp", "mcp"))
}
