//! The command line: parsing it, and reporting that it does not parse.
//!
//! Format and colour of that report are taken from the arguments and the environment before anything
//! is parsed, since a command line with a mistake still says how its errors are to be written.

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _, error::ErrorKind};
use mps_core::{clock::SystemClock, text::foreign};

use crate::{
    Cli, color,
    config::{self, Config},
    failure::Failure,
    help,
    options::{ColorMode, GlobalOptions, LedgerPlace, LimiterScope, OutputFormat, environment},
    output::Output,
    secret_url,
};

/// The width of help where that of the terminal is not known.
const UNKNOWN_WIDTH: usize = 80;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 100;
/// The longest text of an argument that an error repeats, in characters.
const MAX_SHOWN: usize = 400;

/// The common options by the place that sets them.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Those of the command line.
    pub(crate) flags: GlobalOptions,
    /// Those of the environment.
    pub(crate) environment: GlobalOptions,
    /// The config file; empty if it has a mistake.
    pub(crate) config: Config,
    /// The mistake of the config file, for commands that run in spite of it.
    pub(crate) mistake: Option<Failure>,
}

/// Parses the command line and completes it from the environment and the config file, in this order.
///
/// # Errors
/// Returns the exit code after `--help` and `--version`, and after a usage error, which is printed
/// already.
pub(crate) fn parse() -> Result<(Cli, Settings), ExitCode> {
    let arguments: Vec<OsString> = env::args_os().collect();
    let (config, mistake) = match config::read() {
        Ok(config) => (config, None),
        Err(mistake) => (Config::default(), Some(mistake)),
    };
    let early = early_options(&arguments, &config);
    color::apply(early.color());
    let report = |failure: &Failure| {
        Output::new(&early, SystemClock::shared()).failure(failure);
        ExitCode::from(failure.exit())
    };
    let mut cli = parsed(&arguments).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => print_help(&error),
        _ if early.output() == OutputFormat::Json || is_unsafe(&arguments) => {
            report(&usage_failure(&error, &arguments))
        }
        _ => print_usage_error(&error),
    })?;
    let settings = refuse_secrets(&cli.global)
        .and_then(|()| environment::read())
        .map(|environment| Settings {
            flags: cli.global.clone(),
            environment,
            config,
            mistake,
        });
    let settings = settings.map_err(|failure| report(&failure))?;
    if let Some(mistake) = &settings.mistake
        && !cli.command.runs_without_config()
    {
        return Err(report(mistake));
    }
    let set = environment::merged(cli.global, settings.environment.clone());
    let set = environment::merged(set, settings.config.options.clone());
    cli.global = refuse_contradictions(set).map_err(|failure| report(&failure))?;
    Ok((cli, settings))
}

fn parsed(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let parse = |command: clap::Command| {
        let matches = command
            .term_width(width())
            .try_get_matches_from(arguments)?;
        Cli::from_arg_matches(&matches)
    };
    // Help is rendered by the parser, and its examples would slow down every other command.
    parse(Cli::command()).or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            parse(help::command())
        }
        _ => Err(error),
    })
}

/// Returns the width to wrap help at, in columns.
fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let variable = || env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).filter(|width| *width > 0);
    width.unwrap_or(UNKNOWN_WIDTH).min(MAX_WIDTH)
}

/// Returns the options that decide how a usage error is written. Values that are not valid are left
/// to the parser.
fn early_options(arguments: &[OsString], config: &Config) -> GlobalOptions {
    let setting = |option: &str, variable: &str| {
        let variable = || env::var(variable).ok().filter(|value| !value.is_empty());
        last_value(arguments, option).or_else(variable)
    };
    let output = setting("--output", "MPS_OUTPUT");
    let color = setting("--color", "MPS_COLOR");
    GlobalOptions {
        output: match output {
            Some(value) => OutputFormat::from_str(&value, false).ok(),
            None => config.options.output,
        },
        color: match color {
            Some(value) => ColorMode::from_str(&value, false).ok(),
            None => config.options.color,
        },
        ..GlobalOptions::default()
    }
}

/// Returns the value of the last `--option VALUE` or `--option=VALUE` before a `--`.
pub(crate) fn last_value(arguments: &[OsString], option: &str) -> Option<String> {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "--").collect();
    let following = words.iter().skip(1).map(Some).chain([None]);
    let values =
        words
            .iter()
            .zip(following)
            .filter_map(|(word, next)| match word.strip_prefix(option) {
                Some("") => next.map(ToString::to_string),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            });
    values.last()
}

/// Returns whether a terminal would obey a part of the command line.
fn is_unsafe(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| {
        let argument = argument.to_string_lossy();
        foreign(&argument, usize::MAX) != argument || secret_url::has_password(&argument)
    })
}

