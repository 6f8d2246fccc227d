//! Several places to look, in order.

use std::sync::Arc;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

/// Asks one provider after the other and takes the first that has credentials.
///
/// When none has, the error gives every reason, not only the last.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    providers: Vec<Arc<dyn ProvideCredentials>>,
}

impl Chain {
    /// An empty chain.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a place to look after the ones already there.
    #[must_use]
    pub fn then(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }

    async fn first_found(&self) -> Result<Credentials, CredentialsError> {
        let mut reasons = Vec::new();
        for provider in &self.providers {
            match provider.provide().await {
                Err(reason) if reason.is_absent() => reasons.push(reason.to_string()),
                found_or_broken => return found_or_broken,
            }
        }
        Err(CredentialsError::absent(format!(
            "no credentials found: {}",
            reasons.join("; ")
        )))
    }
}

impl ProvideCredentials for Chain {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.first_found())
    }
}
