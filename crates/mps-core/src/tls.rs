//! The TLS configuration of all connections: rustls with ring.

use std::sync::Arc;

#[cfg(any(feature = "redis-tls", feature = "postgres"))]
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, ConfigBuilder, Error, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Returns a configuration without trust anchors yet. Does not use the process's default
/// cryptography provider, which may be missing or another one.
fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Returns a configuration that trusts the platform's certificate authorities.
pub(crate) fn trusting_the_platform() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_platform_verifier()?.with_no_client_auth())
}

/// Returns a configuration that trusts no certificate, for a client that makes no TLS connection.
#[cfg(feature = "reqwest")]
pub(crate) fn trusting_none() -> Result<ClientConfig, Error> {
    let builder = builder()?.with_root_certificates(RootCertStore::empty());
    Ok(builder.with_no_client_auth())
}

/// Returns a configuration that trusts these certificate authorities only.
#[cfg(any(feature = "redis-tls", feature = "postgres"))]
pub(crate) fn trusting(authorities: RootCertStore) -> Result<ClientConfig, Error> {
    let builder = builder()?.with_root_certificates(authorities);
    Ok(builder.with_no_client_auth())
}

/// Returns the certificate authorities in a text of one or more certificates.
///
/// # Errors
/// Returns `None` for a text that is not PEM or has no certificate, else the reason.
#[cfg(any(feature = "redis-tls", feature = "postgres"))]
pub(crate) fn authorities(pem: &[u8]) -> Result<RootCertStore, Option<Error>> {
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| None)?;
        authorities.add(certificate).map_err(Some)?;
    }
    if authorities.is_empty() {
        return Err(None);
    }
    Ok(authorities)
}
