//! Requests from files and from options. The options themselves are generated from
//! `spec/families.toml`; this module has the parts they are made of.

use std::path::Path;

use mps_aigc::{Create, Site};
use serde::Serialize;
use serde_json::Value;

use crate::{failure::Failure, input::Source, media::MediaOptions, preflight};

/// Options that set the members of a request.
pub(crate) trait RequestFields: clap::Args + Clone {
    /// The request.
    type Request: Create + Default;

    /// Returns the model if an option names it.
    fn model(&self) -> Option<&str> {
        None
    }

    /// Sets the model of a request; does nothing in a family whose requests name none.
    fn set_model(request: &mut Self::Request, model: &str) {
        let (_, _) = (request, model);
    }

    /// Adds the options whose value may be a file of this machine; adds none by default.
    fn media<'a>(&'a mut self, media: &mut MediaOptions<'a>) {
        let (_, _) = (self, media);
    }

    /// Overwrites the members of `request` whose options were given.
    fn apply(&self, request: &mut Self::Request) -> Result<(), Failure>;
}

/// Returns the request of the file, or an empty one without a file, with the options applied.
///
/// # Errors
/// Returns the place in a file that is not JSON, or all findings of preflight if values in it have a
/// wrong type.
pub(crate) fn build<F: RequestFields>(
    file: Option<&Path>,
    fields: &F,
    site: Site,
) -> Result<F::Request, Failure> {
    let Some(path) = file else {
        let mut request = F::Request::default();
        fields.apply(&mut request)?;
        return Ok(request);
    };
    let source = Source::file_or_stdin(path)?;
    match source.parse::<F::Request>() {
        Ok(mut request) => {
            fields.apply(&mut request)?;
            Ok(request)
        }
        // Parsing ends at the first value of a wrong type, which an option may replace.
        Err(error) => {
            let whole = with_options(source.parse()?, fields)?;
            match preflight::wrong_types::<F::Request>(&whole, site) {
                Some(failure) => Err(failure),
                None => serde_json::from_value(whole).map_err(|_| error),
            }
        }
    }
}

/// Returns the JSON of a file with the members that options set.
fn with_options<F: RequestFields>(mut file: Value, fields: &F) -> Result<Value, Failure> {
    let mut request = F::Request::default();
    let empty = json(&request)?;
    fields.apply(&mut request)?;
    overlay(&mut file, json(&request)?, &empty);
    Ok(file)
}

/// Returns the JSON of a request.
///
/// # Errors
/// Returns an internal error if the request is not serializable, which is a bug.
pub(crate) fn json(request: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(request).map_err(|error| Failure::internal(error.to_string()))
}

/// Sets the members that differ from those of an empty request. Objects are merged by member.
fn overlay(under: &mut Value, over: Value, empty: &Value) {
    let (Value::Object(members), Value::Object(new)) = (under, over) else {
        return;
    };
    for (name, value) in new {
        let before = empty.get(&name).unwrap_or(&Value::Null);
        if value == *before {
            continue;
        }
        match members.get_mut(&name) {
            Some(Value::Object(inside)) if value.is_object() => {
                let mut object = Value::Object(std::mem::take(inside));
                overlay(&mut object, value, before);
                members.insert(name, object);
            }
            _ => {
                members.insert(name, value);
            }
        }
    }
}

/// Sets a member if its option was given.
pub(crate) fn set<T: Clone>(member: &mut Option<T>, option: Option<&T>) {
    if let Some(value) = option {
        *member = Some(value.clone());
    }
}

/// Returns the text of a file, or of stdin for `-`, without its last line break.
pub(crate) fn text_of_file(file: &Path) -> Result<String, Failure> {
    let source = Source::file_or_stdin(file)?;
    Ok(source.content().trim_end_matches(['\r', '\n']).to_owned())
}

/// Parses a whole number. A unit is refused with the number that was meant: `5s` with 5.
///
/// # Errors
/// Returns how to write the number.
pub(crate) fn whole_number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| {
        let number = text
            .trim()
            .trim_end_matches(|it: char| it.is_ascii_alphabetic());
        match number.trim_end().parse::<i64>() {
            Ok(number) => format!("write the number without a unit: {number}"),
            Err(_) => "write a whole number, such as 5".to_owned(),
        }
    })
}

/// Parses a number that is not negative, as [`whole_number`] does.
///
/// # Errors
/// Returns how to write the number.
pub(crate) fn natural_number(text: &str) -> Result<u64, String> {
    let number = whole_number(text)?;
    u64::try_from(number).map_err(|_| "write 0 or more".to_owned())
}

/// Returns the value of a switch with an opposite, or `None` if neither was given.
pub(crate) fn switch(on: bool, off: bool) -> Option<bool> {
    (on || off).then_some(on)
}

