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
    unfarmed::Unfarmed,
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
        let context = self.context.clone();
        async move {
            while let Some((tick, missed)) = next_tick(&mut slots).await {
                if missed > 0 {
                    context.late.unfarmed(tick.slot, &Unfarmed::TooBusy(missed));
                }
                if sync.is_major_syncing() {
                    context.late.unfarmed(tick.slot, &Unfarmed::Syncing);
                    continue;
                }
                let best = client.info().best_hash;
                match Prospects::of_children::<Block, _>(&*client, best) {
                    Ok(prospects) => {
                        link.announce(prospects.slot(tick.slot, &tick.checkpoints.output()));
                    }
                    Err(error) => {
                        let best = best.to_string();
                        let cause = Unfarmed::StateUnreadable { best, error };
                        context.late.unfarmed(tick.slot, &cause);
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
                    // Slots that were missed are due with this one.
                    Some((tick, _)) => self.on_slot(tick.slot).await,
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
            let cause = Unfarmed::FromTheFuture { tip };
            return self.context.late.unfarmed(slot, &cause);
        }
        let waiting = self.waiting.entry(slot).or_default();
        if waiting.len() >= SOLUTIONS_PER_SLOT {
            let most = SOLUTIONS_PER_SLOT;
            let cause = Unfarmed::TooManySolutions { most };
            self.context.late.unfarmed(slot, &cause);
        } else if !waiting.contains(&solution) {
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
            return self.context.late.unfarmed(slot, &Unfarmed::Syncing);
        }
        for solution in solutions {
            let Err(cause) = self.make_block(slot, solution).await else {
                return;
            };
            self.context.late.unfarmed(slot, &cause);
            if !cause.leaves_others() {
                return;
            }
        }
    }

    /// Makes one block.
    async fn make_block(&mut self, slot: Slot, solution: Solution) -> Result<(), Unfarmed> {
        let started = std::time::Instant::now();
        let unsealed = self.unsealed(slot, &solution).await?;
        let claim = unsealed.claim;
        let (header, body) = unsealed.block.deconstruct();
        let seal = self.seal(&claim, &header).await?;

        let mut import = BlockImportParams::new(BlockOrigin::Own, header);
        import.post_digests.push(seal_item(&seal));
        import.body = Some(body);
        import.justifications = Some(Justifications::from((ENGINE_ID, claim.justification)));
        let changes = StorageChanges::Changes(unsealed.changes);
        import.state_action = StateAction::ApplyChanges(changes);
        let hash = import.post_hash();
        let imported = self.params.block_import.import_block(import).await;
        let answer = imported.map_err(Error::from)?;
        let ImportResult::Imported(_) = answer else {
            let hash = hash.to_string();
            return Err(Unfarmed::NotImported { hash, answer });
        };
        tracing::info!(
            target: "farming",
            "Won block #{} in slot {slot} ({hash}), made in {} ms",
            claim.number,
            started.elapsed().as_millis(),
        );
        Ok(())
    }

    /// A block on the best block.
    ///
    /// A solution is sealed once, and filling a block takes up to [`PROPOSAL_TIMEOUT`]. Where another block
    /// became the best one meanwhile, a child of that one is made, so that the win is not spent on a
    /// fork. If the solution is of no use on the new best block, the block that is there stays.
    async fn unsealed(
        &mut self,
        slot: Slot,
        solution: &Solution,
    ) -> Result<Unsealed<Block>, Unfarmed> {
        let mut made = self.child_of_best(slot, solution).await?;
        for _ in 1..ATTEMPTS {
            let best = self.context.client.info().best_hash;
            if *made.block.header().parent_hash() == best {
                break;
            }
            match self.child_of_best(slot, solution).await {
                Ok(child) => made = child,
                Err(cause) => {
                    tracing::debug!(target: "farming", "no block on the new best block: {cause}");
                    break;
                }
            }
        }
        Ok(made)
    }

    async fn child_of_best(
        &mut self,
        slot: Slot,
        solution: &Solution,
    ) -> Result<Unsealed<Block>, Unfarmed> {
        let best = self.context.client.info();
        let (parent, parent_number) = (best.best_hash, best.best_number.into());
        self.context.can_judge_child(parent, parent_number)?;
        let archiver = self.context.archiver.clone();
        let headers =
            tokio::task::spawn_blocking(move || archiver.headers_for_child(parent, parent_number))
                .await
                .map_err(|_| Error::Stopped)?
                .map_err(Error::from)?;
        let claim = self.claim(slot, solution.clone(), parent, &headers)?;
        let (block, changes) = self.propose(&claim, headers).await?;
        Ok(Unsealed {
            claim,
            block,
            changes,
        })
    }

    /// Checks a solution against the best block and puts the claim of a child together.
    fn claim(
        &self,
        slot: Slot,
        solution: Solution,
        best: Block::Hash,
        headers: &[SegmentHeader],
    ) -> Result<Claim<Block>, Unfarmed> {
        let client = &self.context.client;
        let parent = client
            .header(best)
            .map_err(Error::from)?
            .ok_or_else(|| Error::UnknownParent(best.to_string()))?;
        let data = chain_data::load::<Block, _>(&**client, best)?;
        if slot_after_parent(slot, data.slot).is_err() {
            let best = best.to_string();
            return Err(Unfarmed::Taken { best });
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
            let best = best.to_string();
            return Err(Unfarmed::OtherTime { best });
        };
        (pre_digest.slot_output, pre_digest.future_output) = outputs;
        rules
            .verify_solution(&pre_digest, &self.context.kzg)
            .map_err(Error::from)?;
        let slots = checkpoints.len();
        let justification =
            PotJustification::new(checkpoints).ok_or_else(|| Unfarmed::OutOfReach {
                best: best.to_string(),
                slots,
            })?;
        let justification = justification.encode();
        pre_digest.justification_hash = justification_hash(&justification);
        let number: u32 = (*parent.number()).into();
        let number = number.saturating_add(1);
        Ok(Claim {
            parent,
            pre_digest,
            justification,
            number,
        })
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

    /// Has the farmer seal the header.
    async fn seal(
        &self,
        claim: &Claim<Block>,
        header: &Block::Header,
    ) -> Result<[u8; 64], Unfarmed> {
        let encoded = header.encode();
        let public_key = claim.pre_digest.solution.public_key;
        let message = seal_message(&self.context.genesis_hash(), &encoded);
        let request = SealRequest {
            header: encoded,
            public_key,
        };
        let seal = self.params.link.seal(request, SEAL_TIMEOUT).await;
        let seal = seal.ok_or(Unfarmed::NotSealed(public_key))?;
        verify_seal(&public_key, &message, &seal)
            .map_err(|error| Error::from(BlockError::from(error)))?;
        Ok(seal)
    }
}

/// The next slot, and how many before it were missed. None when proof-of-time has ended.
async fn next_tick(slots: &mut broadcast::Receiver<SlotTick>) -> Option<(SlotTick, u64)> {
    let mut missed: u64 = 0;
    loop {
        match slots.recv().await {
            Ok(tick) => return Some((tick, missed)),
            Err(broadcast::error::RecvError::Lagged(more)) => missed = missed.saturating_add(more),
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}
