//! Makes certificates: for the command line, for benchmarks, and, since every part can be replaced,
//! wrong ones for tests.
//!
//! Nothing here is consensus code.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::{
    KeyUsage, PublicKey, algorithm::SignatureAlgorithm, csr::EXTENSION_REQUEST, extensions::oid,
    writer,
};
pub use crate::{
    signing_key::{AlgorithmError, SigningKey},
    writer::{algorithm_identifier, bit_string, extension, integer, sequence, signed, tlv},
};

/// The parts of a certificate; every field is public, so that tests can spoil one.
#[derive(Debug, Clone)]
pub struct CertificateBuilder {
    /// Serial number: contents of the INTEGER.
    pub serial: Vec<u8>,
    /// DER of the issuer's name.
    pub issuer: Vec<u8>,
    /// First second of validity, since 1970.
    pub not_before: u64,
    /// Last second of validity, since 1970.
    pub not_after: u64,
    /// DER of the subject's name.
    pub subject: Vec<u8>,
    /// DER of each extension.
    pub extensions: Vec<Vec<u8>>,
}

impl CertificateBuilder {
    /// A certificate authority of one name, valid from 2020 to 2049.
    pub fn self_issued(common_name: &str) -> Self {
        let name = name(&[common_name]);
        Self {
            serial: [1].to_vec(),
            issuer: name.clone(),
            not_before: 1_577_836_800,
            not_after: 2_493_072_000,
            subject: name,
            extensions: [basic_constraints(true, None)].to_vec(),
        }
    }

    /// The DER of `tbsCertificate`, for this subject key, to be signed with `algorithm`.
    pub fn tbs(&self, algorithm: SignatureAlgorithm, spki: &[u8]) -> Vec<u8> {
        let mut fields = [
            tlv(0xa0, &tlv(0x02, &[2])),
            tlv(0x02, &self.serial),
            algorithm_identifier(algorithm),
            self.issuer.clone(),
            sequence(&[time(self.not_before), time(self.not_after)]),
            self.subject.clone(),
            spki.to_vec(),
        ]
        .to_vec();
        if !self.extensions.is_empty() {
            fields.push(tlv(0xa3, &sequence(&self.extensions)));
        }
        sequence(&fields)
    }

    /// The certificate for the signer's own key.
    pub fn sign_self(&self, key: &SigningKey) -> Vec<u8> {
        self.sign(&key.spki(), key)
    }

    /// The certificate for the subject's key, signed by the issuer's.
    pub fn sign(&self, subject_spki: &[u8], issuer: &SigningKey) -> Vec<u8> {
        let tbs = self.tbs(issuer.algorithm(), subject_spki);
        let signature = issuer.sign(&tbs);
        certificate(&tbs, issuer.algorithm(), &signature)
    }

