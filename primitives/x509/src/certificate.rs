//! Certificates, in the stages that [the crate's page](crate) draws.

use core::ops::Deref;

use der::{Tag, TagNumber};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

use crate::{
    Limits, MAX_SERIAL_OCTETS,
    algorithm::{KeyAlgorithm, SignatureAlgorithm},
    error::{CertificateError, Field, SignatureError},
    extensions::{
        AuthorityKeyIdentifier, BasicConstraints, Extension, Extensions, KeyUsage, Unknown, oid,
    },
    general_name::GeneralName,
    name::Name,
    name_constraints::NameConstraints,
    reader::{Cursor, context},
    rsa_key::RsaNumbers,
    time::Validity,
    verifier,
};

/// A public key, in the one encoding that its kind has here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey<'a> {
    /// Kind of key.
    pub algorithm: KeyAlgorithm,
    /// Contents of `subjectPublicKey`: 32 bytes for Ed25519, 65 for P-256, 97 for P-384, DER for RSA.
    pub bytes: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads the DER of a `SubjectPublicKeyInfo`, the whole of `der`.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::UnknownKeyAlgorithm`] and its like.
    pub fn from_spki(der: &'a [u8]) -> Result<Self, CertificateError> {
        let mut file = Cursor::new(der, Field::PublicKey);
        let spki = file.expect(Tag::Sequence)?;
        file.finish()?;
        Self::parse(spki.value)
    }

    /// Reads the contents of a `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
    pub(crate) fn parse(spki: &'a [u8]) -> Result<Self, CertificateError> {
        let mut fields = Cursor::new(spki, Field::PublicKey);
        let identifier = fields.expect(Tag::Sequence)?.value;
        let bytes = fields.bytes_of_bit_string()?;
        fields.finish()?;
        let algorithm = KeyAlgorithm::from_identifier(identifier)?;
        verifier::check_key(algorithm, bytes)?;
        Ok(Self { algorithm, bytes })
    }

    /// Bits of the modulus of an RSA key, 2,048 to 4,096; `None` for other keys.
    pub fn rsa_modulus_bits(&self) -> Option<u32> {
        verifier::modulus_bits(self.algorithm, self.bytes)
    }

    /// Modulus and public exponent of an RSA key, big-endian, without zeros in front; `None` for other
    /// keys.
    pub fn rsa_numbers(&self) -> Option<(&'a [u8], &'a [u8])> {
        let is_rsa = self.algorithm == KeyAlgorithm::Rsa;
        let numbers = RsaNumbers::parse(self.bytes).ok().filter(|_| is_rsa)?;
        Some((numbers.modulus, numbers.exponent))
    }

    /// Verifies a signature over any message, in X.509's encoding. Costs one signature check.
    ///
    /// # Errors
    /// [`SignatureError::WrongAlgorithm`] if `algorithm` is not one of this kind of key,
    /// [`SignatureError::Invalid`].
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        self.check_algorithm(algorithm)?;
        algorithm
            .verify_signature(self.bytes, message, signature)
            .map_err(|_| SignatureError::Invalid)
    }

    fn check_algorithm(&self, declared: SignatureAlgorithm) -> Result<(), SignatureError> {
        if declared.key_algorithm() == self.algorithm {
            return Ok(());
        }
        Err(SignatureError::WrongAlgorithm {
            declared,
            actual: self.algorithm.default_signature(),
        })
    }
}

/// A certificate that is well formed and within the limits. Nobody has verified its signature yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCertificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    issuer_name: Name<'a>,
    subject: &'a [u8],
    subject_name: Name<'a>,
    names_match: bool,
    validity: Validity,
    spki: &'a [u8],
    key: PublicKey<'a>,
    extensions: Extensions<'a>,
    algorithm: SignatureAlgorithm,
    algorithm_identifier: &'a [u8],
    signature: &'a [u8],
}

