//! From a manifest to a run.

mod import;
mod options;

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use mps_aigc::Aigc;

pub use self::options::PrepareOptions;
use super::{
    chunks::Chunks,
    error::{BatchError, ChangedRow},
    source,
};
use crate::{
    amount::Amount,
    error::JobsError,
    jobs::Jobs,
    ledger::{Batch, Caps, Compared, Filter, Key, Ledger, LedgerError, NewItem, RowContent},
    manifest::{Fingerprint, Manifest, ManifestRow},
    plan::{Amounts, Largest},
    report::Report,
    runner::{self, Until, restore::restore_files},
    state::State,
};

/// Rows of one transaction.
const CHUNK: usize = 500;

/// The most changed rows that are kept.
const MOST_CHANGED: usize = 1_000;

/// A manifest that was compared with the ledger. Nothing is recorded before it is [run](Self::run).
#[derive(Debug)]
pub struct PreparedBatch {
    jobs: Jobs,
    manifest: Manifest,
    fingerprint: Fingerprint,
    /// The recorded form of the manifest's content.
    label: String,
    /// `true` if the ledger has all rows already.
    is_imported: bool,
    unchanged: u64,
    added: u64,
    removed: Vec<Key>,
}

pub(super) async fn prepare(
    jobs: &Jobs,
    manifest: &Manifest,
    options: PrepareOptions,
) -> Result<PreparedBatch, JobsError> {
    let fingerprint = match options.fingerprint {
        Some(fingerprint) => fingerprint,
        None => fingerprint(manifest).await?,
    };
    let label = format!("{} {}", fingerprint.sha256(), options.validation);
    let (jobs, batch) = with_source(jobs, manifest, options.joins).await?;
    let mut prepared = PreparedBatch {
        is_imported: is_imported(batch.as_ref(), &label),
        jobs,
        manifest: manifest.clone(),
        fingerprint,
        label,
        unchanged: 0,
        added: 0,
        removed: Vec::new(),
    };
    let settings = prepared.jobs.settings.clone();
    let has_bounds = match options.largest {
        Some(largest) => {
            largest.check(settings.max_seconds, settings.max_spend)?;
            true
        }
        None => settings.caps() == Caps::default(),
    };
    if !prepared.is_imported && (batch.is_some() || !has_bounds) {
        Box::pin(prepared.compare(batch.as_ref())).await?;
    }
    Ok(prepared)
}

/// Returns the jobs with the place of the manifest, and the batch if it exists.
///
/// # Errors
/// An error if the batch belongs to a manifest of another place, unless the caller `joins` it.
pub(super) async fn with_source(
    jobs: &Jobs,
    manifest: &Manifest,
    joins: bool,
) -> Result<(Jobs, Option<Batch>), JobsError> {
    let place = source::of(manifest.path()).map_err(|error| {
        let reason = format!("its path cannot be resolved: {error}");
        BatchError::Interrupted(reason)
    })?;
    let batch = jobs.ledger()?.batch(&jobs.batch_id()?).await?;
    if let Some(batch) = batch.as_ref().filter(|_| !joins)
        && batch.source.as_ref() != Some(&place)
    {
        let source = batch.source.clone();
        return Err(BatchError::OtherSource {
            batch: batch.id.clone(),
            source: source.unwrap_or_else(|| "a program".to_owned()),
        }
        .into());
    }
    let jobs = jobs.clone();
    Ok((jobs.with(|settings| settings.source = Some(place)), batch))
}

fn is_imported(batch: Option<&Batch>, label: &str) -> bool {
    batch.is_some_and(|batch| batch.manifest_hash.as_deref() == Some(label))
}

async fn fingerprint(manifest: &Manifest) -> Result<Fingerprint, BatchError> {
    let manifest = manifest.clone();
    let read = tokio::task::spawn_blocking(move || manifest.fingerprint());
    let read = read
        .await
        .map_err(|error| BatchError::Interrupted(error.to_string()))?;
    read.map_err(BatchError::Manifest)
}

impl Jobs {
    /// Returns `true` if a run has imported this content of a manifest into the batch completely, after
    /// it was validated in the same way: it need not be validated again.
    ///
    /// # Errors
    /// [`JobsError::Ledger`].
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn was_validated(
        &self,
        fingerprint: &Fingerprint,
        validation: &str,
    ) -> Result<bool, JobsError> {
        let label = format!("{} {validation}", fingerprint.sha256());
        let batch = self.ledger()?.batch(&self.batch_id()?).await?;
        Ok(is_imported(batch.as_ref(), &label))
    }
}

