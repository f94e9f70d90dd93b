//! What is stored.

use allod_identity::{Identifier, MAX_CRL_SIZE, RevocationReason, Serial};
use frame_support::{
    BoundedVec,
    dispatch::DispatchResult,
    traits::{Consideration, Footprint},
};
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, traits::ConstU32};

use crate::pallet::Config;

/// The DER of a revocation list.
pub type CrlBytes = BoundedVec<u8, ConstU32<MAX_CRL_SIZE>>;

/// A deposit and who paid it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ticket<AccountId, Deposit> {
    /// Who paid.
    pub payer: AccountId,
    pub deposit: Deposit,
}

pub(crate) type TicketOf<T> =
    Ticket<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

impl<AccountId, Deposit: Consideration<AccountId, Footprint>> Ticket<AccountId, Deposit> {
    /// Holds a deposit from `payer`.
    pub(crate) fn new(payer: AccountId, footprint: Footprint) -> Result<Self, DispatchError> {
        let deposit = Deposit::new(&payer, footprint)?;
        Ok(Self { payer, deposit })
    }

    /// Gives the deposit back.
    pub(crate) fn release(self) -> DispatchResult {
        self.deposit.drop(&self.payer)
    }
}

/// What an issuer said about one of its certificates.
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
pub enum Status {
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
        /// The last time that the issuer said so: by a call, or by a list made then. A list made later
        /// that does not say so releases it.
        confirmed: u64,
    },
}

impl Status {
    /// Whether it lasts for ever.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Revoked { .. } => true,
            Self::OnHold { .. } => false,
        }
    }
}

/// A status and the deposit for it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StatusRecord<AccountId, Deposit> {
    pub status: Status,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

pub(crate) type StatusRecordOf<T> =
    StatusRecord<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

/// A number of a revocation list: contents of its DER INTEGER.
pub type CrlNumber = Serial;

/// What is known about the last list that an issuer published.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CrlSummary<BlockNumber> {
    pub number: CrlNumber,
    /// When it was made, in seconds since 1970.
    pub this_update: u64,
    /// When the issuer promised the next one, in seconds since 1970.
    pub next_update: u64,
    /// The block in which it was published.
    pub published_at: BlockNumber,
    /// How many certificates it lists as revoked for good.
    pub revoked: u32,
}

/// What is known about an issuer.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct IssuerRecord<BlockNumber> {
    /// How many of its certificates are revoked for good.
    pub revoked: u32,
    /// When a call last put a certificate on hold or released one, in seconds since 1970.
    pub hold_changed_at: u64,
    /// The last list that it published.
    pub crl: Option<CrlSummary<BlockNumber>>,
}

impl<BlockNumber> IssuerRecord<BlockNumber> {
    /// Whether a hold that was last confirmed then still counts.
    pub(crate) fn upholds(&self, confirmed: u64) -> bool {
        self.crl
            .as_ref()
            .is_none_or(|crl| confirmed >= crl.this_update)
    }

    /// Whether the chain knows more than the last list says.
    pub(crate) fn is_outdated(&self) -> bool {
        self.crl
            .as_ref()
            .is_none_or(|crl| crl.revoked < self.revoked || self.hold_changed_at > crl.this_update)
    }
}

/// A published list and the deposit for it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CrlRecord<AccountId, Deposit> {
    /// The list, DER.
    pub crl: CrlBytes,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

pub(crate) type CrlRecordOf<T> =
    CrlRecord<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

/// What a status takes in storage, and its issuer's record with the first one.
pub(crate) fn status_footprint<T: Config>() -> Footprint {
    let bytes = [
        Identifier::max_encoded_len(),
        Serial::max_encoded_len(),
        StatusRecordOf::<T>::max_encoded_len(),
        IssuerRecord::<BlockNumberFor<T>>::max_encoded_len(),
    ];
    Footprint::from_parts(
        1,
        bytes.iter().fold(0, |sum, size| sum.saturating_add(*size)),
    )
}

/// What a published list takes in storage.
pub(crate) fn crl_footprint<T: Config>(crl: &CrlBytes) -> Footprint {
    let bytes = Identifier::max_encoded_len()
        .saturating_add(crl.encoded_size())
        .saturating_add(TicketOf::<T>::max_encoded_len());
    Footprint::from_parts(1, bytes)
}
