//! The keys of the config file.

use mps_aigc::TaskFamily;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Defaults, absolute_path, value::set_option};
use crate::{
    failure::Failure,
    foreign_text,
    media::Bucket,
    options::{GlobalOptions, LedgerPlace, LimiterScope, table::SETTINGS},
    suggest,
};

/// The version of the keys, which a file may state.
const VERSION: &str = "1";

/// The table of the defaults of commands.
const DEFAULTS: &str = "defaults";

/// The keys of that table, beside a model for each family.
const DEFAULT_KEYS: [&str; 4] = ["out", "name-template", "prices", "media-bucket"];

/// The content of a config file.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) options: GlobalOptions,
    pub(super) defaults: Defaults,
    /// `true` if a URL in it has a password.
    pub(super) has_password: bool,
}

/// Parses the text of the file `name`.
///
/// # Errors
/// Returns a usage error that names the place of the first mistake, and never a value that may be a
/// password.
pub(super) fn parse(text: &str, name: &str) -> Result<Parsed, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let file = File { text, name };
    // Not the error's own text, which repeats the line and with it a password.
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message().replace('\n', ", ");
        file.failure(at, &format!("this is not TOML: {message}"))
            .hint("write one KEY = VALUE a line, texts in quotes: output = \"json\"")
    })?;
    file.check_version(table.get_ref())?;
    let mut parsed = Parsed::default();
    for (key, value) in table.get_ref() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("version", _) => {}
            (DEFAULTS, DeValue::Table(table)) => parsed.defaults = file.defaults(table)?,
            (DEFAULTS, _) => {
                return Err(file
                    .failure(at, "defaults is not a table")
                    .hint("write [defaults], and its keys below it"));
            }
            (key, value) => file.option(key, at, value, &mut parsed.options)?,
        }
    }
    parsed.has_password = has_password(&parsed.options);
    Ok(parsed)
}

fn has_password(options: &GlobalOptions) -> bool {
    let ledger = match &options.ledger {
        Some(LedgerPlace::Url(url)) => url.has_password(),
        _ => false,
    };
    let limiter = match &options.limiter {
        Some(LimiterScope::Url(url)) => url.has_password(),
        _ => false,
    };
    ledger || limiter
}

/// A file for error messages.
#[derive(Clone, Copy)]
struct File<'a> {
    text: &'a str,
    name: &'a str,
}

impl File<'_> {
    /// Returns an error at a byte of the text, as `file:line:column: message`.
    fn failure(self, at: usize, message: &str) -> Failure {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
        let name = foreign_text::name(self.name);
        Failure::usage(format!("{name}:{line}:{column}: {message}"))
            .hint("see all keys with: mps config explain")
    }

    /// Refuses a file for a later version: its keys may mean something else.
    fn check_version(self, table: &DeTable<'_>) -> Result<(), Failure> {
        let Some((key, value)) = table.get_key_value("version") else {
            return Ok(());
        };
        let version = value.get_ref().as_integer().map(DeInteger::as_str);
        if version == Some(VERSION) {
            return Ok(());
        }
        let message = match version {
            Some(_) => "this file is for a newer mps",
            None => "version is not a number",
        };
        let failure = self.failure(key.span().start, message);
        Err(failure.hint(format!(
            "install the newest mps; or rewrite the file for this one: version = {VERSION}"
        )))
    }

    /// Sets a common option.
    fn option(
        self,
        key: &str,
        at: usize,
        value: &DeValue<'_>,
        options: &mut GlobalOptions,
    ) -> Result<(), Failure> {
        // Flags are written with hyphens, and so are keys; an underscore is as good.
        let name = key.replace('_', "-");
        let Some(setting) = SETTINGS.iter().find(|it| it.name == name) else {
            return Err(self.unknown_key(key, at));
        };
        let set = set_option(setting, value, options);
        set.map_err(|failure| {
            let message = format!(
                "{}: {}",
                self.failure(at, setting.name).message,
                failure.message
            );
            Failure { message, ..failure }
        })
    }

    /// Reads the defaults of commands.
    fn defaults(self, table: &DeTable<'_>) -> Result<Defaults, Failure> {
        let mut defaults = Defaults::default();
        for (key, value) in table {
            let (at, name) = (key.span().start, key.get_ref().replace('_', "-"));
            if name == "model" {
                defaults.models = self.models(at, value.get_ref())?;
                continue;
            }
            if !DEFAULT_KEYS.contains(&name.as_str()) {
                return Err(self.unknown_default(key.get_ref(), at));
            }
            let text = value.get_ref().as_str().filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| {
                self.failure(at, &format!("{name} is not a text"))
                    .hint(format!("write {name} = \"...\""))
            })?;
            let path = || {
                absolute_path(text).map_err(|reason| {
                    self.failure(at, &format!("{name}: the path is relative"))
                        .hint(reason)
                })
            };
            match name.as_str() {
                "out" if text.starts_with("~/") => defaults.out = Some(path()?),
                "out" => defaults.out = Some(text.into()),
                "prices" => defaults.prices = Some(path()?),
                "media-bucket" => {
                    let origin = self.failure(at, &name).message;
                    defaults.media_bucket = Some(Bucket::parse(&origin, text)?);
                }
                _ => defaults.name_template = Some(text.to_owned()),
            }
        }
        Ok(defaults)
    }

    /// Reads a model for each family.
    fn models(self, at: usize, value: &DeValue<'_>) -> Result<Vec<(TaskFamily, String)>, Failure> {
        const HINT: &str =
            "write model.video = \"Kling\", and model.image and model.audio likewise";
        let DeValue::Table(table) = value else {
            return Err(self
                .failure(
                    at,
                    "model is not a table: each family has models of its own",
                )
                .hint(HINT));
        };
        let models = table.iter().map(|(key, model)| {
            let family = key.get_ref().parse::<TaskFamily>().ok();
            let family = family.filter(|family| has_models(*family));
            match (family, model.get_ref().as_str()) {
                (Some(family), Some(model)) if !model.is_empty() => Ok((family, model.to_owned())),
                (Some(_), _) => Err(self.failure(at, "the model is not a text").hint(HINT)),
                (None, _) => {
                    let name = foreign_text::name(key.get_ref());
                    let message = format!("no family {name} has models");
                    Err(self.failure(key.span().start, &message).hint(HINT))
                }
            }
        });
        models.collect()
    }

    fn unknown_key(self, key: &str, at: usize) -> Failure {
        let known = SETTINGS
            .iter()
            .map(|it| it.name)
            .chain([DEFAULTS, "version"]);
        let failure = self.failure(at, &format!("there is no key {}", foreign_text::name(key)));
        if DEFAULT_KEYS.contains(&key.replace('_', "-").as_str()) || key == "model" {
            return failure.hint("it belongs below [defaults]");
        }
        suggest::with_closest(failure, key, known)
    }

    fn unknown_default(self, key: &str, at: usize) -> Failure {
        let name = foreign_text::name(key);
        let failure = self.failure(at, &format!("there is no key {name} below [defaults]"));
        if SETTINGS.iter().any(|it| it.name == key) {
            return failure.hint("it belongs above [defaults], at the top of the file");
        }
        suggest::with_closest(failure, key, DEFAULT_KEYS.into_iter().chain(["model"]))
    }
}

