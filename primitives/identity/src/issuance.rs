//! Who issued whom: links between certificates, and their limits.
//!
//! # Links name a certificate, not just an identity
//!
//! An identity keeps its identifier while its certificate changes. Its certificates are counted:
//! the first has generation 0, each renewal, re-parenting or recovery adds one. A link names the
//! issuer *and the generation of its certificate* that was current when the link was made, because a
//! child is checked against the certificate under which it was registered (§11.8).
//!
//! So a link never changes, and it names only what was there before it: links make no circle, and
//! the depth below the root is known when a link is made and never grows. No call ever has to look
//! downwards, at what an identity has issued.

use parity_scale_codec::{Compact, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

use crate::Identifier;

/// Most identities that co-issue a certificate, beside the one that signed it (§11.1).
pub const MAX_CO_ISSUERS: u32 = 3;
/// Most certificates in a chain of issue, the root's included (§11.1): as many as a path may have.
pub const MAX_DEPTH: u8 = allod_x509::MAX_CHAIN;
/// Most identities that verification visits, the one asked about included (§11.1).
pub const MAX_VISITED: u32 = 16;
/// Most superseded certificates that an identity keeps (§11.1).
pub const MAX_SUPERSEDED: u32 = 4;

/// One certificate of one identity.
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
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CertificateReference {
    /// The identity.
    pub identifier: Identifier,
    /// Which of its certificates: 0 for the first.
    #[codec(compact)]
    pub generation: u32,
}

// The derived one takes compact numbers for plain ones, which are shorter at most.
impl MaxEncodedLen for CertificateReference {
    fn max_encoded_len() -> usize {
        Identifier::max_encoded_len().saturating_add(Compact::<u32>::max_encoded_len())
    }
}

/// The co-issuers of a certificate.
pub type CoIssuers = BoundedVec<CertificateReference, ConstU32<MAX_CO_ISSUERS>>;

/// Who issued an identity's certificate.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
pub enum Issuance {
    /// Nobody but itself: a root.
    #[codec(index = 0)]
    SelfIssued,
    /// Another identity, and perhaps more that consented.
    #[codec(index = 1)]
    #[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
    Issued {
        /// Whose key signed the certificate.
        issuer: CertificateReference,
        /// Who consented besides; the identity holds only while all of them do.
        #[cfg_attr(feature = "serde", serde(with = "co_issuers"))]
        co_issuers: CoIssuers,
    },
}

impl Issuance {
    /// The issuer and the co-issuers; nothing for a root.
    pub fn issuers(&self) -> impl Iterator<Item = CertificateReference> + '_ {
        let (issuer, co_issuers) = match self {
            Self::SelfIssued => (None, None),
            Self::Issued { issuer, co_issuers } => (Some(*issuer), Some(co_issuers)),
        };
        issuer
            .into_iter()
            .chain(co_issuers.into_iter().flatten().copied())
    }

    /// Whose key signed the certificate; `identifier` is the identity's own.
    pub fn issuer_of(&self, identifier: Identifier) -> Identifier {
        match self {
            Self::SelfIssued => identifier,
            Self::Issued { issuer, .. } => issuer.identifier,
        }
    }

    /// Whether nobody else issued it.
    pub fn is_root(&self) -> bool {
        match self {
            Self::SelfIssued => true,
            Self::Issued { .. } => false,
        }
    }
}

/// A bounded list in JSON, refused as it is read if it is too long.
#[cfg(feature = "serde")]
mod co_issuers {
    use alloc::vec::Vec;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{CertificateReference, CoIssuers, MAX_CO_ISSUERS};

    pub fn serialize<S: Serializer>(list: &CoIssuers, serializer: S) -> Result<S::Ok, S::Error> {
        list.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CoIssuers, D::Error> {
        let list = Vec::<CertificateReference>::deserialize(deserializer)?;
        CoIssuers::try_from(list)
            .map_err(|_| D::Error::custom(format_args!("more than {MAX_CO_ISSUERS} co-issuers")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_has_no_issuer_and_others_name_the_signer_first() {
        let reference = |byte| CertificateReference {
            identifier: Identifier([byte; 32]),
            generation: u32::from(byte),
        };
        let own = Identifier([9; 32]);
        assert_eq!(Issuance::SelfIssued.issuers().count(), 0);
        assert_eq!(Issuance::SelfIssued.issuer_of(own), own);
        let issued = Issuance::Issued {
            issuer: reference(1),
            co_issuers: vec![reference(2), reference(3)].try_into().unwrap(),
        };
        let issuers: Vec<_> = issued.issuers().collect();
        assert_eq!(issuers, [reference(1), reference(2), reference(3)]);
        assert_eq!(issued.issuer_of(own), Identifier([1; 32]));

        let json = serde_json::to_value(&issued).unwrap();
        assert_eq!(json["kind"], "issued");
        assert_eq!(json["coIssuers"][1]["generation"], 3);
        assert_eq!(serde_json::from_value::<Issuance>(json).unwrap(), issued);
        let json = serde_json::to_value(Issuance::SelfIssued).unwrap();
        assert_eq!(json["kind"], "selfIssued");
    }
}
