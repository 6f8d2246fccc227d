//! From files and options to requests.

use mps_aigc::Create;

use crate::{args, failure::Failure, input::Source};

mod audio;
mod image;
mod shared;
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
}
