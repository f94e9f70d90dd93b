//! Transactions as clients make them.
//!
//! What a signature covers beside the call is one list for all clients of this crate, in the order of
//! [`TxExtension`]; other clients read it from the metadata.

use crate::{
    AccountId, Address, Hash, Nonce, RuntimeCall, Signature, SignedPayload, TxExtension,
    UncheckedExtrinsic, VERSION,
};
use frame_support::MAX_EXTRINSIC_DEPTH;
use frame_system::{CheckMortality, CheckNonce};
use parity_scale_codec::{DecodeLimit, Encode};
use sp_runtime::generic::Era;

/// The extension of a transaction that nobody signs, tips or lets expire.
pub fn unsigned_extension() -> TxExtension {
    (
        frame_system::AuthorizeCall::new(),
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        CheckMortality::from(Era::Immortal),
        CheckNonce::from(0),
        frame_system::CheckWeight::new(),
        pallet_transaction_payment::ChargeTransactionPayment::from(0),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
        frame_system::WeightReclaim::new(),
    )
}

/// Reads a call that comes from outside, to its last byte. Calls within calls are read as deep as the
/// runtime reads them in transactions: any deeper would take more stack than there is.
///
/// # Errors
/// What does not decode.
pub fn decode_call(bytes: &[u8]) -> Result<RuntimeCall, parity_scale_codec::Error> {
    RuntimeCall::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &*bytes)
}

/// What a signed transaction is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionContext {
    /// How many transactions the sender has sent before.
    pub nonce: Nonce,
    /// Hash of the genesis block.
    pub genesis: Hash,
    /// How long the transaction can get into a block.
    pub era: Era,
    /// Hash of the block that the era begins with; of the genesis block for [`Era::Immortal`].
    pub era_start: Hash,
}

/// Makes a transaction without a tip. `sign` gets what the sender has to sign: at most 256 bytes, as
/// longer ones are hashed.
pub fn signed_transaction(
    call: RuntimeCall,
    sender: AccountId,
    context: &TransactionContext,
    sign: impl FnOnce(&[u8]) -> Signature,
) -> UncheckedExtrinsic {
    let mut extension = unsigned_extension();
    extension.5 = CheckMortality::from(context.era);
    extension.6 = CheckNonce::from(context.nonce);
    let implicit = (
        (),
        (),
        VERSION.spec_version,
        VERSION.transaction_version,
        context.genesis,
        context.era_start,
        (),
        (),
        (),
        None,
        (),
    );
    let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
    let signature = payload.using_encoded(sign);
    UncheckedExtrinsic::new_signed(call, Address::Id(sender), signature, extension)
}
