//! TLS, the same for all connections: rustls over ring.

use std::sync::Arc;

use rustls::{ClientConfig, ConfigBuilder, Error, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// A configuration that lacks whom to trust. It does not ask for the process's default provider,
/// which may be missing or another one.
pub(crate) fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Trusts whom the platform trusts.
pub(crate) fn trusting_the_platform() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_platform_verifier()?.with_no_client_auth())
}