/// Prints help or the version to stdout.
fn print_help(error: &clap::Error) -> ExitCode {
    let mut stdout = anstream::stdout().lock();
    let written = write!(stdout, "{}", error.render().ansi()).and_then(|()| stdout.flush());
    match written {
        // The reader has closed the pipe: it needs no more help.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Prints a usage error to stderr as clap writes it.
fn print_usage_error(error: &clap::Error) -> ExitCode {
    let _unwritable = write!(anstream::stderr().lock(), "{}", error.render().ansi());
    ExitCode::from(crate::exit::Exit::Usage)
}

/// Converts a usage error of clap's into one of ours: a message of one line, and a hint.
pub(crate) fn usage_failure(error: &clap::Error, arguments: &[OsString]) -> Failure {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    ) {
        return Failure::usage("a subcommand is missing").hint("see them with --help");
    }
    let text = without_passwords(error.render().to_string(), arguments);
    let mut paragraphs = text.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let hints: Vec<_> = paragraphs
        .filter_map(|text| match text.strip_prefix("tip: ") {
            Some(tip) => Some(tip.to_owned()),
            None => text
                .strip_prefix("Usage: ")
                .map(|usage| format!("usage: {usage}")),
        })
        .collect();
    let failure = Failure::usage(foreign(message, MAX_SHOWN));
    match hints.as_slice() {
        [] => failure.hint("see --help"),
        hints => failure.hint(foreign(&hints.join("; "), MAX_SHOWN)),
    }
}

fn one_line(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns `text` with the passwords masked that the arguments it repeats contain.
fn without_passwords(text: String, arguments: &[OsString]) -> String {
    let words = arguments.iter().map(|argument| argument.to_string_lossy());
    words.fold(text, |text, word| {
        // Of `--option=VALUE` an error may repeat the value alone.
        let value = word.split_once('=').map_or(&*word, |(_, value)| value);
        let mask = |text: String, word| text.replace(word, &secret_url::masked(word));
        mask(mask(text, &word), value)
    })
}

/// Refuses secrets on the command line, where every user of the machine can read them.
fn refuse_secrets(flags: &GlobalOptions) -> Result<(), Failure> {
    let limiter = match &flags.limiter {
        Some(LimiterScope::Url(url)) => Some(("--limiter", "MPS_LIMITER", url)),
        _ => None,
    };
    let ledger = match &flags.ledger {
        Some(LedgerPlace::Url(url)) => Some(("--ledger", "MPS_LEDGER", url)),
        _ => None,
    };
    let mut urls = limiter.into_iter().chain(ledger);
    if let Some((option, variable, url)) = urls.find(|(.., url)| url.has_password()) {
        let message = format!(
            "{option}: the URL {url} contains a password, which other users of this machine can see"
        );
        let scheme = url.scheme();
        let hint = format!("set it in the environment instead: {variable}={scheme}://...");
        return Err(Failure::usage(message).hint(match scheme.as_str() {
            "postgres" | "postgresql" => format!("{hint}, or write the password into ~/.pgpass"),
            _ => format!("{hint}, or in the config file: mps config explain"),
        }));
    }
    Ok(())
}

/// Refuses options that contradict each other, wherever they come from.
fn refuse_contradictions(options: GlobalOptions) -> Result<GlobalOptions, Failure> {
    use crate::options::PreflightMode;

    if options.strict
        && matches!(
            options.preflight(),
            PreflightMode::Warn | PreflightMode::Off
        )
    {
        return Err(
            Failure::usage("--strict refuses what --preflight lets pass")
                .hint("leave one of them out"),
        );
    }
    if options.emulator && options.endpoint.is_some() {
        return Err(Failure::usage(
            "an emulator and an endpoint are both set, which are two endpoints",
        )
        .hint("unset one of them; see where they are set: mps config explain"));
    }
    if let Some(url) = &options.endpoint
        && secret_url::has_user_info(url)
    {
        let url = secret_url::masked(url);
        return Err(Failure::usage(format!(
            "--endpoint: the URL {} contains a user name or a password",
            foreign(&url, MAX_SHOWN)
        ))
        .hint(
            "give scheme, host, port and path only; keys are read from the environment or a file",
        ));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(arguments: &[&str]) -> Option<String> {
        let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        last_value(&arguments, "--output")
    }

    #[test]
    fn the_last_value_before_two_hyphens_counts() {
        assert_eq!(value_of(&["mps", "video"]), None);
        assert_eq!(
            value_of(&["mps", "--output", "json"]).as_deref(),
            Some("json")
        );
        assert_eq!(
            value_of(&["mps", "--output=json", "--output", "human"]).as_deref(),
            Some("human")
        );
        assert_eq!(value_of(&["mps", "--", "--output=json"]), None);
        assert_eq!(value_of(&["mps", "--outputs=json", "--output"]), None);
    }

    #[test]
    fn help_is_wrapped_at_the_width_that_is_asked_for() {
        let command = Cli::command().term_width(60);
        let help = command.try_get_matches_from(["mps", "--help"]).unwrap_err();
        let help = help.render().to_string();
        let longest = help.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(60), "{longest:?}\n{help}");
    }

    #[test]
    fn a_usage_error_is_one_line_with_a_hint() {
        let usage = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
            usage_failure(&parsed(&arguments).unwrap_err(), &arguments)
        };
        let failure = usage(&["mps", "vidio"]);
        assert_eq!(failure.message, "unrecognized subcommand 'vidio'");
        let hint = failure.hint.unwrap();
        assert!(
            hint.contains("'video'") && hint.contains("usage: mps"),
            "{hint}"
        );

        let failure = usage(&["mps", "--site", "redis://:hunter2@host", "models"]);
        assert!(!failure.message.contains("hunter2"), "{}", failure.message);
        let failure = usage(&["mps", "video", "\u{1b}[31m"]);
        assert!(!failure.message.contains('\u{1b}'), "{}", failure.message);
    }
}
