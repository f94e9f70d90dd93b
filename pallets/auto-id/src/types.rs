//! What is stored.

use allod_identity::{
    CoIssuers, GuardianSet, Identifier, Issuance, KeyFingerprint, Serial, Services,
    SignatureAlgorithm,
};
use allod_x509::MAX_CERTIFICATE_SIZE;
use frame_support::{
    BoundedVec,
    dispatch::DispatchResult,
    traits::{Consideration, Footprint},
};
use frame_system::{AccountInfo, pallet_prelude::BlockNumberFor};
use parity_scale_codec::{Compact, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, traits::ConstU32};

use crate::pallet::Config;

/// The DER of a certificate.
pub type CertificateBytes = BoundedVec<u8, ConstU32<MAX_CERTIFICATE_SIZE>>;

/// A deposit and who paid it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ticket<AccountId, Deposit> {
    /// Who paid.
    pub payer: AccountId,
    pub deposit: Deposit,
}

impl<AccountId: PartialEq, Deposit: Consideration<AccountId, Footprint>>
    Ticket<AccountId, Deposit>
{
    /// Holds a deposit from `payer`.
    pub(crate) fn new(payer: AccountId, footprint: Footprint) -> Result<Self, DispatchError> {
        let deposit = Deposit::new(&payer, footprint)?;
        Ok(Self { payer, deposit })
    }

    /// Has `payer` take over the whole deposit for what is stored now; whoever paid before is freed.
    pub(crate) fn taken_over_by(
        self,
        payer: AccountId,
        footprint: Footprint,
    ) -> Result<Self, DispatchError> {
        if self.payer == payer {
            let deposit = self.deposit.update(&payer, footprint)?;
            return Ok(Self { payer, deposit });
        }
        self.release()?;
        Self::new(payer, footprint)
    }

    /// Changes what is stored without changing who pays.
    pub(crate) fn resized(self, footprint: Footprint) -> Result<Self, DispatchError> {
        let deposit = self.deposit.update(&self.payer, footprint)?;
        Ok(Self {
            payer: self.payer,
            deposit,
        })
    }

    /// Gives the deposit back.
    pub(crate) fn release(self) -> DispatchResult {
        self.deposit.drop(&self.payer)
    }
}

/// What is known about an identity apart from its certificate. Numbers that count events of its own are
/// compact: small as they mostly are, they take a byte.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct IdentityRecord<AccountId, BlockNumber, Deposit> {
    /// The algorithm of the signature on the current certificate.
    pub algorithm: SignatureAlgorithm,
    /// The current certificate's serial number.
    pub serial: Serial,
    /// Who issued the current certificate.
    pub issuance: Issuance,
    /// How many certificates the chain of issue has, its own and the root's included.
    pub depth: u8,
    /// Which certificate is the current one: 0 for the first.
    #[codec(compact)]
    pub generation: u32,
    /// The block in which the current certificate was registered.
    pub certified_at: BlockNumber,
    /// The nonce that the next request must have. It never falls.
    #[codec(compact)]
    pub nonce: u64,
    /// The block in which the identity was registered.
    pub registered_at: BlockNumber,
    /// How many recoveries have been opened: the number of the last one.
    #[codec(compact)]
    pub recoveries: u32,
    /// Whether it was deactivated, which is for ever.
    pub is_deactivated: bool,
    /// Bytes of the superseded certificates that are kept, for the deposit.
    #[codec(compact)]
    pub superseded_bytes: u32,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

// The derived one takes compact numbers for plain ones, which are shorter at most.
impl<AccountId, BlockNumber, Deposit> MaxEncodedLen
    for IdentityRecord<AccountId, BlockNumber, Deposit>
