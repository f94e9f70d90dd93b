//! Trusted certificates whose own signature nobody can or may verify.
//!
//! Old roots signed themselves with SHA-1. The parser refuses that by name, since a signature by such an algorithm is
//! worth nothing. That of a trusted certificate is not needed: here it is replaced, with its algorithm, by one
//! that the parser knows. The rest, from version to extensions, is left as it is.

use allod_x509::{
    CertificateError, ParsedCertificate, SignatureAlgorithm,
    builder::{algorithm_identifier, sequence, signed},
};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag};

use super::LIMITS;

/// A trusted certificate, to be parsed.
pub(super) struct Anchor {
    /// The certificate, or what stands for it.
    pub der: Vec<u8>,
    /// Whether its signature was replaced.
    pub is_bare: bool,
}

impl Anchor {
    pub(super) fn new(der: &[u8]) -> Self {
        let is_refused = matches!(
            ParsedCertificate::parse_within(der, &LIMITS),
            Err(CertificateError::Sha1
                | CertificateError::PssParameters
                | CertificateError::UnknownSignatureAlgorithm)
        );
        match replace_signature(der).filter(|_| is_refused) {
            Some(der) => Self { der, is_bare: true },
            None => Self {
                der: der.to_vec(),
                is_bare: false,
            },
        }
    }
}

fn replace_signature(der: &[u8]) -> Option<Vec<u8>> {
    let algorithm = SignatureAlgorithm::Ed25519;
    let certificate = values(AnyRef::from_der(der).ok()?.value())?;
    let mut fields: Vec<Vec<u8>> = values(certificate.first()?.value())?
        .iter()
        .map(|field| field.to_der().ok())
        .collect::<Option<_>>()?;
    // Version, serial number, algorithm.
    let identifier = fields.get_mut(2)?;
    *identifier = algorithm_identifier(algorithm);
    Some(signed(&sequence(&fields), algorithm, &[0; 64]))
}

/// The values that stand one after another.
pub(super) fn values(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(values)
}

/// The values in a SEQUENCE that is the whole of `bytes`.
pub(super) fn sequence_values(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let outer = AnyRef::from_der(bytes).ok()?;
    if der::Tagged::tag(&outer) != Tag::Sequence {
        return None;
    }
    values(outer.value())
}
