//! Private keys in DER: PKCS #8 (RFC 5208, RFC 5958), SEC 1 (RFC 5915) and PKCS #1 (RFC 8017, A.1.2) are read,
//! PKCS #8 is written.
//!
//! | kind | inside PKCS #8 |
//! |---|---|
//! | Ed25519 | an OCTET STRING of 32 octets (RFC 8410, 7) |
//! | P-256, P-384 | `ECPrivateKey`, the curve outside (RFC 5915, 3) |
//! | RSA | `RSAPrivateKey` with two primes |
//!
//! A public key that stands beside the private one must be its own: who signs with one and shows the other has a
//! file that was tampered with. Whatever is made of a key on the way is overwritten when it is dropped.

use alloc::{string::String, vec::Vec};

use der::{Tag, TagNumber};
use p256::elliptic_curve::zeroize::Zeroizing;
use rsa::{
    BigUint, RsaPrivateKey,
    traits::{PrivateKeyParts, PublicKeyParts},
};

use crate::{
    CertificateError, KeyAlgorithm, SigningKey,
    algorithm::{ELLIPTIC_CURVE, RSASSA_PSS},
    error::Field,
    extensions::oid,
    limits::MAX_PRIVATE_KEY_SIZE,
    named::OneOf,
    reader::{Cursor, Tlv, context},
    verifier::check_key,
    writer::{sequence, tlv},
};

/// `secp256r1`, contents of the identifier.
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// `secp384r1`.
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x22];
/// `rsaEncryption`.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// Octets of the longest scalar: P-384's.
const LONGEST_SCALAR: usize = 48;

/// Why bytes are not a private key that can sign here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// More bytes than are read at all.
    #[error("private key of {0} bytes: at most {MAX_PRIVATE_KEY_SIZE} are read")]
    TooLong(usize),
    /// Neither of the three forms.
    #[error("not a private key in DER: PKCS #8, SEC 1 or PKCS #1")]
    Form,
    /// The form is recognised, and what is in it is wrong.
    #[error("private key is not well formed: {0}")]
    Malformed(&'static str),
    /// The key is under a password.
    #[error("private key is encrypted: a password is needed")]
    Encrypted,
    /// A key of another kind; its object identifier.
    #[error("private key of the kind {0}: must be {one_of}", one_of = OneOf(&KeyAlgorithm::ALL))]
    Kind(String),
    /// An RSA key that is bound to RSASSA-PSS.
    #[error(
        "private key of type id-RSASSA-PSS: must be of type rsaEncryption, which signs with PSS as well"
    )]
    Pss,
    /// A curve that is written out, not named.
    #[error(
        "private key writes its curve out (explicit parameters): it must be named (openssl ec -param_enc named_curve)"
    )]
    ExplicitCurve,
    /// A SEC 1 key that does not say which curve it is on.
    #[error("private key names no curve: PKCS #8 does (openssl pkcs8 -topk8 -nocrypt)")]
    NoCurve,
    /// The public key beside it is another's.
    #[error("public key in the file does not belong to the private key")]
    Mismatch,
    /// Its public key is not one that certificates may have.
    #[error(transparent)]
    PublicKey(CertificateError),
}

/// Errors of reading DER; the field is known anyway.
impl From<CertificateError> for PrivateKeyError {
    fn from(_: CertificateError) -> Self {
        Self::Malformed("not the DER that is wanted there")
    }
}

