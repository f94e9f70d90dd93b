//! Trusted certificates that are badly made where it does not matter.
//!
//! A path takes a name, a key and constraints from a trusted certificate (RFC 5280, 6.1.1 (d)). Old roots signed
//! themselves with SHA-1, others with a digest that does not go with their curve here, and some have the serial number
//! zero, which the standard asks its users to bear (4.1.2.2). Nobody asks a trusted certificate for either: both are
//! replaced here by what the parser knows. The rest, from version to extensions, is left as it is.

use allod_x509::{
    CertificateError, ParsedCertificate, SignatureAlgorithm,
    builder::{algorithm_identifier, integer, sequence, signed},
    path::is_self_issued,
};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag};

use super::LIMITS;

/// A trusted certificate, to be parsed.
pub(super) struct Anchor {
    /// The certificate, or what stands for it.
    pub der: Vec<u8>,
    /// Whether its signature and serial number were replaced.
    pub is_bare: bool,
}

impl Anchor {
    pub(super) fn new(der: &[u8]) -> Self {
        match replace(der).filter(|_| is_badly_made(der)) {
            Some(der) => Self { der, is_bare: true },
            None => Self {
                der: der.to_vec(),
                is_bare: false,
            },
        }
    }
}

/// Whether something is wrong with the signature or the serial number.
fn is_badly_made(der: &[u8]) -> bool {
    match ParsedCertificate::parse_within(der, &LIMITS) {
        Ok(certificate) => {
            let signs_with = certificate.signature_algorithm().key_algorithm();
            is_self_issued(&certificate) && signs_with != certificate.public_key().algorithm
        }
        Err(error) => matches!(
            error,
            CertificateError::Sha1
                | CertificateError::PssParameters
                | CertificateError::UnknownSignatureAlgorithm
                | CertificateError::SerialNotPositive
        ),
    }
}

/// The certificate with a signature by nobody. `None` if it is not one, or if the algorithm inside is
/// not the one outside, which is wrong in any certificate.
fn replace(der: &[u8]) -> Option<Vec<u8>> {
    let algorithm = SignatureAlgorithm::Ed25519;
    let certificate = values(AnyRef::from_der(der).ok()?.value())?;
    let mut fields: Vec<Vec<u8>> = values(certificate.first()?.value())?
        .iter()
        .map(|field| field.to_der().ok())
        .collect::<Option<_>>()?;
    let outside = certificate.get(1)?.to_der().ok()?;
    let [_version, serial, inside, ..] = fields.as_mut_slice() else {
        return None;
    };
    if *inside != outside {
        return None;
    }
    *serial = integer(1);
    *inside = algorithm_identifier(algorithm);
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
