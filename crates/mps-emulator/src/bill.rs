//! What an account would have paid for.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{log::cut, micros};

/// Everything that was executed and would be charged.
///
/// Video is charged by the second, images by the picture, audio by the song. What fails is free,
/// as on the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Bill {
    /// Creates that were executed. Taking a stage of a document further makes a task too.
    pub creates: u64,
    /// How many of them repeat an earlier one: the same request, member for member, within ten
    /// minutes. A client that never pays twice keeps this at zero.
    pub duplicates: u64,
    /// Seconds of video.
    pub seconds: u64,
    /// Pictures.
    pub images: u64,
    /// Songs, and other pieces of audio.
    pub songs: u64,
    /// The latest creates, oldest first; the totals also count those too old to be listed.
    pub items: Vec<BillItem>,
}

/// One create that was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BillItem {
    /// The task it made.
    pub task_id: String,
    /// The action that was called.
    pub action: &'static str,
    /// The model it asked for, if it named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Seconds of video; none if the task fails or stops before there is one.
    pub seconds: u64,
    /// Pictures; none if the task fails.
    pub images: u64,
    /// Pieces of audio; none if the task fails.
    pub songs: u64,
    /// When it was executed, on the clock of the request log.
    pub at_us: u64,
    /// The task whose request it repeats, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
}

/// How long a request that comes again counts as a repetition: longer than any client retries,
/// shorter than a person takes to want the same again.
const REPETITION_WINDOW: Duration = Duration::from_secs(600);
const MOST_ITEMS: usize = 20_000;
const LONGEST_MODEL: usize = 64;

/// What is charged for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Amount {
    pub(crate) seconds: u64,
    pub(crate) images: u64,
    pub(crate) songs: u64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.images += other.images;
        self.songs += other.songs;
    }
}

/// A create that is about to be written down.
pub(crate) struct Charge<'a> {
    pub(crate) task_id: &'a str,
    pub(crate) action: &'static str,
    pub(crate) model: Option<String>,
    pub(crate) amount: Amount,
    pub(crate) request: Fingerprint,
}

/// Identifies a request by its values: the order of its members on the wire, spaces and nulls
/// make no difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a request as its type, which writes its members in one order.
    pub(crate) fn of(request: &impl Serialize) -> Self {
        Self(Sha256::digest(serde_json::to_vec(request).unwrap_or_default()).into())
    }
}

/// The bill under construction. Bounded: beyond [`MOST_ITEMS`] the oldest item is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    creates: u64,
    duplicates: u64,
    total: Amount,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    request: Fingerprint,
    item: BillItem,
}

impl Ledger {
    /// Writes an executed create down; `now` counts from the emulator's start.
    pub(crate) fn charge(&mut self, charge: Charge<'_>, now: Duration) {
        let duplicate_of = self.original(charge.action, charge.request, now);
        self.creates += 1;
        self.duplicates += u64::from(duplicate_of.is_some());
        self.total.add(charge.amount);
        if self.entries.len() == MOST_ITEMS {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            at: now,
            request: charge.request,
            item: item(charge, now, duplicate_of),
        });
    }

    pub(crate) fn bill(&self) -> Bill {
        Bill {
            creates: self.creates,
            duplicates: self.duplicates,
            seconds: self.total.seconds,
            images: self.total.images,
            songs: self.total.songs,
            items: self
                .entries
                .iter()
                .map(|entry| entry.item.clone())
                .collect(),
        }
    }

    /// The task that the same request made before, as long as that is not too long ago.
    fn original(&self, action: &str, request: Fingerprint, now: Duration) -> Option<String> {
        let is_recent = |entry: &&Entry| now.saturating_sub(entry.at) <= REPETITION_WINDOW;
        let mut recent = self.entries.iter().rev().take_while(is_recent);
        let same = recent.find(|entry| entry.request == request && entry.item.action == action)?;
        Some(same.item.task_id.clone())
    }
}

fn item(charge: Charge<'_>, now: Duration, duplicate_of: Option<String>) -> BillItem {
    let model = charge.model.map(|mut model| {
        cut(&mut model, LONGEST_MODEL);
        model
    });
    BillItem {
        task_id: charge.task_id.to_owned(),
        action: charge.action,
        model,
        seconds: charge.amount.seconds,
        images: charge.amount.images,
        songs: charge.amount.songs,
        at_us: micros(now),
        duplicate_of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(ledger: &mut Ledger, task_id: &str, request: &str, at_seconds: u64) {
        let request = Fingerprint::of(&request);
        let charge = Charge {
            task_id,
            action: "Create",
            model: None,
            amount: Amount {
                seconds: 5,
                ..Amount::default()
            },
            request,
        };
        ledger.charge(charge, Duration::from_secs(at_seconds));
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
    fn the_same_wish_later_is_no_repetition() {
        let mut ledger = Ledger::default();
        charge(&mut ledger, "first", "a", 0);
        charge(&mut ledger, "later", "a", 601);
        assert_eq!(ledger.bill().duplicates, 0);
    }
}
