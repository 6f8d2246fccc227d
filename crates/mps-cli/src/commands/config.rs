//! `mps config explain`: each setting, and the origin of its value.

use std::{env, path::Path};

use clap::Subcommand;
use mps_aigc::TaskFamily;
use serde::Serialize;

use crate::{
    config::{self, Explanation, Origin},
    context::Context,
    failure::Failure,
    foreign_text, media,
    table::Table,
};

/// The subcommands of `mps config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show each setting with its value and where that comes from: a flag, the environment, the config
    /// file, or the default
    Explain,
}

/// `mps.config/1`.
#[derive(Serialize)]
struct Explained<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
    /// `true` if the file exists.
    exists: bool,
    /// `true` if the file is used: it has no mistake.
    used: bool,
    options: Vec<Explanation>,
    defaults: Vec<DefaultValue>,
    credentials: Vec<Credential>,
}

/// A default of commands.
#[derive(Serialize)]
struct DefaultValue {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    origin: Origin,
}

/// A variable with a part of the credentials, without the value of a secret.
#[derive(Serialize)]
struct Credential {
    variable: &'static str,
    value: String,
}

/// The variables of credentials, and whether each is a secret.
const CREDENTIALS: [(&str, bool); 5] = [
    ("TENCENTCLOUD_SECRET_ID", false),
    ("TENCENTCLOUD_SECRET_KEY", true),
    ("TENCENTCLOUD_TOKEN", true),
    ("TENCENTCLOUD_SECURITY_TOKEN", true),
    ("TENCENTCLOUD_SESSION_TOKEN", true),
];

pub(crate) fn run(command: &ConfigCommand, context: &Context) -> Result<(), Failure> {
    let ConfigCommand::Explain = command;
    let settings = &context.settings;
    let place = config::place();
    let explained = Explained {
        schema: "mps.config/1",
        file: place.as_deref(),
        exists: settings.config.exists || settings.mistake.is_some(),
        used: settings.config.exists,
        options: config::explain(
            &settings.flags,
            &settings.environment,
            &settings.config,
            &context.global,
        ),
        defaults: defaults(context),
        credentials: credentials(),
    };
    context.output.listing(&human(&explained), &explained)?;
    match &settings.mistake {
        Some(mistake) => Err(mistake.again()),
        None => Ok(()),
    }
}

fn defaults(context: &Context) -> Vec<DefaultValue> {
    let defaults = context.defaults();
    let of_config = |value: Option<String>| match value {
        Some(value) => (Some(value), Origin::Config),
        None => (None, Origin::Default),
    };
    let path = |path: Option<&Path>| of_config(path.map(|path| path.display().to_string()));
    let models = TaskFamily::ALL.iter().filter_map(|family| {
        let name = family.as_str();
        mps_aigc::models::capabilities::family(name)?;
        let model = defaults.model(*family).map(str::to_owned);
        Some((format!("defaults.model.{name}"), of_config(model)))
    });
    // Shown as it is set: a bucket that is not valid is an error of the commands that upload.
    let of_environment = env::var(media::VARIABLE).ok();
    let media_bucket = match of_environment.filter(|text| !text.is_empty()) {
        Some(text) => (Some(text), Origin::Environment),
        None => of_config(defaults.media_bucket().map(ToString::to_string)),
    };
    let others = [
        ("defaults.out", path(defaults.folder())),
        (
            "defaults.name-template",
            of_config(defaults.name_template().map(str::to_owned)),
        ),
        ("defaults.prices", path(defaults.prices())),
        ("defaults.media-bucket", media_bucket),
    ];
    let others = others.map(|(key, value)| (key.to_owned(), value));
    let all = models.chain(others);
    all.map(|(key, (value, origin))| DefaultValue { key, value, origin })
        .collect()
}

fn credentials() -> Vec<Credential> {
    let set = CREDENTIALS.iter().filter_map(|(variable, is_secret)| {
        let value = env::var(variable).ok().filter(|value| !value.is_empty())?;
        let value = if *is_secret { "***".to_owned() } else { value };
        Some(Credential { variable, value })
    });
    set.collect()
}

fn human(explained: &Explained<'_>) -> String {
    let mut table = Table::new(["setting", "value", "from"]);
    for option in &explained.options {
        let from = match option.origin {
            Origin::Flag => option.flag.clone(),
            Origin::Environment => option.variable.clone(),
            Origin::Config => "config file".to_owned(),
            Origin::Default => "default".to_owned(),
        };
        table.row([option.name, &option.value, &from]);
    }
    for default in &explained.defaults {
        let (value, from) = match (&default.value, default.origin) {
            (Some(value), Origin::Environment) => (value.as_str(), media::VARIABLE),
            (Some(value), _) => (value.as_str(), "config file"),
            (None, _) => ("none", "default"),
        };
        table.row([&default.key, value, from]);
    }
    for credential in &explained.credentials {
        table.row([credential.variable, &credential.value, "environment"]);
    }
    let state = match (explained.exists, explained.used) {
        (_, true) => "",
        (true, false) => " (not used: it has a mistake)",
        (false, false) => " (does not exist)",
    };
    let file = explained.file.map_or_else(
        || "config file: none, since HOME is not set".to_owned(),
        |file| format!("config file: {}{state}", foreign_text::path(file)),
    );
    format!("{}\n{file}", table.text(usize::MAX))
}
