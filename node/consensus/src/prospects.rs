//! What farmers are told of a slot, as the best block's state has it, and of which slots: each when its output becomes
//! known, and on request all that are still open.

use crate::{Error, chain_data, link::NewSlot};
use allod_consensus_primitives::FarmingApi;
use allod_core::{HistorySize, PotOutput, Slot, SolutionRange, global_challenge};
use allod_timekeeper::PotSourceHandle;
use sc_client_api::AuxStore;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;

/// What a block's state says about which solutions its children may have.
pub(crate) struct Prospects {
    parent_slot: Slot,
    era_range: SolutionRange,
    history_size: HistorySize,
}

impl Prospects {
    /// Of the children of block `parent`.
    pub(crate) fn of_children<Block, Client>(
        client: &Client,
        parent: Block::Hash,
    ) -> Result<Self, ApiError>
    where
        Block: BlockT,
        Client: ProvideRuntimeApi<Block>,
        Client::Api: FarmingApi<Block>,
    {
        let api = client.runtime_api();
        Ok(Self {
            parent_slot: api.slot(parent)?,
            era_range: api.solution_range(parent)?,
            history_size: api.history_size(parent)?,
        })
    }

    /// What farmers are told of a slot with this output.
    pub(crate) fn slot(&self, slot: Slot, output: &PotOutput) -> NewSlot {
        NewSlot {
            slot,
            global_challenge: global_challenge(output, slot),
            solution_range: self.era_range.for_block(slot, self.parent_slot),
            history_size: self.history_size,
        }
    }
}

/// The first `limit` slots after `after` that a child of the best block can be made in, in order.
///
/// # Errors
/// The best block's state or data cannot be read.
pub fn open_slots<Block, Client>(
    client: &Client,
    time: &PotSourceHandle,
    after: Slot,
    limit: usize,
) -> Result<Vec<NewSlot>, Error>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + AuxStore,
    Client::Api: FarmingApi<Block>,
{
    let best = client.info().best_hash;
    let data = chain_data::load::<Block, _>(client, best)?;
    let prospects = Prospects::of_children::<Block, _>(client, best)?;
    let first = after.max(data.slot).saturating_add(1);
    // What the block itself proves is beside it; a source that has just been started does not know it.
    let proven = (first.0..=data.newest_slot().0)
        .map(Slot)
        .filter_map(|slot| Some((slot, data.output(slot)?)));
    let later = time.outputs(first.max(data.newest_slot().saturating_add(1)), limit);
    Ok(proven
        .chain(later)
        .take(limit)
        .map(|(slot, output)| prospects.slot(slot, &output))
        .collect())
}
