//! The extensions that mean something here, and the rule for those that do not: an unknown one is
//! ignored unless it is critical.

use core::fmt;

use alloc::vec::Vec;
use der::{Decode, Tag, TagNumber};

use crate::{
    Limits,
    error::{CertificateError, Field},
    general_name::GeneralName,
    name_constraints::NameConstraints,
    reader::{Cursor, context},
};

/// Object identifiers of extensions and purposes, contents without tag and length (RFC 5280, A.2).
pub mod oid {
    use alloc::{
        format,
        string::{String, ToString},
    };

    /// `id-ce-subjectKeyIdentifier`.
    pub const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
    /// `id-ce-keyUsage`.
    pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    /// `id-ce-subjectAltName`.
    pub const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    /// `id-ce-basicConstraints`.
    pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    /// `id-ce-cRLNumber`.
    pub const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
    /// `id-ce-cRLReasons`.
    pub const CRL_REASON: &[u8] = &[0x55, 0x1d, 0x15];
    /// `id-ce-invalidityDate`.
    pub const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];
    /// `id-ce-deltaCRLIndicator`.
    pub const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 0x1b];
    /// `id-ce-issuingDistributionPoint`.
    pub const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
    /// `id-ce-certificateIssuer`.
    pub const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 0x1d];
    /// `id-ce-nameConstraints`.
    pub const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
    /// `id-ce-cRLDistributionPoints`.
    pub const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
    /// `id-ce-certificatePolicies`.
    pub const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
    /// `id-ce-policyMappings`.
    pub const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 0x21];
    /// `id-ce-authorityKeyIdentifier`.
    pub const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
    /// `id-ce-policyConstraints`.
    pub const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x24];
    /// `id-ce-extKeyUsage`.
    pub const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
    /// `anyExtendedKeyUsage`.
    pub const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];
    /// `id-ce-inhibitAnyPolicy`.
    pub const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x36];
    /// `id-pe-authorityInfoAccess`.
    pub const AUTHORITY_INFORMATION_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
    /// `id-kp-serverAuth`.
    pub const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    /// `id-kp-clientAuth`.
    pub const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

    /// Most octets of an identifier that is written in numbers.
    const MAX_DOTTED: usize = 64;

    /// An object identifier as people write it, from its contents (X.690, 8.19): `1.2.840.113549`. Arcs may have as
    /// many bits as a UUID; what is longer is told by its length.
    pub fn dotted(contents: &[u8]) -> String {
        numbers(contents)
            .filter(|_| contents.len() <= MAX_DOTTED)
            .unwrap_or_else(|| format!("of {} octets", contents.len()))
    }

    fn numbers(contents: &[u8]) -> Option<String> {
        let mut text = String::new();
        let mut arc: u128 = 0;
        for byte in contents {
            arc = arc.checked_mul(128)? | u128::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                continue;
            }
            if text.is_empty() {
                // The first two arcs are one number.
                let root = (arc / 40).min(2);
                text = root.to_string();
                arc = arc.saturating_sub(root.saturating_mul(40));
            }
            text.push('.');
            text.push_str(&arc.to_string());
            arc = 0;
        }
        Some(text)
    }
}

/// Whether the subject may issue, and how deep (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub is_ca: bool,
    /// Most intermediate certificates between this one and the last of a chain. Chains here are
    /// so short ([`MAX_CHAIN`](crate::MAX_CHAIN)) that what exceeds a byte is kept as 255.
    pub path_length: Option<u8>,
}

/// What the key is for (RFC 5280, 4.2.1.3): bit n of the standard is bit n here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures other than on certificates and lists.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Signatures on revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// The usage of this bit of the standard, 0 (`digitalSignature`) to 8 (`decipherOnly`).
    pub const fn from_bit(bit: u8) -> Option<Self> {
        match bit {
            0..=8 => Some(Self(1 << bit)),
            _ => None,
        }
    }

    /// Whether every usage in `other` is allowed.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, with bit n of the standard as bit n.
    #[cfg(any(test, feature = "builder"))]
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({:#05x})", self.0)
    }
}

/// Who signed, by key (RFC 5280, 4.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier<'a> {
    /// `keyIdentifier`, if there: the issuer's subject key identifier.
    pub key_identifier: Option<&'a [u8]>,
    /// Whether `authorityCertIssuer` and `authorityCertSerialNumber` are there. They are not compared.
    pub names_certificate: bool,
}

