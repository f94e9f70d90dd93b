//! Identifiers of identities, and fingerprints of their keys.

use alloc::string::String;
use core::{fmt, str::FromStr};

use allod_x509::ParsedCertificate;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Names an identity for ever: the SHA-256 of the DER of its first certificate (§11.1).
///
/// Written as 64 lower-case hex digits. Read with either case, with colons between the bytes as
/// `openssl x509 -fingerprint -sha256` prints them, and with or without `0x` or `did:allod:`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Identifier(pub [u8; 32]);

impl Identifier {
    /// The identifier of an identity whose first certificate this is.
    pub fn of(certificate: &ParsedCertificate<'_>) -> Self {
        Self(certificate.fingerprint())
    }
}

/// The SHA-256 of the DER of a `subjectPublicKeyInfo`. Every key has exactly one.
///
/// Written and read like an [`Identifier`].
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct KeyFingerprint(pub [u8; 32]);

impl KeyFingerprint {
    /// The fingerprint of the certificate's public key.
    pub fn of(certificate: &ParsedCertificate<'_>) -> Self {
        Self(certificate.key_fingerprint())
    }
}

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IdentifierError {
    /// Another number of digits.
    #[error("an identifier has 64 hex digits, this has {0}")]
    Length(usize),
    /// A character is no hex digit.
    #[error("an identifier has 64 hex digits: {0}")]
    Digit(hex::FromHexError),
}

fn parse(text: &str) -> Result<[u8; 32], IdentifierError> {
    let digits = text.strip_prefix("did:allod:").unwrap_or(text);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    // Bounded before anything is copied: 64 digits and 31 colons.
    if digits.len() > 95 {
        return Err(IdentifierError::Length(digits.len()));
    }
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if digits.len() != 64 {
        return Err(IdentifierError::Length(digits.len()));
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(&digits, &mut bytes).map_err(IdentifierError::Digit)?;
    Ok(bytes)
}

macro_rules! as_hex {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                parse(text).map(Self)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_hex!(Identifier);
as_hex!(KeyFingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let identifier = Identifier(core::array::from_fn(|i| i as u8 * 7));
        let text = identifier.to_string();
        assert_eq!(text.len(), 64);
        let with_colons = text
            .as_bytes()
            .chunks(2)
            .map(|pair| core::str::from_utf8(pair).unwrap().to_uppercase())
            .collect::<Vec<_>>()
            .join(":");
        for form in [
            text.clone(),
            text.to_uppercase(),
            format!("0x{text}"),
            format!("did:allod:{text}"),
            with_colons,
        ] {
            assert_eq!(form.parse(), Ok(identifier), "{form}");
        }
        assert_eq!(
            text[..62].parse::<Identifier>(),
            Err(IdentifierError::Length(62))
        );
        assert_eq!(
            "é".repeat(32).parse::<Identifier>(),
            Err(IdentifierError::Digit(
                hex::FromHexError::InvalidHexCharacter { c: 'Ã', index: 0 }
            ))
        );
        assert_eq!(
            "0".repeat(1000).parse::<Identifier>(),
            Err(IdentifierError::Length(1000))
        );
        let json = serde_json::to_string(&identifier).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<Identifier>(&json).unwrap(),
            identifier
        );
    }
}
