//! The bill: executed creates and their cost.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use sha2::{Digest, Sha256};

use crate::engine::{clock::micros, ids::AccountIndex};

/// Everything that was executed and would be charged.
///
/// Video is charged by the second, images by the picture, audio by the song. Failed tasks are free,
/// as on the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Bill {
    /// Executed creates. Continuing a document in steps also creates a task.
    pub creates: u64,
    /// Creates that repeat an earlier one: the same request, member by member, within ten minutes.
    /// A client that never pays twice keeps this at zero.
    pub duplicates: u64,
    /// Seconds of video.
    pub seconds: u64,
    /// Pictures.
    pub images: u64,
    /// Songs, and other pieces of audio.
    pub songs: u64,
    /// The latest 20,000 creates, oldest first; the totals include older ones.
    pub items: Vec<BillItem>,
}

/// The specification's name of an action. An alias, because serde's derive would treat a reference
/// in the struct as borrowed data.
type ActionName = &'static str;

/// One executed create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BillItem {
    /// The created task.
    pub task_id: String,
    /// The called action.
    #[serde(deserialize_with = "known_action")]
    pub action: ActionName,
    /// The SHA-256 of the request as the emulator's types serialize it: equal requests have the same
    /// one, whatever the order of their members. Empty after a restore of an older state.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// The requested model, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Seconds of video; 0 if the task fails or stops.
    pub seconds: u64,
    /// Pictures; 0 if the task fails.
    pub images: u64,
    /// Pieces of audio; 0 if the task fails.
    pub songs: u64,
    /// Time of execution, on the clock of the request log.
    pub at_us: u64,
    /// The task whose request this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
}

/// Requests within this time count as repetitions: longer than any client retries, shorter than a
/// person usually takes to create the same thing again.
const REPETITION_WINDOW: Duration = Duration::from_secs(600);
const MAX_ITEMS: usize = 20_000;

/// A billed amount.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) seconds: u64,
    pub(crate) images: u64,
    pub(crate) songs: u64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.seconds, other.seconds),
            (&mut self.images, other.images),
            (&mut self.songs, other.songs),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// A create to be charged.
pub(crate) struct Charge<'a> {
    pub(crate) account: AccountIndex,
    pub(crate) task_id: &'a str,
    pub(crate) action: &'static str,
    pub(crate) model: Option<&'a str>,
    pub(crate) amount: Amount,
    pub(crate) request: Fingerprint,
}

/// The time at which a create was executed, since the emulator was created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Separates repetitions from later, intended requests.
    pub(crate) virtual_time: Duration,
    /// The time in the request log.
    pub(crate) uptime: Duration,
}

/// Identifies a request by its values. Order of members, spaces and nulls make no difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of a request as its type, which serializes its members in a fixed
    /// order.
    pub(crate) fn of(request: &impl Serialize) -> Self {
        let text = serde_json::to_vec(request).unwrap_or_default();
        Self(hex::encode(Sha256::digest(text)))
    }
}

/// The charges so far. At most [`MAX_ITEMS`] items are kept; beyond, the oldest are forgotten.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    totals: BTreeMap<AccountIndex, Totals>,
    entries: VecDeque<Entry>,
}

/// The totals of an account, forgotten items included.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Totals {
    creates: u64,
    duplicates: u64,
    amount: Amount,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    account: AccountIndex,
    /// In virtual time.
    at: Duration,
    request: Fingerprint,
    item: BillItem,
}

impl Ledger {
    /// Charges an executed create.
    pub(crate) fn charge(&mut self, charge: Charge<'_>, at: Moment) {
        let duplicate_of = self.original(&charge, at.virtual_time);
        let totals = self.totals.entry(charge.account).or_default();
        totals.creates = totals.creates.saturating_add(1);
        let repetition = u64::from(duplicate_of.is_some());
        totals.duplicates = totals.duplicates.saturating_add(repetition);
        totals.amount.add(charge.amount);
        while self.entries.len() >= MAX_ITEMS {
            self.entries.pop_front();
        }
        let item = item(&charge, at.uptime, duplicate_of);
        self.entries.push_back(Entry {
            account: charge.account,
            at: at.virtual_time,
            request: charge.request,
            item,
        });
    }

    /// Returns the bill of all accounts.
    pub(crate) fn bill(&self) -> Bill {
        self.bill_where(|_| true)
    }

