//! Why certificates are revoked.

use core::fmt;

use crate::named_enum;

named_enum! {
    /// Why a certificate was revoked, for good (RFC 5280, 5.3.1).
    ///
    /// SCALE: one byte, the standard's own number. certificateHold (6) is a state of its own: see [`CrlReason`].
    /// removeFromCRL (8) means something only in delta lists, which are refused, and 7 means nothing.
    #[derive(Default)]
    pub enum RevocationReason {
        /// No reason given.
        #[default]
        Unspecified = 0 => "unspecified",
        /// Somebody else has the subject's key.
        KeyCompromise = 1 => "keyCompromise",
        /// Somebody else has the key of the certification authority that the certificate is for.
        CaCompromise = 2 => "cACompromise",
        /// The subject's name or affiliation changed.
        AffiliationChanged = 3 => "affiliationChanged",
        /// Another certificate took its place.
        Superseded = 4 => "superseded",
        /// It is no longer needed.
        CessationOfOperation = 5 => "cessationOfOperation",
        /// A privilege in it was withdrawn.
        PrivilegeWithdrawn = 9 => "privilegeWithdrawn",
        /// Somebody else has the key of the attribute authority that the certificate is for.
        AaCompromise = 10 => "aACompromise",
    }
}

/// `CRLReason`, as an entry of a list has it: revoked for good, or on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrlReason {
    /// Revoked for good.
    Revoked(RevocationReason),
    /// On hold: it may be released.
    CertificateHold,
}

impl CrlReason {
    /// certificateHold.
    const HOLD: u8 = 6;

    /// The standard's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Revoked(reason) => reason.number(),
            Self::CertificateHold => Self::HOLD,
        }
    }

    /// The reason of this number, if it is one in a complete list.
    pub fn from_number(number: u8) -> Option<Self> {
        if number == Self::HOLD {
            return Some(Self::CertificateHold);
        }
        RevocationReason::from_number(number).map(Self::Revoked)
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked(reason) => reason.name(),
            Self::CertificateHold => "certificateHold",
        }
    }
}

impl Default for CrlReason {
    fn default() -> Self {
        Self::Revoked(RevocationReason::default())
    }
}

impl From<RevocationReason> for CrlReason {
    fn from(reason: RevocationReason) -> Self {
        Self::Revoked(reason)
    }
}

impl fmt::Display for CrlReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
