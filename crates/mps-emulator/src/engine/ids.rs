//! Ids of tasks and requests: unique, formed like the service's, and repeatable from a seed.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use mps_models::TaskFamily;
use sha2::{Digest, Sha256};

/// Index of an account; 0 is the default account.
pub(crate) type AccountIndex = usize;

/// Creates ids by hashing a seed and a counter: a run with the same seed repeats them, and runs
/// with different seeds have none in common.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: AtomicU64,
    next: AtomicU64,
}

/// More ids than any run issues between two saves.
const MAX_UNSAVED: u64 = 1 << 32;

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed: AtomicU64::new(seed),
            next: AtomicU64::new(0),
        }
    }

    /// Returns a random seed. The standard library's hash keys are a source of randomness without a
    /// dependency.
    pub(crate) fn random_seed() -> u64 {
        RandomState::new().hash_one("mps-emulator")
    }

    /// Returns 32 hex digits that are unique among all calls.
    pub(crate) fn hex(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.hash(&number.to_be_bytes())
    }

    /// Returns 32 hex digits that depend on the seed and `name` only.
    pub(crate) fn fixed(&self, name: &str) -> String {
        self.hash(name.as_bytes())
    }

    /// Returns a UUID in the form of version 4: the id of a request and of most scenario tasks.
    pub(crate) fn uuid(&self) -> String {
        let digits = self.hex();
        let part = |range| digits.get(range).unwrap_or_default();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0..8),
            part(8..12),
            part(13..16),
            part(17..20),
            part(20..32)
        )
    }

    /// Returns a task id in the service's form: the account's number, the family's tag and 32 hex
    /// digits, or a UUID for a family without a tag.
    pub(crate) fn task(&self, family: TaskFamily, account: AccountIndex) -> String {
        match family.info().id_tag {
            Some(tag) => self.tagged(tag, account),
            None => self.uuid(),
        }
    }

    /// Returns a task id with a tag that is not the family's own.
    pub(crate) fn tagged(&self, tag: &str, account: AccountIndex) -> String {
        format!("{}-{tag}-{}", self.account(account), self.hex())
    }

    /// Returns the number of an account, in the range of real ones.
    pub(crate) fn account(&self, index: AccountIndex) -> u64 {
        let place = u64::try_from(index).unwrap_or_default();
        2_600_000_000 + self.seed() % 100_000 + place
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed.load(Ordering::Relaxed)
    }

    /// Returns the number of issued ids.
    pub(crate) fn given(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Continues with another seed, after the larger of both counts, so that no id repeats.
    pub(crate) fn restore(&self, seed: u64, given: u64) {
        self.seed.store(seed, Ordering::Relaxed);
        self.next.fetch_max(given, Ordering::Relaxed);
    }

    /// Skips ids that a killed run may have issued after its last save.
    pub(crate) fn skip_unsaved(&self) {
        self.next.fetch_add(MAX_UNSAVED, Ordering::Relaxed);
    }

    fn hash(&self, what: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(self.seed().to_be_bytes())
            .chain_update(what)
            .finalize();
        let mut digits = hex::encode(digest);
        digits.truncate(32);
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_another_does_not() {
        let [first, again, other] = [1, 1, 2].map(|seed| Ids::new(seed).task(TaskFamily::Video, 0));
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn no_id_repeats_after_a_restore() {
        let [ids, other] = [1, 2].map(Ids::new);
        let mut names: Vec<String> = (0..10).map(|_| ids.hex()).collect();
        ids.restore(1, 5);
        names.push(ids.hex());
        ids.restore(other.seed(), 40);
        names.push(ids.hex());
        (0..40).for_each(|_| names.push(other.hex()));
        names.sort();
        assert!(names.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn names_have_the_shape_of_the_real_ones() {
        let ids = Ids::new(7);
        assert_ne!(ids.hex(), ids.hex());
        let task = ids.task(TaskFamily::Video, 0);
        let parts: Vec<&str> = task.split('-').collect();
        assert_eq!(parts[..2], ["2600000007", "AigcVideo"]);
        assert_eq!(parts[2].len(), 32);
        assert!(
            ids.task(TaskFamily::Image, 2)
                .starts_with("2600000009-AigcImage-")
        );
        let lengths: Vec<usize> = ids.uuid().split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
