//! Environment variables for the global options: `MPS_ENDPOINT` for `--endpoint`, and so on. An empty
//! variable is as good as none.

use std::env;

use clap::Parser;

use super::{
    GlobalOptions,
    table::{Kind, SETTINGS, Setting},
};
use crate::{arguments, failure::Failure};

/// The global options alone, parsed like a command line.
#[derive(Debug, Parser)]
#[command(name = "environment", disable_help_flag = true)]
struct Environment {
    #[command(flatten)]
    global: GlobalOptions,
}

/// Returns the options that the environment sets.
///
/// # Errors
/// Returns a usage error that names the variable when a value is not valid.
pub(crate) fn read() -> Result<GlobalOptions, Failure> {
    read_from(variable)
}

fn read_from(
    variable: impl Fn(&str) -> Result<Option<String>, Failure>,
) -> Result<GlobalOptions, Failure> {
    let mut set = GlobalOptions::default();
    for setting in &SETTINGS {
        let name = setting.variable();
        let Some(value) = variable(&name)? else {
            continue;
        };
        match setting.kind {
            Kind::Value | Kind::Place => parse(&mut set, setting, &name, &value)?,
            Kind::Switch if is_on(&name, &value)? => turn_on(&mut set, setting, &name)?,
            Kind::Switch => {}
            Kind::Count => {
                set.verbose = value.parse().map_err(|_| {
                    let message = format!("{name}: {value:?} is not a number from 0 to 255");
                    Failure::usage(message).hint("1 prints each request, 2 each step")
                })?;
            }
        }
    }
    Ok(set)
}

/// Returns the value of a variable; `None` for an empty one.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{name} is not UTF-8 text"))
                .hint("unset it, or write it anew"))
        }
    }
}

fn is_on(name: &str, value: &str) -> Result<bool, Failure> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(
            Failure::usage(format!("{name}: {value:?} is neither 1 nor 0"))
                .hint(format!("write {name}=1, or unset it")),
        ),
    }
}

/// Sets an option to a value by the rules of its flag. `name` is the origin of the value: a
/// variable, or a key of the config file.
///
/// # Errors
/// Returns a usage error that begins with `name` when the value is not valid.
pub(crate) fn parse(
    set: &mut GlobalOptions,
    setting: &Setting,
    name: &str,
    value: &str,
) -> Result<(), Failure> {
    add(set, name, format!("{}={value}", setting.flag()))
}

/// Turns a switch on; see [`parse`].
///
/// # Errors
/// Returns a usage error when the switch contradicts an option that is set already.
pub(crate) fn turn_on(
    set: &mut GlobalOptions,
    setting: &Setting,
    name: &str,
) -> Result<(), Failure> {
    add(set, name, setting.flag())
}

fn add(set: &mut GlobalOptions, name: &str, argument: String) -> Result<(), Failure> {
    let parsed = Environment::try_parse_from(["environment", &argument]);
    let parsed = parsed.map_err(|error| {
        let failure = arguments::usage_failure(&error, &[argument.into()]);
        let message = format!("{name}: {}", failure.message);
        Failure::usage(message).hint(format!("correct {name}, or unset it"))
    })?;
    *set = joined(parsed.global, std::mem::take(set));
    Ok(())
}

/// Returns `flags` completed by `other`. Options that exclude each other are one setting: if the
/// former has any of them, those of the latter are ignored. For example, `--emulator` overrides
/// `MPS_ENDPOINT`.
pub(crate) fn merged(flags: GlobalOptions, mut other: GlobalOptions) -> GlobalOptions {
    if flags.emulator || flags.endpoint.is_some() {
        (other.emulator, other.endpoint) = (false, None);
    }
    if flags.strict || flags.preflight.is_some() {
        (other.strict, other.preflight) = (false, None);
    }
    if flags.quiet || flags.verbose > 0 {
        (other.quiet, other.verbose) = (false, 0);
    }
    joined(flags, other)
}

/// Returns the options of both; those of `first` count where both have one.
fn joined(first: GlobalOptions, second: GlobalOptions) -> GlobalOptions {
    GlobalOptions {
        emulator: first.emulator || second.emulator,
        endpoint: first.endpoint.or(second.endpoint),
        site: first.site.or(second.site),
        region: first.region.or(second.region),
        profile: first.profile.or(second.profile),
        account: first.account.or(second.account),
        limiter: first.limiter.or(second.limiter),
        ledger: first.ledger.or(second.ledger),
        deadline: first.deadline.or(second.deadline),
        preflight: first.preflight.or(second.preflight),
        strict: first.strict || second.strict,
        output: first.output.or(second.output),
        quiet: first.quiet || second.quiet,
        verbose: first.verbose.max(second.verbose),
        color: first.color.or(second.color),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{OutputFormat, PreflightMode, Site};

    fn complete(
        arguments: &[&str],
        variables: &'static [(&'static str, &'static str)],
    ) -> Result<GlobalOptions, Failure> {
        let flags = Environment::try_parse_from([&["environment"], arguments].concat());
        let set = read_from(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })?;
        Ok(merged(flags.unwrap().global, set))
    }

    #[test]
    fn a_variable_completes_a_command_line_and_never_overrides_it() {
        let all = [
            ("MPS_ENDPOINT", "https://a.example"),
            ("MPS_SITE", "cn"),
            ("MPS_OUTPUT", "json"),
            ("MPS_DEADLINE", "5s"),
        ];
        let all: &'static [_] = Vec::from(all).leak();
        let set = complete(&[], all).unwrap();
        assert_eq!(set.endpoint.as_deref(), Some("https://a.example"));
        assert_eq!(set.site, Some(Site::Cn));
        assert_eq!(set.output(), OutputFormat::Json);
        assert_eq!(set.deadline().as_secs(), 5);

        let set = complete(&["--emulator", "--site", "intl", "--output=human"], all).unwrap();
        assert!(set.emulator);
        assert_eq!(set.endpoint, None);
        assert_eq!(set.site, Some(Site::Intl));
        assert_eq!(set.output(), OutputFormat::Human);
    }

    #[test]
    fn options_that_exclude_each_other_are_one_setting() {
        let set = complete(&["--strict"], &[("MPS_PREFLIGHT", "warn")]).unwrap();
        assert_eq!((set.strict, set.preflight), (true, None));
        let set = complete(&["--preflight", "warn"], &[("MPS_STRICT", "1")]).unwrap();
        assert_eq!((set.strict, set.preflight()), (false, PreflightMode::Warn));
        let set = complete(&["-v"], &[("MPS_QUIET", "yes")]).unwrap();
        assert_eq!((set.quiet, set.verbose), (false, 1));
    }

    #[test]
    fn a_value_that_is_not_valid_names_its_variable_and_no_password() {
        for (name, value) in [
            ("MPS_SITE", "mars"),
            ("MPS_DEADLINE", "soon"),
            ("MPS_STRICT", "maybe"),
            ("MPS_VERBOSE", "much"),
            ("MPS_LIMITER", "galaxy"),
        ] {
            let variables: &'static [_] = Vec::from([(name, value)]).leak();
            let failure = complete(&[], variables).unwrap_err();
            assert!(failure.message.starts_with(name), "{}", failure.message);
            assert!(failure.message.contains(value), "{}", failure.message);
        }
    }
}