impl PreparedBatch {
    /// Compares every row with the one that the ledger has, and with the caps.
    async fn compare(&mut self, batch: Option<&Batch>) -> Result<(), JobsError> {
        let mut chunks = Chunks::new(self.rows()?);
        let (ledger, id) = (self.jobs.ledger()?.clone(), self.jobs.batch_id()?);
        let hasher = RandomState::new();
        let (mut keys, mut largest) = (HashSet::new(), Largest::default());
        let (mut changed, mut total) = (Vec::new(), 0);
        loop {
            let chunk = chunks.next(CHUNK).await?;
            if chunk.is_empty() {
                break;
            }
            let mut contents = Vec::with_capacity(chunk.len());
            let mut places = Vec::with_capacity(chunk.len());
            for row in chunk {
                let amounts = Amounts {
                    seconds: row.seconds(),
                    is_billed_by_piece: row.is_billed_by_piece(),
                    price: self.price(&row),
                };
                largest.add(row.line, &row.key, amounts);
                keys.insert(hasher.hash_one(row.key.as_str()));
                places.push((row.line, row.key.clone()));
                let NewItem { key, hash, out, .. } = row.into_item(None);
                contents.push(RowContent { key, hash, out });
            }
            let compared = match batch {
                Some(_) => ledger.compare(&id, contents).await?,
                None => vec![Compared::New; contents.len()],
            };
            for (change, (line, key)) in compared.into_iter().zip(places) {
                match change {
                    Compared::New => self.added += 1,
                    Compared::Unchanged => self.unchanged += 1,
                    Compared::Changed | Compared::Renamed => {
                        total += 1;
                        if changed.len() < MOST_CHANGED {
                            changed.push(ChangedRow { line, key, change });
                        }
                    }
                }
            }
        }
        let settings = &self.jobs.settings;
        largest.check(settings.max_seconds, settings.max_spend)?;
        if total > 0 {
            let (batch, rows) = (id, changed);
            return Err(BatchError::Changed { batch, rows, total }.into());
        }
        let is_same_file = batch.is_some_and(|batch| batch.source == self.jobs.settings.source);
        if is_same_file {
            let is_removed = |key: &Key| !keys.contains(&hasher.hash_one(key.as_str()));
            self.removed = planned(&ledger, &self.jobs, is_removed).await?;
        }
        Ok(())
    }

    fn price(&self, row: &ManifestRow) -> Option<Amount> {
        let prices = self.jobs.settings.prices.as_ref()?;
        prices(&row.priced())
    }

    /// Returns an iterator over the rows of the content that was validated.
    fn rows(&self) -> Result<crate::manifest::Rows, BatchError> {
        let rows = self.manifest.clone().unchecked();
        rows.rows_of(&self.fingerprint)
            .map_err(BatchError::Manifest)
    }
}

/// Returns the keys of the planned rows for which a condition holds.
async fn planned(
    ledger: &Ledger,
    jobs: &Jobs,
    condition: impl Fn(&Key) -> bool,
) -> Result<Vec<Key>, LedgerError> {
    let mut filter = Filter {
        batch: Some(jobs.batch_id()?),
        states: vec![State::Planned],
        limit: CHUNK,
        ..Filter::default()
    };
    let mut keys = Vec::new();
    loop {
        let page = ledger.list(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(keys);
        };
        filter.after = Some((last.added, last.row.clone()));
        keys.extend(page.into_iter().map(|item| item.key).filter(&condition));
    }
}

impl PreparedBatch {
    /// Returns the number of rows that the ledger has already, with the same content; 0 if the rows
    /// were not compared, because the batch is new or its manifest has not changed.
    #[must_use]
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// Returns the number of rows that are new in a batch that exists, under the same condition.
    #[must_use]
    pub fn added(&self) -> u64 {
        self.added
    }

    /// Returns the keys of the planned rows that are no longer in the manifest. They are not sent: the
    /// run ends them as unsent, until they are in the manifest again. Empty for a manifest that was
    /// joined to the batch of another one.
    #[must_use]
    pub fn removed(&self) -> &[Key] {
        &self.removed
    }

    /// Imports the rows and does the jobs of the batch until none is left, or until `shutdown` is ready.
    /// The first rows start while later ones are imported. Otherwise as
    /// [`Jobs::run_until_empty`].
    ///
    /// # Errors
    /// As [`Jobs::run`].
    ///
    /// # Cancel safety
    /// As [`Jobs::run`].
    pub async fn run<S>(self, aigc: &Aigc, shutdown: S) -> Result<Report, JobsError>
    where
        S: Future + Send,
    {
        Box::pin(self.run_now(aigc, shutdown)).await
    }

    async fn run_now<S: Future>(self, aigc: &Aigc, shutdown: S) -> Result<Report, JobsError> {
        let work = Box::pin(runner::begin(&self.jobs, aigc)).await?;
        if !self.is_imported {
            // A run that ends early leaves the rows of no manifest, not those of the one before.
            work.ledger.set_manifest(&work.batch, "").await?;
        }
        // Before the first claim, which would take one of them.
        for keys in self.removed.chunks(CHUNK) {
            work.ledger.withdraw(&work.batch, keys.to_vec()).await?;
        }
        let feed = Box::pin(async {
            let (imported, ()) = tokio::join!(self.import(&work), restore_files(&work));
            imported
        });
        Box::pin(runner::run_fed(&work, shutdown, Until::Empty, feed)).await
    }
}
