//! The parts of help beside the options: examples, and the common options in one line.

use clap::{Command, CommandFactory as _};

use crate::{
    Cli, EXIT_CODES,
    options::table::{SETTINGS, Setting},
};

mod examples;

pub(crate) use self::examples::examples;

/// Returns the whole command line with its examples. It takes longer to build than the bare one, so it
/// is for help only.
pub(crate) fn command() -> Command {
    with_examples(Cli::command(), "")
}

fn with_examples(command: Command, path: &str) -> Command {
    let folded = common_options();
    let examples = text(&examples(path));
    let more = if path.is_empty() { EXIT_CODES } else { "" };
    let parts = |parts: &[&str]| {
        let parts = parts.iter().filter(|part| !part.is_empty());
        parts.copied().collect::<Vec<_>>().join("\n\n")
    };
    // A command that brings examples of its own keeps them, and any other text follows the examples.
    let own = command.get_after_help().map(ToString::to_string);
    let examples = match own {
        Some(own) if own.contains("Examples:") => own,
        Some(own) => format!("{examples}\n\n{own}"),
        None => examples,
    };
    let command = command
        .after_help(parts(&[&examples, &folded]))
        .after_long_help(parts(&[&examples, more]));
    let names: Vec<_> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |it| with_examples(it, path.trim_start()))
    })
}

fn text(examples: &[String]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let lines = examples.iter().map(|line| format!("\n  {line}"));
    format!("Examples:{}", lines.collect::<String>())
}

/// Returns the line with the common options of a short help, for example `--ledger`.
fn common_options() -> String {
    let flags: Vec<_> = SETTINGS.iter().map(Setting::flag).collect();
    format!(
        "Common options, which --help explains: {}",
        flags.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_help_names_the_common_options_in_one_paragraph() {
        let help = |flag: &str| {
            let error = command()
                .term_width(80)
                .try_get_matches_from(["mps", "video", "wait", flag]);
            error.unwrap_err().render().to_string()
        };
        let short = help("-h");
        assert!(short.contains("Common options, which --help explains: --emulator"));
        assert!(!short.contains("MPS_LEDGER"), "{short}");
        let long = help("--help");
        assert!(long.contains("MPS_LEDGER") && !long.contains("Common options,"));
        for help in [short, long] {
            assert!(help.contains("\n  mps video wait $ID"), "{help}");
        }
    }
}
