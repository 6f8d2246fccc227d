//! Environment variables for the global options: `MPS_ENDPOINT` for `--endpoint`, and so on. An empty
//! variable is as good as none.

use std::env;

use clap::Parser;

use super::GlobalOptions;
use crate::{arguments, failure::Failure};

/// The options with a value, each with its variable.
const VALUES: [(&str, &str); 11] = [
    ("--endpoint", "MPS_ENDPOINT"),
    ("--site", "MPS_SITE"),
    ("--region", "MPS_REGION"),
    ("--profile", "MPS_PROFILE"),
    ("--account", "MPS_ACCOUNT"),
    ("--limiter", "MPS_LIMITER"),
    ("--ledger", "MPS_LEDGER"),
    ("--deadline", "MPS_DEADLINE"),
    ("--preflight", "MPS_PREFLIGHT"),
    ("--output", "MPS_OUTPUT"),
    ("--color", "MPS_COLOR"),
];

/// The options without a value, each with its variable.
const SWITCHES: [(&str, &str); 3] = [
    ("--emulator", "MPS_EMULATOR"),
    ("--strict", "MPS_STRICT"),
    ("--quiet", "MPS_QUIET"),
];

/// The number of times that `--verbose` is given.
const VERBOSE: &str = "MPS_VERBOSE";

/// The global options alone, parsed like a command line.
#[derive(Debug, Parser)]
#[command(name = "environment", disable_help_flag = true)]
struct Environment {
    #[command(flatten)]
    global: GlobalOptions,
}

/// Returns `flags` with the values of the environment for all options that are not given.
///
/// # Errors
/// Returns a usage error that names the variable when a value is not valid.
pub(crate) fn complete(flags: GlobalOptions) -> Result<GlobalOptions, Failure> {
    complete_from(flags, variable)
}

fn complete_from(
    flags: GlobalOptions,
    variable: impl Fn(&str) -> Result<Option<String>, Failure>,
) -> Result<GlobalOptions, Failure> {
    let mut set = GlobalOptions::default();
    for (option, name) in VALUES {
        if let Some(value) = variable(name)? {
            parse(&mut set, name, format!("{option}={value}"))?;
        }
    }
    for (option, name) in SWITCHES {
        if let Some(value) = variable(name)?
            && is_on(name, &value)?
        {
            parse(&mut set, name, option.to_owned())?;
        }
    }
    if let Some(value) = variable(VERBOSE)? {
        set.verbose = value.parse().map_err(|_| {
            Failure::usage(format!(
                "{VERBOSE}: {value:?} is not a number from 0 to 255"
            ))
            .hint("1 prints each call, 2 each attempt")
        })?;
    }
    Ok(merged(flags, set))
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

/// Adds the value of one variable to `set`, by the rules of its option.
fn parse(set: &mut GlobalOptions, name: &str, argument: String) -> Result<(), Failure> {
    let parsed = Environment::try_parse_from(["environment", &argument]);
    let parsed = parsed.map_err(|error| {
        let failure = arguments::usage_failure(&error, &[argument.into()]);
        let message = format!("{name}: {}", failure.message);
        Failure::usage(message).hint(format!("correct {name}, or unset it"))
    })?;
    *set = merged(parsed.global, std::mem::take(set));
    Ok(())
}

/// Returns `flags` completed by `other`. Options that exclude each other are one setting: if the
/// command line has any of them, the environment's are ignored. For example, `--emulator` overrides
/// `MPS_ENDPOINT`.
fn merged(flags: GlobalOptions, other: GlobalOptions) -> GlobalOptions {
    let has_endpoint = flags.emulator || flags.endpoint.is_some();
    let has_preflight = flags.strict || flags.preflight.is_some();
    let has_verbosity = flags.quiet || flags.verbose > 0;
    GlobalOptions {
        emulator: flags.emulator || (!has_endpoint && other.emulator),
        endpoint: flags.endpoint.or(other.endpoint.filter(|_| !has_endpoint)),
        site: flags.site.or(other.site),
        region: flags.region.or(other.region),
        profile: flags.profile.or(other.profile),
        account: flags.account.or(other.account),
        limiter: flags.limiter.or(other.limiter),
        ledger: flags.ledger.or(other.ledger),
        deadline: flags.deadline.or(other.deadline),
        preflight: flags
            .preflight
            .or(other.preflight.filter(|_| !has_preflight)),
        strict: flags.strict || (!has_preflight && other.strict),
        output: flags.output.or(other.output),
        quiet: flags.quiet || (!has_verbosity && other.quiet),
        verbose: if has_verbosity {
            flags.verbose
        } else {
            other.verbose
        },
        color: flags.color.or(other.color),
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
        complete_from(flags.unwrap().global, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
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
