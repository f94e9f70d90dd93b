//! Configurations of rustls, built here so that nothing is forgotten: TLS 1.3 only, both sides show
//! certificates, no resumption, no 0-RTT.
//!
//! A resumed session would skip the certificate, and with it the question whether the identity still
//! holds; 0-RTT data can be replayed (RFC 8446, 8). A connection of this crate's is always begun with a
//! full handshake.

use crate::{AutoIdVerifier, IdentityCache, Policy, verifier::Unknown};
use allod_x509::{CertificateError, ParsedCertificate};
use parking_lot::RwLock;
use rustls::{
    ClientConfig, Error as TlsError, ServerConfig, SignatureScheme,
    client::{ResolvesClientCert, Resumption},
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject},
    },
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
    version::TLS13,
};
use std::{fmt, sync::Arc};

/// Most bytes of a PEM text that is read.
pub const MAX_PEM_BYTES: usize = 65_536;

/// Why a certificate and a key are no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A text is too long to be read.
    #[error("PEM of {0} bytes: at most {MAX_PEM_BYTES} are read")]
    PemTooLong(usize),
    /// There is no certificate in the text.
    #[error("no certificate in PEM: {0}")]
    CertificatePem(PemError),
    /// There is no private key in the text.
    #[error("no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted): {0}")]
    KeyPem(PemError),
    /// The certificate is not one that the chain accepts.
    #[error("certificate: {0}")]
    Certificate(CertificateError),
    /// The key cannot be used, or is not the certificate's.
    #[error("private key: {0}")]
    Key(TlsError),
}

/// One's own certificate and key, which can be replaced while connections are open: a renewed
/// certificate has to be shown from the block on that has it.
pub struct Credential(RwLock<Arc<CertifiedKey>>);

impl Credential {
    /// DER of the certificate and of its key. Only the certificate is shown to peers, none of those
    /// above it.
    pub fn new(
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Arc<Self>, CredentialError> {
        let key = certified(certificate, key)?;
        Ok(Arc::new(Self(RwLock::new(key))))
    }

    /// The first certificate of one PEM text and the first key of another; they may be the same text.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Arc<Self>, CredentialError> {
        let (certificate, key) = read_pem(certificate, key)?;
        Self::new(certificate, key)
    }

    /// Replaces certificate and key, for handshakes that begin from now on.
    pub fn replace(
        &self,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), CredentialError> {
        *self.0.write() = certified(certificate, key)?;
        Ok(())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        self.0.read().clone()
    }
}

/// Shows no key.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").finish_non_exhaustive()
    }
}

impl ResolvesClientCert for Credential {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Credential {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

/// A server's configuration for use with rustls itself: clients are those whom the policy names, if
/// the cache knows them. See [`AutoIdVerifier`] on what it lacks beside an
/// [`Acceptor`](crate::Acceptor).
pub fn server_config(
    cache: IdentityCache,
    credential: Arc<Credential>,
    policy: Policy,
) -> Result<ServerConfig, TlsError> {
    server(AutoIdVerifier::new(cache, policy), credential)
}

/// A client's configuration for use with rustls itself: the server is one whom the policy names, if the
/// cache knows it. See [`AutoIdVerifier`] on what it lacks beside a [`Connector`](crate::Connector).
pub fn client_config(
    cache: IdentityCache,
    credential: Arc<Credential>,
    policy: Policy,
) -> Result<ClientConfig, TlsError> {
    client(AutoIdVerifier::new(cache, policy), credential)
}

/// For an acceptor, which asks about unknown clients after the handshake.
pub(crate) fn asking_server(
    cache: IdentityCache,
    credential: Arc<Credential>,
    policy: Policy,
) -> Result<ServerConfig, TlsError> {
    let verifier = AutoIdVerifier::with(cache, policy, Unknown::AskAfterwards);
    server(verifier, credential)
}

/// For a connector, which asks about unknown servers after the handshake.
pub(crate) fn asking_client(
    cache: IdentityCache,
    credential: Arc<Credential>,
    policy: Policy,
) -> Result<ClientConfig, TlsError> {
    let verifier = AutoIdVerifier::with(cache, policy, Unknown::AskAfterwards);
    client(verifier, credential)
}

fn server(verifier: AutoIdVerifier, credential: Arc<Credential>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(credential);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.send_half_rtt_data = false;
    Ok(config)
}

fn client(verifier: AutoIdVerifier, credential: Arc<Credential>) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(credential);
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    config.enable_sni = false;
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certified(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>, CredentialError> {
    ParsedCertificate::parse(&certificate).map_err(CredentialError::Certificate)?;
    let key = CertifiedKey::from_der(vec![certificate], key, &provider());
    key.map(Arc::new).map_err(CredentialError::Key)
}

fn read_pem(
    certificate: &[u8],
    key: &[u8],
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), CredentialError> {
    for text in [certificate, key] {
        if text.len() > MAX_PEM_BYTES {
            return Err(CredentialError::PemTooLong(text.len()));
        }
    }
    let certificate =
        CertificateDer::from_pem_slice(certificate).map_err(CredentialError::CertificatePem)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(CredentialError::KeyPem)?;
    Ok((certificate, key))
}