impl SigningKey {
    /// Reads a key in whichever of the three forms it has.
    ///
    /// # Errors
    /// One variant of [`PrivateKeyError`] for each cause; [`PrivateKeyError::Encrypted`] if it is an
    /// `EncryptedPrivateKeyInfo`.
    pub fn from_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        check_size(der)?;
        match first_tags(der).ok_or(PrivateKeyError::Form)? {
            (Tag::Integer, Tag::Sequence) => Self::from_pkcs8(der),
            (Tag::Integer, Tag::OctetString) => Self::from_sec1(der),
            (Tag::Integer, Tag::Integer) => Self::from_pkcs1(der),
            (Tag::Sequence, Tag::OctetString) => Err(PrivateKeyError::Encrypted),
            _ => Err(PrivateKeyError::Form),
        }
    }

    /// Reads `PrivateKeyInfo` or `OneAsymmetricKey`.
    ///
    /// # Errors
    /// One variant of [`PrivateKeyError`] for each cause.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let mut fields = whole_sequence(der)?;
        let has_public_key = match fields.expect(Tag::Integer)?.value {
            [0] => false,
            [1] => true,
            _ => return Err(PrivateKeyError::Malformed("version must be 0 or 1")),
        };
        let algorithm = key_algorithm(fields.expect(Tag::Sequence)?.value)?;
        let private_key = fields.expect(Tag::OctetString)?.value;
        fields.optional(context(TagNumber::N0, true))?;
        let public_key = match fields.optional(context(TagNumber::N1, false))? {
            Some(implicit) => Some(implicit),
            // `ring` tagged it explicitly up to 0.16, and keys outlive libraries.
            None => tagged_bits(&mut fields)?,
        };
        fields.finish()?;
        let key = match algorithm {
            KeyAlgorithm::Ed25519 => ed25519(private_key)?,
            KeyAlgorithm::P256 => elliptic_curve(private_key, Some(P256))?,
            KeyAlgorithm::P384 => elliptic_curve(private_key, Some(P384))?,
            KeyAlgorithm::Rsa => Self::from_pkcs1(private_key)?,
        };
        match public_key {
            Some(_) if !has_public_key => {
                Err(PrivateKeyError::Malformed("a public key in version 0"))
            }
            Some(public_key) => check_public_key(key, public_key),
            None => Ok(key),
        }
    }

    /// Reads `ECPrivateKey`, which must name its curve.
    ///
    /// # Errors
    /// One variant of [`PrivateKeyError`] for each cause.
    pub fn from_sec1(der: &[u8]) -> Result<Self, PrivateKeyError> {
        elliptic_curve(der, None)
    }

    /// Reads `RSAPrivateKey` with two primes.
    ///
    /// # Errors
    /// One variant of [`PrivateKeyError`] for each cause.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let mut fields = whole_sequence(der)?;
        if fields.expect(Tag::Integer)?.value != [0] {
            return Err(PrivateKeyError::Malformed(
                "an RSA key must have version 0, with two primes",
            ));
        }
        let (modulus, exponent) = (positive(&mut fields)?, positive(&mut fields)?);
        let private = positive(&mut fields)?;
        let (first, second) = (positive(&mut fields)?, positive(&mut fields)?);
        // The exponents and the coefficient follow from the rest, and are computed.
        for _ in 0..3 {
            positive(&mut fields)?;
        }
        fields.finish()?;
        // Sizes first: the arithmetic below grows with them.
        let public = sequence(&[tlv(0x02, modulus), tlv(0x02, exponent)]);
        check_key(KeyAlgorithm::Rsa, &public).map_err(PrivateKeyError::PublicKey)?;
        if [private, first, second]
            .iter()
            .any(|number| number.len() > modulus.len())
        {
            return Err(PrivateKeyError::Malformed("a number above the modulus"));
        }
        let key = RsaPrivateKey::from_components(
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
            BigUint::from_bytes_be(private),
            [first, second].map(BigUint::from_bytes_be).to_vec(),
        )
        .ok()
        .filter(|key| key.crt_coefficient().is_some())
        .ok_or(PrivateKeyError::Malformed("its numbers make no RSA key"))?;
        Self::rsa(key).map_err(PrivateKeyError::PublicKey)
    }

    /// Writes `PrivateKeyInfo` (version 0), as `openssl pkey -outform der` does.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let key = match self {
            Self::Ed25519(key) => {
                let seed = Zeroizing::new(key.to_bytes());
                secret(4, &[&*seed])
            }
            Self::P256(key) => {
                let scalar = Zeroizing::new(key.to_bytes());
                let point = key.verifying_key().to_encoded_point(false);
                ec_document(scalar.as_slice(), point.as_bytes())
            }
            Self::P384(key) => {
                let scalar = Zeroizing::new(key.to_bytes());
                let point = key.verifying_key().to_encoded_point(false);
                ec_document(scalar.as_slice(), point.as_bytes())
            }
            Self::Rsa(key) => rsa_document(key),
        };
        let algorithm = secret(0x30, &[self.key_algorithm().identifier().as_ref()]);
        secret(0x30, &[&[2, 1, 0], &algorithm, &secret(4, &[&key])])
    }
}

