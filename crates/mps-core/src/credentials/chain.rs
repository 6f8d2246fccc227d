//! Several providers, asked in order.

use std::sync::Arc;

use super::{Credentials, CredentialsError, ProvideCredentials, SharedProvider, confined};
use crate::BoxFuture;

/// A provider that asks others in order and returns the first credentials.
///
/// A provider without credentials is skipped. One with broken credentials ends the search, because
/// continuing would sign with keys that the user did not mean. The error contains the reasons of
/// all providers.
///
/// # Example
/// ```
/// use mps_core::credentials::{Chain, Credentials, EnvironmentCredentials};
///
/// let providers = Chain::new()
///     .then(EnvironmentCredentials::from_environment())
///     .then(Credentials::new("AKIDEXAMPLE", "not a real key"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chain {
    providers: Vec<SharedProvider>,
}

/// The method that a chain calls.
#[derive(Clone, Copy)]
enum Request<'a> {
    Provide,
    Refresh { refused: &'a Credentials },
}

impl Chain {
    /// Returns a chain without providers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider after the ones already added.
    #[must_use]
    pub fn then(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }

    async fn first_found(&self, question: Request<'_>) -> Result<Credentials, CredentialsError> {
        let mut reasons: Vec<CredentialsError> = Vec::new();
        for provider in &self.providers {
            let answer = match question {
                Request::Provide => provider.provide().await,
                Request::Refresh { refused } => provider.refresh(refused).await,
            };
            match answer {
                Ok(found) => return Ok(found),
                Err(reason) if reason.is_absent() => reasons.push(reason),
                Err(broken) => return Err(stopped(&broken, &reasons)),
            }
        }
        Err(nothing_found(&reasons))
    }
}

fn stopped(broken: &CredentialsError, before: &[CredentialsError]) -> CredentialsError {
    if before.is_empty() {
        return broken.clone();
    }
    broken.reworded(|message| format!("{message} (before that: {})", joined(before)))
}

fn nothing_found(reasons: &[CredentialsError]) -> CredentialsError {
    let error = CredentialsError::absent(match reasons {
        [] => "no credentials found: there is no place to look".to_owned(),
        _ => format!("no credentials found: {}", joined(reasons)),
    });
    // A source with a hint was almost usable.
    match reasons.iter().find_map(CredentialsError::hint) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn joined(reasons: &[CredentialsError]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

impl ProvideCredentials for Chain {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.first_found(Request::Provide))
    }

    fn refresh<'a>(
        &'a self,
        refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        Box::pin(self.first_found(Request::Refresh { refused }))
    }

    fn confined(&self) -> Option<SharedProvider> {
        let providers = self.providers.iter().cloned().map(confined).collect();
        Some(Arc::new(Self { providers }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct FixedProvider(Result<&'static str, CredentialsError>);

    impl ProvideCredentials for FixedProvider {
        fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
            let answer = self.0.clone().map(|id| Credentials::new(id, "k"));
            Box::pin(async { answer })
        }
    }

    fn absent(reason: &str) -> FixedProvider {
        FixedProvider(Err(CredentialsError::absent(reason)))
    }

    #[tokio::test]
    async fn the_first_that_has_some_is_taken() {
        let chain = Chain::new()
            .then(absent("a"))
            .then(FixedProvider(Ok("second")));
        let chain = chain.then(FixedProvider(Ok("third")));
        assert_eq!(chain.provide().await.unwrap().secret_id(), "second");
    }

    #[tokio::test]
    async fn every_reason_is_kept_when_none_has_any() {
        let chain = Chain::new().then(absent("no a")).then(absent("no b"));
        let error = chain.provide().await.unwrap_err();
        assert!(error.is_absent());
        assert_eq!(error.to_string(), "no credentials found: no a; no b");
    }

    #[tokio::test]
    async fn a_broken_provider_ends_the_chain_with_every_reason() {
        let broken = CredentialsError::unusable("b is broken").with_hint("mend b");
        let chain = Chain::new()
            .then(absent("no a"))
            .then(FixedProvider(Err(broken)));
        let error = chain
            .then(FixedProvider(Ok("c")))
            .provide()
            .await
            .unwrap_err();
        assert!(!error.is_absent());
        assert_eq!(error.to_string(), "b is broken (before that: no a)");
        assert_eq!(error.hint(), Some("mend b"));
    }
}