/// One extension as it stands in the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Contents of the identifier (see [`oid`]).
    pub identifier: &'a [u8],
    /// Whether a reader that does not know it must refuse the certificate.
    pub is_critical: bool,
    /// Contents of the OCTET STRING: DER of what the extension says.
    pub value: &'a [u8],
}

/// What becomes of a critical extension that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Certificates: it cannot be ignored (RFC 5280, 4.2).
    Refuse,
    /// Requests: it is only shown.
    #[cfg(any(test, feature = "builder"))]
    Keep,
}

/// What the extensions of a certificate say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extensions<'a> {
    pub all: Vec<Extension<'a>>,
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<KeyUsage>,
    pub alternative_names: Option<Vec<GeneralName<'a>>>,
    pub name_constraints: Option<NameConstraints<'a>>,
    pub purposes: Option<Vec<&'a [u8]>>,
    pub subject_key_identifier: Option<&'a [u8]>,
    pub authority_key_identifier: Option<AuthorityKeyIdentifier<'a>>,
    /// Whether a critical extension is there that only the caller understands.
    pub has_critical_policies: bool,
}

fn is_about_policies(extension: &Extension<'_>) -> bool {
    matches!(
        extension.identifier,
        oid::CERTIFICATE_POLICIES
            | oid::POLICY_MAPPINGS
            | oid::POLICY_CONSTRAINTS
            | oid::INHIBIT_ANY_POLICY
    )
}

impl<'a> Extensions<'a> {
    /// Reads a SEQUENCE of at least one extension.
    pub fn parse(
        contents: &'a [u8],
        limits: &Limits,
        unknown: Unknown,
    ) -> Result<Self, CertificateError> {
        let mut found = Self::default();
        for extension in parse_list(contents, limits.extensions)? {
            let is_known = found.take(extension, limits)?;
            if !is_known && extension.is_critical && unknown == Unknown::Refuse {
                if !(limits.admits_policies && is_about_policies(&extension)) {
                    return Err(unknown_critical(&extension));
                }
                found.has_critical_policies = true;
            }
            found.all.push(extension);
        }
        Ok(found)
    }

