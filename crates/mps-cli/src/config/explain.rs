//! The origin of each value of the common options.

use serde::Serialize;

use super::Config;
use crate::options::{
    GlobalOptions,
    table::{SETTINGS, Setting},
};

/// The place that sets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// An environment variable.
    Environment,
    /// The config file.
    Config,
    /// Nothing sets it.
    Default,
}

/// An option with its value and the origin of the value.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    pub(crate) name: &'static str,
    /// The value, passwords masked.
    pub(crate) value: String,
    pub(crate) origin: Origin,
    pub(crate) flag: String,
    pub(crate) variable: String,
}

/// Returns all common options. `flags` and `environment` are the options that each sets; `effective` is what
/// counts.
pub(crate) fn explain(
    flags: &GlobalOptions,
    environment: &GlobalOptions,
    config: &Config,
    effective: &GlobalOptions,
) -> Vec<Explanation> {
    let origin = |setting: &Setting| {
        if (setting.shown)(effective).is_none() {
            return Origin::Default;
        }
        let layers = [
            (flags, Origin::Flag),
            (environment, Origin::Environment),
            (&config.options, Origin::Config),
        ];
        let mut setting_it = layers
            .iter()
            .filter(|(layer, _)| (setting.shown)(layer).is_some());
        setting_it
            .next()
            .map_or(Origin::Default, |(_, origin)| *origin)
    };
    let values = SETTINGS.iter().map(|setting| Explanation {
        name: setting.name,
        value: (setting.shown)(effective).unwrap_or_else(|| setting.default.to_owned()),
        origin: origin(setting),
        flag: setting.flag(),
        variable: setting.variable(),
    });
    values.collect()
}
