//! Completion in a shell: the script of `mps completion` runs this program again, which answers from the
//! command line so far, the capability tables and the ledger of this machine.

use std::{
    borrow::Cow, env, ffi::OsString, io::Write as _, path::PathBuf, sync::mpsc, thread,
    time::Duration,
};

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::{ArgValueCandidates, CompletionCandidate, env::Shells};
use mps_aigc::{
    Endpoint, Site, TaskFamily,
    models::{self, capabilities},
};
use mps_core::text::foreign;
use mps_jobs::{PeekedTask, State, peek_tasks};

use crate::{
    Cli,
    arguments::last_value,
    config,
    failure::Failure,
    ledger::{self, Identity},
    options::{GlobalOptions, LedgerPlace, environment},
};

/// The variable by which the script of a shell asks for an answer.
const VARIABLE: &str = "MPS_COMPLETE";

/// The longest time for the tasks of the ledger: a person waits for each key.
const LEDGER_TIME: Duration = Duration::from_millis(50);

/// Tasks that are looked at.
const TASKS: u32 = 200;

/// The longest help of a value, in characters.
const HELP_CHARS: usize = 60;

/// Answers the script of a shell, if one asks. Returns whether that is so; then the process ends. Prints
/// no error: a person is in the middle of a command line.
pub(crate) fn answer() -> bool {
    let Some(shell) = env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else {
        return false;
    };
    let shells = Shells::builtins();
    let arguments: Vec<_> = env::args_os().collect();
    let begin = arguments.iter().position(|it| it == "--");
    let words = begin.and_then(|begin| arguments.get(begin + 1..));
    if let (Some(shell), Some(words)) = (shells.completer(&shell.to_string_lossy()), words) {
        let mut command = command(words);
        let folder = env::current_dir().ok();
        let mut answer = Vec::new();
        let written =
            shell.write_complete(&mut command, words.to_vec(), folder.as_deref(), &mut answer);
        if written.is_ok() {
            let _unreadable = std::io::stdout().write_all(&answer);
        }
    }
    true
}

/// Returns the script that a shell runs, which asks this program by [`VARIABLE`].
pub(crate) fn script(shell: &str) -> Result<String, Failure> {
    let shells = Shells::builtins();
    let completer = shells.completer(shell);
    let completer = completer.ok_or_else(|| Failure::internal("the shell is not known"))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "mps", "mps", "mps", &mut script)
        .map_err(|error| Failure::internal(error.to_string()))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// Returns the command line with the values that an argument can have.
fn command(words: &[OsString]) -> Command {
    let mut command = Cli::command();
    if !current_word(words).starts_with('-') {
        // The common options would bury the commands and values that are meant.
        command = command.mut_args(|it| {
            let is_common = it.is_global_set();
            it.hide(is_common)
        });
    }
    for family in TaskFamily::ALL {
        command = command.mut_subcommand(family.as_str(), |it| of_family(it, *family, words));
    }
    let any = |states| tasks(words, None, states);
    command
        .mut_subcommand("show", |it| with(it, "name", any(&[])))
        .mut_subcommand("resolve", |it| with(it, "key", any(&[State::InDoubt])))
        .mut_subcommand("tasks", |it| {
            it.mut_subcommand("forget", |it| with(it, "tasks", any(&[])))
        })
        .mut_subcommand("models", |it| with(it, "model", model_names(None)))
        .mut_subcommand("call", |it| with(it, "action", actions()))
        .mut_subcommand("check", |it| with(it, "action", actions()))
}

/// Returns the word that is completed: that of the index which some shells set, else the last one.
fn current_word(words: &[OsString]) -> Cow<'_, str> {
    let index = env::var("_CLAP_COMPLETE_INDEX");
    let index = index.ok().and_then(|index| index.parse::<usize>().ok());
    let word = index.and_then(|index| words.get(index));
    let word = word.or(words.last().filter(|_| index.is_none()));
    word.map_or(Cow::Borrowed(""), |word| word.to_string_lossy())
}

