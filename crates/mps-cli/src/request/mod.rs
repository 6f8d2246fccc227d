//! From files and options to requests.

use std::path::Path;

use mps_aigc::{Create, models::AigcStoreCosParam};

use crate::{args, failure::Failure, input::Source};

mod audio;
mod image;
mod video;

/// Options that stand for the members of a request.
pub(crate) trait Fields {
    /// The request.
    type Request: Create + Default;

    /// Writes the options that were given over the request.
    fn apply(&self, request: &mut Self::Request) -> Result<(), Failure>;
}

/// The request of the file, where there is one, with the options written over it.
pub(crate) fn build<F: Fields + clap::Args>(args: &args::Create<F>) -> Result<F::Request, Failure> {
    let mut request = match &args.request {
        Some(path) => Source::file_or_stdin(path)?.parse()?,
        None => F::Request::default(),
    };
    args.fields.apply(&mut request)?;
    Ok(request)
}

fn set<T: Clone>(member: &mut Option<T>, option: Option<&T>) {
    if let Some(value) = option {
        *member = Some(value.clone());
    }
}

/// A prompt given as text or as a file, whose last line break is not part of it.
fn set_prompt(
    member: &mut Option<String>,
    text: Option<&String>,
    file: Option<&Path>,
) -> Result<(), Failure> {
    set(member, text);
    if let Some(file) = file {
        let text = Source::file_or_stdin(file)?.into_text();
        *member = Some(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    Ok(())
}

/// A list given as options replaces that of the file: its items have no names to override by.
fn set_list<T>(
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

/// An object whose members are options of their own; not there at all when none is given.
fn set_object<T: Default + PartialEq>(member: &mut Option<T>, write: impl FnOnce(&mut T)) {
    let mut object = member.take().unwrap_or_default();
    write(&mut object);
    *member = Some(object).filter(|object| *object != T::default());
}

fn set_cos(member: &mut Option<AigcStoreCosParam>, option: Option<&String>) -> Result<(), Failure> {
    if let Some(text) = option {
        *member = Some(cos_target(text)?);
    }
    Ok(())
}

type Options<'a> = Vec<(&'a str, &'a str)>;

/// Splits `URL,key=value,…`. A URL may hold commas, so options are taken from the end for as long
/// as they have a known key.
fn url_and_options<'a>(
    option: &str,
    text: &'a str,
    keys: &[&str],
) -> Result<(&'a str, Options<'a>), Failure> {
    let mut url = text;
    let mut found = Vec::new();
    while let Some((before, last)) = url.rsplit_once(',')
        && let Some((key, value)) = last.split_once('=')
        && keys.contains(&key)
    {
        found.push((key, value));
        url = before;
    }
    if url.is_empty() {
        let failure = Failure::usage(format!("{option}: there is no URL in {text:?}"));
        return Err(failure.hint("write the URL first, then the options: see --help"));
    }
    Ok((url, found))
}

fn cos_target(text: &str) -> Result<AigcStoreCosParam, Failure> {
    let mut target = AigcStoreCosParam::default();
    for part in text.split(',') {
        target = match part.split_once('=') {
            Some(("bucket", value)) => target.cos_bucket_name(value),
            Some(("region", value)) => target.cos_bucket_region(value),
            Some(("path", value)) => target.cos_bucket_path(value),
            _ => {
                return Err(Failure::usage(format!(
                    "--cos: {part:?} is none of bucket=…, region=… and path=…"
                ))
                .hint("write --cos bucket=NAME-1250000000,region=ap-guangzhou,path=folder"));
            }
        };
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_from_the_end_and_commas_stay_in_the_url() {
        let text = "https://a.example/x,y.mp4?s=1,2,refer=base,sound=no";
        let (url, options) = url_and_options("--ref-video", text, &["refer", "sound"]).unwrap();
        assert_eq!(url, "https://a.example/x,y.mp4?s=1,2");
        assert_eq!(options, [("sound", "no"), ("refer", "base")]);
        assert!(url_and_options("--ref-video", ",refer=base", &["refer"]).is_err());
    }

    #[test]
    fn a_bucket_needs_known_parts() {
        let target = cos_target("bucket=b-1,region=r,path=p").unwrap();
        assert_eq!(target.cos_bucket_name, "b-1");
        assert!(cos_target("bucket").is_err());
        assert!(cos_target("bucket=b,host=h").is_err());
    }
}
