//! Command lines to copy: those that resume the work on a task.

use std::{fmt, path::Path};

pub(crate) use mps_core::text::shell_quoted as quoted;
use serde::Serialize;

use crate::options::{GlobalOptions, LedgerPlace, Site};

/// A command line as an argument vector. `Display` quotes it for a POSIX shell; JSON has the vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct CommandLine(Vec<String>);

impl CommandLine {
    /// Returns the command line of `verb` for one task, with the options that select endpoint and
    /// account. The id is the last argument, after `--`, since ids of other programs may begin with a
    /// hyphen.
    ///
    /// # Examples
    /// ```text
    /// mps --site cn --profile work video wait --out cat.mp4 -- 2600016453-AigcVideo-0f
    /// ```
    pub(crate) fn for_task(
        global: &GlobalOptions,
        family: &str,
        verb: &str,
        task_id: &str,
        out: Option<&Path>,
    ) -> Self {
        let mut line = Self::of_account(global);
        line.push(family, Some(verb));
        let out = out.map(|out| out.display().to_string());
        line.push("--out", out.as_deref());
        line.push("--", Some(task_id));
        line
    }

    /// Returns the command line of `mps call` for one action.
    pub(crate) fn for_call(global: &GlobalOptions, action: &str, json: &str) -> Self {
        let mut line = Self::of_account(global);
        line.push("call", Some(action));
        line.push("--json", Some(json));
        line
    }

    /// Returns the command line that shows the row of a task in the ledger.
    pub(crate) fn for_show(global: &GlobalOptions, name: &str) -> Self {
        let mut line = Self::of_account(global);
        line.push("show", Some("--"));
        line.0.push(name.to_owned());
        line
    }

    /// Returns the command line that decides about a create in doubt by these words.
    pub(crate) fn for_resolve(global: &GlobalOptions, key: &str, decision: &[&str]) -> Self {
        let mut line = Self::of_account(global);
        line.0.push("resolve".to_owned());
        line.0
            .extend(decision.iter().map(|word| (*word).to_owned()));
        line.push("--", Some(key));
        line
    }

    /// Returns the command line of a verb of `mps batch`, with the arguments after it.
    pub(crate) fn for_batch(global: &GlobalOptions, verb: &str, arguments: &[&str]) -> Self {
        let mut line = Self::of_account(global);
        line.push("batch", Some(verb));
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        line.0.extend(arguments);
        line
    }

    /// Returns the program with the options that select endpoint and account.
    pub(crate) fn of_account(global: &GlobalOptions) -> Self {
        let limiter = global.limiter_argument();
        let mut line = Self(vec!["mps".to_owned()]);
        line.push("--endpoint", global.endpoint.as_deref());
        line.push("--site", global.site.map(Site::as_str));
        line.push("--region", global.region.as_deref());
        line.push("--profile", global.profile.as_deref());
        line.push("--account", global.account.as_deref());
        line.push("--limiter", limiter.as_deref());
        let ledger = global.ledger.as_ref().and_then(LedgerPlace::argument);
        line.push("--ledger", ledger.as_deref());
        line
    }

    /// Returns the argument vector.
    #[cfg(feature = "gallery")]
    pub(crate) fn into_words(self) -> Vec<String> {
        self.0
    }

    fn push(&mut self, option: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.extend([option.to_owned(), value.to_owned()]);
        }
    }

    /// Replaces the last word, which is the task id.
    pub(crate) fn with_last(mut self, word: &str) -> Self {
        if let Some(last) = self.0.last_mut() {
            word.clone_into(last);
        }
        self
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
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
        let out = Path::new("my cat.mp4");
        let line = CommandLine::for_task(&cli.global, "video", "wait", "4-AigcVideo-0f", Some(out));
        assert_eq!(
            line.to_string(),
            r"mps --site cn --profile 'it'\''s mine' --limiter process video wait --out 'my cat.mp4' -- 4-AigcVideo-0f"
        );
    }
}
