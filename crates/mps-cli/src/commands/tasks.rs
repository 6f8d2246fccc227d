//! `mps tasks`: the tasks that the ledger has, newest first.

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Subcommand};
use futures_util::{StreamExt as _, stream};
use mps_aigc::TaskFamily;
use mps_jobs::{
    Job, Ledger, State,
    ledger::{BatchId, Filter, Item, Timestamp},
};

mod export;
mod forget;
mod line;

pub(crate) use self::line::{AGENTS, TaskLine};
use crate::{
    context::{Connection, Context},
    failure::Failure,
    foreign_text,
    ledger::{self, Identity},
    live,
    options::{OutputFormat, parse_duration},
    refresh::is_over,
    tracked::KnownTasks,
};

/// Polls at the same time.
const POLLS: usize = 16;

/// The arguments of `mps tasks`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TasksArgs {
    #[command(subcommand)]
    command: Option<TasksCommand>,
    #[command(flatten)]
    list: ListArgs,
}

/// The selection of a list.
#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    which: Which,
    /// Ask the service once about the listed tasks that are not done
    #[arg(long)]
    refresh: bool,
    /// Number of tasks
    #[arg(short, value_name = "N", default_value_t = 50)]
    n: usize,
}

#[derive(Args, Debug)]
#[group(multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch")]
struct Which {
    /// Only those that are not done
    #[arg(long)]
    undone: bool,
    /// Only those whose create may have been billed
    #[arg(long)]
    in_doubt: bool,
    /// Only those whose results wait to be downloaded, the first to expire first
    #[arg(long)]
    expiring: bool,
    /// Only those that failed, were refused, or expired
    #[arg(long)]
    failed: bool,
}

/// The subcommands of `mps tasks`.
#[derive(Debug, Subcommand)]
enum TasksCommand {
    /// Write all tasks with their requests, one JSON object a line, to a new file or to stdout
    Export {
        /// The file, which must not exist
        file: Option<PathBuf>,
    },
    /// Remove prompts, messages and paths of tasks that have ended; keys, ids and seconds stay for a
    /// year
    Forget(ForgetArgs),
}

/// The tasks to forget.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ForgetArgs {
    /// Ids or keys of the tasks
    #[arg(value_name = "ID")]
    tasks: Vec<String>,
    /// Those that ended longer ago than this, such as 30d
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    older_than: Option<Duration>,
}

pub(crate) async fn run(args: &TasksArgs, context: &Context) -> Result<(), Failure> {
    match &args.command {
        None if args.list.refresh => refreshed(&args.list, context).await,
        None => {
            let (ledger, _) = account_ledger(context).await?;
            let items = list(&args.list, &ledger).await?;
            print(items, &ledger, context).await
        }
        Some(TasksCommand::Export { file }) => export::run(file.as_deref(), context).await,
        Some(TasksCommand::Forget(args)) => forget::run(args, context).await,
    }
}

/// Opens the ledger for a command that reads it. Credentials are looked up only where the place of the
/// ledger depends on them; the id of the key is empty otherwise.
pub(super) async fn account_ledger(context: &Context) -> Result<(Ledger, String), Failure> {
    let endpoint = context.endpoint()?;
    let secret_id = if endpoint.is_loopback() {
        context.credentials().await?.secret_id().to_owned()
    } else {
        String::new()
    };
    let identity = Identity {
        endpoint: &endpoint,
        secret_id: &secret_id,
    };
    let ledger = ledger::open(&context.global, identity, &context.clock).await?;
    Ok((ledger, secret_id))
}

