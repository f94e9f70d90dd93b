//! Makes blocks.
//!
//! Two tasks, so that a slow block never delays an audit: one tells farmers of every slot, one
//! takes solutions and, when the output of slot + authoring delay is known, makes a block of the
//! best of them.

use crate::{
    AllodBlockImport, Error, ImportClient, ImportContext, chain_data,
    execute::StateChanges,
    link::{FarmingLink, SealRequest},
    prospects::Prospects,
};
use allod_block_rules::{BlockError, Parent, slot_after_parent};
use allod_consensus_primitives::{
    ENGINE_ID, PotJustification, PreDigest, digest::seal_item, inherent::SegmentHeadersProvider,
    justification_hash, seal_message,
};
use allod_core::{
    PotCheckpoints, PotOutput, SegmentHeader, Slot, Solution, parameters::MAX_BLOCK_SECONDS,
};
use allod_timekeeper::{PotSourceHandle, SlotTick};
use allod_verification::verify_seal;
use parity_scale_codec::Encode;
use sc_consensus::{BlockImport, BlockImportParams, ImportResult, StateAction, StorageChanges};
use sp_consensus::{BlockOrigin, Environment, ProposeArgs, Proposer, SyncOracle};
use sp_inherents::InherentDataProvider;
use sp_runtime::{
    Digest, Justifications,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc};

/// How long a block may be in the making.
const PROPOSAL_TIMEOUT: Duration = Duration::from_secs(MAX_BLOCK_SECONDS);
/// How long a farmer may take to seal a block.
const SEAL_TIMEOUT: Duration = Duration::from_secs(2);
/// Solutions kept for one slot; a farmer needs to send one.
const SOLUTIONS_PER_SLOT: usize = 16;
/// How often a block is made anew because another one became the best meanwhile.
const ATTEMPTS: usize = 3;

/// What a slot worker works with.
pub struct SlotWorkerParams<Block: BlockT, I, Client, BE, E> {
    /// Where blocks go.
    pub block_import: AllodBlockImport<Block, I, Client, BE>,
    /// Makes proposers.
    pub environment: E,
    /// The node's own proof-of-time.
    pub time: PotSourceHandle,
    /// Connects with farmers.
    pub link: FarmingLink,
    /// The end of `link` that solutions come out of.
    pub solutions: mpsc::Receiver<(Slot, Solution)>,
    /// Whether the node is syncing: it makes no blocks then.
    pub sync: Arc<dyn SyncOracle + Send + Sync>,
}

/// Makes blocks of solutions.
pub struct SlotWorker<Block: BlockT, I, Client, BE, E> {
    params: SlotWorkerParams<Block, I, Client, BE, E>,
    context: Arc<ImportContext<Block, Client>>,
    waiting: BTreeMap<Slot, Vec<Solution>>,
}

/// A block that lacks only its seal.
struct Unsealed<Block: BlockT> {
    claim: Claim<Block>,
    block: Block,
    changes: StateChanges<Block>,
}

/// Where a block goes and what it claims.
struct Claim<Block: BlockT> {
    parent: Block::Header,
    pre_digest: PreDigest,
    justification: Vec<u8>,
    number: u32,
}

