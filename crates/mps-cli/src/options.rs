//! The options that every subcommand takes.

use std::{convert::Infallible, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum};
use mps_aigc::Endpoint;

use crate::secret_url::SecretUrl;

pub(crate) mod environment;
pub(crate) mod table;

/// The longest time of a call unless `--deadline` says otherwise.
const DEADLINE: Duration = Duration::from_secs(120);

/// The options that every subcommand takes.
///
/// A field is `None` or `false` when neither the command line nor the environment sets it; the
/// methods return the default then.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
#[expect(
    clippy::doc_markdown,
    reason = "help is shown as plain text, not as Markdown"
)]
pub(crate) struct GlobalOptions {
    /// Start the emulator inside this process and send requests to it; never uses the network
    /// [env: MPS_EMULATOR]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        conflicts_with = "endpoint"
    )]
    pub(crate) emulator: bool,
    /// Send requests to this endpoint, such as that of a running `mps emulator` [env: MPS_ENDPOINT]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Site of the vendor that the account belongs to; preflight, models and the emulator follow it
    /// [default: that of the endpoint, else intl] [env: MPS_SITE]
    #[arg(long, global = true, hide_short_help = true, value_name = "SITE")]
    pub(crate) site: Option<Site>,
    /// Region to send with each request; most actions need none [env: MPS_REGION]
    #[arg(long, global = true, hide_short_help = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Section of the credentials file, or profile of tccli; if given, the keys in the environment
    /// are not used [env: MPS_PROFILE]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Account that the rate limit and the ledger are for; give two keys of one account the same name [default: the
    /// profile, the role of temporary keys, or the secret id] [env: MPS_ACCOUNT]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Processes that share the rate limit: machine (all of this machine), process (this one
    /// alone), or the URL of a Redis or PostgreSQL server (all hosts that name it) [default:
    /// machine] [env: MPS_LIMITER]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "machine|process|URL",
        value_parser = parse_limiter
    )]
    pub(crate) limiter: Option<LimiterScope>,
    /// Ledger that creates are recorded in: a file, the URL of a PostgreSQL server, or off [default:
    /// a file in the state folder of this machine] [env: MPS_LEDGER]
    #[arg(long, global = true, hide_short_help = true, value_name = "PATH|URL|off", value_parser = parse_ledger)]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Longest time of one call: its turn, retries and answer [default: 2m] [env: MPS_DEADLINE]
    #[arg(long, global = true, hide_short_help = true, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Handling of a request in which preflight finds an error: refuse it, warn and send it, or
    /// check nothing [default: error] [env: MPS_PREFLIGHT]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "error|warn|off",
        hide_possible_values = true
    )]
    pub(crate) preflight: Option<PreflightMode>,
    /// Refuse a request for warnings of preflight too [env: MPS_STRICT]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) strict: bool,
    /// Format of results and errors: text, or one JSON object a line [default: human] [env:
    /// MPS_OUTPUT]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        overrides_with = "output",
        value_name = "human|json",
        hide_possible_values = true
    )]
    pub(crate) output: Option<OutputFormat>,
    /// Print results and errors only [env: MPS_QUIET]
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        conflicts_with = "verbose"
    )]
    pub(crate) quiet: bool,
    /// Print more: -v for each request, with time, status, bytes and request id; -vv for each step
    /// [env: MPS_VERBOSE]
    #[arg(short, long, global = true, hide_short_help = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colour [default: auto] [env: MPS_COLOR]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        overrides_with = "color",
        value_name = "auto|always|never",
        hide_possible_values = true
    )]
    pub(crate) color: Option<ColorMode>,
}

impl GlobalOptions {
    /// Returns the site, for preflight and where no endpoint is given: that of `--site`, else of the
    /// endpoint, else intl.
    pub(crate) fn site(&self) -> mps_aigc::Site {
        let of_endpoint = || {
            let endpoint = Endpoint::parse(self.endpoint.as_deref()?).ok()?;
            endpoint.known_site()
        };
        let named = self.site.map(Into::into);
        named.or_else(of_endpoint).unwrap_or_default()
    }