/// Returns the one row with an id or key that fits.
///
/// # Errors
/// Returns a usage error when there is none, or more than one.
pub(super) async fn find_one(
    ledger: &Ledger,
    name: &str,
    fits: impl Fn(&Item) -> bool,
) -> Result<Item, Failure> {
    let mut found = ledger.find_any(name).await?;
    if let (true, Some((batch, key))) = (found.is_empty(), name.split_once('/')) {
        found = ledger.find_any(key).await?;
        found.retain(|item| is_named(&item.row.batch, batch));
    }
    let shown = foreign_text::name(name);
    let known = found.first().map(|item| item.state);
    let mut fitting = found.into_iter().filter(|item| fits(item));
    match (fitting.next(), fitting.next(), known) {
        (Some(item), None, _) => Ok(item),
        (Some(_), Some(_), _) => {
            let message = format!("the ledger has several tasks that are named {shown}");
            Err(Failure::usage(message).hint("name one by its id, or as BATCH/KEY: mps tasks"))
        }
        (None, _, Some(state)) => {
            let message = format!("{shown} is not in doubt: it is {}", state.words());
            Err(Failure::usage(message).hint("list those that are: mps tasks --in-doubt"))
        }
        (None, _, None) => {
            let message = format!("the ledger has no task that is named {shown}");
            Err(Failure::usage(message).hint("list them: mps tasks"))
        }
    }
}

/// Returns whether a batch has a name; that of an account's creates by agents is `agents`.
fn is_named(batch: &BatchId, name: &str) -> bool {
    batch.as_str() == name || (batch.is_agents() && name == line::AGENTS)
}

/// Records the outcome of creates whose process has ended, and applies the retention. A ledger that
/// cannot be written is read nevertheless.
pub(super) async fn tidy(ledger: &Ledger) {
    if let Err(error) = ledger.reap().await {
        tracing::debug!(%error, "creates of processes that have ended are not recorded");
    }
    if let Err(error) = ledger.retain().await {
        tracing::debug!(%error, "the retention is not applied");
    }
}

async fn list(args: &ListArgs, ledger: &Ledger) -> Result<Vec<Item>, Failure> {
    tidy(ledger).await;
    let mut filter = Filter {
        limit: args.n,
        ..Filter::default()
    };
    let which = &args.which;
    if which.undone {
        filter.states = vec![
            State::Planned,
            State::Intent,
            State::Sending,
            State::InDoubt,
            State::Created,
        ];
    } else if which.in_doubt {
        filter.states = vec![State::InDoubt];
    } else if which.failed {
        filter.states = vec![State::Failed, State::Refused, State::Expired];
    } else if which.expiring {
        filter.states = vec![State::Done];
        filter.expires_before = Some(Timestamp(i64::MAX));
    }
    Ok(ledger.list(&filter).await?)
}

/// Lists the tasks after a look at those that are not done.
async fn refreshed(args: &ListArgs, context: &Context) -> Result<(), Failure> {
    let connection = context.connect().await?;
    let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
    let known_tasks = KnownTasks::new(context, &connection, Some(ledger.clone()));
    let items = list(args, &ledger).await?;
    let open = items.iter().filter(|item| is_open(item, &connection));
    let polls = open.map(|item| is_over(context, &connection, &known_tasks, item));
    stream::iter(polls)
        .buffer_unordered(POLLS)
        .for_each(|_| async {})
        .await;
    let mut current = Vec::new();
    for item in items {
        current.extend(ledger.get(&item.row).await?);
    }
    if let Some(signal) = context.phase.signal() {
        return Err(Failure::interrupted(signal));
    }
    print(current, &ledger, context).await
}

fn is_open(item: &Item, connection: &Connection) -> bool {
    item.state == State::Created
        && item.account.as_deref() == Some(connection.account())
        && item.endpoint.as_deref() == Some(connection.client().endpoint().host())
}

async fn print(items: Vec<Item>, ledger: &Ledger, context: &Context) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for item in items {
        lines.push(TaskLine::of(&Job::of(ledger, item).await?));
    }
    let output = &context.output;
    let is_table = context.global.output() == OutputFormat::Human && io::stdout().is_terminal();
    if is_table {
        let now = context.clock.wall();
        let width = live::columns_of(io::stdout());
        return match line::table(&lines, now, width).as_str() {
            "" => Ok(()),
            table => output.listing(table, &()),
        };
    }
    for line in lines {
        output.listing(&line.human(), &line)?;
    }
    Ok(())
}

/// Returns the family of an action, or the action itself.
fn kind(action: &str) -> &str {
    match TaskFamily::created_by(action) {
        Some(family) => family.as_str(),
        None => action,
    }
}