/// Replaces the list of the file by that of the options: list items have no names to merge by.
pub(crate) fn set_list<T>(
    member: &mut Vec<T>,
    options: &[String],
    item: fn(&str) -> Result<T, Failure>,
) -> Result<(), Failure> {
    if !options.is_empty() {
        *member = options
            .iter()
            .map(|text| item(text))
            .collect::<Result<_, _>>()?;
    }
    Ok(())
}

/// Sets members of an object; an object without members is left out of the request.
pub(crate) fn set_object<T: Default + PartialEq>(
    member: &mut Option<T>,
    write: impl FnOnce(&mut T),
) {
    let mut object = member.take().unwrap_or_default();
    write(&mut object);
    *member = Some(object).filter(|object| *object != T::default());
}

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Splits `URL,key=value,…`, for example `https://a.example/1.png,type=style`. A URL may contain commas, so options are taken from the end as long as
/// their key is a known one.
pub(crate) fn url_and_options<'a>(
    option: &str,
    text: &'a str,
    keys: &[&str],
) -> Result<(&'a str, Pairs<'a>), Failure> {
    let mut url = text;
    let mut options = Vec::new();
    while let Some((before, last)) = url.rsplit_once(',')
        && let Some((key, value)) = last.split_once('=')
        && keys.contains(&key)
    {
        options.push((key, value));
        url = before;
    }
    if url.is_empty() {
        let failure = Failure::usage(format!("{option}: there is no URL in {text:?}"));
        return Err(failure.hint("write the URL first, then the options: see --help"));
    }
    Ok((url, options))
}

/// Splits `key=value,…`, where every key is a known one.
pub(crate) fn keys_and_values<'a>(
    option: &str,
    text: &'a str,
    keys: &[&str],
    example: &str,
) -> Result<Pairs<'a>, Failure> {
    let pair = |part: &'a str| match part.split_once('=') {
        Some((key, value)) if keys.contains(&key) => Ok((key, value)),
        _ => {
            let keys: Vec<String> = keys.iter().map(|key| format!("{key}=…")).collect();
            let message = match keys.split_last() {
                Some((last, [])) => format!("{option}: {part:?} is not {last}"),
                Some((last, others)) => {
                    let others = others.join(", ");
                    format!("{option}: {part:?} is none of {others} and {last}")
                }
                None => format!("{option}: {part:?} is no value"),
            };
            Err(Failure::usage(message).hint(format!("write {option} {example}")))
        }
    };
    text.split(',').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_replace_members_and_keep_the_others_of_an_object() {
        let mut file = json!({
            "Prompt": 5,
            "ExtraParameters": {"Resolution": 720, "LogoAdd": 1},
            "ImageInfos": [{"ImageUrl": 1}],
        });
        let options = json!({
            "Prompt": "a fox",
            "ExtraParameters": {"Resolution": "720P"},
            "ImageInfos": [],
            "Empty": "",
        });
        overlay(&mut file, options, &json!({"ImageInfos": [], "Empty": ""}));
        assert_eq!(
            file,
            json!({
                "Prompt": "a fox",
                "ExtraParameters": {"Resolution": "720P", "LogoAdd": 1},
                "ImageInfos": [{"ImageUrl": 1}],
            })
        );
    }

    #[test]
    fn options_are_taken_from_the_end_and_commas_stay_in_the_url() {
        let text = "https://a.example/x,y.mp4?s=1,2,refer=base,sound=no";
        let (url, options) = url_and_options("--ref-video", text, &["refer", "sound"]).unwrap();
        assert_eq!(url, "https://a.example/x,y.mp4?s=1,2");
        assert_eq!(options, [("sound", "no"), ("refer", "base")]);
        assert!(url_and_options("--ref-video", ",refer=base", &["refer"]).is_err());
    }

    #[test]
    fn keys_of_an_object_need_known_names() {
        let keys = ["bucket", "region"];
        let read = |text| keys_and_values("--cos", text, &keys, "bucket=b,region=r");
        assert_eq!(
            read("bucket=b-1,region=r").unwrap(),
            [("bucket", "b-1"), ("region", "r")]
        );
        assert!(read("bucket").is_err());
        assert!(read("bucket=b,host=h").is_err());
    }

    #[test]
    fn a_number_with_a_unit_is_refused_with_the_number() {
        assert_eq!(whole_number("-5"), Ok(-5));
        for (text, hint) in [
            ("5s", "unit: 5"),
            ("5 sec", "unit: 5"),
            ("five", "such as 5"),
        ] {
            let error = whole_number(text).unwrap_err();
            assert!(error.ends_with(hint), "{text}: {error}");
        }
        assert!(natural_number("-1").is_err());
    }

    #[test]
    fn a_switch_that_was_not_given_sets_nothing() {
        assert_eq!(switch(false, false), None);
        assert_eq!(switch(true, false), Some(true));
        assert_eq!(switch(false, true), Some(false));
    }
}
