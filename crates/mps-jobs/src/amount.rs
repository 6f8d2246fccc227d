//! An amount of money in the account's currency.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Millionths of one unit of the currency.
const MICROS: i64 = 1_000_000;

/// An amount of money, exact to a millionth of the account's currency.
///
/// # Examples
/// ```
/// use mps_jobs::Amount;
///
/// let price: Amount = "0.35".parse()?;
/// assert_eq!(price, Amount::from_micros(350_000));
/// assert_eq!(price.to_string(), "0.35");
/// # Ok::<(), mps_jobs::InvalidAmount>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Returns the amount of so many millionths of the currency.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the amount in millionths of the currency.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0 / MICROS, (self.0 % MICROS).abs());
        let sign = if self.0 < 0 && whole == 0 { "-" } else { "" };
        let digits = format!("{micros:06}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits:0<2}"),
        }
    }
}

/// A text that is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAmount(String);

impl fmt::Display for InvalidAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "{text:?} is no amount of money, such as 12.50 with up to six decimals"
        )
    }
}

impl std::error::Error for InvalidAmount {}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let invalid = || InvalidAmount(text.chars().take(40).collect());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > 6 {
            return Err(invalid());
        }
        let whole: i64 = whole.parse().map_err(|_| invalid())?;
        let decimals: i64 = format!("{decimals:0<6}").parse().map_err(|_| invalid())?;
        let micros = whole.checked_mul(MICROS);
        let micros = micros.and_then(|micros| micros.checked_add(decimals));
        micros.map(Self).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_from_its_text() {
        for text in ["0", "12", "0.35", "1.50", "3.000001", "0.10"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        assert_eq!(Amount::from_micros(-500_000).to_string(), "-0.50");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1,5",
            "1e3",
            "1.0000001",
            "99999999999999999",
        ] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
