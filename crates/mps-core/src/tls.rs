//! The TLS configuration of all connections: rustls with ring.

use std::sync::Arc;

use rustls::{ClientConfig, ConfigBuilder, Error, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Returns a configuration without trust anchors yet. Does not use the process's default
/// cryptography provider, which may be missing or another one.
pub(crate) fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Returns a configuration that trusts the platform's certificate authorities.
pub(crate) fn trusting_the_platform() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_platform_verifier()?.with_no_client_auth())
}
