//! Certification requests (PKCS #10, RFC 2986): what a subject asks of an issuer, signed by its own key.
//!
//! A request grants nothing. The issuer reads the name and the key, checks with
//! [`ParsedRequest::verify`] that the key's holder asks, and decides itself what the certificate says; the
//! requested extensions are only shown. Not used on chain.

use alloc::vec::Vec;

use der::{Tag, TagNumber};

use crate::{
    Limits, MAX_REQUEST_SIZE,
    algorithm::SignatureAlgorithm,
    certificate::PublicKey,
    error::{CertificateError, Field, SignatureError},
    extensions::{BasicConstraints, Extension, Extensions, KeyUsage, Unknown},
    general_name::GeneralName,
    limits::MAX_ATTRIBUTES,
    name::Name,
    name_constraints::NameConstraints,
    reader::{Cursor, context},
};

/// `id-ExtensionReq` (PKCS #9), contents of the identifier.
pub(crate) const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];

/// Microsoft's attribute of the same meaning (`szOID_CERT_EXTENSIONS`), which OpenSSL reads alike.
const MICROSOFT_EXTENSION_REQUEST: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 0x0e];

/// Why bytes are not a certification request that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// A rule that requests share with certificates.
    #[error(transparent)]
    Form(#[from] CertificateError),
    /// More bytes than are read at all.
    #[error("certification request of {0} bytes: at most {MAX_REQUEST_SIZE} are accepted")]
    TooLong(usize),
    /// Not version 1.
    #[error("not version 1, which is the only one of PKCS #10 (RFC 2986, 4.1)")]
    Version,
    /// Too many attributes.
    #[error("more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// Extensions are requested twice.
    #[error("extensions are requested by two attributes: one is read (RFC 2986, 4.1)")]
    DuplicateExtensionRequest,
}

/// A request that is well formed. Nobody has verified its signature yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRequest<'a> {
    info: &'a [u8],
    subject: &'a [u8],
    subject_name: Name<'a>,
    spki: &'a [u8],
    key: PublicKey<'a>,
    extensions: Extensions<'a>,
    other_attributes: Vec<&'a [u8]>,
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

impl<'a> ParsedRequest<'a> {
    /// Reads a request, the whole of `der`.
    ///
    /// # Errors
    /// One variant of [`CsrError`] for each rule.
    pub fn parse(der: &'a [u8]) -> Result<Self, CsrError> {
        if !u32::try_from(der.len()).is_ok_and(|size| size <= MAX_REQUEST_SIZE) {
            return Err(CsrError::TooLong(der.len()));
        }
        let mut file = Cursor::new(der, Field::CertificationRequest);
        let mut request = file.sequence()?;
        file.finish()?;
        let info = request.expect(Tag::Sequence)?;
        let algorithm = request.expect(Tag::Sequence)?.value;
        let signature = request.bytes_of_bit_string()?;
        request.finish()?;

        let mut fields = Cursor::new(info.value, Field::CertificationRequest);
        if fields.expect(Tag::Integer)?.value != [0] {
            return Err(CsrError::Version);
        }
        let subject = fields.expect(Tag::Sequence)?;
        let spki = fields.expect(Tag::Sequence)?;
        // RFC 2986 wants the attributes there, be they empty; some tools leave them out then.
        let attributes = fields.optional(context(TagNumber::N0, true))?;
        fields.finish()?;
        let (extensions, other_attributes) = match attributes {
            Some(attributes) => parse_attributes(attributes.value)?,
            None => Default::default(),
        };
        Ok(Self {
            info: info.raw,
            subject: subject.raw,
            subject_name: Name::parse(subject.value, Field::Subject)?,
            spki: spki.raw,
            key: PublicKey::parse(spki.value)?,
            extensions,
            other_attributes,
            algorithm: SignatureAlgorithm::from_identifier(algorithm)?,
            signature,
        })
    }

    /// Verifies the signature by the key in the request: its holder asks. Costs one signature check.
    ///
    /// # Errors
    /// [`SignatureError::WrongAlgorithm`], [`SignatureError::Invalid`].
    pub fn verify(&self) -> Result<(), SignatureError> {
        self.key.verify(self.algorithm, self.info, self.signature)
    }

    /// The DER of the subject's name.
    pub fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The subject's name, to be compared.
    pub fn subject_name(&self) -> Name<'a> {
        self.subject_name
    }

    /// The DER of `subjectPublicKeyInfo`.
    pub fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// The subject's public key.
    pub fn public_key(&self) -> PublicKey<'a> {
        self.key
    }

    /// The algorithm of the signature on the request.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The requested alternative names, if any.
    pub fn subject_alternative_names(&self) -> Option<&[GeneralName<'a>]> {
        self.extensions.alternative_names.as_deref()
    }

    /// The requested basic constraints, if any.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// The requested key usage, if any.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The requested name constraints, if any.
    pub fn name_constraints(&self) -> Option<&NameConstraints<'a>> {
        self.extensions.name_constraints.as_ref()
    }

    /// The requested extended key usage, if any: contents of at least one object identifier.
    pub fn extended_key_usage(&self) -> Option<&[&'a [u8]]> {
        self.extensions.purposes.as_deref()
    }

    /// Every requested extension, known here or not, in the order of the request.
    pub fn extensions(&self) -> &[Extension<'a>] {
        &self.extensions.all
    }

    /// The types of the attributes that are not read: contents of object identifiers.
    pub fn other_attributes(&self) -> &[&'a [u8]] {
        &self.other_attributes
    }
}

/// The requested extensions, and the types of the other attributes.
type Attributes<'a> = (Extensions<'a>, Vec<&'a [u8]>);

/// Reads the contents of `attributes [0]`: a SET of (type, SET of values). Only requests for extensions are read.
fn parse_attributes(contents: &[u8]) -> Result<Attributes<'_>, CsrError> {
    let mut attributes = Cursor::new(contents, Field::Attributes);
    let (mut found, mut others) = (None, Vec::new());
    for _ in 0..MAX_ATTRIBUTES {
        if attributes.at_end() {
            break;
        }
        let mut attribute = attributes.sequence()?;
        let kind = attribute.object_identifier()?;
        let values = attribute.expect(Tag::Set)?.value;
        attribute.finish()?;
        if ![EXTENSION_REQUEST, MICROSOFT_EXTENSION_REQUEST].contains(&kind) {
            others.push(kind);
            continue;
        }
        if found.is_some() {
            return Err(CsrError::DuplicateExtensionRequest);
        }
        found = Some(Extensions::parse(values, &Limits::CHAIN, Unknown::Keep)?);
    }
    if attributes.at_end() {
        Ok((found.unwrap_or_default(), others))
    } else {
        Err(CsrError::TooManyAttributes)
    }
}