impl<'a> ParsedCertificate<'a> {
    /// Reads a certificate, the whole of `der`, and checks every rule of [the crate's page](crate).
    ///
    /// Costs a few microseconds, in proportion to the length; makes no signature check.
    ///
    /// # Errors
    /// One variant of [`CertificateError`] for each rule.
    pub fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        Self::parse_within(der, &Limits::CHAIN)
    }

    /// [`parse`](Self::parse) with other limits than the chain's.
    ///
    /// # Errors
    /// One variant of [`CertificateError`] for each rule.
    pub fn parse_within(der: &'a [u8], limits: &Limits) -> Result<Self, CertificateError> {
        let is_short = u32::try_from(der.len()).is_ok_and(|size| size <= limits.certificate_size);
        if !is_short {
            return Err(CertificateError::TooLong {
                size: der.len(),
                limit: limits.certificate_size,
            });
        }
        let mut file = Cursor::new(der, Field::Certificate);
        let mut certificate = file.sequence()?;
        file.finish()?;
        let tbs = certificate.expect(Tag::Sequence)?;
        let outer_algorithm = certificate.expect(Tag::Sequence)?.value;
        let signature = certificate.bytes_of_bit_string()?;
        certificate.finish()?;

        let mut fields = Cursor::new(tbs.value, Field::TbsCertificate);
        parse_version(&mut fields)?;
        let serial = parse_serial(&mut fields)?;
        let inner_algorithm = fields.expect(Tag::Sequence)?.value;
        let issuer = fields.expect(Tag::Sequence)?;
        let validity = fields.expect(Tag::Sequence)?.value;
        let subject = fields.expect(Tag::Sequence)?;
        let spki = fields.expect(Tag::Sequence)?;
        let extensions = parse_rest(fields, limits)?;

        if inner_algorithm != outer_algorithm {
            return Err(CertificateError::AlgorithmMismatch);
        }
        let algorithm = SignatureAlgorithm::from_identifier(inner_algorithm)?;
        if issuer.value.is_empty() {
            return Err(CertificateError::IssuerEmpty);
        }
        let issuer_name = Name::parse(issuer.value, Field::Issuer)?;
        let subject_name = if issuer.value == subject.value {
            issuer_name
        } else {
            Name::parse(subject.value, Field::Subject)?
        };
        let parsed = Self {
            der,
            tbs: tbs.raw,
            serial,
            issuer: issuer.raw,
            issuer_name,
            subject: subject.raw,
            subject_name,
            names_match: issuer_name.matches(&subject_name),
            validity: Validity::parse(validity)?,
            spki: spki.raw,
            key: PublicKey::parse(spki.value)?,
            extensions,
            algorithm,
            algorithm_identifier: inner_algorithm,
            signature,
        };
        if !parsed.extensions.has_critical_policies {
            EndEntityCert::try_from(&CertificateDer::from(der))
                .map_err(|_| CertificateError::SecondOpinion)?;
        }
        Ok(parsed)
    }

    /// The whole certificate.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// What the issuer signed: the DER of `tbsCertificate`.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The serial number: big-endian, positive, at most 20 octets, as DER writes it (so with a zero in
    /// front where the first bit would otherwise be set).
    pub fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The DER of the issuer's name.
    pub fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// The DER of the subject's name.
    pub fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The issuer's name, to be compared.
    pub fn issuer_name(&self) -> Name<'a> {
        self.issuer_name
    }

    /// The subject's name, to be compared.
    pub fn subject_name(&self) -> Name<'a> {
        self.subject_name
    }

    /// When the certificate counts.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The DER of `subjectPublicKeyInfo`.
    pub fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// The subject's public key.
    pub fn public_key(&self) -> PublicKey<'a> {
        self.key
    }

    /// The algorithm of the signature on the certificate.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Contents of the `AlgorithmIdentifier` of the signature on the certificate. RSASSA-PSS has several (RFC 4055,
    /// 2.1), every other algorithm one.
    pub fn signature_algorithm_identifier(&self) -> &'a [u8] {
        self.algorithm_identifier
    }

    /// The signature, in X.509's encoding (DER for ECDSA).
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The extension basic constraints, if there.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// The extension key usage, if there.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The extension subject alternative name, if there: at least one name.
    pub fn subject_alternative_names(&self) -> Option<&[GeneralName<'a>]> {
        self.extensions.alternative_names.as_deref()
    }

    /// The extension name constraints, if there.
    pub fn name_constraints(&self) -> Option<&NameConstraints<'a>> {
        self.extensions.name_constraints.as_ref()
    }

    /// The extension extended key usage, if there: the contents of at least one object identifier.
    pub fn extended_key_usage(&self) -> Option<&[&'a [u8]]> {
        self.extensions.purposes.as_deref()
    }

    /// Whether the key may serve this purpose (see [`oid`]): every one where the extension extended key usage is
    /// missing or names `anyExtendedKeyUsage` (RFC 5280, 4.2.1.12).
    pub fn allows_purpose(&self, purpose: &[u8]) -> bool {
        self.extended_key_usage()
            .is_none_or(|all| all.contains(&purpose) || all.contains(&oid::ANY_PURPOSE))
    }

    /// The extension subject key identifier, if there.
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        self.extensions.subject_key_identifier
    }

    /// The extension authority key identifier, if there.
    pub fn authority_key_identifier(&self) -> Option<AuthorityKeyIdentifier<'a>> {
        self.extensions.authority_key_identifier
    }

    /// Every extension, in the order of the certificate, each identifier at most once.
    pub fn extensions(&self) -> &[Extension<'a>] {
        &self.extensions.all
    }

    /// The extension of this identifier (see [`oid`]), if there.
    pub fn extension(&self, identifier: &[u8]) -> Option<Extension<'a>> {
        let mut all = self.extensions().iter();
        all.find(|extension| extension.identifier == identifier)
            .copied()
    }

    /// Whether basic constraints say that the subject may issue.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints()
            .is_some_and(|constraints| constraints.is_ca)
    }

    /// Whether the key may be used so: everything is allowed where nothing is said (RFC 5280, 4.2.1.3).
    pub fn allows(&self, usage: KeyUsage) -> bool {
        self.key_usage()
            .is_none_or(|allowed| allowed.contains(usage))
    }

    /// SHA-256 of the DER: the fingerprint that every tool prints.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.der).into()
    }

    /// SHA-256 of the DER of `subjectPublicKeyInfo`, one for each key
    /// (`openssl pkey -pubout -outform der | sha256sum`).
    pub fn key_fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.spki).into()
    }

    /// Whether issuer and subject have the same name, byte by byte.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether issuer and subject are the same name, in whatever spelling (RFC 5280, 7.1).
    pub fn names_match(&self) -> bool {
        self.names_match
    }

    /// Verifies a signature by the certificate's key over any message. Costs one signature check.
    ///
    /// Fails if `algorithm` is not one of this kind of key, or the signature is not right.
    pub fn verify_message(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        if self.extensions.has_critical_policies {
            return self.key.verify(algorithm, message, signature);
        }
        self.key.check_algorithm(algorithm)?;
        let der = CertificateDer::from(self.der);
        EndEntityCert::try_from(&der)
            .and_then(|key| key.verify_signature(&algorithm, message, signature))
            .map_err(|_| SignatureError::Invalid)
    }

    /// Verifies that `issuer`'s key signed this certificate. Names are not compared: identities
    /// link by identifier (§11.1). Costs one signature check.
    pub fn verify_signed_by(&self, issuer: &ParsedCertificate<'_>) -> Result<(), SignatureError> {
        issuer.verify_message(self.algorithm, self.tbs, self.signature)
    }

    /// Verifies that the certificate is self-issued: issuer and subject are the same name and the
    /// signature is by its own key. Costs one signature check.
    pub fn verify_self_issued(self) -> Result<SelfIssuedCertificate<'a>, SignatureError> {
        if !self.is_self_issued() {
            return Err(SignatureError::NotSelfIssued);
        }
        self.verify_signed_by(&self)?;
        Ok(SelfIssuedCertificate(self))
    }
}