    /// Returns the scope of the rate limit; this machine by default.
    pub(crate) fn limiter(&self) -> LimiterScope {
        self.limiter.clone().unwrap_or(LimiterScope::Machine)
    }

    /// Returns the longest time of one call; two minutes by default.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline.unwrap_or(DEADLINE)
    }

    /// Returns the handling of findings; errors refuse a request by default.
    pub(crate) fn preflight(&self) -> PreflightMode {
        self.preflight.unwrap_or(PreflightMode::Error)
    }

    /// Returns the format of results and errors; text by default.
    pub(crate) fn output(&self) -> OutputFormat {
        self.output.unwrap_or(OutputFormat::Human)
    }

    /// Returns when to use colour; on a terminal by default.
    pub(crate) fn color(&self) -> ColorMode {
        self.color.unwrap_or(ColorMode::Auto)
    }

    /// Returns the value of `--limiter` for a command line to copy: `None` for the default, and for a
    /// URL with a password, which a command line must not contain.
    pub(crate) fn limiter_argument(&self) -> Option<String> {
        match self.limiter() {
            LimiterScope::Machine => None,
            LimiterScope::Process => Some("process".to_owned()),
            LimiterScope::Url(url) if url.has_password() => None,
            LimiterScope::Url(url) => Some(url.to_string()),
        }
    }
}

/// A site of the vendor, each with accounts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LimiterScope {
    /// All processes of this machine that use the same account, through a file in
    /// `$XDG_STATE_HOME/mps/limits` or `~/.local/state/mps/limits`.
    Machine,
    /// This process alone, as with `--emulator`.
    Process,
    /// All processes of all hosts that name the same server.
    Url(SecretUrl),
}

/// Parses the value of `--limiter`. Everything that may be a URL is accepted: an error of clap's would
/// repeat it, and with it a password.
fn parse_limiter(text: &str) -> Result<LimiterScope, String> {
    match text {
        "machine" => Ok(LimiterScope::Machine),
        "process" => Ok(LimiterScope::Process),
        url if url.contains(['/', '@']) => Ok(LimiterScope::Url(SecretUrl::new(url))),
        _ => Err("choose from machine, process and the URL of a server".to_owned()),
    }
}

/// The place of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LedgerPlace {
    /// No ledger: nothing is recorded.
    Off,
    /// A SQLite file.
    File(PathBuf),
    /// A database server that several hosts share.
    Url(SecretUrl),
}

impl LedgerPlace {
    /// Returns the place that a text names.
    pub(crate) fn new(text: &str) -> Self {
        match text {
            "off" => Self::Off,
            url if url.contains("://") => Self::Url(SecretUrl::new(url)),
            path => Self::File(path.into()),
        }
    }

    /// Returns the place for a command line to copy; `None` for a URL with a password, and without a
    /// ledger, which makes no difference to a task that was not recorded.
    pub(crate) fn argument(&self) -> Option<String> {
        match self {
            Self::Off => None,
            Self::File(path) => Some(path.display().to_string()),
            Self::Url(url) if url.has_password() => None,
            Self::Url(url) => Some(url.to_string()),
        }
    }
}

/// Parses the value of `--ledger`: never fails, since an error of clap's would repeat a password.
#[expect(clippy::unnecessary_wraps, reason = "the form of a parser of clap's")]
fn parse_ledger(text: &str) -> Result<LedgerPlace, Infallible> {
    Ok(LedgerPlace::new(text))
}

/// Handling of a request with preflight errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreflightMode {
    /// Refuse it if there is an error
    Error,
    /// Print the findings and send it
    Warn,
    /// Send it unchecked
    Off,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Parses a duration, for example `90s`, `30m` or `2h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 90s, 30m or 2h"))
}