fn of_family(command: Command, family: TaskFamily, words: &[OsString]) -> Command {
    let tasks = |states| tasks(words, Some(family), states);
    command
        .mut_subcommand("create", |it| with(it, "model", model_names(Some(family))))
        .mut_subcommand("status", |it| with(it, "tasks", tasks(&[])))
        .mut_subcommand("wait", |it| with(it, "tasks", tasks(&[State::Created])))
        .mut_subcommand("download", |it| {
            with(it, "tasks", tasks(&[State::Done, State::Fetched]))
        })
}

/// Adds the values of an argument, if the command has it. For example, `create` of a scenario has no
/// model.
fn with(command: Command, argument: &str, values: ArgValueCandidates) -> Command {
    if command.get_arguments().all(|it| it.get_id() != argument) {
        return command;
    }
    command.mut_arg(argument, |it: Arg| it.add(values))
}

fn model_names(family: Option<TaskFamily>) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let families = TaskFamily::ALL.iter();
        let families = families.filter(|it| family.is_none_or(|family| family == **it));
        let tables = families.filter_map(|it| capabilities::family(it.as_str()));
        let models = tables.flat_map(|table| table.models.iter());
        models
            .map(|model| CompletionCandidate::new(model.name))
            .collect()
    })
}

fn actions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let actions = models::ACTIONS.iter();
        actions
            .map(|action| CompletionCandidate::new(action.name))
            .collect()
    })
}

/// Returns the ids and keys of tasks in these states, or in any if none is given.
fn tasks(
    words: &[OsString],
    family: Option<TaskFamily>,
    states: &'static [State],
) -> ArgValueCandidates {
    let words = words.to_vec();
    ArgValueCandidates::new(move || {
        let fits = |task: &PeekedTask| {
            let created_by = TaskFamily::created_by(&task.action);
            (family.is_none() || created_by == family)
                && (states.is_empty() || states.contains(&task.state))
        };
        let known = known_tasks(&words).into_iter().filter(fits);
        // Verbs of a family take ids, `show` and its like take keys as well.
        let named = known.flat_map(|task| {
            let help = format!("{} {}", task.state, task.key);
            let help = foreign(&help, HELP_CHARS).into_owned();
            let key = if task.batch.starts_with('/') {
                task.key
            } else {
                format!("{}/{}", task.batch, task.key)
            };
            let key = family.is_none().then_some(key);
            let names = task.task_id.into_iter().chain(key);
            names.map(move |name| CompletionCandidate::new(name).help(Some(help.clone().into())))
        });
        named.collect()
    })
}

/// Returns the tasks of the ledger of this machine, newest first; none if it does not answer in time.
fn known_tasks(words: &[OsString]) -> Vec<PeekedTask> {
    let Some(file) = ledger_file(words) else {
        return Vec::new();
    };
    let (sender, receiver) = mpsc::channel();
    // A disk that does not answer must not stop the shell: the process ends without this thread.
    thread::spawn(move || sender.send(peek_tasks(&file, TASKS)));
    receiver.recv_timeout(LEDGER_TIME).unwrap_or_default()
}

/// Returns the file of the ledger that the command line so far would use; `None` for a server.
fn ledger_file(words: &[OsString]) -> Option<PathBuf> {
    let flags = GlobalOptions {
        endpoint: last_value(words, "--endpoint"),
        ledger: last_value(words, "--ledger").map(|it| LedgerPlace::new(&it)),
        ..GlobalOptions::default()
    };
    let set = environment::merged(flags, environment::read().ok()?);
    let set = environment::merged(set, config::read().ok()?.options);
    match &set.ledger {
        Some(LedgerPlace::File(file)) => return Some(file.clone()),
        Some(LedgerPlace::Off | LedgerPlace::Url(_)) => return None,
        None => {}
    }
    let endpoint = match &set.endpoint {
        Some(url) => Endpoint::parse(url).ok()?,
        None => Endpoint::site(Site::default()),
    };
    let secret_id = env::var("TENCENTCLOUD_SECRET_ID").unwrap_or_default();
    ledger::default_file(Identity {
        endpoint: &endpoint,
        secret_id: &secret_id,
    })
}
