//! The table of the common options: one name is the flag, the environment variable and the key of the
//! config file.

use super::{GlobalOptions, LedgerPlace, LimiterScope};
use crate::secret_url;

/// A common option. For example, `ledger` is the flag `--ledger`, the variable `MPS_LEDGER` and the key
/// `ledger` of the config file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// The name, in lower case.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The value where it is set nowhere, for people.
    pub(crate) default: &'static str,
    /// Returns the value as it is safe to show; `None` where it is not set.
    pub(crate) shown: fn(&GlobalOptions) -> Option<String>,
}

/// The form of a common option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With a value.
    Value,
    /// The path of a file or something else: a path of the config file must be absolute.
    Place,
    /// Without a value.
    Switch,
    /// The number of times that it is given.
    Count,
}

impl Setting {
    /// Returns the flag, such as `--ledger`.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name)
    }

    /// Returns the environment variable, such as `MPS_LEDGER`.
    pub(crate) fn variable(&self) -> String {
        format!("MPS_{}", self.name.to_ascii_uppercase())
    }
}

const fn value(
    name: &'static str,
    default: &'static str,
    shown: fn(&GlobalOptions) -> Option<String>,
) -> Setting {
    Setting {
        name,
        kind: Kind::Value,
        default,
        shown,
    }
}

const fn switch(name: &'static str, shown: fn(&GlobalOptions) -> Option<String>) -> Setting {
    Setting {
        name,
        kind: Kind::Switch,
        default: "false",
        shown,
    }
}

/// All common options, in the order of `--help`.
pub(crate) static SETTINGS: [Setting; 15] = [
    switch("emulator", |options| on(options.emulator)),
    value("endpoint", "that of the site", |options| {
        options.endpoint.as_deref().map(secret_url::masked)
    }),
    value("site", "that of the endpoint, else intl", |options| {
        options.site.map(|site| site.as_str().to_owned())
    }),
    value("region", "none", |options| options.region.clone()),
    value("profile", "none", |options| options.profile.clone()),
    value(
        "account",
        "the profile, the role of temporary keys, or the secret id",
        |options| options.account.clone(),
    ),
    value("limiter", "machine", |options| {
        options.limiter.as_ref().map(|scope| match scope {
            LimiterScope::Machine => "machine".to_owned(),
            LimiterScope::Process => "process".to_owned(),
            LimiterScope::Url(url) => url.to_string(),
        })
    }),
    Setting {
        kind: Kind::Place,
        ..value("ledger", "ledger.db in the state folder", |options| {
            options.ledger.as_ref().map(|place| match place {
                LedgerPlace::Off => "off".to_owned(),
                LedgerPlace::File(path) => path.display().to_string(),
                LedgerPlace::Url(url) => url.to_string(),
            })
        })
    },
    value("deadline", "2m", |options| {
        let deadline = options.deadline.map(humantime::format_duration);
        deadline.map(|deadline| deadline.to_string())
    }),
    value("preflight", "error", |options| name_of(options.preflight)),
    switch("strict", |options| on(options.strict)),
    value("output", "human", |options| name_of(options.output)),
    switch("quiet", |options| on(options.quiet)),
    Setting {
        kind: Kind::Count,
        ..value("verbose", "0", |options| {
            (options.verbose > 0).then(|| options.verbose.to_string())
        })
    },
    value("color", "auto", |options| name_of(options.color)),
];

fn on(is_on: bool) -> Option<String> {
    is_on.then(|| true.to_string())
}

/// Returns the name of a value of an enumeration, as the command line has it.
fn name_of<T: clap::ValueEnum>(value: Option<T>) -> Option<String> {
    let name = value?.to_possible_value()?;
    Some(name.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::Cli;

    #[test]
    fn every_global_option_is_in_the_table_with_its_variable_in_the_help() {
        let command = Cli::command();
        let globals = command.get_arguments().filter(|it| it.is_global_set());
        let mut names = Vec::new();
        for argument in globals {
            let name = argument.get_long().unwrap();
            let help = argument.get_help().unwrap().to_string();
            let setting = SETTINGS.iter().find(|it| it.name == name).unwrap();
            let variable = format!("[env: {}]", setting.variable());
            assert!(help.contains(&variable), "{name}: {help}");
            names.push(name);
        }
        assert_eq!(names, SETTINGS.map(|it| it.name));
    }
}