    /// Returns the bill of one account.
    pub(crate) fn bill_of(&self, account: AccountIndex) -> Bill {
        self.bill_where(|other| other == account)
    }

    fn bill_where(&self, is_wanted: impl Fn(AccountIndex) -> bool) -> Bill {
        let mut sum = Totals::default();
        for (_, totals) in self
            .totals
            .iter()
            .filter(|(account, _)| is_wanted(**account))
        {
            sum.creates = sum.creates.saturating_add(totals.creates);
            sum.duplicates = sum.duplicates.saturating_add(totals.duplicates);
            sum.amount.add(totals.amount);
        }
        let wanted = self.entries.iter().filter(|entry| is_wanted(entry.account));
        Bill {
            creates: sum.creates,
            duplicates: sum.duplicates,
            seconds: sum.amount.seconds,
            images: sum.amount.images,
            songs: sum.amount.songs,
            items: wanted.map(|entry| entry.item.clone()).collect(),
        }
    }

    /// Returns the task that the same request created within the repetition window.
    fn original(&self, charge: &Charge<'_>, now: Duration) -> Option<String> {
        let is_recent = |entry: &&Entry| now.saturating_sub(entry.at) <= REPETITION_WINDOW;
        let is_same = |entry: &&Entry| {
            entry.account == charge.account
                && entry.request == charge.request
                && entry.item.action == charge.action
        };
        let mut recent = self.entries.iter().rev().take_while(is_recent);
        recent.find(is_same).map(|same| same.item.task_id.clone())
    }
}

fn item(charge: &Charge<'_>, uptime: Duration, duplicate_of: Option<String>) -> BillItem {
    BillItem {
        task_id: charge.task_id.to_owned(),
        action: charge.action,
        request: charge.request.0.clone(),
        model: charge.model.map(str::to_owned),
        seconds: charge.amount.seconds,
        images: charge.amount.images,
        songs: charge.amount.songs,
        at_us: micros(uptime),
        duplicate_of,
    }
}

/// Deserializes the name of an action of the specification.
fn known_action<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    mps_models::action(&name)
        .map(|action| action.name)
        .ok_or_else(|| D::Error::custom("not an action of the specification"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(ledger: &mut Ledger, task_id: &str, request: &str, at_seconds: u64) {
        let request = Fingerprint::of(&request);
        let charge = Charge {
            account: 0,
            task_id,
            action: "Create",
            model: None,
            amount: Amount {
                seconds: 5,
                ..Amount::default()
            },
            request,
        };
        let at = Moment {
            virtual_time: Duration::from_secs(at_seconds),
            uptime: Duration::ZERO,
        };
        ledger.charge(charge, at);
    }

    #[test]
    fn a_repetition_names_the_task_it_repeats() {
        let mut ledger = Ledger::default();
        charge(&mut ledger, "first", "a", 0);
        charge(&mut ledger, "other", "b", 1);
        charge(&mut ledger, "again", "a", 600);
        let bill = ledger.bill();
        assert_eq!((bill.creates, bill.duplicates, bill.seconds), (3, 1, 15));
        assert_eq!(bill.items[2].duplicate_of.as_deref(), Some("first"));
    }

    #[test]
    fn a_later_repetition_is_no_duplicate() {
        let mut ledger = Ledger::default();
        charge(&mut ledger, "first", "a", 0);
        charge(&mut ledger, "later", "a", 601);
        assert_eq!(ledger.bill().duplicates, 0);
    }

    #[test]
    fn accounts_are_billed_apart() {
        let mut ledger = Ledger::default();
        charge(&mut ledger, "first", "a", 0);
        for account in [1, 1] {
            let charge = Charge {
                account,
                task_id: "other",
                action: "Create",
                model: None,
                amount: Amount::default(),
                request: Fingerprint::of(&"a"),
            };
            let at = Moment {
                virtual_time: Duration::ZERO,
                uptime: Duration::ZERO,
            };
            ledger.charge(charge, at);
        }
        let counted = |bill: Bill| (bill.creates, bill.duplicates, bill.items.len());
        assert_eq!(counted(ledger.bill_of(0)), (1, 0, 1));
        assert_eq!(counted(ledger.bill_of(1)), (2, 1, 2));
        assert_eq!(counted(ledger.bill_of(2)), (0, 0, 0));
        assert_eq!(counted(ledger.bill()), (3, 1, 3));
    }
}