where
    AccountId: MaxEncodedLen,
    BlockNumber: MaxEncodedLen,
    Deposit: MaxEncodedLen,
{
    fn max_encoded_len() -> usize {
        let compact = Compact::<u32>::max_encoded_len().saturating_mul(3);
        [
            SignatureAlgorithm::max_encoded_len(),
            Serial::max_encoded_len(),
            Issuance::max_encoded_len(),
            u8::max_encoded_len(),
            BlockNumber::max_encoded_len().saturating_mul(2),
            compact.saturating_add(Compact::<u64>::max_encoded_len()),
            bool::max_encoded_len(),
            Ticket::<AccountId, Deposit>::max_encoded_len(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

pub(crate) type IdentityRecordOf<T> = IdentityRecord<
    <T as frame_system::Config>::AccountId,
    BlockNumberFor<T>,
    <T as Config>::Consideration,
>;

/// The most bytes of co-issuers in a record; most identities have none.
pub(crate) fn co_issuers_bytes() -> usize {
    CoIssuers::max_encoded_len().saturating_sub(1)
}

/// What a key was used for. An entry is never removed.
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
pub struct KeyRecord<BlockNumber> {
    /// The identity that it serves or served.
    pub identifier: Identifier,
    /// If it was given up as compromised: the last block in which it was still good.
    pub good_until: Option<BlockNumber>,
}

/// A certificate that an identity had before.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SupersededCertificate<BlockNumber> {
    /// Its DER.
    pub certificate: CertificateBytes,
    /// Who issued it.
    pub issuance: Issuance,
    /// The block in which it became the current one.
    pub since: BlockNumber,
    /// The block in which it was superseded.
    pub until: BlockNumber,
}

/// A value that changes with a delay, so that the old one counts until then.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Delayed<Value, BlockNumber, AccountId, Deposit> {
    /// What counts until the change takes effect.
    pub current: Option<Value>,
    /// What it changes to, and the block in which it does.
    pub pending: Option<(Option<Value>, BlockNumber)>,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

pub(crate) type DelayedOf<T, Value> = Delayed<
    Value,
    BlockNumberFor<T>,
    <T as frame_system::Config>::AccountId,
    <T as Config>::Consideration,
>;

impl<Value: Clone, BlockNumber: Copy + PartialOrd, AccountId, Deposit>
    Delayed<Value, BlockNumber, AccountId, Deposit>
{
    /// What counts at the block `now`. `frozen_since`: since when a recovery has been open, for nothing
    /// takes effect while one is.
    pub(crate) fn at(&self, now: BlockNumber, frozen_since: Option<BlockNumber>) -> Option<Value> {
        let is_due = |due: BlockNumber| now >= due && frozen_since.is_none_or(|since| since >= due);
        match &self.pending {
            Some((value, due)) if is_due(*due) => value.clone(),
            _ => self.current.clone(),
        }
    }
}

/// A recovery that was opened and neither executed nor vetoed.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Recovery<AccountId, BlockNumber, Deposit> {
    /// Its number: 1 for the identity's first.
    pub number: u32,
    /// SHA-256 of the certificate that the identity is to get.
    pub certificate_hash: [u8; 32],
    /// If the old key was stolen: the last block in which it was still good.
    pub compromised_after: Option<BlockNumber>,
    /// The block in which it was opened.
    pub opened_at: BlockNumber,
    /// Since when one has been open without a break: this one, or the first of those whose place it
    /// took. No change of control that was not due by then takes effect.
    pub frozen_since: BlockNumber,
    /// The guardians that count, as they were then.
    pub guardians: GuardianSet,
    /// Who approved: bit n for the guardian n.
    pub approvals: u8,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

pub(crate) type RecoveryOf<T> = Recovery<
    <T as frame_system::Config>::AccountId,
    BlockNumberFor<T>,
    <T as Config>::Consideration,
>;

/// The service endpoints of an identity.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ServiceRecord<AccountId, Deposit> {
    /// The endpoints.
    pub services: Services,
    /// The deposit, and who paid it.
    pub ticket: Ticket<AccountId, Deposit>,
}

/// What each certificate leaves behind for ever: its serial number and its key.
fn residue<T: Config>() -> usize {
    [
        // `Serials`: issuer and serial number, no value.
        Identifier::max_encoded_len(),
        Serial::max_encoded_len(),
        // `Keys`.
        KeyFingerprint::max_encoded_len(),
        KeyRecord::<BlockNumberFor<T>>::max_encoded_len(),
    ]
    .iter()
    .fold(0, |sum, size| sum.saturating_add(*size))
}

/// What an identity's account takes in storage, for ever.
fn account_size<T: Config>() -> usize {
    let account = AccountInfo::<T::Nonce, T::AccountData>::max_encoded_len();
    Identifier::max_encoded_len().saturating_add(account)
}

/// What a deactivated identity takes in storage: its record, its account, what its certificates left, and its place
/// in its issuers' lists, two identifiers each.
pub(crate) fn tombstone_footprint<T: Config>(issuance: &Issuance, generation: u32) -> Footprint {
    let links = Identifier::max_encoded_len()
        .saturating_mul(2)
        .saturating_mul(issuance.issuers().count());
    let certificates = usize::try_from(generation)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let bytes = Identifier::max_encoded_len()
        .saturating_add(IdentityRecordOf::<T>::max_encoded_len())
        .saturating_add(account_size::<T>())
        .saturating_add(residue::<T>().saturating_mul(certificates))
        .saturating_add(links);
    Footprint::from_parts(1, bytes)
}

/// What an identity takes in storage, guardians, controller and services apart: the tombstone that
/// it will be, its certificates, and where others find it.
pub(crate) fn footprint<T: Config>(
    issuance: &Issuance,
    generation: u32,
    superseded_bytes: u32,
    certificate: &CertificateBytes,
) -> Footprint {
    let superseded = usize::try_from(superseded_bytes).unwrap_or(usize::MAX);
    let bytes = [
        // `Certificates`.
        Identifier::max_encoded_len(),
        certificate.encoded_size(),
        // `Fingerprints`.
        KeyFingerprint::max_encoded_len(),
        Identifier::max_encoded_len(),
        superseded,
    ]
    .iter()
    .fold(0_usize, |sum, size| sum.saturating_add(*size));
    let tombstone = tombstone_footprint::<T>(issuance, generation);
    Footprint {
        size: tombstone
            .size
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)),
        ..tombstone
    }
}

/// What a value under an identifier takes in storage.
pub(crate) fn value_footprint<Value: Encode>(value: &Value) -> Footprint {
    let bytes = Identifier::max_encoded_len().saturating_add(value.encoded_size());
    Footprint::from_parts(1, bytes)
}
