//! The line that takes up a wait where it was left.

use std::path::Path;

use crate::args::{Global, LimitScope, Site};

/// The command that waits for a task again, with the options that say where and whose it is.
pub(crate) fn resume_line(
    global: &Global,
    family: &str,
    task_id: &str,
    out: Option<&Path>,
) -> String {
    let own_limit = (global.limiter == LimitScope::Process).then_some("process");
    let options = [
        ("--endpoint", global.endpoint.as_deref()),
        ("--site", global.site.map(Site::as_str)),
        ("--region", global.region.as_deref()),
        ("--profile", global.profile.as_deref()),
        ("--limiter", own_limit),
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

fn push_option(line: &mut String, option: &str, value: Option<&str>) {
    if let Some(value) = value {
        line.extend([" ", option, " ", &quoted(value)]);
    }
}

/// A word as a shell reads it back.
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
    use crate::args::Cli;

    #[test]
    fn the_line_says_where_and_whose_and_survives_a_shell() {
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
