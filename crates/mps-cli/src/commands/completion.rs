//! `mps completion`: the script by which a shell completes this command.

use clap::{Args, ValueEnum};

use crate::{context::Context, failure::Failure};

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
#[cfg(feature = "shell")]
#[derive(serde::Serialize)]
struct CompletionResult<'a> {
    schema: &'static str,
    shell: &'static str,
    script: &'a str,
}

/// Prints the script.
#[cfg(feature = "shell")]
pub(crate) fn run(args: &CompletionArgs, context: &Context) -> Result<(), Failure> {
    let shell = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    };
    let script = crate::completion::script(shell)?;
    let script = script.trim_end();
    let result = CompletionResult {
        schema: "mps.completion/1",
        shell,
        script,
    };
    context.output.listing(script, &result)
}

#[cfg(not(feature = "shell"))]
pub(crate) fn run(args: &CompletionArgs, _: &Context) -> Result<(), Failure> {
    let what = format!("completion {:?}", args.shell).to_lowercase();
    Err(Failure::lacks_feature(&what, "shell"))
}
