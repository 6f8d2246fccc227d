//! TLS with a certificate that is made at the start, for clients that speak nothing else.
//!
//! The certificate's authority lives in memory and is forgotten once it has signed; only its
//! certificate is written, for clients to trust. So nothing outlives the emulator that could sign
//! for another host.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::{NamedTempFile, TempPath};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::connection::Socket;

/// The validity of the certificate.
const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// The allowed lag of a client's clock.
const TOLERANCE: Duration = Duration::from_secs(300);

/// The TLS side of a server. Clones share the certificate.
#[derive(Clone)]
pub(crate) struct Tls(TlsAcceptor);

/// The result of an operation of one of the libraries.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Tls {
    /// Makes a certificate for loopback names and `hosts`, valid for one day from `now`. Returns it
    /// with the temporary file of the authority's certificate.
    pub(crate) fn new(
        hosts: &[String],
        address: IpAddr,
        now: SystemTime,
    ) -> io::Result<(Self, TempPath)> {
        Self::made(hosts, address, now).map_err(io::Error::other)
    }

    fn made(hosts: &[String], address: IpAddr, now: SystemTime) -> Result<(Self, TempPath)> {
        let authority_key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        valid_from(&mut params, now);
        name(&mut params, "mps emulator, one-day authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        // Python's strict mode demands the usages and the leaf's link to this key.
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(params, authority_key);

        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names(hosts, address))?;
        valid_from(&mut params, now);
        name(&mut params, "mps emulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;

        let acceptor = acceptor(certificate.der().clone(), &key)?;
        Ok((Self(acceptor), written(&authority)?))
    }

    /// Makes the handshake.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        self.0.accept(socket).await
    }
}

fn valid_from(params: &mut CertificateParams, now: SystemTime) {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(TOLERANCE);
    params.not_after = epoch + now + LIFETIME;
}

fn name(params: &mut CertificateParams, name: &str) {
    params.distinguished_name.push(DnType::CommonName, name);
}

/// The names and addresses that the certificate is for.
fn names(hosts: &[String], address: IpAddr) -> Vec<String> {
    let own = ["localhost", "mps.localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let address = Some(address.to_string()).filter(|_| !address.is_unspecified());
    let mut names: Vec<String> = own.into_iter().chain(address).collect();
    names.extend(hosts.iter().cloned());
    names.sort();
    names.dedup();
    names
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<TlsAcceptor> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn written(authority: &str) -> Result<TempPath> {
    let mut file = tempfile::Builder::new()
        .prefix("mps-emulator-ca-")
        .suffix(".pem")
        .tempfile()?;
    NamedTempFile::write_all(&mut file, authority.as_bytes())?;
    Ok(file.into_temp_path())
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
