//! The claims of this process whose leases are renewed.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use mps_core::sync::lock;

use crate::ledger::Token;

/// The claims of rows that are being sent. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<HashSet<Token>>>);

/// A claim whose lease is renewed until it is dropped.
pub(crate) struct Held {
    claims: Claims,
    token: Token,
}

impl Claims {
    pub(crate) fn hold(&self, token: Token) -> Held {
        lock(&self.0).insert(token.clone());
        Held {
            claims: self.clone(),
            token,
        }
    }

    pub(crate) fn all(&self) -> Vec<Token> {
        lock(&self.0).iter().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.0).len()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.claims.0).remove(&self.token);
    }
}