fn check_size(der: &[u8]) -> Result<(), PrivateKeyError> {
    if der.len() > MAX_PRIVATE_KEY_SIZE {
        return Err(PrivateKeyError::TooLong(der.len()));
    }
    Ok(())
}

/// The contents of the SEQUENCE that `der` must be.
fn whole_sequence(der: &[u8]) -> Result<Cursor<'_>, PrivateKeyError> {
    check_size(der)?;
    let mut file = Cursor::new(der, Field::PrivateKey);
    let fields = file.sequence()?;
    file.finish()?;
    Ok(fields)
}

/// The tags of the first two fields, by which the forms differ.
fn first_tags(der: &[u8]) -> Option<(Tag, Tag)> {
    let mut fields = whole_sequence(der).ok()?;
    Some((fields.next().ok()?.tag, fields.next().ok()?.tag))
}

/// The kind of key whose `AlgorithmIdentifier` has these contents.
fn key_algorithm(contents: &[u8]) -> Result<KeyAlgorithm, PrivateKeyError> {
    let known = KeyAlgorithm::ALL
        .into_iter()
        .find(|kind| kind.identifier().as_ref() == contents);
    if let Some(kind) = known {
        return Ok(kind);
    }
    let mut fields = Cursor::new(contents, Field::PrivateKey);
    match fields.object_identifier()? {
        // Some tools leave out the NULL that RFC 3279, 2.3.1, wants.
        RSA if fields.at_end() => Ok(KeyAlgorithm::Rsa),
        RSASSA_PSS => Err(PrivateKeyError::Pss),
        ELLIPTIC_CURVE => {
            let curve = named_curve(&mut fields)?;
            fields.finish()?;
            Err(kind(curve))
        }
        other => Err(kind(other)),
    }
}

/// Contents of the curve's identifier, which must be there in the place of the curve's numbers.
fn named_curve<'a>(fields: &mut Cursor<'a>) -> Result<&'a [u8], PrivateKeyError> {
    if fields.optional(Tag::Sequence)?.is_some() {
        return Err(PrivateKeyError::ExplicitCurve);
    }
    Ok(fields.object_identifier()?)
}

/// A BIT STRING under the explicit tag 1.
fn tagged_bits<'a>(fields: &mut Cursor<'a>) -> Result<Option<Tlv<'a>>, PrivateKeyError> {
    let Some(mut tagged) = fields.explicit(TagNumber::N1)? else {
        return Ok(None);
    };
    let bits = tagged.expect(Tag::BitString)?;
    tagged.finish()?;
    Ok(Some(bits))
}

fn kind(identifier: &[u8]) -> PrivateKeyError {
    PrivateKeyError::Kind(oid::dotted(identifier))
}

fn check_public_key(key: SigningKey, public_key: Tlv<'_>) -> Result<SigningKey, PrivateKeyError> {
    // A BIT STRING of whole bytes, with an implicit tag or its own.
    let bytes = match public_key.value {
        [0, bytes @ ..] => bytes,
        _ => return Err(PrivateKeyError::Malformed("public key")),
    };
    // It is the end of subjectPublicKeyInfo, and of one length for each kind of key.
    if key.public_key_bytes() == bytes {
        Ok(key)
    } else {
        Err(PrivateKeyError::Mismatch)
    }
}

fn ed25519(contents: &[u8]) -> Result<SigningKey, PrivateKeyError> {
    let mut outer = Cursor::new(contents, Field::PrivateKey);
    let seed = outer.expect(Tag::OctetString)?.value;
    outer.finish()?;
    ed25519_dalek::SigningKey::try_from(seed)
        .map(SigningKey::Ed25519)
        .map_err(|_| PrivateKeyError::Malformed("an Ed25519 key has 32 octets"))
}

