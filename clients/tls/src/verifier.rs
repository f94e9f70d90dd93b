//! What rustls asks: is this certificate one to talk to, and did its key sign the handshake?
//!
//! The first question is answered from the cache. The second goes to the provider's algorithms
//! (RFC 8446, 4.4.3). The name that the client connects to plays no part: a peer *is* an identity, and
//! names in certificates prove nothing here. Intermediate certificates that a peer sends are counted
//! and otherwise ignored: the chain knows who issued whom.

use crate::{IdentityCache, MAX_INTERMEDIATES, Policy, Refusal, rules::Now};
use allod_x509::ParsedCertificate;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error as TlsError, PeerIncompatible, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::time::Instant;

/// Accepts a peer exactly if the certificate that it shows is the current one of an identity that
/// holds, and the policy names that identity.
///
/// For both sides of a connection. It knows only what the cache knows, and refuses the rest: whoever
/// uses it alone has the cache [keep](IdentityCache::keep) the peers. It judges once, in the handshake;
/// only a [`Connector`](crate::Connector) and an [`Acceptor`](crate::Acceptor) also ask about peers
/// that the cache does not know, and end connections.
#[derive(Debug)]
pub struct AutoIdVerifier {
    cache: IdentityCache,
    policy: Policy,
    unknown: Unknown,
    algorithms: WebPkiSupportedAlgorithms,
}

/// What to do with a peer about whom the cache does not know enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is refused.
    Refuse,
    /// It may finish the handshake. For callers that then ask the chain, before a byte reaches the
    /// application.
    AskAfterwards,
}

impl AutoIdVerifier {
    /// Accepts whom the policy names, if the cache knows them.
    pub fn new(cache: IdentityCache, policy: Policy) -> Self {
        Self::with(cache, policy, Unknown::Refuse)
    }

    pub(crate) fn with(cache: IdentityCache, policy: Policy, unknown: Unknown) -> Self {
        Self {
            cache,
            policy,
            unknown,
            algorithms: ring::default_provider().signature_verification_algorithms,
        }
    }

    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Refusal> {
        if intermediates.len() > MAX_INTERMEDIATES {
            return Err(Refusal::TooManyIntermediates(intermediates.len()));
        }
        let certificate = ParsedCertificate::parse(certificate).map_err(Refusal::Certificate)?;
        let now = Now {
            instant: Instant::now(),
            unix: now.as_secs(),
        };
        let core = self.cache.core();
        match core.judge_shown(&certificate, &self.policy, now) {
            Err(judgement) if judgement.is_final || self.unknown == Unknown::Refuse => {
                Err(judgement.refusal)
            }
            _ => Ok(()),
        }
    }

    fn signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }
}

impl ServerCertVerifier for AutoIdVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        self.check(end_entity, intermediates, now)
            .map(|()| ServerCertVerified::assertion())
            .map_err(Refusal::into_tls)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for AutoIdVerifier {
    /// None: whom the policy means may have certificates of any issuer's name.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, TlsError> {
        self.check(end_entity, intermediates, now)
            .map(|()| ClientCertVerified::assertion())
            .map_err(Refusal::into_tls)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// TLS 1.2 shows the client's certificate to everybody on the way, and binds a scheme to no curve.
fn no_tls12() -> TlsError {
    TlsError::PeerIncompatible(PeerIncompatible::Tls12NotOffered)
}
