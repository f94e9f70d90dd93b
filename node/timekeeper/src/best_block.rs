//! What the best block says about the next slots, read from its header and its state.

use crate::{Error, state::BestBlock};
use allod_consensus_primitives::{FarmingApi, digest::pre_digest};
use allod_core::time::PotInput;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, Zero};
use std::{marker::PhantomData, sync::Arc, time::Duration};

/// Reads blocks. Remembers the last one, which most often is the next one's parent.
pub(crate) struct BlockReader<Block: BlockT, Client> {
    client: Arc<Client>,
    /// Input of slot 1.
    first: PotInput,
    block_authoring_delay: u64,
    slot_duration: Duration,
    last: Option<(Block::Hash, BestBlock)>,
    _block: PhantomData<Block>,
}

impl<Block, Client> BlockReader<Block, Client>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
    Client::Api: FarmingApi<Block>,
{
    /// Takes the chain's parameters from the state of the best block; they are the same in all.
    pub(crate) fn new(client: Arc<Client>) -> Result<Self, Error> {
        let info = client.info();
        let parameters = client.runtime_api().parameters(info.best_hash)?;
        let genesis_hash = info.genesis_hash.as_ref();
        let genesis_hash = genesis_hash
            .try_into()
            .map_err(|_| Error::GenesisHash(genesis_hash.len()))?;
        let entropy = &parameters.external_entropy;
        Ok(Self {
            first: PotInput::first(genesis_hash, entropy, parameters.initial_iterations),
            block_authoring_delay: parameters.block_authoring_delay,
            // Genesis checks that it is above 0, and a timer must be told so as well.
            slot_duration: Duration::from_millis(parameters.slot_duration_ms.max(1)),
            client,
            last: None,
            _block: PhantomData,
        })
    }

    /// How long a slot is to be on this chain.
    pub(crate) fn slot_duration(&self) -> Duration {
        self.slot_duration
    }

    /// The best block, and its parent if that can be read; none if it is the one that was read
    /// last.
    pub(crate) fn best(&mut self) -> Result<Option<(BestBlock, Option<BestBlock>)>, Error> {
        let hash = self.client.info().best_hash;
        if self.last.is_some_and(|(last, _)| last == hash) {
            return Ok(None);
        }
        let header = self.client.expect_header(hash)?;
        let best = self.read(hash, &header)?;
        let parent = self.parent(&header);
        self.last = Some((hash, best));
        Ok(Some((best, parent)))
    }

    fn parent(&self, header: &Block::Header) -> Option<BestBlock> {
        if header.number().is_zero() {
            return None;
        }
        let hash = *header.parent_hash();
        if let Some((_, parent)) = self.last.filter(|(last, _)| *last == hash) {
            return Some(parent);
        }
        let header = self.client.expect_header(hash).map_err(Error::from);
        // The state of the parent may have been pruned. Without it, the slots that the best block
        // proves itself are not announced.
        header
            .and_then(|header| self.read(hash, &header))
            .inspect_err(|error| {
                tracing::debug!(target: crate::LOG_TARGET, %hash, %error, "Parent cannot be read");
            })
            .ok()
    }

    fn read(&self, hash: Block::Hash, header: &Block::Header) -> Result<BestBlock, Error> {
        let pot = self.client.runtime_api().pot_parameters(hash)?;
        if header.number().is_zero() {
            return Ok(BestBlock::genesis(self.first, pot.next_change));
        }
        let claim = pre_digest(header).map_err(|error| Error::Digest {
            block: format!("{hash:?}"),
            error,
        })?;
        Ok(BestBlock::after(
            claim.slot.saturating_add(self.block_authoring_delay),
            claim.future_output,
            pot.iterations,
            pot.next_change,
        ))
    }
}