/// Reads `ECPrivateKey`. `outside` is the curve that PKCS #8 names.
fn elliptic_curve(der: &[u8], outside: Option<&[u8]>) -> Result<SigningKey, PrivateKeyError> {
    let mut fields = whole_sequence(der)?;
    if fields.expect(Tag::Integer)?.value != [1] {
        return Err(PrivateKeyError::Malformed(
            "version of ECPrivateKey must be 1",
        ));
    }
    let scalar = fields.expect(Tag::OctetString)?.value;
    let inside = match fields.explicit(TagNumber::N0)? {
        Some(mut parameters) => {
            let curve = named_curve(&mut parameters)?;
            parameters.finish()?;
            Some(curve)
        }
        None => None,
    };
    let public_key = tagged_bits(&mut fields)?;
    fields.finish()?;
    let curve = match (outside, inside) {
        (Some(one), Some(other)) if one != other => {
            return Err(PrivateKeyError::Malformed("it names two curves"));
        }
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => return Err(PrivateKeyError::NoCurve),
    };
    let no_scalar = PrivateKeyError::Malformed("its number is none of the curve's");
    let size = match curve {
        P256 => 32,
        P384 => LONGEST_SCALAR,
        other => return Err(kind(other)),
    };
    let scalar = padded(scalar, size).ok_or(no_scalar.clone())?;
    let scalar = scalar.get(..size).unwrap_or_default();
    let key = if curve == P256 {
        p256::ecdsa::SigningKey::from_slice(scalar)
            .map(SigningKey::P256)
            .map_err(|_| no_scalar)?
    } else {
        p384::ecdsa::SigningKey::from_slice(scalar)
            .map(SigningKey::P384)
            .map_err(|_| no_scalar)?
    };
    match public_key {
        Some(public_key) => check_public_key(key, public_key),
        None => Ok(key),
    }
}

/// A scalar in as many octets as RFC 5915, 3, wants, which are the first ones of what comes out. Some tools leave out
/// zeros in front, or write one too many, as for an INTEGER.
fn padded(scalar: &[u8], size: usize) -> Option<Zeroizing<[u8; LONGEST_SCALAR]>> {
    let zeros = scalar.iter().take_while(|byte| **byte == 0).count();
    let (_, significant) = scalar.split_at_checked(zeros)?;
    let start = size.checked_sub(significant.len())?;
    let mut whole = Zeroizing::new([0; LONGEST_SCALAR]);
    whole.get_mut(start..size)?.copy_from_slice(significant);
    Some(whole)
}

/// A positive INTEGER, big-endian, as DER writes it.
fn positive<'a>(fields: &mut Cursor<'a>) -> Result<&'a [u8], PrivateKeyError> {
    match fields.expect(Tag::Integer)?.value {
        [] | [0] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => {
            Err(PrivateKeyError::Malformed("a number must be positive"))
        }
        number => Ok(number),
    }
}

/// One tagged value of parts, nothing of which is left behind in memory.
fn secret(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length = parts
        .iter()
        .fold(0, |sum: usize, part| sum.saturating_add(part.len()));
    let mut out = Zeroizing::new(Vec::with_capacity(length.saturating_add(4)));
    out.push(tag);
    match u16::try_from(length).map(u16::to_be_bytes) {
        Ok([0, low @ 0..=0x7f]) => out.push(low),
        Ok([0, low]) => out.extend([0x81, low]),
        Ok([high, low]) => out.extend([0x82, high, low]),
        // No key of §11.2 is as long.
        Err(_) => out.push(0x80),
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// `ECPrivateKey` for PKCS #8, with the public key, as OpenSSL writes it.
fn ec_document(scalar: &[u8], point: &[u8]) -> Zeroizing<Vec<u8>> {
    let public_key = secret(0xa1, &[&secret(3, &[&[0], point])]);
    secret(0x30, &[&[2, 1, 1], &secret(4, &[scalar]), &public_key])
}

/// `RSAPrivateKey` (RFC 8017, A.1.2).
fn rsa_document(key: &RsaPrivateKey) -> Zeroizing<Vec<u8>> {
    let [first, second] = match key.primes() {
        [first, second] => [first, second],
        // Every constructor here makes two.
        _ => return Zeroizing::default(),
    };
    let coefficient = key.crt_coefficient().map(Zeroizing::new);
    let numbers = [
        Some(key.n()),
        Some(key.e()),
        Some(key.d()),
        Some(first),
        Some(second),
        key.dp(),
        key.dq(),
        coefficient.as_deref(),
    ];
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_PRIVATE_KEY_SIZE));
    body.extend([2, 1, 0]);
    for number in numbers.into_iter().flatten() {
        let bytes = Zeroizing::new(number.to_bytes_be());
        let is_high = bytes.first().is_some_and(|byte| *byte >= 0x80);
        let zero: &[u8] = if is_high { &[0] } else { &[] };
        body.extend_from_slice(&secret(2, &[zero, &bytes]));
    }
    secret(0x30, &[&body])
}
