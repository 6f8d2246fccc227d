//! A row of a manifest that can be recorded.

use std::fmt;

use mps_aigc::UntypedCall;
use mps_models::preflight::Report;

use crate::{
    amount::Amount,
    ledger::{Key, NewItem},
    request::{Priced, Request},
};

/// A row of a manifest: a request under a key, with the name of its output.
///
/// Its id, action and output name are sound. Its request may break rules: see
/// [`report`](Self::report).
#[derive(Clone)]
#[non_exhaustive]
pub struct ManifestRow {
    /// The number of the line on which the row begins, from 1.
    pub line: u64,
    /// The id: the key in the ledger.
    pub key: Key,
    /// The name of the output below the folder of the run, with the key filled in; `{ext}` stays until
    /// the kind of the result is known. `{key}.{ext}` by default.
    pub out: String,
    /// The model, with its version.
    pub(super) model: Option<String>,
    pub(crate) request: Request,
}

impl ManifestRow {
    /// Returns the action, for example `CreateAigcVideoTask`.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.request.action()
    }

    /// Returns the body of the request as JSON: the row's members and the defaults that it does not
    /// override.
    #[must_use]
    pub fn body(&self) -> &str {
        self.request.body()
    }

    /// Returns the findings of preflight; none after [`Manifest::unchecked`](super::Manifest::unchecked).
    #[must_use]
    pub fn report(&self) -> &Report {
        self.request.report()
    }

    /// Returns the billed seconds; `None` if they are not known, and for images and songs.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        self.request.seconds()
    }

    /// Returns `true` if results are billed by the piece, as images and songs are.
    #[must_use]
    pub fn is_billed_by_piece(&self) -> bool {
        self.request.is_billed_by_piece()
    }

    /// Returns the model that the request names, with its version, as in `Kling 2.6`.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Returns the facts that a [price table](crate::PriceTable) looks at.
    #[must_use]
    pub fn priced(&self) -> Priced<'_> {
        self.request.priced()
    }

    /// Returns the request as a call, for [`Jobs::submit_untyped`](crate::Jobs::submit_untyped) for
    /// example.
    #[must_use]
    pub fn call(&self) -> UntypedCall {
        self.request.call()
    }

    /// Returns the row as the ledger records it, with the content hash of its request.
    ///
    /// Neither findings nor caps are looked at.
    #[must_use]
    pub fn into_item(self, price: Option<Amount>) -> NewItem {
        NewItem {
            price: price.map(Amount::micros),
            out: Some(self.out),
            ..self.request.into_new_item(self.key)
        }
    }
}

impl fmt::Debug for ManifestRow {
    // The body may contain a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManifestRow")
            .field("line", &self.line)
            .field("key", &self.key)
            .field("out", &self.out)
            .field("action", &self.action())
            .finish_non_exhaustive()
    }
}