/// Returns whether the family has models to choose from.
fn has_models(family: TaskFamily) -> bool {
    mps_aigc::models::capabilities::family(family.as_str()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{OutputFormat, PreflightMode};

    fn failure(text: &str) -> (String, String) {
        let failure = parse(text, "config.toml").unwrap_err();
        (failure.message, failure.hint.unwrap())
    }

    #[test]
    fn every_key_has_the_value_of_its_flag() {
        let text = r#"
            version = 1
            site = "cn"
            output = "json"
            preflight = "warn"
            deadline = "90s"
            verbose = 2
            strict = false
            ledger = "postgres://u:hunter2@h/db"
            [defaults]
            out = "clips"
            name_template = "{task_id}.{ext}"
            prices = "/etc/prices.toml"
            model.video = "Kling"
        "#;
        let parsed = parse(text, "config.toml").unwrap();
        assert_eq!(parsed.options.output(), OutputFormat::Json);
        assert_eq!(parsed.options.preflight(), PreflightMode::Warn);
        assert_eq!(parsed.options.deadline().as_secs(), 90);
        assert_eq!(parsed.options.verbose, 2);
        assert!(parsed.has_password);
        assert_eq!(parsed.defaults.model(TaskFamily::Video), Some("Kling"));
        assert!(!format!("{parsed:?}").contains("hunter2"));
        assert!(!parse("", "config.toml").unwrap().has_password);
    }

    #[test]
    fn a_mistake_has_its_place_and_a_hint() {
        for (text, message, hint) in [
            (
                "site = ",
                "config.toml:1:8: this is not TOML",
                "KEY = VALUE",
            ),
            (
                "\nsiet = \"cn\"",
                "config.toml:2:1: there is no key siet",
                "site",
            ),
            (
                "site = \"mars\"",
                "config.toml:1:1: site: invalid value 'mars'",
                "--help",
            ),
            (
                "\u{feff}sitee = 1",
                "config.toml:1:1: there is no key sitee",
                "site",
            ),
            (
                "site = 1",
                "config.toml:1:1: site: it is an integer",
                "site = \"...\"",
            ),
            (
                "strict = \"yes\"",
                "strict: it is a string",
                "strict = true",
            ),
            (
                "verbose = 300",
                "verbose: it is an integer",
                "1 for each request",
            ),
            ("ledger = \"a.db\"", "ledger: the path is relative", "~/"),
            ("out = \"clips\"", "there is no key out", "below [defaults]"),
            (
                "[defaults]\nsite = \"cn\"",
                "config.toml:2:1: there is no key site",
                "above",
            ),
            ("[defaults]\nmodle = 1", "there is no key modle", "model"),
            (
                "[defaults]\nmodel = \"Kling\"",
                "model is not a table",
                "model.video",
            ),
            (
                "[defaults.model]\nscenario = \"x\"",
                "no family scenario",
                "model.video",
            ),
            ("version = 2", "a newer mps", "newest mps"),
            ("version = \"1\"", "not a number", "version = 1"),
            (
                "site = \"cn\"\nsite = \"cn\"",
                "config.toml:2:1: this is not TOML",
                "",
            ),
        ] {
            let (actual, hinted) = failure(text);
            assert!(actual.contains(message), "{text}: {actual}");
            assert!(hinted.contains(hint), "{text}: {hinted}");
        }
    }

    #[test]
    fn no_mistake_shows_a_password() {
        for text in [
            "ledger = \"postgres://u:hunter2@h/db",
            "limiter = \"redis://u:hunter2@h\" x",
            "site = \"redis://u:hunter2@h\"",
            "ledger = [\"postgres://u:hunter2@h/db\"]",
        ] {
            let (message, hint) = failure(text);
            assert!(!message.contains("hunter2"), "{message}");
            assert!(!hint.contains("hunter2"), "{hint}");
        }
    }
}
