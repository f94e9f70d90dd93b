//! Transactions as clients make them.
//!
//! Identities sign transactions of their own kind ([`allod_identity::transaction`]): behind their signature they have the
//! same extensions.
//!
//! What a signature covers beside the call is one list for all clients of this crate, in the order of
//! [`TxExtension`]; other clients read it from the metadata.

use crate::{
    AccountId, Address, AutoId, Balance, Hash, IDENTITY_PIPELINE, IdentityExtension,
    IdentityPipeline, Nonce, Runtime, RuntimeCall, RuntimeOrigin, Signature, SignedPayload, System,
    TxExtension, UncheckedExtrinsic, VERSION,
};
use allod_identity::{
    Identifier, IdentityProof, SignatureBytes,
    transaction::{
        TRANSACTION_PAYLOAD_BYTES, TransactionQuery, TransactionWay, UnsignedTransaction,
        UnsignedTransactionError, transaction_payload,
    },
};
use frame_support::MAX_EXTRINSIC_DEPTH;
use frame_system::{CheckMortality, CheckNonce};
use pallet_auto_id::TransactionForm;
use parity_scale_codec::{DecodeLimit, Encode, MaxEncodedLen};
use sp_runtime::{
    generic::{Era, Preamble},
    traits::{ExtensionVariant, TransactionExtension},
};

/// A transaction of an identity's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnTransaction;

impl TransactionForm<Runtime, TxExtension> for OwnTransaction {
    fn nonce(inner: &TxExtension) -> Option<Nonce> {
        Some(inner.6.0)
    }

    // What an account may do, an identity may.
    fn restrict(_: &mut RuntimeOrigin) {}
}

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

/// What an identity's key signs for a transaction of its own with these extensions.
///
/// # Errors
/// That the state lacks the block in which the time of the transaction begins.
pub fn identity_payload(
    call: &RuntimeCall,
    identifier: Identifier,
    extension: &TxExtension,
) -> Result<[u8; TRANSACTION_PAYLOAD_BYTES], UnsignedTransactionError> {
    let implicit = implicit_of(extension)?;
    let implication = ((IDENTITY_PIPELINE, call), extension, implicit);
    Ok(transaction_payload(identifier, &implication))
}

/// A transaction that an identity's key signed.
pub fn identity_transaction(
    call: RuntimeCall,
    proof: IdentityProof,
    extension: TxExtension,
) -> UncheckedExtrinsic {
    let extension = IdentityPipeline::new(IdentityExtension::new(proof, extension));
    let preamble = Preamble::General(ExtensionVariant::Other(extension));
    UncheckedExtrinsic::from_parts(call, preamble)
}

/// What is checked around a carried call, behind the signature.
type BehindCarriedSignature = (
    pallet_meta_tx::MetaTxMarker<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    CheckMortality<Runtime>,
    CheckNonce<Runtime>,
);

/// How a call that carries another begins: the numbers of pallet and call.
const CARRY: [u8; 2] = [32, 0];
/// The version of the extensions that a carried call says. There is one set of them, whatever it says; what is signed
/// says it, too.
const CARRIED_PIPELINE: u8 = 0;
/// How a general transaction begins: version 5 of transactions, with extensions and without a signature beside them.
const GENERAL: u8 = 0b0100_0101;

fn implicit_of<Extension: TransactionExtension<RuntimeCall>>(
    extension: &Extension,
) -> Result<Extension::Implicit, UnsignedTransactionError> {
    extension
        .implicit()
        .map_err(|_| UnsignedTransactionError::NoBlock)
}

/// Makes a transaction that an identity is to sign, upon the state of a block.
///
/// # Errors
/// That the call is none, or the chain has no block yet.
pub fn unsigned_transaction(
    query: &TransactionQuery,
) -> Result<UnsignedTransaction, UnsignedTransactionError> {
    let call = decode_call(&query.call).map_err(|_| UnsignedTransactionError::Call)?;
    let account = AutoId::account(query.identifier);
    let nonce = query
        .nonce
        .unwrap_or_else(|| System::account_nonce(&account));
    // The hash of the block itself is in its child's state only.
    let parent = System::block_number()
        .checked_sub(1)
        .ok_or(UnsignedTransactionError::NoBlock)?;
    let era = Era::mortal(query.period.into(), parent.into());
    match query.way {
        TransactionWay::Own { tip } => own_unsigned(query, &call, nonce, era, tip),
        TransactionWay::Carried => carried_unsigned(query, &call, nonce, era),
    }
}

fn own_unsigned(
    query: &TransactionQuery,
    call: &RuntimeCall,
    nonce: Nonce,
    era: Era,
    tip: Balance,
) -> Result<UnsignedTransaction, UnsignedTransactionError> {
    let mut extension = unsigned_extension();
    extension.5 = CheckMortality::from(era);
    extension.6 = CheckNonce::from(nonce);
    extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(tip);
    let payload = identity_payload(call, query.identifier, &extension)?;
    let head = (
        GENERAL,
        IDENTITY_PIPELINE,
        query.identifier,
        query.algorithm,
    );
    Ok(UnsignedTransaction {
        payload: payload.to_vec(),
        before: head.encode(),
        after: (&extension, call).encode(),
        nonce,
    })
}

fn carried_unsigned(
    query: &TransactionQuery,
    call: &RuntimeCall,
    nonce: Nonce,
    era: Era,
) -> Result<UnsignedTransaction, UnsignedTransactionError> {
    let behind: BehindCarriedSignature = (
        pallet_meta_tx::MetaTxMarker::new(),
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        CheckMortality::from(era),
        CheckNonce::from(nonce),
    );
    let implication = ((CARRIED_PIPELINE, call), &behind, implicit_of(&behind)?);
    let payload = transaction_payload(query.identifier, &implication);
    let head = (call, CARRIED_PIPELINE, query.identifier, query.algorithm).encode();
    let behind = behind.encode();
    // The call says how long what it carries is at most; the signature is not there yet.
    let length = [head.len(), SignatureBytes::max_encoded_len(), behind.len()]
        .into_iter()
        .fold(0, usize::saturating_add);
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    Ok(UnsignedTransaction {
        payload: payload.to_vec(),
        before: [&CARRY[..], &head].concat(),
        after: [behind, length.encode()].concat(),
        nonce,
    })
}
