//! The rows that decide whether a cap has room for each row alone.

use crate::{amount::Amount, batch::BatchError, error::JobsError, ledger::Key};

/// A row with the largest amount of something.
#[derive(Clone, Debug)]
struct Row<T> {
    amount: T,
    line: u64,
    key: Key,
}

/// The longest and the dearest row of a manifest, and the first ones of which that is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Largest {
    longest: Option<Row<u64>>,
    dearest: Option<Row<Amount>>,
    unknown_seconds: Option<Key>,
    unpriced: Option<Key>,
}

/// The amounts of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    /// Billed seconds; `None` if they are not known.
    pub(crate) seconds: Option<u64>,
    pub(crate) is_billed_by_piece: bool,
    pub(crate) price: Option<Amount>,
}

impl Largest {
    pub(crate) fn add(&mut self, line: u64, key: &Key, amounts: Amounts) {
        if let Some(seconds) = amounts.seconds {
            keep_larger(&mut self.longest, seconds, line, key);
        } else if !amounts.is_billed_by_piece {
            self.unknown_seconds.get_or_insert_with(|| key.clone());
        }
        match amounts.price {
            Some(price) => keep_larger(&mut self.dearest, price, line, key),
            None => drop(self.unpriced.get_or_insert_with(|| key.clone())),
        }
    }

    /// Returns an error if a row alone exceeds a cap, or if it is not known whether it does.
    pub(crate) fn check(
        self,
        max_seconds: Option<u64>,
        max_spend: Option<Amount>,
    ) -> Result<(), JobsError> {
        if let Some(cap) = max_seconds {
            if let Some(Row { amount, line, key }) = self.longest.filter(|it| it.amount > cap) {
                let seconds = amount;
                return Err(BatchError::TooLong {
                    line,
                    key,
                    seconds,
                    cap,
                }
                .into());
            }
            if let Some(key) = self.unknown_seconds {
                return Err(JobsError::UnknownSeconds(key));
            }
        }
        if let Some(cap) = max_spend {
            if let Some(key) = self.unpriced {
                return Err(JobsError::UnknownPrice(key));
            }
            if let Some(Row { amount, line, key }) = self.dearest.filter(|it| it.amount > cap) {
                let price = amount;
                return Err(BatchError::TooExpensive {
                    line,
                    key,
                    price,
                    cap,
                }
                .into());
            }
        }
        Ok(())
    }
}

fn keep_larger<T: Ord>(largest: &mut Option<Row<T>>, amount: T, line: u64, key: &Key) {
    if largest.as_ref().is_none_or(|row| row.amount < amount) {
        let key = key.clone();
        *largest = Some(Row { amount, line, key });
    }
}
