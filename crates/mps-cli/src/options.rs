//! The options that every subcommand takes.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// The options that every subcommand takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
#[expect(
    clippy::doc_markdown,
    reason = "help is shown as plain text, not as Markdown"
)]
pub(crate) struct GlobalOptions {
    /// Start the emulator inside this process and send requests to it; never uses the network
    #[arg(long, global = true, conflicts_with_all = ["endpoint", "site"])]
    pub(crate) emulator: bool,
    /// Send requests to this endpoint, such as that of a running `mps emulator`
    #[arg(long, global = true, value_name = "URL", conflicts_with = "site")]
    pub(crate) endpoint: Option<String>,
    /// Site of the vendor that the account belongs to [default: intl]
    #[arg(long, global = true, value_name = "SITE")]
    pub(crate) site: Option<Site>,
    /// Region to send with each request; most actions need none
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Section of the credentials file, or profile of tccli; if given, the keys in the environment
    /// are not used
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Scope of the rate limit
    #[arg(
        long,
        global = true,
        value_name = "SCOPE",
        default_value = "machine",
        env = "MPS_LIMITER"
    )]
    pub(crate) limiter: LimiterScope,
    /// Format of results and errors
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub(crate) output: OutputFormat,
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more: -v for each call, -vv for each attempt
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorMode,
}

/// A site of the vendor, each with accounts of its own.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Site {
    /// The international site
    Intl,
    /// The mainland site
    Cn,
}

impl Site {
    pub(crate) fn as_str(self) -> &'static str {
        mps_aigc::Site::from(self).as_str()
    }
}

impl From<Site> for mps_aigc::Site {
    fn from(site: Site) -> Self {
        match site {
            Site::Intl => Self::Intl,
            Site::Cn => Self::Cn,
        }
    }
}

/// The processes that share one rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LimiterScope {
    /// All processes of this machine that use the same account, through a file in
    /// $XDG_STATE_HOME/mps/limits or ~/.local/state/mps/limits
    Machine,
    /// This process alone, as with --emulator
    Process,
}

/// The format of results and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text for people
    Human,
    /// One JSON object for each result, with a schema
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ColorMode {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Parses a duration such as `90s`, `30m` or `2h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 90s, 30m or 2h"))
}