impl<Block, I, Client, BE, E> SlotWorker<Block, I, Client, BE, E>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    AllodBlockImport<Block, I, Client, BE>: BlockImport<Block, Error = sp_consensus::Error>,
    I: Send + Sync + 'static,
    BE: sc_client_api::Backend<Block> + 'static,
    Client: ImportClient<Block> + sc_client_api::Finalizer<Block, BE>,
    E: Environment<Block> + Send + 'static,
    E::Proposer: Proposer<Block>,
{
    /// A worker that has not begun yet.
    pub fn new(params: SlotWorkerParams<Block, I, Client, BE, E>) -> Self {
        let context = params.block_import.context().clone();
        Self {
            params,
            context,
            waiting: BTreeMap::new(),
        }
    }

    /// Tells farmers of every slot, until proof-of-time ends. A future for a task of its own.
    pub fn announce_slots(&self) -> impl Future<Output = ()> + Send + use<Block, I, Client, BE, E> {
        let mut slots = self.params.time.subscribe();
        let link = self.params.link.clone();
        let client = self.context.client.clone();
        let sync = self.params.sync.clone();
        async move {
            while let Some(tick) = next_tick(&mut slots).await {
                if sync.is_major_syncing() {
                    continue;
                }
                let best = client.info().best_hash;
                match Prospects::of_children::<Block, _>(&*client, best) {
                    Ok(prospects) => {
                        link.announce(prospects.slot(tick.slot, &tick.checkpoints.output()));
                    }
                    Err(error) => {
                        tracing::warn!(target: "farming", "slot {} is not farmed, the state of {best:?} cannot be read: {error}", tick.slot);
                    }
                }
            }
        }
    }

    /// Makes blocks until proof-of-time ends.
    pub async fn run(mut self) {
        let mut slots = self.params.time.subscribe();
        loop {
            tokio::select! {
                tick = next_tick(&mut slots) => match tick {
                    Some(tick) => self.on_slot(tick.slot).await,
                    None => return,
                },
                solution = self.params.solutions.recv() => match solution {
                    Some((slot, solution)) => self.on_solution(slot, solution).await,
                    None => return,
                },
            }
        }
    }

    fn delay(&self) -> u64 {
        self.context.parameters.block_authoring_delay
    }

    async fn on_solution(&mut self, slot: Slot, solution: Solution) {
        let tip = self.params.time.tip();
        // Any slot after the best block's is open, however old; whether it is, the claim looks at.
        if slot > tip {
            tracing::debug!(target: "farming", "solution for slot {slot} at slot {tip} dropped");
            return;
        }
        let waiting = self.waiting.entry(slot).or_default();
        if waiting.len() < SOLUTIONS_PER_SLOT && !waiting.contains(&solution) {
            waiting.push(solution);
        }
        if slot.saturating_add(self.delay()) <= tip {
            self.make_block_of(slot).await;
        }
    }

    async fn on_slot(&mut self, tip: Slot) {
        let due: Vec<Slot> = self
            .waiting
            .keys()
            .copied()
            .take_while(|slot| slot.saturating_add(self.delay()) <= tip)
            .collect();
        for slot in due {
            self.make_block_of(slot).await;
        }
    }

    async fn make_block_of(&mut self, slot: Slot) {
        let Some(solutions) = self.waiting.remove(&slot) else {
            return;
        };
        if self.params.sync.is_major_syncing() {
            return;
        }
        for solution in solutions {
            match self.make_block(slot, solution).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(target: "farming", "No block for slot {slot}: {error}");
                }
            }
        }
    }

    /// Makes one block; false if the solution is of no use any more.
    async fn make_block(&mut self, slot: Slot, solution: Solution) -> Result<bool, Error> {
        let started = std::time::Instant::now();
        let Some(unsealed) = self.unsealed(slot, &solution).await? else {
            return Ok(false);
        };
        let claim = unsealed.claim;
        let (header, body) = unsealed.block.deconstruct();
        let Some(seal) = self.seal(&claim, &header).await? else {
            return Ok(true);
        };

        let mut import = BlockImportParams::new(BlockOrigin::Own, header);
        import.post_digests.push(seal_item(&seal));
        import.body = Some(body);
        import.justifications = Some(Justifications::from((ENGINE_ID, claim.justification)));
        let changes = StorageChanges::Changes(unsealed.changes);
        import.state_action = StateAction::ApplyChanges(changes);
        let hash = import.post_hash();
        match self.params.block_import.import_block(import).await? {
            ImportResult::Imported(_) => tracing::info!(
                target: "farming",
                "Won block #{} in slot {slot} ({hash}), made in {} ms",
                claim.number,
                started.elapsed().as_millis(),
            ),
            other => tracing::warn!(target: "farming", "Own block {hash} not imported: {other:?}"),
        }
        Ok(true)
    }

    /// A block on the best block; none if the solution is of no use there.
    ///
    /// A solution is sealed once, and filling a block takes up to [`PROPOSAL_TIMEOUT`]. Where another block
    /// became the best one meanwhile, a child of that one is made, so that the win is not spent on a
    /// fork. If the solution is of no use on the new best block, the block that is there stays.
    async fn unsealed(
        &mut self,
        slot: Slot,
        solution: &Solution,
    ) -> Result<Option<Unsealed<Block>>, Error> {
        let mut made = None;
        for _ in 0..ATTEMPTS {
            let best = self.context.client.info();
            let is_child =
                |made: &Unsealed<Block>| *made.block.header().parent_hash() == best.best_hash;
            if made.as_ref().is_some_and(is_child) {
                break;
            }
            let number = best.best_number.into();
            match self.child_of(best.best_hash, number, slot, solution).await {
                Ok(Some(child)) => made = Some(child),
                nothing if made.is_none() => return nothing,
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(target: "farming", "no block on the new best block: {error}");
                    break;
                }
            }
        }
        Ok(made)
    }

    /// A block on this parent; none if the chain has gone past the slot or its proof-of-time.
    async fn child_of(
        &mut self,
        parent: Block::Hash,
        parent_number: u32,
        slot: Slot,
        solution: &Solution,
    ) -> Result<Option<Unsealed<Block>>, Error> {
        self.context.can_judge_child(parent, parent_number)?;
        let archiver = self.context.archiver.clone();
        let headers =
            tokio::task::spawn_blocking(move || archiver.headers_for_child(parent, parent_number))
                .await
                .map_err(|_| Error::Stopped)??;
        let Some(claim) = self.claim(slot, solution.clone(), parent, &headers)? else {
            return Ok(None);
        };
        let (block, changes) = self.propose(&claim, headers).await?;
        Ok(Some(Unsealed {
            claim,
            block,
            changes,
        }))
    }

    /// Checks a solution against the best block and puts the claim of a child together; none if the
    /// chain has gone past the slot or its proof-of-time.
    fn claim(
        &self,
        slot: Slot,
        solution: Solution,
        best: Block::Hash,
        headers: &[SegmentHeader],
    ) -> Result<Option<Claim<Block>>, Error> {
        let client = &self.context.client;
        let parent = client
            .header(best)?
            .ok_or_else(|| Error::UnknownParent(best.to_string()))?;
        let data = chain_data::load::<Block, _>(&**client, best)?;
        if slot_after_parent(slot, data.slot).is_err() {
            tracing::debug!(target: "farming", "slot {slot} was won by {best:?} or a descendant");
            return Ok(None);
        }
        let mut pre_digest = PreDigest {
            slot,
            solution,
            slot_output: PotOutput::default(),
            future_output: PotOutput::default(),
            justification_hash: [0; 32],
        };
        let context = self.context.child_context(best, &pre_digest)?;
        let rules = self.context.parent(&data, &context, headers);
        let Some((checkpoints, outputs)) = self.proof_of_time(slot, &rules) else {
            tracing::debug!(target: "farming", "proof-of-time of slot {slot} is not on {best:?}");
            return Ok(None);
        };
        (pre_digest.slot_output, pre_digest.future_output) = outputs;
        rules.verify_solution(&pre_digest, &self.context.kzg)?;
        let Some(justification) = PotJustification::new(checkpoints) else {
            return Ok(None);
        };
        let justification = justification.encode();
        pre_digest.justification_hash = justification_hash(&justification);
        let number: u32 = (*parent.number()).into();
        let number = number.saturating_add(1);
        Ok(Some(Claim {
            parent,
            pre_digest,
            justification,
            number,
        }))
    }

    /// Checkpoints that a child in `slot` must carry, and the outputs of `slot` and of
    /// slot + authoring delay.
    fn proof_of_time(
        &self,
        slot: Slot,
        parent: &Parent<'_>,
    ) -> Option<(Vec<PotCheckpoints>, (PotOutput, PotOutput))> {
        let first = parent.first_input();
        let change = parent.context.pot.next_change.as_ref();
        let newest = slot.saturating_add(self.delay());
        let checkpoints = self
            .context
            .pot_verifier
            .known_chain(first, change, newest)?;
        let slot_output = match slot.0.checked_sub(first.slot.0) {
            Some(position) => checkpoints.get(usize::try_from(position).ok()?)?.output(),
            None => parent.chain_data.output(slot)?,
        };
        let future_output = checkpoints.last()?.output();
        Some((checkpoints, (slot_output, future_output)))
    }

    async fn propose(
        &mut self,
        claim: &Claim<Block>,
        headers: Vec<SegmentHeader>,
    ) -> Result<(Block, StateChanges<Block>), Error> {
        let proposer = self
            .params
            .environment
            .init(&claim.parent)
            .await
            .map_err(|error| sp_consensus::Error::Other(Box::new(error)))?;
        let inherents = (
            sp_timestamp::InherentDataProvider::from_system_time(),
            SegmentHeadersProvider(headers),
        );
        let inherent_data = inherents
            .create_inherent_data()
            .await
            .map_err(|error| Error::NoInherentData(error.to_string()))?;
        let arguments = ProposeArgs {
            inherent_data,
            inherent_digests: Digest {
                logs: vec![claim.pre_digest.clone().into()],
            },
            max_duration: PROPOSAL_TIMEOUT,
            ..Default::default()
        };
        let proposal = proposer
            .propose(arguments)
            .await
            .map_err(|error| sp_consensus::Error::Other(Box::new(error)))?;
        Ok((proposal.block, proposal.storage_changes))
    }

    /// Has the farmer seal the header; none if it does not, or seals something else.
    async fn seal(
        &self,
        claim: &Claim<Block>,
        header: &Block::Header,
    ) -> Result<Option<[u8; 64]>, Error> {
        let encoded = header.encode();
        let public_key = claim.pre_digest.solution.public_key;
        let message = seal_message(&self.context.genesis_hash(), &encoded);
        let request = SealRequest {
            header: encoded,
            public_key,
        };
        let Some(seal) = self.params.link.seal(request, SEAL_TIMEOUT).await else {
            tracing::warn!(
                target: "farming",
                "Farmer {public_key} did not seal its block of slot {}",
                claim.pre_digest.slot,
            );
            return Ok(None);
        };
        verify_seal(&public_key, &message, &seal).map_err(BlockError::from)?;
        Ok(Some(seal))
    }
}

/// The next slot; slots that were missed are skipped. None when proof-of-time has ended.
async fn next_tick(slots: &mut broadcast::Receiver<SlotTick>) -> Option<SlotTick> {
    loop {
        match slots.recv().await {
            Ok(tick) => return Some(tick),
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::debug!(target: "farming", "{missed} slots missed");
            }
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}