    /// Whether the extension is known.
    fn take(
        &mut self,
        extension: Extension<'a>,
        limits: &Limits,
    ) -> Result<bool, CertificateError> {
        let value = extension.value;
        match extension.identifier {
            oid::KEY_USAGE => self.key_usage = Some(parse_key_usage(value)?),
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(parse_basic_constraints(value)?);
            }
            oid::ALTERNATIVE_NAME => {
                self.alternative_names = Some(parse_alternative_names(value, limits)?);
            }
            oid::NAME_CONSTRAINTS => {
                self.name_constraints = Some(NameConstraints::parse(value, limits)?);
            }
            oid::EXTENDED_KEY_USAGE => self.purposes = Some(parse_purposes(value, limits)?),
            oid::SUBJECT_KEY_IDENTIFIER => {
                not_critical(&extension, Field::SubjectKeyIdentifier)?;
                self.subject_key_identifier = Some(parse_subject_key_identifier(value)?);
            }
            oid::AUTHORITY_KEY_IDENTIFIER => {
                not_critical(&extension, Field::AuthorityKeyIdentifier)?;
                let parsed = parse_authority_key_identifier(value, limits)?;
                self.authority_key_identifier = Some(parsed);
            }
            oid::CRL_DISTRIBUTION_POINTS => {
                check_distribution_points(value)?;
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Reads a SEQUENCE of at least one and at most `limit` extensions, each at most once (RFC 5280, 4.2).
/// Used for certificates, lists, their entries, and requests.
pub(crate) fn parse_list(
    contents: &[u8],
    limit: usize,
) -> Result<Vec<Extension<'_>>, CertificateError> {
    let mut outer = Cursor::new(contents, Field::Extensions);
    let mut list = outer.sequence()?;
    outer.finish()?;
    if list.at_end() {
        return Err(CertificateError::Malformed(Field::Extensions));
    }
    let mut all: Vec<Extension<'_>> = Vec::new();
    while !list.at_end() {
        if all.len() == limit {
            return Err(CertificateError::TooManyExtensions(limit));
        }
        let mut fields = list.sequence()?;
        let identifier = fields.object_identifier()?;
        let is_critical = fields.flag()?;
        let value = fields.expect(Tag::OctetString)?.value;
        fields.finish()?;
        if all.iter().any(|other| other.identifier == identifier) {
            return Err(CertificateError::DuplicateExtension);
        }
        all.push(Extension {
            identifier,
            is_critical,
            value,
        });
    }
    Ok(all)
}

/// The extension is critical and cannot be ignored.
pub(crate) fn unknown_critical(extension: &Extension<'_>) -> CertificateError {
    CertificateError::UnknownCriticalExtension(oid::dotted(extension.identifier))
}

fn not_critical(extension: &Extension<'_>, field: Field) -> Result<(), CertificateError> {
    if extension.is_critical {
        Err(CertificateError::MustNotBeCritical(field))
    } else {
        Ok(())
    }
}

fn parse_basic_constraints(value: &[u8]) -> Result<BasicConstraints, CertificateError> {
    let malformed = || CertificateError::Malformed(Field::BasicConstraints);
    let mut outer = Cursor::new(value, Field::BasicConstraints);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let is_ca = fields.flag()?;
    let path_length = match fields.optional(Tag::Integer)? {
        None => None,
        Some(tlv) => {
            let length = u64::from_der(tlv.raw).map_err(|_| malformed())?;
            Some(u8::try_from(length).unwrap_or(u8::MAX))
        }
    };
    fields.finish()?;
    Ok(BasicConstraints { is_ca, path_length })
}

/// A BIT STRING of named bits: at least one is set, and DER ends it with the last one that is.
pub(crate) fn parse_key_usage(value: &[u8]) -> Result<KeyUsage, CertificateError> {
    let malformed = || CertificateError::Malformed(Field::KeyUsage);
    let mut outer = Cursor::new(value, Field::KeyUsage);
    let (unused, bits) = match outer.expect(Tag::BitString)?.value {
        [unused, first] => (*unused, [*first, 0]),
        [unused, first, second] => (*unused, [*first, *second]),
        _ => return Err(malformed()),
    };
    let last = if bits[1] == 0 { bits[0] } else { bits[1] };
    let is_minimal = last != 0 && u32::from(unused) == last.trailing_zeros();
    // The standard numbers bits from the top; there are nine of them.
    let usage = u16::from_be_bytes(bits).reverse_bits();
    outer.finish()?;
    // A second byte that is there must not be zero.
    let has_idle_byte = bits[1] == 0 && value.len() == 5;
    if is_minimal && !has_idle_byte && usage >> 9 == 0 {
        Ok(KeyUsage(usage))
    } else {
        Err(malformed())
    }
}

fn parse_alternative_names<'a>(
    value: &'a [u8],
    limits: &Limits,
) -> Result<Vec<GeneralName<'a>>, CertificateError> {
    let mut outer = Cursor::new(value, Field::AlternativeNames);
    let mut names = outer.sequence()?;
    outer.finish()?;
    if names.at_end() {
        return Err(CertificateError::Malformed(Field::AlternativeNames));
    }
    let mut all = Vec::new();
    while !names.at_end() {
        if all.len() == limits.alternative_names {
            return Err(CertificateError::TooManyAlternativeNames(
                limits.alternative_names,
            ));
        }
        let name = names.next()?;
        let parsed = GeneralName::parse(name.tag, name.value, Field::AlternativeNames, [4, 16])?;
        all.push(parsed);
    }
    Ok(all)
}

fn parse_purposes<'a>(value: &'a [u8], limits: &Limits) -> Result<Vec<&'a [u8]>, CertificateError> {
    let mut outer = Cursor::new(value, Field::ExtendedKeyUsage);
    let mut purposes = outer.sequence()?;
    outer.finish()?;
    if purposes.at_end() {
        return Err(CertificateError::Malformed(Field::ExtendedKeyUsage));
    }
    let mut all = Vec::new();
    while !purposes.at_end() {
        if all.len() == limits.purposes {
            return Err(CertificateError::TooManyPurposes(limits.purposes));
        }
        all.push(purposes.object_identifier()?);
    }
    Ok(all)
}

/// A SEQUENCE of at least one SEQUENCE. Means nothing here, but `rustls-webpki` looks at the form.
fn check_distribution_points(value: &[u8]) -> Result<(), CertificateError> {
    let field = Field::DistributionPoints;
    let mut outer = Cursor::new(value, field);
    let mut points = outer.sequence()?;
    outer.finish()?;
    if points.at_end() {
        return Err(CertificateError::Malformed(field));
    }
    while !points.at_end() {
        points.sequence()?;
    }
    Ok(())
}

