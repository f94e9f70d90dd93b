//! What is known about a certificate that its issuer took back.

use core::fmt;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

/// Most octets of a serial number (RFC 5280, 4.1.2.2).
pub const MAX_SERIAL_OCTETS: u32 = 20;
/// Most bytes of a certificate revocation list (§11).
pub const MAX_CRL_SIZE: u32 = 32 * 1024;

/// A serial number: the contents of its DER INTEGER, big-endian, positive, 1 to 20 octets.
pub type Serial = BoundedVec<u8, ConstU32<MAX_SERIAL_OCTETS>>;

/// Whether these bytes are a serial number in the one form that it has: positive, minimal, at most
/// 20 octets (RFC 5280, 4.1.2.2).
pub fn is_serial(bytes: &[u8]) -> bool {
    let is_short = u32::try_from(bytes.len()).is_ok_and(|length| length <= MAX_SERIAL_OCTETS);
    is_short
        && match bytes {
            [] | [0] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => false,
            [..] => true,
        }
}

/// Why a certificate was revoked (RFC 5280, 5.3.1). SCALE: one byte, the standard's own number.
///
/// certificateHold (6) is a state of its own here, and removeFromCRL (8) only means something in
/// delta lists, which are refused.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RevocationReason {
    /// No reason given.
    #[codec(index = 0)]
    #[cfg_attr(feature = "serde", serde(rename = "unspecified"))]
    Unspecified,
    /// Somebody else has the subject's key.
    #[codec(index = 1)]
    #[cfg_attr(feature = "serde", serde(rename = "keyCompromise"))]
    KeyCompromise,
    /// Somebody else has the key of the certification authority that the certificate is for.
    #[codec(index = 2)]
    #[cfg_attr(feature = "serde", serde(rename = "cACompromise"))]
    CaCompromise,
    /// The subject's name or standing changed.
    #[codec(index = 3)]
    #[cfg_attr(feature = "serde", serde(rename = "affiliationChanged"))]
    AffiliationChanged,
    /// There is a newer certificate.
    #[codec(index = 4)]
    #[cfg_attr(feature = "serde", serde(rename = "superseded"))]
    Superseded,
    /// It is not needed any more.
    #[codec(index = 5)]
    #[cfg_attr(feature = "serde", serde(rename = "cessationOfOperation"))]
    CessationOfOperation,
    /// A privilege in it was withdrawn.
    #[codec(index = 9)]
    #[cfg_attr(feature = "serde", serde(rename = "privilegeWithdrawn"))]
    PrivilegeWithdrawn,
    /// Somebody else has the key of the attribute authority that the certificate is for.
    #[codec(index = 10)]
    #[cfg_attr(feature = "serde", serde(rename = "aACompromise"))]
    AaCompromise,
}

impl RevocationReason {
    /// Every reason, in order of its number.
    pub const ALL: [Self; 8] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The number in the standard (CRLReason).
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The reason of this number, if it is one for good.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name that the standard gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the issuer of a certificate said about it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
pub enum CertificateStatus {
    /// It counts no more, for ever.
    #[codec(index = 0)]
    Revoked {
        /// Why.
        reason: RevocationReason,
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// It does not count until it is released.
    #[codec(index = 1)]
    OnHold {
        /// Since when, in seconds since 1970.
        since: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials() {
        for good in [&[1][..], &[0x7f], &[0, 0x80], &[0x7f; 20]] {
            assert!(is_serial(good), "{good:?}");
        }
        let long = [&[0][..], &[0xff; 20]].concat();
        for wrong in [&[][..], &[0], &[0x80], &[0, 0x7f], &[0, 0], &[1; 21], &long] {
            assert!(!is_serial(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn reasons_have_the_standard_s_numbers() {
        for reason in RevocationReason::ALL {
            assert_eq!(reason.encode(), [reason.code()]);
            assert_eq!(RevocationReason::from_code(reason.code()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        // A hold and the removal from a delta list are none.
        for code in [6, 7, 8, 11, 255] {
            assert_eq!(RevocationReason::from_code(code), None);
            assert!(RevocationReason::decode(&mut &[code][..]).is_err());
        }
    }
}