/// A certificate whose own key signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfIssuedCertificate<'a>(ParsedCertificate<'a>);

impl<'a> Deref for SelfIssuedCertificate<'a> {
    type Target = ParsedCertificate<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// `[0] EXPLICIT INTEGER`, which must say 2, for version 3.
fn parse_version(fields: &mut Cursor<'_>) -> Result<(), CertificateError> {
    let Some(tagged) = fields.optional(context(TagNumber::N0, true))? else {
        return Err(CertificateError::Version(0));
    };
    let mut version = Cursor::new(tagged.value, Field::Version);
    let number = version.expect(Tag::Integer)?.value;
    version.finish()?;
    match number {
        [2] => Ok(()),
        [other] if *other < 0x80 => Err(CertificateError::Version(*other)),
        _ => Err(CertificateError::Malformed(Field::Version)),
    }
}

pub(crate) fn parse_serial<'a>(fields: &mut Cursor<'a>) -> Result<&'a [u8], CertificateError> {
    let serial = fields.expect(Tag::Integer)?.value;
    check_serial(serial)?;
    Ok(serial)
}

/// Whether these are the contents of a serial number's INTEGER in the one form that it has: positive, minimal, at
/// most [`MAX_SERIAL_OCTETS`] (RFC 5280, 4.1.2.2).
///
/// # Errors
/// [`CertificateError::SerialNotPositive`], [`CertificateError::SerialTooLong`], [`CertificateError::Malformed`]
/// if it is empty or not minimal.
pub fn check_serial(serial: &[u8]) -> Result<(), CertificateError> {
    match serial {
        [] => Err(CertificateError::Malformed(Field::Serial)),
        [0] | [0x80..=0xff, ..] => Err(CertificateError::SerialNotPositive),
        [0, 0..=0x7f, ..] => Err(CertificateError::Malformed(Field::Serial)),
        [..] if !is_short_number(serial) => Err(CertificateError::SerialTooLong(serial.len())),
        [..] => Ok(()),
    }
}

/// Whether it has at most [`MAX_SERIAL_OCTETS`].
pub(crate) fn is_short_number(number: &[u8]) -> bool {
    u32::try_from(number.len()).is_ok_and(|length| length <= MAX_SERIAL_OCTETS)
}

/// What follows the public key: unique identifiers, extensions.
fn parse_rest<'a>(
    mut fields: Cursor<'a>,
    limits: &Limits,
) -> Result<Extensions<'a>, CertificateError> {
    for number in [TagNumber::N1, TagNumber::N2] {
        for constructed in [false, true] {
            if fields.optional(context(number, constructed))?.is_some() {
                return Err(CertificateError::UniqueIdentifier);
            }
        }
    }
    let extensions = fields.optional(context(TagNumber::N3, true))?;
    fields.finish()?;
    extensions.map_or_else(
        || Ok(Extensions::default()),
        |tagged| Extensions::parse(tagged.value, limits, Unknown::Refuse),
    )
}
