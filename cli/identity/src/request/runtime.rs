//! What commands have to know of the chain's runtime, and this crate cannot know, as it names none: how calls,
//! transactions and events are encoded.

use crate::request::outcome::Outcome;
use allod_identity::{Identifier, api::PayloadQuery, calls::CallSignatures};
use serde::Deserialize;
use sp_core::{H256, sr25519};
use sp_runtime::generic::Era;

/// A runtime, as far as the encoding of its transactions depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeVersion {
    /// Which runtime.
    pub spec_name: String,
    /// Changes with whatever the runtime does.
    pub spec_version: u32,
    /// Changes with the encoding of transactions.
    pub transaction_version: u32,
}

/// What a transaction is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionContext {
    /// How many transactions the payer has sent before.
    pub nonce: u32,
    /// Hash of the genesis block.
    pub genesis: H256,
    /// How long the transaction can get into a block.
    pub era: Era,
    /// Hash of the block that the era begins with.
    pub era_start: H256,
}

/// Why bytes are no call that is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// They are no call of the runtime.
    #[error("the call is none of this runtime's: {0}")]
    Unknown(parity_scale_codec::Error),
    /// They are one, and whoever pastes it here cannot read what it does.
    #[error("the call is not one about identities (pallets AutoId, Revocation)")]
    NotAboutIdentities,
}

/// Why a transaction that is in a block did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// The block's events are not of this runtime.
    #[error("its events cannot be read: {0}")]
    Events(parity_scale_codec::Error),
    /// The runtime's error by name, with its documentation.
    #[error("{0}")]
    Failed(String),
    /// There is neither success nor failure among the events.
    #[error("the block does not say how the transaction went")]
    Untold,
}

/// A runtime of the chain. The binary, which is built with one, implements it.
pub trait ChainRuntime {
    /// The version that calls and transactions are made for.
    fn version(&self) -> RuntimeVersion;

    /// The SCALE encoding of the call that a query and its signatures are. `None` for a query that is no call (a
    /// consent), and if an argument is longer than the call takes.
    fn call(&self, query: PayloadQuery, signatures: CallSignatures) -> Option<Vec<u8>>;

    /// Refuses what is no call about identities.
    fn check_call(&self, call: &[u8]) -> Result<(), CallError>;

    /// The SCALE encoding of a transaction: a call about identities, signed by the account that pays.
    fn transaction(
        &self,
        call: &[u8],
        payer: &sr25519::Pair,
        context: &TransactionContext,
    ) -> Result<Vec<u8>, CallError>;

    /// What the extrinsic at `index` of a block brought about, by `events`, the SCALE encoding of `System.Events`:
    /// that which `query` of `actor` asks for, or nothing of the sort.
    fn outcome(
        &self,
        events: &[u8],
        index: u32,
        query: &PayloadQuery,
        actor: Identifier,
    ) -> Result<Option<Outcome>, ExecutionError>;
}
