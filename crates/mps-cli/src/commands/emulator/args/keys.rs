//! Key pairs on the command line. The emulator takes any, but a person may type a real one, so none
//! is ever shown again, not even where it is written wrongly.

use std::{ffi::OsStr, fmt, time::Duration};

use clap::{Arg, Command, Error, builder::TypedValueParser, error::ErrorKind};

/// A key pair of an account.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
}

/// A key pair with a token, and how long it is good for if it ends.
#[derive(Clone)]
pub(crate) struct TemporaryKey {
    pub(crate) pair: KeyPair,
    pub(crate) token: String,
    pub(crate) expires_in: Option<Duration>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TemporaryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemporaryKey")
            .field("secret_id", &self.pair.secret_id)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// A parser of secret values, whose errors describe the form and never show the value. For example,
/// a key pair without a colon is answered with "write it as ID:KEY".
#[derive(Clone)]
pub(super) struct Hidden<T>(pub(super) fn(&str) -> Result<T, &'static str>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Hidden<T> {
    type Value = T;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let read = value.to_str().ok_or("it is not UTF-8");
        read.and_then(self.0).map_err(|why| {
            let name = arg.map(ToString::to_string).unwrap_or_default();
            let what = format!("invalid value for '{name}': {why}\n");
            Error::raw(ErrorKind::ValueValidation, what).with_cmd(cmd)
        })
    }
}

pub(super) fn key_pair(text: &str) -> Result<KeyPair, &'static str> {
    text.split_once(':')
        .and_then(|(id, key)| pair(id, key))
        .ok_or("write it as ID:KEY")
}

/// A token may hold any character, so its end is looked for from behind.
pub(super) fn temporary_key(text: &str) -> Result<TemporaryKey, &'static str> {
    const FORM: &str = "write it as ID:KEY:TOKEN, or as ID:KEY:TOKEN@30m if it shall end";
    let (id, rest) = text.split_once(':').ok_or(FORM)?;
    let (key, rest) = rest.split_once(':').ok_or(FORM)?;
    let (token, expires_in) = match rest.rsplit_once('@') {
        Some((token, end)) => (token, Some(expiry(end)?)),
        None => (rest, None),
    };
    let pair = pair(id, key).filter(|_| !token.is_empty()).ok_or(FORM)?;
    Ok(TemporaryKey {
        pair,
        token: token.to_owned(),
        expires_in,
    })
}

fn pair(id: &str, key: &str) -> Option<KeyPair> {
    let is_whole = !id.is_empty() && !key.is_empty();
    is_whole.then(|| KeyPair {
        secret_id: id.to_owned(),
        secret_key: key.to_owned(),
    })
}

fn expiry(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text)
        .map_err(|_| "what follows the last `@` is no time; write how long it is good for: @90s, @30m or @2h")
}
