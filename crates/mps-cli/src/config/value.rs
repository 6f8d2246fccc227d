//! Values of the config file, as those of flags.

use toml::de::DeValue;

use super::absolute_path;
use crate::{
    failure::Failure,
    options::{
        GlobalOptions, environment,
        table::{Kind, Setting},
    },
};

/// Sets a common option to a value of the file.
///
/// # Errors
/// Returns a usage error for a value of another type, or one that the flag refuses.
pub(super) fn set_option(
    setting: &Setting,
    value: &DeValue<'_>,
    options: &mut GlobalOptions,
) -> Result<(), Failure> {
    let name = setting.name;
    let wrong = |hint: &str| {
        let message = format!("it is {} {}", article(value), value.type_str());
        Failure::usage(message).hint(hint.to_owned())
    };
    match (setting.kind, value) {
        (Kind::Switch, DeValue::Boolean(false)) => Ok(()),
        (Kind::Switch, DeValue::Boolean(true)) => {
            environment::turn_on(options, setting, "").map_err(without_name)
        }
        (Kind::Switch, _) => Err(wrong(&format!("write {name} = true, or {name} = false"))),
        (Kind::Count, DeValue::Integer(number)) => {
            let count = (number.radix() == 10).then(|| number.as_str().parse().ok());
            options.verbose = count
                .flatten()
                .ok_or_else(|| wrong("write 1 for each request, 2 for each step"))?;
            Ok(())
        }
        (Kind::Count, _) => Err(wrong("write 1 for each request, 2 for each step")),
        (Kind::Place, DeValue::String(text)) if is_path(text) => {
            let path = absolute_path(text)
                .map_err(|reason| Failure::usage("the path is relative").hint(reason))?;
            environment::parse(options, setting, "", &path.to_string_lossy()).map_err(without_name)
        }
        (Kind::Place | Kind::Value, DeValue::String(text)) => {
            environment::parse(options, setting, "", text).map_err(without_name)
        }
        (Kind::Place | Kind::Value, _) => {
            Err(wrong(&format!("write it as a text: {name} = \"...\"")))
        }
    }
}

/// Returns whether the place of a ledger is a file.
fn is_path(text: &str) -> bool {
    text != "off" && !text.contains("://")
}

fn article(value: &DeValue<'_>) -> &'static str {
    if value.type_str().starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// Returns the error of an option without the name that it begins with, and with the hint of a file.
fn without_name(failure: Failure) -> Failure {
    let message = failure.message.trim_start_matches(": ").to_owned();
    Failure { message, ..failure }.hint("correct this line, or remove it; the values: mps --help")
}
