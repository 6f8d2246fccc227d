//! Colour: one decision for results, errors, help and usage errors.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use crate::options::ColorMode;

/// Sets whether this process writes colour, on both streams.
///
/// With [`ColorMode::Auto`] each stream has colour on a terminal, unless `NO_COLOR` is set or `TERM`
/// is `dumb`; `CLICOLOR_FORCE` turns it on everywhere, unless it is `0`.
pub(crate) fn apply(mode: ColorMode) {
    let choice = match mode {
        ColorMode::Always => anstream::ColorChoice::Always,
        ColorMode::Never => anstream::ColorChoice::Never,
        ColorMode::Auto => automatic(),
    };
    choice.write_global();
}

/// Returns the choice that the environment makes; the library decides for each stream if it makes none.
fn automatic() -> anstream::ColorChoice {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    if variable("NO_COLOR").is_some() {
        return anstream::ColorChoice::Never;
    }
    let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
    let are_terminals = || io::stdout().is_terminal() && io::stderr().is_terminal();
    match variable("CLICOLOR_FORCE") {
        Some(value) if value != "0" => anstream::ColorChoice::Always,
        // The library takes 0 for a reason to force it.
        Some(_) if !are_terminals() => anstream::ColorChoice::Never,
        // The library writes colour to a dumb terminal of a CI machine.
        _ if is_dumb => anstream::ColorChoice::Never,
        Some(_) => anstream::ColorChoice::Always,
        None => anstream::ColorChoice::Auto,
    }
}
