//! Notices two blocks sealed for one solution, and reports them (§8).
//!
//! The newest sealed headers are kept by the [`Claim`] that they must not share. At the start they
//! are read from the best chain.

use allod_consensus_primitives::{Claim, EquivocationProof, FarmingApi, PreDigest, pre_digest};
use async_trait::async_trait;
use parking_lot::Mutex;
use sc_transaction_pool_api::{TransactionPool, TransactionSource};
use schnellru::{ByLength, LruMap};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::sync::Arc;

/// Headers remembered, about an hour of blocks on a busy chain.
const REMEMBERED: u32 = 1024;

/// Remembers sealed headers.
pub struct EquivocationWatch<Header> {
    seen: Mutex<LruMap<Claim, Header>>,
}

impl<Header: HeaderT> Default for EquivocationWatch<Header> {
    fn default() -> Self {
        Self {
            seen: Mutex::new(LruMap::new(ByLength::new(REMEMBERED))),
        }
    }
}

impl<Header: HeaderT> EquivocationWatch<Header> {
    /// Remembers the newest headers of the best chain.
    pub fn from_chain<Block, Client>(client: &Client) -> Result<Self, sp_blockchain::Error>
    where
        Block: BlockT<Header = Header, Hash = Header::Hash>,
        Client: HeaderBackend<Block>,
    {
        let watch = Self::default();
        let mut hash: Block::Hash = client.info().best_hash;
        for _ in 0..REMEMBERED {
            let Some(header) = client.header(hash)? else {
                break;
            };
            hash = *header.parent_hash();
            let Ok(pre) = pre_digest(&header) else { break };
            watch.notice(&pre, header);
        }
        Ok(watch)
    }

    /// Remembers a sealed header; returns a proof if it contradicts one seen before.
    pub fn notice(&self, pre: &PreDigest, header: Header) -> Option<EquivocationProof<Header>> {
        let mut seen = self.seen.lock();
        let claim = Claim::from(pre);
        match seen.get(&claim) {
            Some(first) if *first == header => None,
            Some(first) => Some(EquivocationProof {
                first: first.clone(),
                second: header,
            }),
            None => {
                seen.insert(claim, header);
                None
            }
        }
    }
}

/// Where equivocations are reported.
#[async_trait]
pub trait ReportEquivocation<Header>: Send + Sync {
    /// Reports one. Failure is logged, never returned: a block is good or bad on its own.
    async fn report(&self, proof: EquivocationProof<Header>);
}

/// Reports to the chain, through the transaction pool.
pub struct PoolReporter<Client, Pool> {
    /// Asked for the report as an extrinsic.
    pub client: Arc<Client>,
    /// Given the extrinsic.
    pub pool: Arc<Pool>,
}

#[async_trait]
impl<Block, Client, Pool> ReportEquivocation<Block::Header> for PoolReporter<Client, Pool>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync,
    Client::Api: FarmingApi<Block>,
    Pool: TransactionPool<Block = Block>,
{
    async fn report(&self, proof: EquivocationProof<Block::Header>) {
        let at = self.client.info().best_hash;
        let extrinsic = match self.client.runtime_api().equivocation_report(at, proof) {
            Ok(Some(extrinsic)) => extrinsic,
            Ok(None) => {
                tracing::debug!(target: "farming", "equivocation is not reportable (any more)");
                return;
            }
            Err(error) => {
                tracing::warn!(target: "farming", "cannot prepare equivocation report: {error}");
                return;
            }
        };
        match self
            .pool
            .submit_one(at, TransactionSource::Local, extrinsic)
            .await
        {
            Ok(hash) => tracing::info!(target: "farming", "equivocation reported in {hash:?}"),
            Err(error) => {
                tracing::warn!(target: "farming", "cannot report equivocation: {error}");
            }
        }
    }
}
