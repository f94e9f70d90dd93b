//! What is known about an identity that may be a peer.

use allod_identity::{Failure, Identifier, KeyFingerprint, VerificationReport};
use allod_rpc_types::auto_id::BlockReference;
use allod_x509::{CertificateError, ParsedCertificate};

/// An identity as the chain had it when it was asked last: at the best block, and at the finalized
/// one. A [policy](crate::Policy) decides on this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    identifier: Identifier,
    certificate: Vec<u8>,
    fingerprint: [u8; 32],
    key: KeyFingerprint,
    best: Standing,
    finalized: Standing,
}

/// How an identity stands at one block, its key wanted for digital signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The block that was asked.
    pub block: BlockReference,
    /// The block's time, in seconds since 1970.
    pub time: u64,
    /// The identities that were visited, issuers before those that they issued, the identity itself
    /// last.
    pub path: Vec<Identifier>,
    /// The root of the chain of issue, unless the identity is not registered.
    pub root: Option<Identifier>,
    /// The first check that failed; `None` if the identity holds.
    pub failure: Option<Failure>,
}

impl Standing {
    /// What a report says that was made at `block`.
    pub fn new(block: BlockReference, report: &VerificationReport) -> Self {
        Self {
            block,
            time: report.time,
            path: report.links.iter().map(|link| link.identifier).collect(),
            root: report.root,
            failure: report.failure,
        }
    }

    /// Whether the identity holds there.
    pub fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

impl Peer {
    /// An identity whose current certificate at the best block is `certificate`, DER of at most
    /// [`MAX_CERTIFICATE_SIZE`](allod_x509::MAX_CERTIFICATE_SIZE) bytes.
    ///
    /// Fails if the certificate is not one that the chain accepts.
    pub fn new(
        identifier: Identifier,
        certificate: Vec<u8>,
        best: Standing,
        finalized: Standing,
    ) -> Result<Self, CertificateError> {
        let parsed = ParsedCertificate::parse(&certificate)?;
        let (fingerprint, key) = (parsed.fingerprint(), KeyFingerprint::of(&parsed));
        Ok(Self {
            identifier,
            certificate,
            fingerprint,
            key,
            best,
            finalized,
        })
    }

    /// Its name on the chain, for ever.
    pub fn identifier(&self) -> Identifier {
        self.identifier
    }

    /// DER of its current certificate at the best block.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// SHA-256 of that certificate.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Fingerprint of its current key.
    pub fn key(&self) -> KeyFingerprint {
        self.key
    }

    /// How it stands at the best block.
    pub fn best(&self) -> &Standing {
        &self.best
    }

    /// How it stands at the finalized block.
    pub fn finalized(&self) -> &Standing {
        &self.finalized
    }

    /// Whether it is `ancestor` or was issued under it, at the best block and at the finalized one.
    /// A co-issuer counts like an issuer; a [policy by roots](crate::Policy::roots) is stricter.
    pub fn descends_from(&self, ancestor: &Identifier) -> bool {
        self.best.path.contains(ancestor) && self.finalized.path.contains(ancestor)
    }
}
