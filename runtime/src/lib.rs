//! The runtime: pallets put together, runtime APIs, genesis presets.
//!
//! | module | holds |
//! |---|---|
//! | [`configs`] | what each pallet is told, and the numbers behind it |
//! | [`fees`] | where a transaction's fees go, and what may be free |
//! | [`transaction`] | transactions as clients make them, those of identities too |
//! | [`carried`] | where a call that an identity signed may stand in another account's |
//! | [`space`] | the chain's space, and what it means for price and size of blocks |
//! | [`apis`] | the runtime APIs that a node calls |
//! | [`genesis_presets`] | the chains that can be started without a specification |
//!
//! The order of the pallets is that of their hooks: [`Farming`] learns who made a block before
//! [`Rewards`] pays for it, and has its new range before [`StorageFees`] makes a price of it. [`Scheduler`] comes after
//! it: what a scheduled call changes must not reach the logs of its own block, which a node knows before.
//!
//! `pallet-sudo` is part of the runtime so that a development chain can be tried out as root. Only
//! the presets for development and local chains give it a key. Elsewhere root is what the [`Stewards`] of the genesis
//! schedule together, after a delay; a chain whose genesis names neither has no root.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write items without documentation into this module and into `apis`; what is
// written by hand is documented.
// The runtime API macro nests deeper than the default allows.
#![recursion_limit = "256"]

extern crate alloc;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benches;
pub mod carried;
pub mod configs;
pub mod fees;
pub mod genesis;
pub mod genesis_presets;
#[cfg(feature = "upgrade-rehearsal")]
mod rehearsal;
pub mod space;
#[cfg(test)]
mod tests;
pub mod transaction;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
    MultiAddress, MultiSignature, generic,
    traits::{BlakeTwo256, IdentifyAccount, PipelineAtVers, Verify},
};
use sp_version::RuntimeVersion;

pub use genesis_presets::{
    DEVELOPMENT_SECTORS, LOCAL_SECTORS, TESTNET_RUNTIME_PRESET, TESTNET_SECTORS,
};
pub use transaction::{
    TransactionContext, decode_call, identity_payload, identity_transaction, signed_transaction,
    unsigned_extension, unsigned_transaction,
};
#[cfg(feature = "std")]
pub use wasm::{WASM_BINARY, WASM_BINARY_BLOATY};

#[cfg(feature = "std")]
mod wasm {
    // The builder's file has a path that only this project's tools could use.
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

pub type BlockNumber = u32;
/// Signature of a transaction: Ed25519, sr25519 or ECDSA over secp256k1.
pub type Signature = MultiSignature;
/// Identifier of an account, 32 bytes.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How a call names an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Amount of ALD in its smallest unit, 10⁻¹² ALD.
pub type Balance = u128;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// Hash of a block or of anything in it: BLAKE2b-256.
pub type Hash = sp_core::H256;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block with this runtime's transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A transaction or an inherent.
pub type UncheckedExtrinsic =
    generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension, IdentityPipeline>;
/// What a transaction's sender signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// What is checked and done around each transaction.
pub type TxExtension = (
    frame_system::AuthorizeCall<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckMortality<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
    frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
    frame_system::WeightReclaim<Runtime>,
);

/// What stands around a transaction that an identity's key signs: [`TxExtension`] behind the signature.
pub type IdentityExtension =
    pallet_auto_id::IdentitySignature<Runtime, TxExtension, transaction::OwnTransaction>;
/// Version of the extensions of identities' transactions; that of all others is 0.
pub const IDENTITY_PIPELINE: u8 = 1;
/// The extensions of identities' transactions.
pub type IdentityPipeline = PipelineAtVers<IDENTITY_PIPELINE, IdentityExtension>;

/// Executes blocks.
pub type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;

/// Checks what must hold of the state of this project's pallets between two blocks, where they are compiled natively.
///
/// FRAME's own pallets have such checks as well, but compile them with the feature `try-runtime` only; of theirs, this
/// covers that the accounts hold what was issued.
#[cfg(feature = "std")]
pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
    Farming::do_try_state()?;
    Rewards::do_try_state()?;
    StorageFees::do_try_state()?;
    Stewards::do_try_state()?;
    AutoId::do_try_state()?;
    Revocation::do_try_state()
}

/// Blocks as a node stores and forwards them, without a look into their transactions: those of a
/// later runtime may be of kinds that the node was not built with.
pub mod opaque {
    /// A block of transactions that are just bytes.
    pub type Block = sp_runtime::generic::Block<super::Header, sp_runtime::OpaqueExtrinsic>;
}

#[cfg(feature = "upgrade-rehearsal")]
pub use rehearsal::{Migrations, Names, VERSION};

/// What the first block of this version does to the state of the version before it.
#[cfg(not(feature = "upgrade-rehearsal"))]
pub type Migrations = ();

/// The pallets under the names that their storage begins with.
#[cfg(not(feature = "upgrade-rehearsal"))]
pub type Names = PalletInfo;

/// Version of this runtime. A change of what it does raises `spec_version`; a change of how a
/// transaction is encoded raises `transaction_version`, too.
#[cfg(not(feature = "upgrade-rehearsal"))]
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("allod"),
    impl_name: Cow::Borrowed("allod"),
    authoring_version: 1,
    spec_version: 3,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

#[frame_support::runtime]
mod runtime {
    /// The runtime.
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Runtime>;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp::Pallet<Runtime>;
    #[runtime::pallet_index(2)]
    pub type Utility = pallet_utility::Pallet<Runtime>;
    #[runtime::pallet_index(3)]
    pub type Sudo = pallet_sudo::Pallet<Runtime>;

    #[runtime::pallet_index(10)]
    pub type Balances = pallet_balances::Pallet<Runtime>;
    #[runtime::pallet_index(11)]
    pub type TransactionPayment = pallet_transaction_payment::Pallet<Runtime>;

    #[runtime::pallet_index(20)]
    pub type Farming = pallet_farming::Pallet<Runtime>;
    #[runtime::pallet_index(21)]
    pub type Rewards = pallet_rewards::Pallet<Runtime>;
    #[runtime::pallet_index(22)]
    pub type StorageFees = pallet_storage_fees::Pallet<Runtime>;

    #[runtime::pallet_index(30)]
    pub type AutoId = pallet_auto_id::Pallet<Runtime>;
    #[runtime::pallet_index(31)]
    pub type Revocation = pallet_revocation::Pallet<Runtime>;

    #[runtime::pallet_index(32)]
    pub type MetaTx = pallet_meta_tx::Pallet<Runtime>;

    #[runtime::pallet_index(40)]
    pub type Multisig = pallet_multisig::Pallet<Runtime>;
    #[runtime::pallet_index(41)]
    pub type Preimage = pallet_preimage::Pallet<Runtime>;
    #[runtime::pallet_index(42)]
    pub type Scheduler = pallet_scheduler::Pallet<Runtime>;
    #[runtime::pallet_index(43)]
    pub type Stewards = pallet_stewards::Pallet<Runtime>;
}