    /// [`sign`](Self::sign) with another algorithm of the issuer's key than its usual one.
    ///
    /// # Errors
    /// [`AlgorithmError`] if it is none of the key's.
    pub fn sign_with(
        &self,
        subject_spki: &[u8],
        issuer: &SigningKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<u8>, AlgorithmError> {
        let tbs = self.tbs(algorithm, subject_spki);
        let signature = issuer.sign_with(algorithm, &tbs)?;
        Ok(certificate(&tbs, algorithm, &signature))
    }
}

/// Puts a certificate together from what is signed and the signature.
pub fn certificate(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    signed(tbs, algorithm, signature)
}

/// The DER of a certification request (PKCS #10) for this key: DER of the subject's name and of each
/// requested extension.
pub fn certification_request(subject: &[u8], extensions: &[Vec<u8>], key: &SigningKey) -> Vec<u8> {
    let info = certification_request_info(subject, extensions, &key.spki());
    signed(&info, key.algorithm(), &key.sign(&info))
}

/// What the signature of a certification request is over: DER of the subject's name, of each requested
/// extension, and of the public key.
pub fn certification_request_info(subject: &[u8], extensions: &[Vec<u8>], spki: &[u8]) -> Vec<u8> {
    let attributes = if extensions.is_empty() {
        Vec::new()
    } else {
        let values = tlv(0x31, &sequence(extensions));
        sequence(&[tlv(0x06, EXTENSION_REQUEST), values])
    };
    sequence(&[
        integer(0),
        subject.to_vec(),
        spki.to_vec(),
        tlv(0xa0, &attributes),
    ])
}

/// A key's identifier: the first 160 bits of the SHA-256 of `subjectPublicKey` (RFC 7093, 2, method 1).
pub fn key_identifier(key: PublicKey<'_>) -> Vec<u8> {
    let hash = Sha256::digest(key.bytes);
    hash.into_iter().take(20).collect()
}

/// A distinguished name of common names, one after another.
pub fn name(common_names: &[&str]) -> Vec<u8> {
    let rdns: Vec<_> = common_names
        .iter()
        .map(|text| {
            let attribute = [tlv(0x06, &[0x55, 4, 3]), tlv(0x0c, text.as_bytes())];
            tlv(0x31, &sequence(&attribute))
        })
        .collect();
    sequence(&rdns)
}

/// The critical extension basic constraints.
pub fn basic_constraints(is_ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let mut fields = Vec::new();
    if is_ca {
        fields.push(tlv(0x01, &[0xff]));
    }
    if let Some(length) = path_length {
        fields.push(integer(u64::from(length)));
    }
    extension(oid::BASIC_CONSTRAINTS, true, &sequence(&fields))
}

/// The critical extension key usage, with one usage or several.
pub fn key_usage(usages: &[KeyUsage]) -> Vec<u8> {
    let bits = usages.iter().fold(0, |bits, usage| bits | usage.bits());
    let [high, low] = bits.reverse_bits().to_be_bytes();
    let bytes = if low == 0 {
        [high].to_vec()
    } else {
        [high, low].to_vec()
    };
    let unused = bytes.last().map_or(0, |last| last.trailing_zeros() % 8);
    let unused = u8::try_from(unused).unwrap_or(0);
    let value = tlv(0x03, &[&[unused], bytes.as_slice()].concat());
    extension(oid::KEY_USAGE, true, &value)
}

/// The extension subject alternative name: DER of each name, such as `tlv(0x82, b"example.org")`.
pub fn alternative_names(is_critical: bool, names: &[Vec<u8>]) -> Vec<u8> {
    extension(oid::ALTERNATIVE_NAME, is_critical, &sequence(names))
}

/// The critical extension name constraints: DER of each base.
pub fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let lists: Vec<_> = [(0xa0, permitted), (0xa1, excluded)]
        .into_iter()
        .filter(|(_, bases)| !bases.is_empty())
        .map(|(tag, bases)| {
            let subtrees: Vec<_> = bases
                .iter()
                .map(|base| sequence(core::slice::from_ref(base)))
                .collect();
            tlv(tag, &subtrees.concat())
        })
        .collect();
    extension(oid::NAME_CONSTRAINTS, true, &sequence(&lists))
}

/// The extension extended key usage: contents of each identifier.
pub fn extended_key_usage(purposes: &[&[u8]]) -> Vec<u8> {
    let identifiers: Vec<_> = purposes.iter().map(|purpose| tlv(0x06, purpose)).collect();
    extension(oid::EXTENDED_KEY_USAGE, false, &sequence(&identifiers))
}

/// The extension subject key identifier.
pub fn subject_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(oid::SUBJECT_KEY_IDENTIFIER, false, &tlv(0x04, identifier))
}

/// The extension authority key identifier, with a key identifier and nothing else.
pub fn authority_key_identifier(identifier: &[u8]) -> Vec<u8> {
    let value = sequence(&[tlv(0x80, identifier)]);
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &value)
}

/// Empty beyond the year 9999, which no certificate says.
fn time(seconds: u64) -> Vec<u8> {
    writer::time(seconds).unwrap_or_default()
}
