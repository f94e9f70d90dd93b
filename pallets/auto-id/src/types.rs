//! What is stored.

use allod_identity::{Identifier, Issuance, KeyFingerprint, SignatureAlgorithm};
use allod_x509::MAX_CERTIFICATE_SIZE;
use frame_support::{BoundedVec, traits::Footprint};
use frame_system::pallet_prelude::BlockNumberFor;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::traits::ConstU32;

use crate::pallet::Config;

/// The DER of a certificate.
pub type CertificateBytes = BoundedVec<u8, ConstU32<MAX_CERTIFICATE_SIZE>>;

/// What is known about an identity apart from its certificate.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct IdentityRecord<AccountId, BlockNumber, Deposit> {
    /// The algorithm of the signature on the current certificate.
    pub algorithm: SignatureAlgorithm,
    /// Who issued the certificate.
    pub issuance: Issuance,
    /// The nonce that the next request must have. It never falls.
    pub nonce: u64,
    /// The block in which the identity was registered.
    pub registered_at: BlockNumber,
    /// Who paid the deposit.
    pub payer: AccountId,
    /// The deposit.
    pub deposit: Deposit,
}

pub(crate) type IdentityRecordOf<T> = IdentityRecord<
    <T as frame_system::Config>::AccountId,
    BlockNumberFor<T>,
    <T as Config>::Consideration,
>;

/// What an identity takes in storage: three values and their keys.
pub(crate) fn footprint<T: Config>(certificate: &CertificateBytes) -> Footprint {
    let bytes = [
        Identifier::max_encoded_len(),
        IdentityRecordOf::<T>::max_encoded_len(),
        Identifier::max_encoded_len(),
        certificate.encoded_size(),
        KeyFingerprint::max_encoded_len(),
        Identifier::max_encoded_len(),
    ];
    Footprint::from_parts(
        1,
        bytes.iter().fold(0, |sum, size| sum.saturating_add(*size)),
    )
}
