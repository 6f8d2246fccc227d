//! `mps completion`: the script by which a shell completes this command.

use clap::{Args, ValueEnum};
use clap_complete::env::Shells;
use serde::Serialize;

use crate::{completion::VARIABLE, context::Context, failure::Failure};

/// The arguments of `mps completion`.
#[derive(Args, Debug)]
pub(crate) struct CompletionArgs {
    /// Shell that the script is for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// A shell.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// In ~/.bashrc: source <(mps completion bash)
    Bash,
    /// In ~/.zshrc, after compinit: source <(mps completion zsh)
    Zsh,
    /// Once: mps completion fish > ~/.config/fish/completions/mps.fish
    Fish,
    /// In $PROFILE: mps completion powershell | Out-String | Invoke-Expression
    Powershell,
}

/// `mps.completion/1`.
#[derive(Serialize)]
struct CompletionResult<'a> {
    schema: &'static str,
    shell: &'static str,
    script: &'a str,
}

pub(crate) fn run(args: &CompletionArgs, context: &Context) -> Result<(), Failure> {
    let shell = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    };
    let shells = Shells::builtins();
    let completer = shells.completer(shell);
    let completer = completer.ok_or_else(|| Failure::internal("the shell is not known"))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "mps", "mps", "mps", &mut script)
        .map_err(|error| Failure::internal(error.to_string()))?;
    let script = String::from_utf8_lossy(&script);
    let script = script.trim_end();
    let result = CompletionResult {
        schema: "mps.completion/1",
        shell,
        script,
    };
    context.output.listing(script, &result)
}
