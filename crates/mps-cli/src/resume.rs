//! The command line that resumes a wait.

use std::path::Path;

use crate::options::{GlobalOptions, LimiterScope, Site};

/// Returns the command line that waits for a task, with the options that select endpoint and account.
pub(crate) fn resume_line(
    global: &GlobalOptions,
    family: &str,
    task_id: &str,
    out: Option<&Path>,
) -> String {
    let limiter = (global.limiter == LimiterScope::Process).then_some("process");
    let options = [
        ("--endpoint", global.endpoint.as_deref()),
        ("--site", global.site.map(Site::as_str)),
        ("--region", global.region.as_deref()),
        ("--profile", global.profile.as_deref()),
        ("--limiter", limiter),
    ];
    let mut line = "mps".to_owned();
    for (option, value) in options {
        push_option(&mut line, option, value);
    }
    line.extend([" ", family, " wait ", &quoted(task_id)]);
    let out = out.map(|out| out.display().to_string());
    push_option(&mut line, "--out", out.as_deref());
    line
}

/// Returns the hint for a task that the command no longer waits for.
pub(crate) fn resume_hint(
    global: &GlobalOptions,
    family: &str,
    task_id: &str,
    out: Option<&Path>,
) -> String {
    if global.emulator {
        return "the emulator, and with it the task, ended with this command".to_owned();
    }
    let line = resume_line(global, family, task_id, out);
    format!("the task lives on; resume with: {line}")
}

fn push_option(line: &mut String, option: &str, value: Option<&str>) {
    if let Some(value) = value {
        line.extend([" ", option, " ", &quoted(value)]);
    }
}

/// Quotes a word for a POSIX shell, if needed.
pub(crate) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "_-./:@=%+,".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Cli;

    #[test]
    fn the_resume_line_keeps_the_endpoint_options_and_is_quoted_for_a_shell() {
        let cli = Cli::parse_from([
            "mps",
            "--site",
            "cn",
            "--profile",
            "it's mine",
            "--limiter",
            "process",
            "-q",
            "video",
            "status",
            "1",
        ]);
        let line = resume_line(
            &cli.global,
            "video",
            "4-AigcVideo-0f",
            Some(Path::new("my cat.mp4")),
        );
        assert_eq!(
            line,
            r"mps --site cn --profile 'it'\''s mine' --limiter process video wait 4-AigcVideo-0f --out 'my cat.mp4'"
        );
    }
}
