//! Enumerations with fixed names: in JSON, in logs and on command lines.

use std::{error, fmt};

/// The error for a name that an enumeration does not have.
///
/// # Example
/// ```
/// use mps_core::Dispatch;
///
/// assert_eq!("not_sent".parse(), Ok(Dispatch::NotSent));
/// let error = "sent".parse::<Dispatch>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown dispatch \"sent\"; known are not_sent, refused, unknown, executed"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: String,
    known: &'static [&'static str],
}

impl UnknownName {
    pub(crate) fn new(what: &'static str, name: &str, known: &'static [&'static str]) -> Self {
        Self {
            what,
            name: name.to_owned(),
            known,
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, known) = (self.what, self.known.join(", "));
        write!(f, "unknown {what} {:?}; known are {known}", self.name)
    }
}

impl error::Error for UnknownName {}

/// Implements `ALL`, `as_str`, `Display`, `FromStr`, `Serialize` and `Deserialize` by one table of
/// names.
macro_rules! names {
    ($what:literal, $type:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            #[doc = concat!("Every ", $what, " of this version, in the order of the definition.")]
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            const NAMES: &'static [&'static str] = &[$($name),+];

            /// Returns the name: one of
            #[doc = concat!($("`", $name, "` "),+, ".")]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName::new($what, name, Self::NAMES)),
                }
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = <::std::borrow::Cow<'de, str>>::deserialize(from)?;
                name.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use names;
