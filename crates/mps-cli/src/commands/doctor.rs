//! `mps doctor`: finds causes that make other commands fail, each with its fix. Sends no call
//! that is billed.

use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};
use clap::Args;
use mps_aigc::Endpoint;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

mod account;
mod check;
mod network;
mod places;

use self::check::{Check, State};
use crate::{
    arguments::Settings,
    config,
    context::{Connection, Context},
    exit::Exit,
    failure::Failure,
    foreign_text,
    live::{columns_of, units::counted},
    outcome::Outcome,
};

/// The arguments of `mps doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {}

/// `mps.doctor/1`.
#[derive(Serialize)]
struct Diagnosis<'a> {
    schema: &'static str,
    /// `true` without an error.
    ok: bool,
    checks: &'a [Check],
}

pub(crate) async fn run(_: &DoctorArgs, context: &Context) -> Result<(), Failure> {
    let checks = match context.phase.race(Box::pin(checks(context))).await {
        Ok(checks) => checks,
        Err(signal) => return Err(Failure::interrupted(signal)),
    };
    let worst = checks.iter().filter_map(|check| check.exit);
    let worst = worst.min_by_key(|reason| Outcome::NotCreated(*reason).exit().rank());
    let diagnosis = Diagnosis {
        schema: "mps.doctor/1",
        ok: worst.is_none(),
        checks: &checks,
    };
    let stdout = io::stdout();
    let columns = stdout.is_terminal().then(|| columns_of(&stdout));
    let lines = checks.iter().map(|check| human(check, columns));
    let human = lines.collect::<Vec<_>>().join("\n");
    context.output.styled_listing(&human, &diagnosis)?;
    let Some(worst) = worst else {
        return Ok(());
    };
    let errors = checks.iter().filter(|check| check.exit.is_some()).count();
    let message = format!("{} found an error", counted(errors, "check"));
    let failure = Failure::new(Outcome::NotCreated(worst), "doctor", message);
    Err(failure.hint("follow the line that begins with fix, then run: mps doctor"))
}

async fn checks(context: &Context) -> Vec<Check> {
    // Warnings of other commands are findings of this one.
    let quiet = Context::new(
        context.global.clone(),
        Settings::default(),
        context.output.silenced(),
        context.phase.clone(),
    );
    let endpoint = match quiet.endpoint() {
        Ok(endpoint) => endpoint,
        Err(failure) => return vec![Check::failed("endpoint", &failure), config_file(context)],
    };
    let connection = quiet.connect().await;
    let endpoint = match &connection {
        Ok(connection) => connection.client().endpoint().clone(),
        Err(_) => endpoint,
    };
    let reached = network::reach(&endpoint, context).await;
    let mut checks = Vec::new();
    checks.extend(credentials(&connection, reached.is_ok(), context).await);
    checks.extend(network::clock(reached.as_ref().ok(), &endpoint));
    checks.push(network::endpoint(&reached, &endpoint));
    checks.push(network::site(&endpoint, context.global.site));
    checks.push(account::limiter(connection.as_ref().ok(), &endpoint, context).await);
    checks.extend(places::ledger(connection.as_ref().ok(), &endpoint, context).await);
    checks.extend(places::space(context));
    checks.push(network::proxy(&endpoint));
    checks.push(config_file(context));
    checks
}

async fn credentials(
    connection: &Result<Connection, Failure>,
    is_reachable: bool,
    context: &Context,
) -> Vec<Check> {
    match connection {
        Ok(connection) => account::credentials(connection, is_reachable, context).await,
        Err(failure) if failure.exit() == Exit::Credentials => {
            vec![Check::failed("credentials", failure)]
        }
        Err(failure) => vec![Check::failed("options", failure)],
    }
}

fn config_file(context: &Context) -> Check {
    let settings = &context.settings;
    if let Some(mistake) = &settings.mistake {
        return Check::failed("config", mistake);
    }
    if let Some(warning) = &settings.config.warning {
        return Check::warning("config", warning.clone()).fix("run the command in the message");
    }
    match config::place() {
        Some(place) if settings.config.exists => {
            Check::ok("config", format!("{} is used", foreign_text::path(&place)))
        }
        Some(place) => {
            let message = format!("{} does not exist", foreign_text::path(&place));
            Check::ok("config", message)
        }
        None => Check::ok("config", "the environment names no folder for it"),
    }
}

const OK: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Columns before the message of a check.
const INDENT: usize = 22;

/// Formats a check. On a terminal with so many columns its message is wrapped between words; a fix is not, since
/// people copy commands from it.
fn human(check: &Check, columns: Option<usize>) -> String {
    let style = match check.state {
        State::Ok => OK,
        State::Warning => WARNING,
        State::Error => ERROR,
    };
    let (state, name) = (check.state.as_str(), check.name);
    let message = foreign_text::message(&check.message);
    let message = match columns {
        Some(columns) => wrapped(&message, columns.saturating_sub(INDENT)),
        None => message.into_owned(),
    };
    let mut text = format!("{style}{state:<7}{style:#}  {name:<11}  {message}");
    if let Some(fix) = &check.fix {
        let fix = foreign_text::message(fix);
        text = format!("{text}\n{:<20}  fix: {fix}", "");
    }
    text
}

/// Breaks a text between words into lines of at most `width` columns, the further ones indented. A longer word
/// has a line of its own.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{:INDENT$}", ""))
}

/// Returns whether the endpoint is a machine of others, which the network has to reach.
fn is_remote(endpoint: &Endpoint) -> bool {
    !endpoint.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_wrapped_between_words_and_loses_none() {
        let indent = format!("\n{:INDENT$}", "");
        for (text, width, expected) in [
            ("one two three", 7, "one two|three"),
            ("one two three", 80, "one two three"),
            ("a /very/long/path is used", 6, "a|/very/long/path|is|used"),
            ("one two", 0, "one|two"),
            ("", 5, ""),
        ] {
            assert_eq!(
                wrapped(text, width),
                expected.replace('|', &indent),
                "{text}"
            );
        }
    }
}