fn parse_subject_key_identifier(value: &[u8]) -> Result<&[u8], CertificateError> {
    let mut outer = Cursor::new(value, Field::SubjectKeyIdentifier);
    let identifier = outer.expect(Tag::OctetString)?.value;
    outer.finish()?;
    Ok(identifier)
}

/// `keyIdentifier [0]`, `authorityCertIssuer [1]` and `authorityCertSerialNumber [2]`, all optional, the
/// last two only together.
pub(crate) fn parse_authority_key_identifier<'a>(
    value: &'a [u8],
    limits: &Limits,
) -> Result<AuthorityKeyIdentifier<'a>, CertificateError> {
    let field = Field::AuthorityKeyIdentifier;
    let mut outer = Cursor::new(value, field);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let key = fields.optional(context(TagNumber::N0, false))?;
    let issuer = fields.optional(context(TagNumber::N1, true))?;
    let serial = fields.optional(context(TagNumber::N2, false))?;
    fields.finish()?;
    if issuer.is_some() != serial.is_some() {
        return Err(CertificateError::Malformed(field));
    }
    if let Some(issuer) = issuer {
        let mut names = Cursor::new(issuer.value, field);
        for _ in 0..limits.alternative_names {
            if names.at_end() {
                break;
            }
            let name = names.next()?;
            GeneralName::parse(name.tag, name.value, field, [4, 16])?;
        }
        names.finish()?;
    }
    Ok(AuthorityKeyIdentifier {
        key_identifier: key.map(|tlv| tlv.value),
        names_certificate: issuer.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_bits() {
        // digitalSignature; keyCertSign and cRLSign; decipherOnly (bit 8).
        let signing = parse_key_usage(&[3, 2, 7, 0x80]).unwrap();
        assert!(signing.contains(KeyUsage::DIGITAL_SIGNATURE));
        assert!(!signing.contains(KeyUsage::KEY_CERT_SIGN));
        let issuing = parse_key_usage(&[3, 2, 1, 0x06]).unwrap();
        assert!(issuing.contains(KeyUsage::KEY_CERT_SIGN));
        assert!(issuing.contains(KeyUsage::CRL_SIGN));
        assert!(!issuing.contains(KeyUsage::DIGITAL_SIGNATURE));
        assert_eq!(parse_key_usage(&[3, 3, 7, 0, 0x80]), Ok(KeyUsage(1 << 8)));
    }

    #[test]
    fn key_usage_must_be_minimal_and_not_empty() {
        for wrong in [
            &[3, 1, 0][..],         // no bit
            &[3, 2, 7, 0],          // no bit set
            &[3, 2, 6, 0x80],       // a zero bit too many
            &[3, 2, 0, 0x80],       // seven
            &[3, 3, 7, 0x80, 0],    // a byte too many
            &[3, 3, 6, 0, 0x40],    // bit 9 does not exist
            &[3, 2, 7, 0x81],       // set, but unused
            &[3, 4, 7, 0, 0, 0x80], // too long
            &[3, 2, 7, 0x80, 0],    // something follows
            &[4, 2, 7, 0x80],       // no bit string
            &[],
        ] {
            assert!(parse_key_usage(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn basic_constraints_forms() {
        let parse = parse_basic_constraints;
        let of = |is_ca, path_length| Ok(BasicConstraints { is_ca, path_length });
        assert_eq!(parse(&[0x30, 0]), of(false, None));
        assert_eq!(parse(&[0x30, 3, 1, 1, 0xff]), of(true, None));
        assert_eq!(parse(&[0x30, 6, 1, 1, 0xff, 2, 1, 3]), of(true, Some(3)));
        assert_eq!(
            parse(&[0x30, 7, 1, 1, 0xff, 2, 2, 1, 0]),
            of(true, Some(255))
        );
        for wrong in [
            &[0x30, 3, 1, 1, 0][..],            // the default written out
            &[0x30, 3, 1, 1, 1],                // a boolean is 0xff
            &[0x30, 6, 1, 1, 0xff, 2, 1, 0x80], // negative
            &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 1], // not minimal
            &[0x30, 5, 1, 1, 0xff, 5, 0],       // something follows
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
