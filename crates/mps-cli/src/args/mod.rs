//! What can be typed.
#![expect(
    clippy::doc_markdown,
    reason = "help is shown as it is, not as Markdown"
)]

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod audio;
pub(crate) mod emulator;
mod image;
mod scenario;
mod shared;
mod video;

pub(crate) use self::{
    audio::AudioFields,
    emulator::Emulator,
    image::ImageFields,
    scenario::{ScenarioAction, ScenarioCreate},
    shared::{JobFields, ModelFields, PromptFields, RewriteFields},
    video::VideoFields,
};

/// AI generation of video, pictures and sound on Tencent Cloud MPS: create, wait, download, and
/// never pay twice.
///
/// Credentials come from TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, from
/// ~/.tencentcloud/credentials, from tccli's ~/.tccli, from the role of a TKE pod, or, where
/// TENCENTCLOUD_CVM_ROLE names it (or is auto), from the role of a CVM instance. With --emulator none
/// are needed and nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "mps", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Start the emulator inside this process and talk to it; never touches the network
    #[arg(long, global = true, conflicts_with_all = ["endpoint", "site"])]
    pub(crate) emulator: bool,
    /// Talk to this access point, such as the endpoint of a running `mps emulator`
    #[arg(long, global = true, value_name = "URL", conflicts_with = "site")]
    pub(crate) endpoint: Option<String>,
    /// Which of the vendor's two sites the account belongs to [default: intl]
    #[arg(long, global = true, value_name = "SITE")]
    pub(crate) site: Option<Site>,
    /// Region that works on the call; most actions need none
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Section of the credentials file, or profile of tccli; given, the environment's keys are not
    /// used
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Whom the rate limit holds for together
    #[arg(
        long,
        global = true,
        value_name = "SCOPE",
        default_value = "machine",
        env = "MPS_LIMITER"
    )]
    pub(crate) limiter: LimitScope,
    /// Form of results and errors
    #[arg(long, global = true, value_name = "FORM", default_value = "human")]
    pub(crate) output: Form,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: -v for what happens, -vv for every attempt
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LimitScope {
    /// All processes of this machine that use the same account, through a file in
    /// $XDG_STATE_HOME/mps/limits or ~/.local/state/mps/limits
    Machine,
    /// This process alone, as with --emulator
    Process,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Human,
    /// One JSON object a result, with a schema
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create, watch and fetch videos
    #[command(subcommand)]
    Video(FamilyCommand<Create<VideoFields>>),
    /// Create, watch and fetch pictures
    #[command(subcommand)]
    Image(FamilyCommand<Create<ImageFields>>),
    /// Create, watch and fetch songs, speech and sound for videos
    #[command(subcommand)]
    Audio(FamilyCommand<Create<AudioFields>>),
    /// Create, watch and fetch whole productions: dramas, variations, videos from documents
    #[command(subcommand)]
    Scenario(FamilyCommand<ScenarioCreate>),
    /// Call any action of the service, untyped; signed and limited like the rest
    Call(Call),
    /// Check a request without sending it: every finding, exit 0 or 2
    Check(Check),
    /// Show what each model and version can do
    Models(Models),
    /// Show the stages of a request's signature
    Sign(Sign),
    /// Run the emulator until it is interrupted
    Emulator(Emulator),
}

/// What can be done with the tasks of a family; only creating differs.
#[derive(Debug, Subcommand)]
pub(crate) enum FamilyCommand<C: Args> {
    /// Create a task, which is paid for; never sent twice when the first may have been executed
    Create(Box<C>),
    #[command(flatten)]
    Existing(TaskCommand),
}

/// What can be done with a task that exists, from its id alone.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Ask once how a task is going
    Status(TaskId),
    /// Wait until a task is done
    Wait(Wait),
    /// Fetch the results of a task that is done
    Download(Download),
}

#[derive(Args, Debug)]
pub(crate) struct TaskId {
    /// Id of the task
    pub(crate) task_id: String,
}

#[derive(Args, Debug)]
pub(crate) struct Wait {
    /// Id of the task
    pub(crate) task_id: String,
    /// Then fetch the result to this file, or into this directory
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Longest wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Download {
    /// Id of the task
    pub(crate) task_id: String,
    /// File, or directory, for the result
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}

/// A request from a file and from options.
#[derive(Args, Debug)]
pub(crate) struct Create<F: Args> {
    /// JSON body as the API documents it; the other options override its members
    #[arg(long, value_name = "FILE|-")]
    pub(crate) request: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) then: Then,
    // Last, since its heading would claim whatever follows.
    #[command(flatten)]
    pub(crate) fields: F,
}

/// What to do besides creating a task.
#[derive(Args, Debug)]
pub(crate) struct Then {
    /// Wait until the task is done
    #[arg(long)]
    pub(crate) wait: bool,
    /// Then fetch the result to this file, or into this directory; implies --wait
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Longest wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Print the exact request, its preflight report and what would be signed; send nothing
    #[arg(long, conflicts_with_all = ["wait", "out"])]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Call {
    /// Name of the action, such as DescribeAigcVideoTask
    pub(crate) action: String,
    /// JSON body
    #[arg(long, value_name = "TEXT|@FILE|-", default_value = "{}")]
    pub(crate) json: String,
    /// What executing the action does, for actions this program does not know; anything but
    /// `read` is never sent twice when the first may have been executed [default: paid-create]
    #[arg(long, value_name = "EFFECT")]
    pub(crate) effect: Option<Effect>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Effect {
    /// Changes nothing
    Read,
    /// Starts work that is billed
    PaidCreate,
    /// Changes a task
    Control,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Name of the action, such as CreateAigcVideoTask
    pub(crate) action: String,
    /// JSON body as the API documents it [default: stdin]
    #[arg(long, value_name = "FILE|-")]
    pub(crate) request: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Models {
    /// One model, such as Kling
    pub(crate) model: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// Unix time in seconds [default: now]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) timestamp: Option<i64>,
    /// Value of the Host header [default: that of the endpoint]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Service the key is derived for
    #[arg(long, value_name = "NAME", default_value = "mps")]
    pub(crate) service: String,
    /// Value of the X-TC-Action header; needed when it is signed
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// HTTP method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub(crate) method: String,
    /// Value of the Content-Type header
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    pub(crate) content_type: String,
    /// Names of the headers to sign, out of content-type, host and x-tc-action
    #[arg(
        long,
        value_name = "NAMES",
        default_value = "content-type;host;x-tc-action"
    )]
    pub(crate) signed_headers: String,
    /// Body
    #[arg(long, value_name = "TEXT|@FILE|-", default_value = "{}")]
    pub(crate) payload: String,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 90s, 30m or 2h"))
}
