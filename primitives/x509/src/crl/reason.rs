//! Why certificates are revoked.

use core::fmt;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Why a certificate was revoked (RFC 5280, 5.3.1).
///
/// SCALE: one byte, the standard's number.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum RevocationReason {
    /// No reason given.
    #[default]
    #[codec(index = 0)]
    Unspecified,
    /// The subject's key is known to others.
    #[codec(index = 1)]
    KeyCompromise,
    /// The key of a CA is known to others.
    #[codec(index = 2)]
    #[cfg_attr(feature = "serde", serde(rename = "cACompromise"))]
    CaCompromise,
    /// The subject's name or affiliation changed.
    #[codec(index = 3)]
    AffiliationChanged,
    /// Another certificate took its place.
    #[codec(index = 4)]
    Superseded,
    /// It is no longer needed.
    #[codec(index = 5)]
    CessationOfOperation,
    /// On hold: it may be released.
    #[codec(index = 6)]
    CertificateHold,
    /// A privilege was withdrawn.
    #[codec(index = 9)]
    PrivilegeWithdrawn,
    /// The key of an attribute authority is known to others.
    #[codec(index = 10)]
    #[cfg_attr(feature = "serde", serde(rename = "aACompromise"))]
    AaCompromise,
}

impl RevocationReason {
    /// Every reason, in order of its number.
    pub const ALL: [Self; 9] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The standard's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    /// The reason of this number; `None` for 7, which means nothing, 8, which is for delta lists, and above.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.number() == number)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
