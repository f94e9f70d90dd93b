//! Why a source cannot be had.

use allod_consensus_primitives::DigestError;

/// Why the source of proof-of-time could not be set up, or could not follow a block.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The timekeeper is to run on a core that there is not, or that this process may not use.
    #[error("--timekeeper-core {core}: there is no such core; this process may use {available:?}")]
    NoSuchCore {
        /// As configured.
        core: usize,
        /// Numbers of the cores there are; empty where they cannot be told.
        available: Vec<usize>,
    },
    /// The operating system gives no thread.
    #[error("no thread for the timekeeper: {0}")]
    Thread(std::io::Error),
    /// The database fails, or lacks a block.
    #[error("the client cannot read a block: {0}")]
    Client(#[from] sp_blockchain::Error),
    /// The runtime cannot be called, most likely because the block's state is missing.
    #[error("the runtime cannot be called: {0}")]
    Api(#[from] sp_api::ApiError),
    /// The client has no best block.
    #[error("the client has no best block")]
    NoBestBlock,
    /// A header of the chain is none of this chain.
    #[error("block {block} has no valid pre-digest: {error}")]
    Digest {
        /// Hash of the block.
        block: String,
        /// What is wrong with the digest.
        error: DigestError,
    },
    /// Proof-of-time starts from a genesis hash of 32 bytes.
    #[error("the genesis hash has {0} bytes; it must have 32")]
    GenesisHash(usize),
}
